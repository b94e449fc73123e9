/* The answers in plain words follow the data: reverse the effects and they turn. */
#include "tests/check.h"
#include "tests/lab/report_fixture.h"
#include "tests/lab/synthetic_study.h"

#include "lab/claims/claims.h"
#include "lab/report/report_answers.h"

#include <stdlib.h>
#include <string.h>

static struct synthetic begun(struct lab_results *results) {
    empty_study(results);
    return (struct synthetic){.results = results,
                              .random = 11,
                              .blocks = 6,
                              .noise = 0.01,
                              .next_id = 1,
                              .interpreter = "CPython 3.11.2"};
}

static void add_executor(struct synthetic *study, const char *kind, const char *executor,
                         double seconds) {
    struct synthetic_cell cell = {.part = "executors",
                                  .group = kind,
                                  .workload = kind,
                                  .kind = kind,
                                  .executor = executor,
                                  .workers = strcmp(executor, "serial") == 0 ? 0 : 4,
                                  .seconds = seconds};
    (void)synthetic_add(study, &cell);
}

static void add_size(struct synthetic *study, uint32_t workers, const char *sizer, double seconds) {
    struct synthetic_cell cell = {.part = "sizes",
                                  .group = "sizes/http/CPython 3.11.2",
                                  .workload = "http",
                                  .kind = "io",
                                  .executor = "treadle-threads",
                                  .sizer = sizer,
                                  .workers = workers,
                                  .seconds = seconds};
    (void)synthetic_add(study, &cell);
}

static const struct lab_answer *answer_on(struct lab_results *results, const char *topic) {
    static struct lab_answer answers[LAB_ANSWERS_MAX];
    assert_int_equal(lab_analyse(results), 0);
    size_t count = lab_report_answers(results, answers);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(answers[i].topic, topic) == 0)
            return &answers[i];
    }
    return NULL;
}

/* The headline on I/O for these seconds by task. */
static void assert_headline(double threads, double processes, double treadle,
                            const char *headline) {
    struct lab_results results;
    struct synthetic study = begun(&results);
    add_executor(&study, "io", "serial", 10e-3);
    add_executor(&study, "io", "stdlib-threads", threads);
    add_executor(&study, "io", "stdlib-processes", processes);
    add_executor(&study, "io", "treadle-threads", treadle);
    const struct lab_answer *answer = answer_on(&results, "I/O-bound work");
    assert_non_null(answer);
    assert_string_equal(answer->headline, headline);
    lab_results_free(&results);
}

static void the_fastest_executor_is_named(void **state) {
    (void)state;
    assert_headline(3e-3, 5e-3, 2e-3, "treadle-threads");
    assert_headline(2e-3, 5e-3, 3e-3, "stdlib-threads");
    assert_headline(5e-3, 2e-3, 3e-3, "stdlib-processes");
}

static void executors_that_cannot_be_told_apart_are_named_together(void **state) {
    (void)state;
    assert_headline(2e-3, 5e-3, 2.01e-3, "stdlib-threads or treadle-threads");
}

static void no_pool_is_an_answer_too(void **state) {
    (void)state;
    assert_headline(20e-3, 30e-3, 15e-3, "serial (no pool)");
}

static void the_numbers_of_an_answer_lead_to_its_cells(void **state) {
    struct lab_results results;
    struct synthetic study = begun(&results);
    (void)state;
    add_executor(&study, "cpu", "serial", 10e-3);
    add_executor(&study, "cpu", "stdlib-processes", 5e-3);
    const struct lab_answer *answer = answer_on(&results, "CPU-bound work");
    assert_non_null(answer);
    assert_int_equal(strncmp(answer->detail, "cpu ", 4), 0);
    double speed = strtod(answer->detail + 4, NULL);
    assert_true(speed > 1.9 && speed < 2.1);
    assert_int_equal(answer->cell_count, 1);
    assert_ptr_equal(answer->cells[0], &results.cells[1]);
    lab_results_free(&results);
}

static void what_to_avoid_is_the_slowest_pool(void **state) {
    struct lab_results results;
    struct synthetic study = begun(&results);
    (void)state;
    add_executor(&study, "io", "serial", 1e-3);
    add_executor(&study, "io", "stdlib-threads", 1.5e-3);
    add_executor(&study, "io", "stdlib-processes", 4e-3);
    const struct lab_answer *answer = answer_on(&results, "Don't");
    assert_non_null(answer);
    assert_string_equal(answer->headline, "stdlib-processes for io");
    lab_results_free(&results);
}

static void the_best_sizes_are_a_range_and_adaptive_is_judged(void **state) {
    struct lab_results results;
    struct synthetic study = begun(&results);
    (void)state;
    add_size(&study, 1, "fixed", 8e-3);
    add_size(&study, 2, "fixed", 4e-3);
    add_size(&study, 4, "fixed", 2.0e-3);
    add_size(&study, 8, "fixed", 2.01e-3);
    add_size(&study, 16, "fixed", 2.0e-3);
    add_size(&study, 16, "adaptive", 3e-3);
    const struct lab_answer *answer = answer_on(&results, "Pool size");
    assert_non_null(answer);
    assert_string_equal(answer->detail, "http: 4 to 16");
    assert_string_equal(answer->headline, "adaptive is among the best in 0 of 1");
    lab_results_free(&results);
}

static void what_was_not_measured_is_not_answered(void **state) {
    struct lab_results results;
    struct lab_answer answers[LAB_ANSWERS_MAX];
    (void)state;
    empty_study(&results);
    assert_int_equal(lab_report_answers(&results, answers), 0);
    lab_results_free(&results);
    skipped_study(&results);
    assert_true(lab_report_answers(&results, answers) >= 1);
    assert_string_equal(answers[0].headline, "not measured");
    lab_results_free(&results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fastest_executor_is_named),
        cmocka_unit_test(executors_that_cannot_be_told_apart_are_named_together),
        cmocka_unit_test(no_pool_is_an_answer_too),
        cmocka_unit_test(the_numbers_of_an_answer_lead_to_its_cells),
        cmocka_unit_test(what_to_avoid_is_the_slowest_pool),
        cmocka_unit_test(the_best_sizes_are_a_range_and_adaptive_is_judged),
        cmocka_unit_test(what_was_not_measured_is_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
