/* test_sim_machine.c - cores, interpreter locks and hand-offs, against the exact chain; what a
 * sizer is told of them; plants that change; and configurations that are refused. */
#include "tests/check.h"

#include <treadle/policy.h>
#include <treadle/sim.h>

#include <errno.h>
#include <math.h>
#include <string.h>

/* A closed system of `workers` tasks that go round: exponential phases with these means. */
struct plant {
    unsigned workers, locks;
    double cores, held_ns, cpu_ns, wait_ns;
};

enum { STATES = 16 };

/* The chain: `g` at the locks, `k` computing without one, the rest waiting. Its rates out of (g,
 * k), from the model of shared cores: all who compute go at min(1, cores / number). */
struct rates {
    double held, cpu, wait;
};

static struct rates rates_of(const struct plant *plant, unsigned g, unsigned k) {
    const double holders = fmin(g, plant->locks);
    const double speed = fmin(1.0, plant->cores / fmax(holders + k, 1.0));
    return (struct rates){.held = holders * speed / plant->held_ns,
                          .cpu = k * speed / plant->cpu_ns,
                          .wait = (plant->workers - g - k) / plant->wait_ns};
}

/* Tasks a ns: the balance equations by repeated substitution. */
static double chain_rate(const struct plant *plant) {
    static double p[STATES][STATES];
    const unsigned n = plant->workers;
    double rate = 0.0, sum = 0.0;
    for (unsigned g = 0; g <= n; g++) {
        for (unsigned k = 0; g + k <= n; k++) {
            p[g][k] = 1.0;
        }
    }
    for (int sweep = 0; sweep < 20000; sweep++) {
        for (unsigned g = 0; g <= n; g++) {
            for (unsigned k = 0; g + k <= n; k++) {
                const struct rates out = rates_of(plant, g, k);
                double in = 0.0;
                in += g > 0 ? p[g - 1][k] * rates_of(plant, g - 1, k).wait : 0.0;
                in += k > 0 ? p[g + 1][k - 1] * rates_of(plant, g + 1, k - 1).held : 0.0;
                in += g + k < n ? p[g][k + 1] * rates_of(plant, g, k + 1).cpu : 0.0;
                /* Half the way: the whole way may go round in a circle. */
                p[g][k] = 0.5 * (p[g][k] + in / (out.held + out.cpu + out.wait));
            }
        }
    }
    for (unsigned g = 0; g <= n; g++) {
        for (unsigned k = 0; g + k <= n; k++) {
            sum += p[g][k];
            rate += p[g][k] * rates_of(plant, g, k).held;
        }
    }
    return rate / sum;
}

static struct trd_sim_client client_of(const struct plant *plant) {
    return (struct trd_sim_client){.share = 1,
                                   .phases = {.held = {.mean_ns = plant->held_ns},
                                              .cpu = {.mean_ns = plant->cpu_ns},
                                              .wait = {.mean_ns = plant->wait_ns}}};
}

static struct trd_sim_config closed(const struct plant *plant,
                                    const struct trd_sim_client *client) {
    return (struct trd_sim_config){.workers_min = plant->workers,
                                   .workers_max = plant->workers,
                                   .arrivals = TRD_SIM_CLOSED,
                                   .customers = plant->workers,
                                   .machine = {.cores = plant->cores, .gils = plant->locks},
                                   .clients = client,
                                   .client_count = 1,
                                   .task_count = 200000,
                                   .seed = 17};
}

