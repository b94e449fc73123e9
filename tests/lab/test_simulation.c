/* test_simulation.c - the language of `treadle sim`, its small pictures, and the theatre's charts.
 */
#include "tests/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/simulation/sim_run.h"
#include "lab/simulation/sim_spark.h"
#include "lab/simulation/theatre.h"
#include "lab/simulation/time_law.h"

static struct trd_sim_time law_of(const char *text) {
    struct lab_law_draft draft = {0};
    struct trd_sim_time time = {0};
    struct trd_error error;
    if (lab_law_parse(text, &draft, "law", &error) ||
        lab_law_finish(&draft, 1.0, &time, "law", &error)) {
        fail_msg("%s: %s", text, error.message);
    }
    return time;
}

static void a_law_is_shown_as_it_is_written(void **state) {
    (void)state;
    static const char *const texts[] = {"exp:mean=1ms",
                                        "det:mean=250us",
                                        "erlang:mean=2s,stages=4",
                                        "hyper:mean=1.5ms,scv=9",
                                        "lognormal:mean=1ms,sigma=0.75",
                                        "pareto:low=1ms,high=1s,alpha=1.5",
                                        "bimodal:low=500ns,high=500us,p=0.005"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct trd_sim_time time = law_of(texts[i]);
        assert_string_equal(lab_law_show(&time).text, texts[i]);
    }
    const struct trd_sim_time alone = law_of("5ms");
    assert_string_equal(lab_law_show(&alone).text, "det:mean=5ms");
}

/* A client says what it wants to be otherwise; the rest stays. */
static void a_changed_law_keeps_what_it_still_has(void **state) {
    (void)state;
    struct lab_client_draft draft = lab_client_draft_init();
    struct trd_sim_client client;
    struct trd_error error;
    assert_int_equal(lab_client_draft_take(&draft, "mean=5ms,service=det", "c", &error), 0);
    assert_int_equal(lab_client_draft_finish(&draft, 3, "c", &client, &error), 0);
    assert_string_equal(lab_law_show(&client.service).text, "det:mean=5ms");
    assert_int_equal(client.class_index, 3);
    assert_true(client.has_cost);
    assert_int_equal(lab_client_draft_take(&draft,
                                           "deadline=exp,mean=9ms,service=bimodal:p=0.5,low=1ms,"
                                           "high=2ms,class=7,cost=none,expires=yes",
                                           "c", &error),
                     0);
    assert_int_equal(lab_client_draft_finish(&draft, 3, "c", &client, &error), 0);
    assert_string_equal(lab_law_show(&client.deadline).text, "exp:mean=9ms");
    assert_string_equal(lab_law_show(&client.service).text, "bimodal:low=1ms,high=2ms,p=0.5");
    assert_int_equal(client.class_index, 7);
    assert_true(client.drops_late && !client.has_cost);
}

static void seeds_of_replications_differ(void **state) {
    (void)state;
    assert_int_equal(lab_sim_seed(42, 0), 42);
    for (uint32_t i = 1; i < 50; i++) {
        for (uint32_t k = 0; k < i; k++) {
            assert_int_not_equal(lab_sim_seed(42, i), lab_sim_seed(42, k));
        }
    }
    assert_int_equal(lab_sim_seed(42, 7), lab_sim_seed(42, 7));
}

static void classes_of_a_histogram_hold_all_of_it(void **state) {
    (void)state;
    struct trd_histogram histogram = {0};
    struct trd_rng rng;
    double counts[LAB_SPARK_WIDTH], sum = 0.0, low_half = 0.0;
    trd_rng_init(&rng, 5);
    for (int i = 0; i < 10000; i++) { /* uniform in the logarithm from 1000 to 10^7 */
        trd_histogram_add(&histogram, (uint64_t)(1e3 * pow(1e4, trd_rng_double(&rng))));
    }
    lab_spark_classes(&histogram, 900.0, 1.2e7, counts);
    for (int i = 0; i < LAB_SPARK_WIDTH; i++) {
        sum += counts[i];
        low_half += i < LAB_SPARK_WIDTH / 2 ? counts[i] : 0.0;
    }
    assert_true(fabs(sum - 10000.0) < 1e-6);
    assert_true(fabs(low_half - 5000.0) < 300.0);
}

