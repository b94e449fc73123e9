/* report_fixture.c - a writer's output as a string, and small studies with awkward contents. */
#include "tests/lab/report_fixture.h"

#include "lab/claims/claims.h"
#include "lab/report/report.h"
#include "tests/check.h"
#include "tests/lab/synthetic_study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef int writer(FILE *out, const struct lab_results *results);

static int write_plain(FILE *out, const struct lab_results *results) {
    return lab_report_terminal(out, results, false);
}

static int write_coloured(FILE *out, const struct lab_results *results) {
    return lab_report_terminal(out, results, true);
}

static char *written(writer *write, const struct lab_results *results) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(write(out, results), 0);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strlen(text), size);
    return text;
}

char *written_html(const struct lab_results *results) {
    return written(lab_report_html, results);
}

char *written_json(const struct lab_results *results) {
    return written(lab_report_json, results);
}

char *written_terminal(const struct lab_results *results, bool is_colour) {
    return written(is_colour ? write_coloured : write_plain, results);
}

void whole_study(struct lab_results *results) {
    synthetic_study(results, 7);
    assert_int_equal(lab_analyse(results), 0);
}

void empty_study(struct lab_results *results) {
    lab_results_init(results);
    results->margin = 0.10;
}

/* A pointer to writable memory for the model's fields, which are copied and never written to. */
static char *borrowed(const char *text) {
    union {
        const char *read;
        char *write;
    } view = {.read = text};
    return view.write;
}

void skipped_study(struct lab_results *results) {
    empty_study(results);
    for (int64_t id = 1; id <= 3; id++) {
        struct lab_cell cell = {.id = id,
                                .part = borrowed(id == 3 ? "sizes" : "executors"),
                                .group = borrowed(id == 3 ? "sizes/image/p" : "executors/image/p"),
                                .lane = borrowed("python"),
                                .workload = borrowed("image"),
                                .kind = borrowed("mixed"),
                                .executor = borrowed(id == 1 ? "serial" : "treadle-threads"),
                                .workers = id == 1 ? 0 : 4,
                                .outcome = LAB_OUTCOME_SKIPPED,
                                .reason = borrowed("Pillow is not installed"),
                                .install = borrowed("apt-get install python3-pil")};
        assert_non_null(lab_results_add_cell(results, &cell));
    }
    assert_int_equal(lab_analyse(results), 0);
}

void one_block_study(struct lab_results *results) {
    empty_study(results);
    struct synthetic study = {.results = results,
                              .random = 3,
                              .blocks = 1,
                              .noise = 0.01,
                              .next_id = 1,
                              .interpreter = "CPython 3.11.2"};
    struct synthetic_cell cell = {.part = "executors",
                                  .group = "executors/http/python/CPython 3.11.2",
                                  .workload = "http",
                                  .kind = "io",
                                  .executor = "serial",
                                  .seconds = 0.01};
    (void)synthetic_add(&study, &cell);
    cell.executor = "treadle-threads";
    cell.workers = 4;
    cell.seconds = 0.0025;
    (void)synthetic_add(&study, &cell);
    assert_int_equal(lab_analyse(results), 0);
}

/* Ends the page, opens an attribute, steers a terminal, breaks UTF-8. */
#define AWKWARD "</title><script>alert(1)</script>\"'&\x1b[31m\xff\xc3"

static void awkward_run(struct lab_cell *cell, uint32_t block) {
    static struct lab_latency tasks[] = {{1, 0, 0, 0, 0.1, 0.1}, {2, 10, 0, 0, (double)NAN, 0.1}};
    struct lab_metric metric = {borrowed("m" AWKWARD), (double)INFINITY};
    struct lab_run run = {.id = block + 1,
                          .block = block,
                          .reason = borrowed(AWKWARD),
                          .tasks = block,
                          .wall_s = block == 0 ? (double)NAN : (double)INFINITY,
                          .setup_s = (double)NAN,
                          .first_s = (double)NAN,
                          .cpu_s = (double)NAN,
                          .pss_bytes = (double)NAN,
                          .rss_peak_bytes = (double)NAN,
                          .others_cpu = (double)NAN,
                          .steal = (double)NAN,
                          .latency = tasks,
                          .latency_count = 2,
                          .metrics = &metric,
                          .metric_count = 1};
    assert_non_null(lab_cell_add_run(cell, &run));
}

static void awkward_cell(struct lab_results *results, int64_t id, const char *part) {
    char *text = borrowed(AWKWARD);
    struct lab_cell cell = {.id = id,
                            .part = borrowed(part),
                            .group = borrowed(part),
                            .lane = borrowed("python"),
                            .workload = text,
                            .kind = text,
                            .interpreter = text,
                            .executor = text,
                            .workers = (uint32_t)id,
                            .sizer = text,
                            .policy = text,
                            .load = 0.5,
                            .variant = text,
                            .reason = text,
                            .install = text};
    struct lab_cell *added = lab_results_add_cell(results, &cell);
    assert_non_null(added);
    for (uint32_t block = 0; block < 3; block++)
        awkward_run(added, block);
    added->outcome = id % 2 == 0 ? LAB_OUTCOME_CRASHED : LAB_OUTCOME_OK;
}

void awkward_study(struct lab_results *results) {
    static const char *const parts[] = {"executors", "sizes", "policies", "outcomes", "selftest"};
    char *text = borrowed(AWKWARD);
    empty_study(results);
    for (int64_t i = 0; i < 10; i++)
        awkward_cell(results, i + 1, parts[i / 2]);
    struct lab_comparison comparison = {.a = 1,
                                        .b = 2,
                                        .metric = borrowed("time per task"),
                                        .ratio = (double)NAN,
                                        .low = (double)NAN,
                                        .high = (double)INFINITY,
                                        .margin = 0.1};
    assert_non_null(lab_results_add_comparison(results, &comparison));
    struct lab_claim_result claim = {.id = text,
                                     .text = text,
                                     .rule = text,
                                     .detail = text,
                                     .where = text,
                                     .effect = (double)NAN,
                                     .low = (double)NAN,
                                     .high = (double)NAN};
    assert_non_null(lab_results_add_claim(results, &claim));
    assert_non_null(lab_results_add_fact(results, AWKWARD, AWKWARD));
    assert_non_null(lab_results_add_fact(results, "command", AWKWARD));
}

unsigned occurrences(const char *text, const char *part) {
    unsigned count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + strlen(part), part))
        count++;
    return count;
}
