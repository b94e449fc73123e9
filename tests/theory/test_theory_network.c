/* test_theory_network.c - workers that share an interpreter lock and cores (T19): three exact
 * solutions against each other, and the simulator's machine against them. */
#include "tests/theory/closed_network.h"
#include "tests/theory/theory.h"

#include <math.h>

#define EXPONENTIAL(mean)                                                                          \
    { TRD_SIM_EXPONENTIAL, .mean_ns = (mean) }

/* All workers always have a task, as customers do not think; the replications give errors. */
#define PLANT(title, table, p, g, n)                                                               \
    {                                                                                              \
        .name = title,                                                                             \
        .config = {.arrivals = TRD_SIM_CLOSED,                                                     \
                   .customers = (n),                                                               \
                   .workers_max = (n),                                                             \
                   .machine = {.cores = (p), .gils = (g)},                                         \
                   .clients = &(table),                                                            \
                   .client_count = 1},                                                             \
        .replications = 20,                                                                        \
    }

static struct network network_of(const struct theory_run *run) {
    const struct trd_sim_phases *phases = &run->config.clients[0].phases;
    return (struct network){
        .held = trd_sim_time_moment(&phases->held, 1, INFINITY),
        .cpu = trd_sim_time_moment(&phases->cpu, 1, INFINITY),
        .wait = trd_sim_time_moment(&phases->wait, 1, INFINITY),
        .locks = run->config.machine.gils ? run->config.machine.gils : 1,
        .cores = (unsigned)run->config.machine.cores,
        .workers = run->config.workers_max,
    };
}

static struct trd_sim_estimate throughput(const struct theory_run *run) {
    return (struct trd_sim_estimate){run->report.total.rate_per_s / 1e9, 0.0};
}

static struct trd_sim_estimate lock_use(const struct theory_run *run) {
    return (struct trd_sim_estimate){run->report.machine.lock_utilisation, 0.0};
}

static struct trd_sim_estimate core_use(const struct theory_run *run) {
    return (struct trd_sim_estimate){run->report.machine.core_utilisation, 0.0};
}

static double repairman(const struct theory_run *run) {
    const struct network network = network_of(run);
    return network_repairman(&network);
}

static double repairman_lock(const struct theory_run *run) {
    const struct network network = network_of(run);
    return network_repairman(&network) * network.held;
}

static double mean_values(const struct theory_run *run) {
    const struct network network = network_of(run);
    return network_mean_values(&network);
}

static double shared(const struct theory_run *run) {
    const struct network network = network_of(run);
    return network_chain(&network);
}

static double shared_cores(const struct theory_run *run) {
    const struct network network = network_of(run);
    return network_chain(&network) * (network.held + network.cpu) / network.cores;
}

/* Somebody always waits for the lock: it is held, or on its way to the next. */
static double always_handed_on(const struct theory_run *run) {
    const struct network network = network_of(run);
    return 1.0 / (network.held + run->config.machine.handoff_ns);
}

static const struct theory_formula lock_rate = {"T19",      "X",      -1, "(1 - B(N, w / c)) / c",
                                                throughput, repairman};
static const struct theory_formula lock_busy = {"T19",    "U_lock",      0, "1 - B(N, w / c)",
                                                lock_use, repairman_lock};
static const struct theory_formula cores_rate = {
    "T19", "X", -1, "exact mean value analysis", throughput, mean_values};
static const struct theory_formula shared_rate = {
    "T19", "X", -1, "chain of c, r, w, cores shared", throughput, shared};
static const struct theory_formula shared_busy = {"T19",           "U_cores", 0,
                                                  "X (c + r) / P", core_use,  shared_cores};
static const struct theory_formula handed_on = {
    "T19", "X", -1, "1 / (c + hand-off)", throughput, always_handed_on};

static const struct trd_sim_client lock_and_wait = {
    .share = 1, .phases = {.held = EXPONENTIAL(SERVICE_NS), .wait = EXPONENTIAL(10 * SERVICE_NS)}};
static const struct trd_sim_client lock_and_wide_wait = {
    .share = 1,
    .phases = {.held = EXPONENTIAL(SERVICE_NS),
               .wait = {TRD_SIM_LOGNORMAL, .mean_ns = 10 * SERVICE_NS, .shape = 1.2}}};
static const struct trd_sim_client cpu_and_wait = {
    .share = 1,
    .phases = {.cpu = {TRD_SIM_HYPEREXPONENTIAL, .mean_ns = SERVICE_NS, .shape = 4},
               .wait = {TRD_SIM_DETERMINISTIC, .mean_ns = 3 * SERVICE_NS}}};
static const struct trd_sim_client all_phases = {.share = 1,
                                                 .phases = {.held = EXPONENTIAL(SERVICE_NS),
                                                            .cpu = EXPONENTIAL(SERVICE_NS),
                                                            .wait = EXPONENTIAL(8 * SERVICE_NS)}};
static const struct trd_sim_client mostly_cpu = {.share = 1,
                                                 .phases = {.held = EXPONENTIAL(SERVICE_NS),
                                                            .cpu = EXPONENTIAL(2 * SERVICE_NS),
                                                            .wait = EXPONENTIAL(7 * SERVICE_NS)}};