static void run(const struct trd_sim_config *config, struct trd_sim_report *report) {
    struct trd_error error = {""};
    if (trd_sim_run(config, report, &error)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(report->tasks.area_ns, report->tasks.sum_ns);
    assert_int_equal(report->work.area_ns, report->work.sum_ns);
}

static void shared_cores_and_locks_behave_as_the_exact_chain(void **state) {
    (void)state;
    static const struct plant plants[] = {
        {6, 1, 2, 1e6, 1e6, 4e6},   {4, 1, 1, 1e6, 2e6, 3e6}, {8, 2, 3, 1e6, 1e6, 2e6},
        {5, 1, 1.5, 2e6, 1e6, 1e6}, {3, 3, 2, 1e6, 5e5, 2e6},
    };
    for (size_t i = 0; i < sizeof plants / sizeof plants[0]; i++) {
        const struct trd_sim_client client = client_of(&plants[i]);
        const struct trd_sim_config config = closed(&plants[i], &client);
        const double rate = chain_rate(&plants[i]);
        struct trd_sim_report report;
        run(&config, &report);
        /* Customers do not think, so by Little's law their response is their number over the rate.
         */
        const double exact_ns = plants[i].workers / rate;
        const double z =
            (report.total.response_ns.mean - exact_ns) / report.total.response_ns.error;
        const double computed = (plants[i].held_ns + plants[i].cpu_ns) * rate / plants[i].cores;
        print_message("  plant %zu: response %.6g ns, exact %.6g, z %+.2f\n", i,
                      report.total.response_ns.mean, exact_ns, z);
        assert_true(fabs(z) < 4.0);
        assert_true(fabs(report.machine.core_utilisation / computed - 1.0) < 0.02);
        /* What the workers did with their time is all of it. */
        const double spent =
            (double)(report.machine.held_ns + report.machine.cpu_ns + report.machine.lock_wait_ns +
                     report.machine.run_wait_ns + report.machine.wait_ns);
        assert_true(fabs(spent / ((double)report.measured_ns * plants[i].workers) - 1.0) < 1e-6);
        trd_sim_report_free(&report);
    }
}

/* Nobody waits, all hold the lock in turn: a round takes the work and the hand-off. */
static void a_contended_lock_costs_its_hand_off(void **state) {
    (void)state;
    const struct trd_sim_client client = {
        .share = 1,
        .phases = {.held = {.law = TRD_SIM_DETERMINISTIC, .mean_ns = 1e6}, .visits = 4}};
    const struct plant plant = {.workers = 3, .locks = 1, .cores = 2};
    struct trd_sim_config config = closed(&plant, &client);
    struct trd_sim_report report;
    config.machine.handoff_ns = 1e5;
    run(&config, &report);
    assert_true(fabs(report.total.rate_per_s * (1e6 + 4 * 1e5) / 1e9 - 1.0) < 1e-3);
    assert_true(fabs(report.machine.lock_utilisation - 1.0 / 1.4) < 1e-3);
    trd_sim_report_free(&report);
}

/* What the ticks of a sizer added up to. */
struct heard {
    double cpu_ns, held_ns, busy_ns, cores;
    uint64_t finished, ticks;
};

static void hear(void *context, uint32_t host, const struct trd_sample *sample, uint32_t wanted,
                 uint64_t finished) {
    struct heard *heard = context;
    assert_int_equal(host, 0);
    assert_true(wanted >= 1 && wanted <= 8);
    assert_true(sample->is_gil_measured);
    assert_true(sample->gils == 1.0);
    heard->cpu_ns += (double)sample->cpu_ns;
    heard->held_ns += (double)sample->gil_held_ns;
    heard->busy_ns += (double)sample->busy_ns;
    heard->cores = sample->cores;
    heard->finished = finished;
    heard->ticks++;
}

/* The plant changes at one second: from then on there are fewer cores and longer waits. */
static void a_sizer_is_told_what_the_machine_did_and_plants_change(void **state) {
    (void)state;
    const struct plant before = {8, 1, 4, 2e5, 4e5, 4e5}, after = {8, 1, 1, 2e5, 4e5, 2e6};
    const struct trd_sim_client first = client_of(&before), second = client_of(&after);
    const struct trd_sim_step steps[] = {{.at_ns = 1000000000, .clients = &second, .cores = 1}};
    struct heard heard = {0};
    struct trd_sim_config config = closed(&before, &first);
    struct trd_sim_report report;
    config.workers_min = 1;
    config.sizer = "adaptive";
    config.steps = steps;
    config.step_count = 1;
    config.is_cold = true;
    config.task_count = 20000;
    config.watch = (struct trd_sim_watch){hear, &heard};
    run(&config, &report);
    assert_true(heard.ticks > 10);
    assert_true(heard.cores == 1.0);
    /* All but what came after the last tick, which is not more than a second of a core or two. */
    const double cpu_ns = (double)(report.machine.held_ns + report.machine.cpu_ns);
    assert_true(heard.cpu_ns <= cpu_ns * 1.001 && heard.cpu_ns > cpu_ns * 0.9);
    assert_true(heard.held_ns > 0.0 && heard.busy_ns > heard.cpu_ns);
    assert_in_range(heard.finished, 18000, 20000);
    /* 0.6 ms of CPU a task: four cores let through far more than one. */
    assert_true(report.series[0].finished_per_s > 1.5 * 1e9 / 6e5);
    assert_true(report.series[report.point_count - 1].finished_per_s < 1.1 * 1e9 / 6e5);
    trd_sim_report_free(&report);
}

static void noise_disturbs_what_a_sizer_is_told_and_nothing_else(void **state) {
    (void)state;
    const struct plant plant = {8, 1, 2, 2e5, 4e5, 4e5};
    const struct trd_sim_client client = client_of(&plant);
    struct heard quiet = {0}, noisy = {0};
    struct trd_sim_config config = closed(&plant, &client);
    struct trd_sim_report a, b;
    const struct trd_sizer *adaptive = NULL;
    struct trd_sizer_spec fixed;
    for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer; sizer++) {
        adaptive = (*sizer)->period_ns ? *sizer : adaptive;
    }
    /* Something that ticks; its answer is bounded to one size. */
    assert_int_equal(trd_sizer_parse(adaptive ? adaptive->name : "", &fixed, NULL), 0);
    config.sizer_spec = &fixed;
    config.task_count = 20000;
    config.watch = (struct trd_sim_watch){hear, &quiet};
    run(&config, &a);
    config.machine.noise = 0.3;
    config.watch.context = &noisy;
    run(&config, &b);
    assert_int_equal(a.digest, b.digest);
    assert_true(quiet.cpu_ns != noisy.cpu_ns);
    assert_true(fabs(noisy.cpu_ns / quiet.cpu_ns - 1.0) < 0.2);
    trd_sim_report_free(&a);
    trd_sim_report_free(&b);
}

