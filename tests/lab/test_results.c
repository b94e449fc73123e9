/* test_results.c - the model of results keeps what it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/model/results.h"
#include "tests/lab/synthetic_study.h"

#include <math.h>
#include <string.h>

static struct lab_cell *one_cell(struct lab_results *results) {
    static char part[] = "executors";
    lab_results_init(results);
    struct lab_cell cell = {.id = 7, .part = part};
    struct lab_cell *added = lab_results_add_cell(results, &cell);
    assert_non_null(added);
    return added;
}

static void what_is_added_is_a_copy_and_null_becomes_empty(void **state) {
    (void)state;
    struct lab_results results;
    char reason[] = "out of paper";
    struct lab_cell *cell = one_cell(&results);
    struct lab_latency latency = {.client = 2, .end_s = 0.5};
    struct lab_metric metric = {.name = reason, .value = 4};
    struct lab_run run = {.reason = reason,
                          .latency = &latency,
                          .latency_count = 1,
                          .metrics = &metric,
                          .metric_count = 1};
    assert_non_null(lab_cell_add_run(cell, &run));
    reason[0] = 'X';
    latency.client = 9;
    metric.value = 0;
    assert_string_equal(cell->part, "executors");
    assert_string_equal(cell->workload, "");
    assert_string_equal(cell->runs[0].reason, "out of paper");
    assert_int_equal(cell->runs[0].latency[0].client, 2);
    assert_true(lab_run_metric(&cell->runs[0], "out of paper") == 4.0);
    assert_true(isnan(lab_run_metric(&cell->runs[0], "queue_max")));
    lab_results_free(&results);
}

static void runs_are_kept_by_block_and_the_last_attempt_counts(void **state) {
    (void)state;
    struct lab_results results;
    struct lab_cell *cell = one_cell(&results);
    const struct {
        uint32_t block, attempt;
        double wall_s;
    } order[] = {{2, 0, 2.0}, {0, 0, 9.0}, {1, 1, 1.0}, {0, 1, 0.0}, {1, 0, 9.0}, {3, 0, 3.0}};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        struct lab_run run = {
            .block = order[i].block, .attempt = order[i].attempt, .wall_s = order[i].wall_s};
        assert_int_equal(lab_cell_add_run(cell, &run)->block, order[i].block);
    }
    assert_int_equal(cell->run_count, 4);
    for (uint32_t block = 0; block < 4; block++) {
        assert_int_equal(cell->runs[block].block, block);
        assert_true(cell->runs[block].wall_s == block);
    }
    lab_results_free(&results);
}

static void cells_and_facts_are_found_and_a_copied_cell_keeps_its_runs(void **state) {
    (void)state;
    struct lab_results results, second;
    synthetic_study(&results, 3);
    lab_results_init(&second);
    for (size_t i = 0; i < results.cell_count; i++) {
        const struct lab_cell *copy = lab_results_add_cell(&second, &results.cells[i]);
        assert_int_equal(copy->run_count, results.cells[i].run_count);
        assert_ptr_equal(lab_results_cell(&second, copy->id), copy);
    }
    assert_string_equal(lab_results_fact(&results, "cores"), "2");
    assert_string_equal(lab_results_fact(&results, "colour"), "");
    assert_null(lab_results_cell(&results, -1));
    lab_results_free(&results);
    assert_int_equal(results.cell_count, 0);
    lab_results_free(&second);
}

static void names_of_outcomes_go_there_and_back(void **state) {
    (void)state;
    for (int i = LAB_OUTCOME_OK; i <= LAB_OUTCOME_MISSING; i++)
        assert_int_equal(lab_outcome_parse(lab_outcome_name((enum lab_outcome)i)), i);
    assert_int_equal(lab_outcome_parse("on fire"), LAB_OUTCOME_MISSING);
    assert_int_equal(lab_outcome_parse(NULL), LAB_OUTCOME_MISSING);
    assert_string_equal(lab_verdict_name(LAB_FASTER_MAYBE_NEGLIGIBLE), "faster, maybe negligible");
    assert_string_equal(lab_claim_verdict_name(LAB_CLAIM_NOT_TESTED), "not tested");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_a_copy_and_null_becomes_empty),
        cmocka_unit_test(runs_are_kept_by_block_and_the_last_attempt_counts),
        cmocka_unit_test(cells_and_facts_are_found_and_a_copied_cell_keeps_its_runs),
        cmocka_unit_test(names_of_outcomes_go_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
