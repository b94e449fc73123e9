/* test_theory_closed.c - customers who think before their next task (T19). */
#include "tests/theory/theory_formulas.h"

#include <math.h>

#define ONE(client) .clients = &(client), .client_count = 1

static const struct trd_sim_client exponential = {
    .share = 1, .service = {TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}};

/* N customers, c workers, any law of thinking with the mean Z. */
#define REPAIRMAN(title, n, c, law, ...)                                                           \
    {                                                                                              \
        title,                                                                                     \
            {.arrivals = TRD_SIM_CLOSED,                                                           \
             .customers = (n),                                                                     \
             .workers_max = (c),                                                                   \
             .think = {law, __VA_ARGS__},                                                          \
             ONE(exponential)},                                                                    \
            .replications = 20,                                                                    \
    }

static const struct theory_system four =
    REPAIRMAN("N = 4, c = 1, Z exponential", 4, 1, TRD_SIM_EXPONENTIAL, .mean_ns = 9 * SERVICE_NS);
static const struct theory_system twelve =
    REPAIRMAN("N = 12, c = 1, Z fixed", 12, 1, TRD_SIM_DETERMINISTIC, .mean_ns = 10 * SERVICE_NS);
static const struct theory_system wide =
    REPAIRMAN("N = 12, c = 1, Z lognormal", 12, 1, TRD_SIM_LOGNORMAL, .mean_ns = 10 * SERVICE_NS,
              .shape = 1.5);
static const struct theory_system twenty = REPAIRMAN(
    "N = 20, c = 3, Z exponential", 20, 3, TRD_SIM_EXPONENTIAL, .mean_ns = 9 * SERVICE_NS);

static const struct theory_case repairman[] = {
    {&repairman_rate, &four, "fifo"},   {&repairman_wait, &four, "fifo"},
    {&repairman_rate, &twelve, "fifo"}, {&repairman_wait, &twelve, "fifo"},
    {&repairman_rate, &wide, "fifo"},   {&repairman_wait, &wide, "fifo"},
    {&repairman_rate, &twenty, "fifo"}, {&repairman_wait, &twenty, "fifo"},
    {&repairman_rate, &four, "random"}, {&repairman_wait, &four, "random"},
};

static void customers_who_think_are_served_as_the_machine_repairman_says(void **state) {
    (void)state;
    THEORY_CHECK(repairman);
}

/* Whoever is not thinking waits or is served: N = X (Z + R), here with the means of one run, which
 * differ from that by its first and last tasks only. */
static void customers_are_throughput_times_cycle(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof repairman / sizeof *repairman; i += 2) {
        struct trd_sim_config config;
        struct trd_sim_report report;
        theory_configure(&repairman[i], &config);
        theory_run(&config, &report);
        const double cycle_ns = config.think.mean_ns + report.total.response_ns.mean;
        const double seen = report.total.rate_per_s / 1e9 * cycle_ns;
        /* Think times are known by their mean only; those of the run have their own. */
        const double spread = 10.0 / sqrt((double)config.task_count);
        theory_near(seen / config.customers, 1.0, spread);
        trd_sim_report_free(&report);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(customers_who_think_are_served_as_the_machine_repairman_says),
        cmocka_unit_test(customers_are_throughput_times_cycle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