/* A configuration that is right, and what is to be made wrong of it. */
struct wrong {
    const char *says;
    struct trd_sim_config config;
    struct trd_sim_client client;
};

#define SIZE .workers_min = 1, .workers_max = 2
#define RATE .rate_per_s = 1000
#define TASKS .task_count = 1000
#define RIGHT SIZE, RATE, TASKS
#define SERVED .share = 1, .service = {.mean_ns = 1e6}

static void wrong_configurations_are_refused_with_what_is_allowed(void **state) {
    (void)state;
    static const struct trd_sim_step unordered[] = {{.at_ns = 5}, {.at_ns = 4}};
    static const struct trd_sim_step cores[] = {{.at_ns = 5, .cores = 2}};
    static const struct trd_sim_step rates[] = {{.at_ns = 5, .rate_per_s = 2}};
    static const struct wrong wrong[] = {
        {"unknown policy", {RIGHT, .policy = "nothing"}, {SERVED}},
        {"workers: there must be 1", {RATE, TASKS, .workers_max = 0}, {SERVED}},
        {"at least 3 is more than at most 2",
         {RATE, TASKS, .workers_max = 2, .workers_min = 3},
         {SERVED}},
        {"tasks: there must be 40", {SIZE, RATE, .task_count = 39}, {SERVED}},
        {"rate: must be from", {SIZE, TASKS, .rate_per_s = -1}, {SERVED}},
        {"load 2.5: an open system", {SIZE, TASKS, .rate_per_s = 5000}, {SERVED}},
        {"unknown process 99", {RIGHT, .arrivals = (enum trd_sim_arrivals)99}, {SERVED}},
        {"customers: there must be 1", {RIGHT, .arrivals = TRD_SIM_CLOSED}, {SERVED}},
        {"ratio of burst", {RIGHT, .arrivals = TRD_SIM_MMPP}, {SERVED}},
        {"tasks of a batch: must be from 1", {RIGHT, .arrivals = TRD_SIM_BATCH_POISSON}, {SERVED}},
        {"must be whole when fixed",
         {RIGHT, .arrivals = TRD_SIM_BATCH_POISSON, .batch = {2.5, true}},
         {SERVED}},
        {"on/off sources", {RIGHT, .arrivals = TRD_SIM_ON_OFF}, {SERVED}},
        {"amplitude", {RIGHT, .arrivals = TRD_SIM_DIURNAL, .diurnal = {2, 1e9}}, {SERVED}},
        {"no function to read it", {RIGHT, .arrivals = TRD_SIM_TRACE}, {SERVED}},
        {"share must be", {RIGHT}, {.service = {.mean_ns = 1e6}}},
        {"service of client 1", {RIGHT}, {.share = 1}},
        {"class must be below 1024", {RIGHT}, {SERVED, .class_index = 1024}},
        {"without hints", {RIGHT}, {SERVED, .cost_sigma = 1}},
        {"error of its hints", {RIGHT}, {SERVED, .has_cost = true, .cost_sigma = -1}},
        {"no deadline", {RIGHT}, {SERVED, .drops_late = true}},
        {"cancels at its timeout", {RIGHT}, {SERVED, .cancels_at_timeout = true}},
        {"timeout of client 1", {RIGHT}, {SERVED, .timeout = {.mean_ns = -5}}},
        {"hosts: there must be", {RIGHT, .host_count = TRD_SIM_HOSTS_MAX + 1}, {SERVED}},
        {"choices", {RIGHT, .choices = 17}, {SERVED}},
        {"cannot look at 3 hosts of 2", {RIGHT, .host_count = 2, .choices = 3}, {SERVED}},
        {"on each of 60000 hosts",
         {RATE, TASKS, .workers_max = 100, .host_count = 60000},
         {SERVED}},
        {"up to 1024 workers", {RATE, TASKS, .workers_max = 2000, .is_preemptive = true}, {SERVED}},
        {"need cores", {RIGHT, .machine = {.gils = 1}}, {SERVED}},
        {"cores: must be from", {RIGHT, .machine = {.cores = -1}}, {SERVED}},
        {"hand-off", {RIGHT, .machine = {.cores = 1, .handoff_ns = -1}}, {SERVED}},
        {"single host", {RIGHT, .machine = {.cores = 1}, .quantum_ns = 5}, {SERVED}},
        {"phases must take 1 ns", {RIGHT, .machine = {.cores = 1}}, {SERVED}},
        {"load 1.2",
         {SIZE, TASKS, .rate_per_s = 600, .machine = {.cores = 1}},
         {.share = 1, .phases = {.cpu = {.mean_ns = 2e6}}}},
        {"step 2: comes before", {RIGHT, .steps = unordered, .step_count = 2}, {SERVED}},
        {"no machine", {RIGHT, .steps = cores, .step_count = 1}, {SERVED}},
        {"only Poisson and periodic",
         {RIGHT, .arrivals = TRD_SIM_DIURNAL, .diurnal = {0.5, 1e9}, .steps = rates,
          .step_count = 1},
         {SERVED}},
        {"none with a cold start", {RIGHT, .is_cold = true, .warmup_count = 5}, {SERVED}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct trd_sim_config config = wrong[i].config;
        struct trd_sim_report report;
        struct trd_error error = {""};
        config.clients = &wrong[i].client;
        config.client_count = 1;
        const int answer = trd_sim_run(&config, &report, &error);
        if (answer != -EINVAL || !strstr(error.message, wrong[i].says)) {
            fail_msg("%d '%s' does not say '%s'", answer, error.message, wrong[i].says);
        }
        assert_int_equal(trd_sim_run(&config, &report, NULL), -EINVAL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_cores_and_locks_behave_as_the_exact_chain),
        cmocka_unit_test(a_contended_lock_costs_its_hand_off),
        cmocka_unit_test(a_sizer_is_told_what_the_machine_did_and_plants_change),
        cmocka_unit_test(noise_disturbs_what_a_sizer_is_told_and_nothing_else),
        cmocka_unit_test(wrong_configurations_are_refused_with_what_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
