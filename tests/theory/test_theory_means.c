/* test_theory_means.c - one class of tasks: means, second moments and tails of open systems, and
 * the throughput of closed ones. */
#include "tests/theory/theory.h"

#include <math.h>
#include <stdio.h>

static const struct trd_sim_client exponential = {
    .share = 1, .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}};
static const struct trd_sim_client deterministic = {
    .share = 1, .service = {.law = TRD_SIM_DETERMINISTIC, .mean_ns = SERVICE_NS}};

static const char *const policies[] = {"fifo", "lifo", "priority", "round_robin"};
enum { POLICIES = sizeof policies / sizeof policies[0] };

/* The mean wait of every policy, and the second moment times `factor` of the policy `second`. */
static void check_system(const struct trd_sim_client *client, uint32_t workers, double load,
                         const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct trd_sim_config config = theory_open(names[i], workers, load, client, 1);
        struct trd_sim_report report;
        struct lab_stream stream;
        char what[64];
        theory_run(&config, &report);
        lab_sim_streams(&config, &stream);
        (void)snprintf(what, sizeof what, "%s c=%u rho=%g E[W]", names[i], workers, load);
        theory_check(what, report.total.wait_ns, lab_theory_wait(&stream, 1, workers));
        (void)snprintf(what, sizeof what, "%s c=%u rho=%g E[S]", names[i], workers, load);
        if (client->service.law == TRD_SIM_EXPONENTIAL) {
            theory_check(what, report.total.service_ns, SERVICE_NS);
        } else {
            theory_near(report.total.service_ns.mean, SERVICE_NS, 1e-6);
        }
        theory_near(report.utilisation, load, 0.01);
        trd_sim_report_free(&report);
    }
}

static void one_worker_waits_as_pollaczek_and_khinchine_say_under_every_policy(void **state) {
    (void)state;
    check_system(&exponential, 1, 0.7, policies, POLICIES);
    check_system(&deterministic, 1, 0.7, policies, POLICIES);
}

static void several_workers_wait_as_erlang_says_under_every_policy(void **state) {
    (void)state;
    check_system(&exponential, 2, 0.8, policies, POLICIES);
    check_system(&exponential, 8, 0.9, policies, POLICIES);
}

static void many_workers_wait_as_erlang_says(void **state) {
    (void)state;
    check_system(&exponential, 64, 0.9, policies, 1);
}

static struct trd_sim_estimate second_moment(const char *policy, uint32_t workers, double load,
                                             const struct trd_sim_client *client,
                                             double *exact_fifo) {
    const struct trd_sim_config config = theory_open(policy, workers, load, client, 1);
    struct trd_sim_report report;
    struct lab_stream stream;
    theory_run(&config, &report);
    lab_sim_streams(&config, &stream);
    *exact_fifo = lab_theory_wait2(&stream, 1, workers);
    trd_sim_report_free(&report);
    return report.total.wait_ns2;
}

static void fifo_has_takacs_second_moment(void **state) {
    (void)state;
    double exact;
    struct trd_sim_estimate seen = second_moment("fifo", 1, 0.7, &exponential, &exact);
    theory_check("fifo M/M/1 E[W^2]", seen, exact);
    seen = second_moment("fifo", 1, 0.7, &deterministic, &exact);
    theory_check("fifo M/D/1 E[W^2]", seen, exact);
    seen = second_moment("fifo", 8, 0.8, &exponential, &exact);
    theory_check("fifo M/M/8 E[W^2]", seen, exact);
}

static void lifo_has_the_second_moment_of_fifo_over_one_minus_the_load(void **state) {
    (void)state;
    double exact;
    struct trd_sim_estimate seen = second_moment("lifo", 1, 0.7, &exponential, &exact);
    theory_check("lifo M/M/1 E[W^2]", seen, exact / (1.0 - 0.7));
    seen = second_moment("lifo", 1, 0.7, &deterministic, &exact);
    theory_check("lifo M/D/1 E[W^2]", seen, exact / (1.0 - 0.7));
    seen = second_moment("lifo", 8, 0.8, &exponential, &exact);
    theory_check("lifo M/M/8 E[W^2]", seen, exact / (1.0 - 0.8));
}