static struct trd_sim_slice slice(uint64_t task, uint64_t submit, uint64_t start, uint64_t end,
                                  enum trd_sim_end how) {
    const bool is_run = how == TRD_SIM_END_DONE || how == TRD_SIM_END_AGAIN;
    return (struct trd_sim_slice){.task = task,
                                  .submit_ns = submit,
                                  .start_ns = start,
                                  .end_ns = end,
                                  .worker = is_run ? 0 : TRD_WORKER_NONE,
                                  .end = how};
}

static void waits_are_what_lies_between_the_slices(void **state) {
    (void)state;
    struct trd_sim_slice slices[] = {
        slice(1, 0, 0, 10, TRD_SIM_END_AGAIN),     slice(2, 5, 10, 20, TRD_SIM_END_DONE),
        slice(3, 12, 18, 18, TRD_SIM_END_EXPIRED), slice(4, 19, 19, 19, TRD_SIM_END_REFUSED),
        slice(1, 0, 20, 30, TRD_SIM_END_DONE),
    };
    const struct trd_sim_report report = {.slices = slices, .slice_count = 5};
    struct lab_wait waits[8];
    uint32_t rows;
    assert_int_equal(lab_theatre_waits(&report, waits, 8, &rows), 4);
    assert_int_equal(rows, 2);
    static const uint64_t expected[][3] = {{2, 5, 10}, {1, 10, 20}, {3, 12, 18}, {4, 19, 19}};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(waits[i].task, expected[i][0]);
        assert_int_equal(waits[i].from_ns, expected[i][1]);
        assert_int_equal(waits[i].to_ns, expected[i][2]);
        assert_int_equal(waits[i].is_lost, i >= 2);
    }
    assert_int_equal(waits[2].row, 1); /* task 1 waits in row 0 meanwhile */
    assert_int_equal(waits[0].row, 0);
}

/* In a real act: rows never hold two at a time. */
static void waits_in_a_row_do_not_overlap(void **state) {
    (void)state;
    enum { WAITS = 4000 };
    struct lab_sim_request request;
    struct lab_theatre *theatre = calloc(1, sizeof *theatre);
    struct lab_wait *waits = calloc(WAITS, sizeof *waits);
    struct trd_error error;
    uint32_t rows;
    assert_true(theatre && waits);
    lab_sim_request_init(&request);
    request.theatre = "lifo,round_robin";
    request.config.quantum_ns = 500000;
    assert_int_equal(lab_sim_request_complete(&request, &error), 0);
    assert_int_equal(lab_theatre_play(&request, theatre, &error), 0);
    for (size_t act = 0; act < theatre->act_count; act++) {
        const size_t count = lab_theatre_waits(&theatre->acts[act].report, waits, WAITS, &rows);
        assert_in_range(count, 20, WAITS - 1);
        for (size_t i = 0; i < count; i++) {
            assert_true(waits[i].row < rows);
            for (size_t k = 0; k < i; k++) {
                assert_true(waits[k].row != waits[i].row || waits[k].to_ns <= waits[i].from_ns);
            }
        }
    }
    lab_theatre_free(theatre);
    lab_sim_request_free(&request);
    free(theatre);
    free(waits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_law_is_shown_as_it_is_written),
        cmocka_unit_test(a_changed_law_keeps_what_it_still_has),
        cmocka_unit_test(seeds_of_replications_differ),
        cmocka_unit_test(classes_of_a_histogram_hold_all_of_it),
        cmocka_unit_test(waits_are_what_lies_between_the_slices),
        cmocka_unit_test(waits_in_a_row_do_not_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
