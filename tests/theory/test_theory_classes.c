/* test_theory_classes.c - several classes of tasks: strict priority, turns, and what no discipline
 * can change. */
#include "tests/theory/theory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CLASSES_MAX = 4 };

static void check_cobham(uint32_t workers, double load, const struct trd_sim_client *clients,
                         size_t count) {
    const struct trd_sim_config config = theory_open("priority", workers, load, clients, count);
    struct trd_sim_report report;
    struct lab_stream streams[CLASSES_MAX];
    theory_run(&config, &report);
    lab_sim_streams(&config, streams);
    assert_int_equal(report.priority_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct trd_sim_row *row = &report.priorities[i];
        char what[64];
        (void)snprintf(what, sizeof what, "c=%u rho=%g priority %d E[W]", workers, load,
                       (int)row->priority);
        theory_check(what, row->wait_ns,
                     lab_theory_priority_wait(streams, count, workers, row->priority));
        assert_true(i == 0 || row->priority < row[-1].priority);
    }
    trd_sim_report_free(&report);
}

static void one_worker_serves_priorities_as_cobham_says(void **state) {
    (void)state;
    const struct trd_sim_client exponential[] = {
        {.key = 1,
         .share = 1,
         .priority = 5,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
        {.key = 2,
         .share = 2,
         .priority = -5,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = 2 * SERVICE_NS}},
    };
    const struct trd_sim_client mixed[] = {
        {.key = 1,
         .share = 1,
         .priority = 0,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
        {.key = 2,
         .share = 3,
         .priority = 9,
         .service = {.law = TRD_SIM_DETERMINISTIC, .mean_ns = SERVICE_NS / 2}},
        {.key = 3,
         .share = 1,
         .priority = -1,
         .service = {.law = TRD_SIM_DETERMINISTIC, .mean_ns = 4 * SERVICE_NS}},
    };
    check_cobham(1, 0.75, exponential, 2);
    check_cobham(1, 0.75, mixed, 3);
}

static void several_workers_serve_priorities_as_cobham_says(void **state) {
    (void)state;
    const struct trd_sim_client clients[] = {
        {.key = 1,
         .share = 1,
         .priority = 2,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
        {.key = 2,
         .share = 2,
         .priority = 1,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
        {.key = 3,
         .share = 2,
         .priority = 0,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
    };
    check_cobham(8, 0.85, clients, 3);
    check_cobham(2, 0.8, clients, 2);
}

/* E[S W] times the arrival rate is the sum of rho_i E[W_i] as long as nobody looks at sizes. */
static void every_policy_obeys_the_conservation_law(void **state) {
    (void)state;
    const struct trd_sim_client clients[] = {
        {.key = 1,
         .share = 3,
         .priority = 0,
         .service = {.law = TRD_SIM_DETERMINISTIC, .mean_ns = SERVICE_NS / 4}},
        {.key = 2,
         .share = 1,
         .priority = 4,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = 3 * SERVICE_NS}},
        {.key = 3,
         .share = 1,
         .priority = -4,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
    };
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        const struct trd_sim_config config = theory_open((*policy)->name, 1, 0.7, clients, 3);
        struct trd_sim_report report;
        struct lab_stream streams[CLASSES_MAX];
        theory_run(&config, &report);
        lab_sim_streams(&config, streams);
        theory_check((*policy)->name, report.total.service_wait_ns2,
                     lab_theory_conserved(streams, 3) / (config.rate_per_s / 1e9));
        trd_sim_report_free(&report);
    }
}

/* Two clients that submit at unequal rates share what they get by turns: the rare one waits less.
 */
static void turns_favour_the_client_that_asks_for_less(void **state) {
    (void)state;
    const struct trd_sim_client clients[] = {
        {.key = 1,
         .share = 9,
         .priority = 0,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
        {.key = 2,
         .share = 1,
         .priority = 0,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
    };
    const struct trd_sim_config config = theory_open("round_robin", 1, 0.9, clients, 2);
    struct trd_sim_report report;
    theory_run(&config, &report);
    assert_true(report.clients[1].wait_ns.mean < report.clients[0].wait_ns.mean / 3);
    assert_int_equal(report.clients[0].finished + report.clients[1].finished,
                     report.total.finished);
    trd_sim_report_free(&report);
}

static void a_seed_repeats_a_run_bit_for_bit(void **state) {
    (void)state;
    const struct trd_sim_client clients[] = {
        {.key = 1,
         .share = 3,
         .priority = 0,
         .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
        {.key = 2,
         .share = 1,
         .priority = 1,
         .service = {.law = TRD_SIM_DETERMINISTIC, .mean_ns = SERVICE_NS}},
    };
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        struct trd_sim_config config = theory_open((*policy)->name, 4, 0.8, clients, 2);
        struct trd_sim_report first, second, third;
        config.task_count = 100000;
        theory_run(&config, &first);
        theory_run(&config, &second);
        config.seed++;
        theory_run(&config, &third);
        assert_int_equal(first.digest, second.digest);
        assert_memory_equal(&first.total, &second.total, sizeof first.total);
        assert_memory_equal(first.clients, second.clients, 2 * sizeof *first.clients);
        assert_int_not_equal(first.digest, third.digest);
        trd_sim_report_free(&first);
        trd_sim_report_free(&second);
        trd_sim_report_free(&third);
    }
}

static void memory_grows_with_the_tasks_in_flight_only(void **state) {
    (void)state;
    const struct trd_sim_client client = {
        .share = 1, .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}};
    const struct trd_sim_config config = theory_open("fifo", 4, 0.5, &client, 1);
    struct trd_sim_report report;
    theory_run(&config, &report);
    assert_int_equal(report.total.finished, config.task_count);
    assert_in_range(report.in_flight_peak, 4, 100);
    trd_sim_report_free(&report);
}

/* Sizers move the workers while tasks flow: the identities hold all the same (theory_run), and the
 * sizes are the sizer's. */
static void every_sizer_moves_the_workers_and_loses_no_task(void **state) {
    (void)state;
    const struct trd_sim_client client = {
        .share = 1, .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}};
    for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer; sizer++) {
        struct trd_sim_config config = theory_open("fifo", 8, 0.4, &client, 1);
        struct trd_sim_report report;
        char text[64];
        (void)snprintf(text, sizeof text, "%s%s", (*sizer)->name,
                       strcmp((*sizer)->name, "adaptive") == 0 ? ":idle=0.05" : "");
        config.sizer = text;
        config.workers_min = 1;
        config.task_count = 100000;
        theory_run(&config, &report);
        assert_int_equal(report.total.finished, config.task_count);
        assert_in_range(report.workers_peak, 1, 8);
        print_message("  %s: %.2f workers\n", text, report.workers_mean);
        if (strcmp((*sizer)->name, "adaptive") == 0) {
            assert_true(report.workers_mean > 3.3 && report.workers_mean < 7.9);
        } else if (strcmp((*sizer)->name, "fixed") == 0) {
            theory_near(report.workers_mean, 8.0, 1e-9);
        }
        trd_sim_report_free(&report);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_worker_serves_priorities_as_cobham_says),
        cmocka_unit_test(several_workers_serve_priorities_as_cobham_says),
        cmocka_unit_test(every_policy_obeys_the_conservation_law),
        cmocka_unit_test(turns_favour_the_client_that_asks_for_less),
        cmocka_unit_test(a_seed_repeats_a_run_bit_for_bit),
        cmocka_unit_test(every_sizer_moves_the_workers_and_loses_no_task),
        cmocka_unit_test(memory_grows_with_the_tasks_in_flight_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
