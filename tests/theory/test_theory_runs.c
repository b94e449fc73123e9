/* test_theory_runs.c - what holds of every run, whatever is simulated: a seed repeats it, memory
 * follows the tasks in flight, sizers lose nothing. */
#include "tests/theory/theory_formulas.h"

#include <stdio.h>
#include <string.h>

#define CLIENTS(table) .clients = (table), .client_count = sizeof(table) / sizeof *(table)

static const struct trd_sim_client exponential[] = {
    {.share = 1, .service = {TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}}};
static const struct trd_sim_client unlike[] = {
    {.key = 1, .share = 3, .service = {TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
    {.key = 2,
     .share = 1,
     .priority = 1,
     .service = {TRD_SIM_DETERMINISTIC, .mean_ns = SERVICE_NS}},
};
static const struct trd_sim_client rare[] = {
    {.key = 1, .share = 9, .service = {TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
    {.key = 2, .share = 1, .service = {TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}},
};

static const struct theory_system four_workers = {
    "2 clients, 4 workers", {.workers_max = 4, CLIENTS(unlike)}, 0.8, .effort = 0.1};
static const struct theory_system half_loaded = {
    "M/M/4 at 0.5", {.workers_max = 4, CLIENTS(exponential)}, 0.5};
static const struct theory_system a_rare_client = {
    "9 to 1, 1 worker", {.workers_max = 1, CLIENTS(rare)}, 0.9};
static const struct theory_system sized = {
    "M/M/8 at 0.4, sized", {.workers_max = 8, CLIENTS(exponential)}, 0.4, .effort = 0.1};

static void run(const struct theory_system *system, const char *policy, uint64_t other_seed,
                struct trd_sim_report *report) {
    const struct theory_case of = {NULL, system, policy, 0};
    struct trd_sim_config config;
    theory_configure(&of, &config);
    config.seed += other_seed;
    theory_run(&config, report);
    assert_int_equal(report->total.finished, config.task_count);
}

static void a_seed_repeats_a_run_bit_for_bit(void **state) {
    (void)state;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        struct trd_sim_report first, second, third;
        run(&four_workers, (*policy)->name, 0, &first);
        run(&four_workers, (*policy)->name, 0, &second);
        run(&four_workers, (*policy)->name, 1, &third);
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
    struct trd_sim_report report;
    run(&half_loaded, "fifo", 0, &report);
    assert_in_range(report.in_flight_peak, 4, 100);
    trd_sim_report_free(&report);
}

/* Two clients that submit at unequal rates share what they get by turns: the rare one waits less.
 */
static void turns_favour_the_client_that_asks_for_less(void **state) {
    (void)state;
    struct trd_sim_report report;
    run(&a_rare_client, "round_robin", 0, &report);
    assert_true(report.clients[1].wait_ns.mean < report.clients[0].wait_ns.mean / 3);
    assert_int_equal(report.clients[0].finished + report.clients[1].finished,
                     report.total.finished);
    trd_sim_report_free(&report);
}

/* Sizers move the workers while tasks flow: the identities hold all the same (theory_run), and the
 * sizes are the sizer's. */
static void every_sizer_moves_the_workers_and_loses_no_task(void **state) {
    (void)state;
    for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer; sizer++) {
        const struct theory_case of = {NULL, &sized, "fifo", 0};
        struct trd_sim_config config;
        struct trd_sim_report report;
        theory_configure(&of, &config);
        config.sizer = (*sizer)->name;
        config.workers_min = 1;
        theory_run(&config, &report);
        assert_int_equal(report.total.finished, config.task_count);
        assert_in_range(report.workers_peak, 1, 8);
        print_message("  %s: %.2f workers\n", config.sizer, report.workers_mean);
        if (strcmp((*sizer)->name, "fixed") == 0) {
            theory_near(report.workers_mean, 8.0, 1e-9);
        }
        trd_sim_report_free(&report);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_repeats_a_run_bit_for_bit),
        cmocka_unit_test(every_sizer_moves_the_workers_and_loses_no_task),
        cmocka_unit_test(memory_grows_with_the_tasks_in_flight_only),
        cmocka_unit_test(turns_favour_the_client_that_asks_for_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