static void erlang_s_tail_quantile_is_met(void **state) {
    (void)state;
    const double quantiles[] = {0.9, 0.99};
    for (size_t i = 0; i < 2; i++) {
        struct trd_sim_config config = theory_open("fifo", 8, 0.8, &exponential, 1);
        const double exact =
            lab_theory_wait_quantile(config.rate_per_s / 1e9, SERVICE_NS, 8, quantiles[i]);
        struct trd_sim_report report;
        config.late_ns = (uint64_t)exact;
        theory_run(&config, &report);
        theory_check("M/M/8 P(W > exact quantile)", report.total.late, 1.0 - quantiles[i]);
        /* The histogram knows a value to 1/32, and the quantile scatters a little. */
        const double seen = (double)trd_histogram_quantile(&report.total.wait, quantiles[i]);
        assert_true(seen > exact * 0.95 && seen < exact * 1.08);
        trd_sim_report_free(&report);
    }
}

static void a_closed_system_runs_as_the_machine_repairman_says(void **state) {
    (void)state;
    const struct {
        uint32_t customers, workers;
        enum trd_sim_law think;
    } cases[] = {{4, 1, TRD_SIM_EXPONENTIAL},
                 {12, 1, TRD_SIM_DETERMINISTIC}, /* insensitive to the law of thinking */
                 {20, 3, TRD_SIM_EXPONENTIAL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trd_sim_report report;
        const struct trd_sim_config config = {
            .workers_min = cases[i].workers,
            .workers_max = cases[i].workers,
            .arrivals = TRD_SIM_CLOSED,
            .customers = cases[i].customers,
            .think = {.law = cases[i].think, .mean_ns = 9 * SERVICE_NS},
            .clients = &exponential,
            .client_count = 1,
            .task_count = theory_tasks(),
            .seed = 7,
        };
        theory_run(&config, &report);
        theory_check("machine repairman E[W]", report.total.wait_ns,
                     lab_theory_closed_wait(cases[i].customers, 9 * SERVICE_NS, SERVICE_NS,
                                            cases[i].workers));
        const double exact = lab_theory_closed_rate(cases[i].customers, 9 * SERVICE_NS, SERVICE_NS,
                                                    cases[i].workers) *
                             1e9;
        theory_near(report.total.rate_per_s / exact, 1.0, 0.01);
        trd_sim_report_free(&report);
    }
}

/* The formulas themselves, against values published or computed by hand. */
static void the_formulas_have_their_textbook_values(void **state) {
    (void)state;
    const struct lab_stream mm1 = {0.8e-6, {.law = TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}, 0};
    const struct lab_stream md1 = {
        0.8e-6, {.law = TRD_SIM_DETERMINISTIC, .mean_ns = SERVICE_NS}, 0};
    theory_near(lab_theory_erlang_c(1, 0.8), 0.8, 1e-12);
    theory_near(lab_theory_erlang_c(2, 1.5), 9.0 / 14.0, 1e-12);
    theory_near(lab_theory_wait(&mm1, 1, 1) / SERVICE_NS, 4.0, 1e-9);
    theory_near(lab_theory_wait(&md1, 1, 1) / SERVICE_NS, 2.0, 1e-9);
    theory_near(lab_theory_wait2(&mm1, 1, 1) / (SERVICE_NS * SERVICE_NS), 40.0, 1e-9);
    theory_near(lab_theory_closed_rate(12, 10.0, 1.0, 1), 0.880260812, 1e-9);
    theory_near(lab_theory_closed_rate(3, 0.0, 2.0, 2), 1.0, 1e-12);
    theory_near(lab_theory_wait_quantile(0.5e-6, SERVICE_NS, 1, 0.5), 0.0, 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_formulas_have_their_textbook_values),
        cmocka_unit_test(one_worker_waits_as_pollaczek_and_khinchine_say_under_every_policy),
        cmocka_unit_test(several_workers_wait_as_erlang_says_under_every_policy),
        cmocka_unit_test(many_workers_wait_as_erlang_says),
        cmocka_unit_test(fifo_has_takacs_second_moment),
        cmocka_unit_test(lifo_has_the_second_moment_of_fifo_over_one_minus_the_load),
        cmocka_unit_test(erlang_s_tail_quantile_is_met),
        cmocka_unit_test(a_closed_system_runs_as_the_machine_repairman_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
