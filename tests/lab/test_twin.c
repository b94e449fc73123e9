/* test_twin.c - the simulated twin of a cell under open load, and its formula. */
#include "tests/check.h"

#include "lab/twin/twin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS = 400 };

static char *borrowed(const char *text) {
    static char space[16][64];
    static size_t next;
    char *copy = space[next++ % 16];
    (void)snprintf(copy, sizeof space[0], "%s", text); /* the texts below fit */
    return copy;
}

/* One worker, tasks of 10 ms that arrive two at a time every 25 ms: under any policy the first
 * waits for nobody and the second for the first. */
static void add_pairs(struct lab_results *results, const char *policy) {
    static struct lab_latency tasks[TASKS];
    struct lab_metric metrics[] = {
        {borrowed("offered"), 0.8}, {borrowed("timeout_s"), 0.015}, {borrowed("mean_s"), 0.010}};
    const struct lab_cell cell = {.part = borrowed("policies"),
                                  .group = borrowed("g"),
                                  .executor = borrowed("treadle-threads"),
                                  .workers = 1,
                                  .policy = borrowed(policy),
                                  .load = 0.8,
                                  .variant = borrowed("exp")};
    for (size_t i = 0; i < TASKS; i++) {
        double at_s = 0.025 * (double)(i / 2);
        /* Live, everything took a millisecond longer to start than it had to. */
        double start_s = at_s + 0.001 + (i % 2 ? 0.010 : 0);
        tasks[i] = (struct lab_latency){1, 0, at_s, start_s, start_s + 0.010, 0.010};
    }
    const struct lab_run run = {.outcome = LAB_OUTCOME_OK,
                                .tasks = TASKS,
                                .latency = tasks,
                                .latency_count = TASKS,
                                .metrics = metrics,
                                .metric_count = 3};
    assert_non_null(lab_cell_add_run(lab_results_add_cell(results, &cell), &run));
}

static void the_twin_schedules_the_arrivals_without_the_cost_of_handing_over(void **state) {
    (void)state;
    struct lab_results results;
    lab_results_init(&results);
    add_pairs(&results, "fifo");
    assert_int_equal(lab_twin_all(&results), 0);
    const struct lab_twin *twin = results.cells[0].twin;
    assert_non_null(twin);
    assert_int_equal(twin->response.count, TASKS);
    assert_true(fabs(trd_histogram_mean(&twin->response) / 1e9 - 0.015) < 1e-6);
    assert_true(fabs((double)twin->response.max / 1e9 - 0.020) < 1e-6);
    /* Every second task ends within the 15 ms that its client waits. */
    assert_true(fabs(twin->goodput - 0.4) < 1e-9);
    lab_results_free(&results);
}

static void a_policy_that_nobody_knows_has_no_twin(void **state) {
    (void)state;
    struct lab_results results;
    lab_results_init(&results);
    add_pairs(&results, "gone");
    assert_int_equal(lab_twin_all(&results), 0);
    assert_null(results.cells[0].twin);
    lab_results_free(&results);
}

static void dropped_tasks_come_back_in_the_order_of_their_arrival(void **state) {
    (void)state;
    struct lab_results results;
    lab_results_init(&results);
    add_pairs(&results, "fifo");
    struct lab_run *run = &results.cells[0].runs[0];
    /* The second of each pair was dropped live; its twin runs it, for what it asked. */
    struct lab_latency *dropped = calloc(TASKS, sizeof *dropped);
    assert_non_null(dropped);
    for (size_t i = 0; i < TASKS / 2; i++) {
        dropped[i] = run->latency[2 * i + 1];
        run->latency[i] = run->latency[2 * i];
    }
    run->latency_count = run->dropped_count = TASKS / 2;
    run->dropped = dropped;
    assert_int_equal(lab_twin_all(&results), 0);
    assert_int_equal(results.cells[0].twin->response.count, TASKS);
    assert_true(fabs(trd_histogram_mean(&results.cells[0].twin->response) / 1e9 - 0.015) < 1e-6);
    lab_results_free(&results);
}

static void the_formula_is_that_of_exponential_servers(void **state) {
    (void)state;
    struct lab_results results;
    struct lab_formula formula;
    lab_results_init(&results);
    add_pairs(&results, "fifo");
    assert_true(lab_formula_find(&results.cells[0], &formula));
    /* M/M/1 at 0.8: responses are exponential with mean 10 ms / (1 - 0.8). */
    assert_true(fabs(formula.mean_s - 0.050) < 1e-12);
    assert_true(fabs(lab_formula_quantile(&formula, 0.5) - 0.050 * log(2)) < 1e-9);
    assert_true(fabs(lab_formula_quantile(&formula, 0.999) - 0.050 * log(1000)) < 1e-9);
    assert_true(isnan(lab_formula_quantile(&formula, 1.0)));
    lab_results_free(&results);
}

static void policies_that_see_sizes_or_drop_tasks_have_no_formula(void **state) {
    (void)state;
    static const char *const without[] = {"sjf", "srpt", "codel/drr/edf", "drr/sjf"};
    struct lab_formula formula;
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        struct lab_results results;
        lab_results_init(&results);
        add_pairs(&results, without[i]);
        assert_false(lab_formula_find(&results.cells[0], &formula));
        lab_results_free(&results);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_twin_schedules_the_arrivals_without_the_cost_of_handing_over),
        cmocka_unit_test(a_policy_that_nobody_knows_has_no_twin),
        cmocka_unit_test(dropped_tasks_come_back_in_the_order_of_their_arrival),
        cmocka_unit_test(the_formula_is_that_of_exponential_servers),
        cmocka_unit_test(policies_that_see_sizes_or_drop_tasks_have_no_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
