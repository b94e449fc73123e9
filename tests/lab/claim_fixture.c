/* claim_fixture.c - small studies made up to put one claim to the test. */
#include "tests/lab/claim_fixture.h"

#include "lab/claims/claims.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the test program with what went wrong: a fixture that is wrong cannot test anything. */
static void require(bool is_met, const char *what) {
    if (is_met)
        return;
    fprintf(stderr, "claim_fixture: %s\n", what);
    abort();
}

void claim_fixture_init(struct claim_fixture *fixture, uint32_t cores) {
    char text[16];
    lab_results_init(&fixture->results);
    fixture->results.margin = 0.10;
    fixture->study = (struct synthetic){.results = &fixture->results,
                                        .random = 11,
                                        .blocks = 6,
                                        .noise = 0.005,
                                        .next_id = 1,
                                        .interpreter = "CPython 3.11.2"};
    snprintf(text, sizeof text, "%u", cores);
    if (cores > 0)
        require(lab_results_add_fact(&fixture->results, LAB_FACT_CORES, text), "out of memory");
}

const struct lab_claim_result *claim_fixture_decide(struct claim_fixture *fixture, const char *id) {
    const struct lab_results *results = &fixture->results;
    require(lab_analyse(&fixture->results) == 0, "out of memory");
    for (size_t i = 0; i < results->claim_count; i++) {
        const struct lab_claim_result *claim = &results->claims[i];
        if (strcmp(claim->id, id) != 0)
            continue;
        bool is_tested = claim->verdict != LAB_CLAIM_NOT_TESTED;
        require(claim->text[0] && claim->rule[0] && claim->detail[0], "a claim says nothing");
        require((claim->where[0] != '\0') == is_tested, "a claim does not say where");
        return claim;
    }
    require(false, "no such claim");
    return NULL;
}

enum lab_claim_verdict claim_fixture_verdict(struct claim_fixture *fixture, const char *id) {
    enum lab_claim_verdict verdict = claim_fixture_decide(fixture, id)->verdict;
    claim_fixture_free(fixture);
    return verdict;
}

void claim_fixture_free(struct claim_fixture *fixture) {
    lab_results_free(&fixture->results);
}

void claim_fixture_duel(struct claim_fixture *fixture, const char *kind, const char *workload,
                        const char *a, double seconds_a, const char *b, double seconds_b) {
    char group[128];
    snprintf(group, sizeof group, "executors/%s/python/%s", workload, fixture->study.interpreter);
    struct synthetic_cell cell = {.part = "executors",
                                  .group = group,
                                  .workload = workload,
                                  .kind = kind,
                                  .workers = 4,
                                  .executor = a,
                                  .seconds = seconds_a};
    synthetic_add(&fixture->study, &cell);
    cell.executor = b;
    cell.seconds = seconds_b;
    synthetic_add(&fixture->study, &cell);
}

void claim_fixture_sizes(struct claim_fixture *fixture, const char *kind, const char *workload,
                         const char *executor, const double seconds[4]) {
    char group[128];
    snprintf(group, sizeof group, "sizes/%s/%s", workload, fixture->study.interpreter);
    for (uint32_t i = 0; i < 4; i++) {
        struct synthetic_cell cell = {.part = "sizes",
                                      .group = group,
                                      .workload = workload,
                                      .kind = kind,
                                      .executor = executor,
                                      .sizer = "fixed",
                                      .workers = 1U << i,
                                      .seconds = seconds[i]};
        if (seconds[i] > 0)
            synthetic_add(&fixture->study, &cell);
    }
}

void claim_fixture_spoil(struct claim_fixture *fixture, enum lab_outcome outcome,
                         const char *reason) {
    struct lab_cell *cell = &fixture->results.cells[fixture->results.cell_count - 1];
    char *copy = strdup(reason);
    require(copy != NULL, "out of memory");
    free(cell->reason);
    cell->reason = copy;
    cell->outcome = outcome;
    for (size_t i = 0; i < cell->run_count; i++)
        cell->runs[i].outcome = outcome;
}