static const struct trd_sim_client lock_only = {.share = 1,
                                                .phases = {.held = EXPONENTIAL(SERVICE_NS)}};

static const struct theory_system c1_w10_n12 = PLANT("c 1, w 10, N 12", lock_and_wait, 2, 1, 12);
static const struct theory_system c1_w10_n4 =
    PLANT("c 1, w 10 lognormal, N 4", lock_and_wide_wait, 2, 1, 4);
static const struct theory_system r1_w3_n8 = PLANT("r 1 H2, w 3, P 2, N 8", cpu_and_wait, 2, 0, 8);
static const struct theory_system c1_r1_w8 =
    PLANT("c 1, r 1, w 8, P 2, N 16", all_phases, 2, 1, 16);
static const struct theory_system c1_r2_w7 =
    PLANT("c 1, r 2, w 7, P 4, N 12", mostly_cpu, 4, 1, 12);
static const struct theory_system c1_r2_g2 =
    PLANT("c 1, r 2, w 7, G 2, N 10", mostly_cpu, 2, 2, 10);
static const struct theory_system c1_r2_g10 =
    PLANT("c 1, r 2, w 7, G 10, N 10", mostly_cpu, 2, 10, 10);
static const struct theory_system c1_handed = {
    .name = "c 1, hand-off 0.3, N 8",
    .config = {.arrivals = TRD_SIM_CLOSED,
               .customers = 8,
               .workers_max = 8,
               .machine = {.cores = 4, .gils = 1, .handoff_ns = 0.3 * SERVICE_NS},
               .clients = &lock_only,
               .client_count = 1},
    .replications = 20};

static const struct theory_case plants[] = {
    {&lock_rate, &c1_w10_n12, "fifo"},  {&lock_busy, &c1_w10_n12, "fifo"},
    {&lock_rate, &c1_w10_n4, "fifo"},   {&lock_busy, &c1_w10_n4, "fifo"},
    {&cores_rate, &r1_w3_n8, "fifo"},   {&shared_rate, &c1_r1_w8, "fifo"},
    {&shared_busy, &c1_r1_w8, "fifo"},  {&shared_rate, &c1_r2_w7, "fifo"},
    {&shared_busy, &c1_r2_w7, "fifo"},  {&shared_rate, &c1_r2_g2, "fifo"},
    {&shared_rate, &c1_r2_g10, "fifo"}, {&handed_on, &c1_handed, "fifo"},
};

static void a_machine_runs_as_the_exact_solutions_say(void **state) {
    (void)state;
    THEORY_CHECK(plants);
}

/* Without r, or with cores for everybody, the solutions speak of the same system. */
static void three_exact_solutions_agree(void **state) {
    (void)state;
    const struct network lock = {.held = 1, .wait = 10, .locks = 1, .cores = 2, .workers = 12};
    theory_near(network_repairman(&lock), 0.880260812, 1e-9);
    theory_near(network_mean_values(&lock), network_repairman(&lock), 1e-12);
    theory_near(network_chain(&lock), network_repairman(&lock), 1e-12);
    const struct network cores = {.cpu = 1, .wait = 3, .locks = 1, .cores = 3, .workers = 9};
    theory_near(network_mean_values(&cores), lab_theory_closed_rate(9, 3, 1, 3), 1e-12);
    theory_near(network_chain(&cores), lab_theory_closed_rate(9, 3, 1, 3), 1e-12);
    const struct network apart = {
        .held = 1, .cpu = 2, .wait = 7, .locks = 1, .cores = 12, .workers = 12};
    theory_near(network_chain(&apart), network_mean_values(&apart), 1e-12);
}

/* The lock's owner needs a core, too: taken apart, the plant looks much better than it is. */
static void sharing_the_cores_costs_throughput(void **state) {
    (void)state;
    const struct network network = {
        .held = 1, .cpu = 1, .wait = 8, .locks = 1, .cores = 2, .workers = 16};
    theory_near(network_mean_values(&network), 0.984, 5e-4);
    theory_near(network_chain(&network), 0.844, 5e-4);
}

/* Little's law state by state: whatever a worker's task does, it does one of five things. */
static void every_moment_of_a_worker_is_in_one_state(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++) {
        struct trd_sim_config config;
        struct trd_sim_report report;
        theory_configure(&plants[i], &config);
        theory_run(&config, &report);
        const struct trd_sim_machine_report *machine = &report.machine;
        const double states = (double)machine->held_ns + (double)machine->cpu_ns +
                              (double)machine->lock_wait_ns + (double)machine->run_wait_ns +
                              (double)machine->wait_ns;
        const double workers = (double)report.measured_ns * config.workers_max;
        theory_near(states / workers, 1.0, 1e-9);
        trd_sim_report_free(&report);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_exact_solutions_agree),
        cmocka_unit_test(sharing_the_cores_costs_throughput),
        cmocka_unit_test(a_machine_runs_as_the_exact_solutions_say),
        cmocka_unit_test(every_moment_of_a_worker_is_in_one_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
