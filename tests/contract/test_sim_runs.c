/* test_sim_runs.c - what holds for every run of the simulator: its books balance, a seed repeats it
 * bit for bit, memory follows the tasks in flight, and each feature does what it says. */
#include "tests/check.h"

#include <treadle/sim.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE_NS 1e6

static const struct trd_sim_client plain = {.share = 1, .service = {.mean_ns = SERVICE_NS}};
static const struct trd_sim_client mixed[] = {
    {.key = 1, .share = 3, .service = {.mean_ns = SERVICE_NS}, .has_cost = true},
    {.key = 2,
     .share = 1,
     .priority = 2,
     .class_index = 3,
     .has_cost = true,
     .cost_sigma = 1,
     .weight = 3,
     .service = {.law = TRD_SIM_BIMODAL, .shape = 0.1, .low_ns = 5e5, .high_ns = 5.5e6}},
};
static const struct trd_sim_client impatient[] = {
    {.key = 1,
     .share = 1,
     .service = {.mean_ns = SERVICE_NS},
     .has_cost = true,
     .timeout = {.mean_ns = 5 * SERVICE_NS},
     .cancels_at_timeout = true},
    {.key = 2,
     .share = 1,
     .service = {.law = TRD_SIM_ERLANG, .mean_ns = SERVICE_NS, .shape = 3},
     .has_cost = true,
     .deadline = {.law = TRD_SIM_DETERMINISTIC, .mean_ns = 3 * SERVICE_NS},
     .drops_late = true,
     .timeout = {.law = TRD_SIM_DETERMINISTIC, .mean_ns = 2 * SERVICE_NS}},
};
static const struct trd_sim_client phased[] = {
    {.key = 1,
     .share = 1,
     .phases = {.held = {.mean_ns = 2e5},
                .cpu = {.mean_ns = 1e5},
                .wait = {.mean_ns = 7e5},
                .visits = 3}},
    {.key = 2, .share = 2, .phases = {.wait = {.mean_ns = 1e6}}},
};

#define CLIENTS(array) .clients = (array), .client_count = sizeof(array) / sizeof((array)[0])

/* Systems of every kind. The digests are those of every compiler. */
static const struct {
    const char *name;
    struct trd_sim_config config;
    bool is_dropping; /* tasks may be refused, dropped or withdrawn */
} systems[] = {
    {"plain", {.workers_max = 4, .rate_per_s = 3200, .clients = &plain, .client_count = 1}, false},
    {"clients", {.workers_max = 4, .rate_per_s = 2000, CLIENTS(mixed)}, false},
    {"closed",
     {.workers_max = 3,
      .arrivals = TRD_SIM_CLOSED,
      .customers = 9,
      .think = {.mean_ns = 2e6},
      CLIENTS(mixed)},
     false},
    {"bursts",
     {.workers_max = 4,
      .rate_per_s = 1500,
      .arrivals = TRD_SIM_MMPP,
      .mmpp = {.ratio = 10, .calm_ns = 2e8, .burst_ns = 1e8},
      CLIENTS(mixed)},
     false},
    {"sized", {.workers_max = 8, .sizer = "on_demand", .rate_per_s = 2000, CLIENTS(mixed)}, false},
    {"quantum",
     {.workers_max = 2, .rate_per_s = 1000, .quantum_ns = 300000, CLIENTS(mixed)},
     false},
    {"preemptive",
     {.workers_max = 2, .rate_per_s = 1000, .is_preemptive = true, CLIENTS(mixed)},
     false},
    {"impatient",
     {.workers_max = 2, .rate_per_s = 2600, .quantum_ns = 500000, CLIENTS(impatient)},
     true},
    {"hosts",
     {.workers_max = 2, .host_count = 20, .choices = 2, .rate_per_s = 20000, CLIENTS(mixed)},
     false},
    {"machine",
     {.workers_max = 6,
      .rate_per_s = 1200,
      CLIENTS(phased),
      .machine = {.cores = 2, .gils = 1, .handoff_ns = 5e4}},
     false},
};
enum { SYSTEMS = sizeof systems / sizeof systems[0] };

static struct trd_sim_config system_at(size_t index, const char *policy, uint64_t seed) {
    struct trd_sim_config config = systems[index].config;
    config.policy = policy;
    config.workers_min = config.sizer ? 1 : config.workers_max;
    config.task_count = 20000;
    config.warmup_count = 2000;
    config.seed = seed;
    return config;
}

static void run(const struct trd_sim_config *config, struct trd_sim_report *report) {
    struct trd_error error = {""};
    if (trd_sim_run(config, report, &error)) {
        fail_msg("%s", error.message);
    }
}

static void check_books(const char *name, const char *policy, const struct trd_sim_report *report) {
    if (report->tasks.area_ns != report->tasks.sum_ns ||
        report->queue.area_ns != report->queue.sum_ns ||
        report->work.area_ns != report->work.sum_ns) {
        fail_msg("%s under %s: the sums over time are not those over tasks", name, policy);
    }
    if (report->unused_ns != 0) {
        fail_msg("%s under %s: a worker idled while a task waited", name, policy);
    }
}

static void the_books_balance_whatever_the_system_and_the_policy(void **state) {
    (void)state;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        for (size_t i = 0; i < SYSTEMS; i++) {
            const struct trd_sim_config config = system_at(i, (*policy)->name, 11);
            struct trd_sim_report report;
            run(&config, &report);
            check_books(systems[i].name, (*policy)->name, &report);
            const uint64_t gone =
                report.total.refused + report.total.expired + report.total.given_up;
            assert_int_equal(report.total.finished + gone, config.task_count);
            assert_true(systems[i].is_dropping == (gone > 0));
            uint64_t finished = 0, classed = 0;
            for (size_t k = 0; k < report.client_count; k++) {
                finished += report.clients[k].finished;
            }
            for (size_t k = 0; k < report.class_count; k++) {
                classed += report.classes[k].finished;
            }
            assert_int_equal(finished, report.total.finished);
            assert_int_equal(classed, report.total.finished);
            assert_int_equal(report.total.wait.count, report.total.finished);
            trd_sim_report_free(&report);
        }
    }
}

static uint64_t digest_of(size_t system, const char *policy, uint64_t seed) {
    const struct trd_sim_config config = system_at(system, policy, seed);
    struct trd_sim_report report;
    run(&config, &report);
    trd_sim_report_free(&report);
    return report.digest;
}

/* Recorded with gcc and with clang. Another digest is another simulator: say so in the commit. */
static void a_seed_repeats_a_run_bit_for_bit_on_every_compiler(void **state) {
    (void)state;
    static const struct {
        size_t system;
        const char *policy;
        uint64_t digest;
    } recorded[] = {
        {0, "fifo", UINT64_C(0xb4195f361a45c272)},
        {1, "priority", UINT64_C(0x857d22b8b18cddf3)},
        {2, "round_robin", UINT64_C(0xb7fa874d2f73c5be)},
        {3, "sjf", UINT64_C(0x842f33634c76a4e7)},
        {4, "fifo", UINT64_C(0x416241b858019a12)},
        {5, "round_robin", UINT64_C(0x986b8f273d864ee3)},
        {6, "srpt", UINT64_C(0x44ab741466f8e91b)},
        {7, "edf", UINT64_C(0xfea1fa6a0823c328)},
        {8, "random", UINT64_C(0xfff3ae74fd0457fb)},
        {9, "fifo", UINT64_C(0x667de645ecf99a6d)},
    };
    bool are_equal = true;
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        const uint64_t digest = digest_of(recorded[i].system, recorded[i].policy, 2026);
        if (digest != recorded[i].digest) {
            are_equal = false;
            print_error("%s under %s: digest 0x%016" PRIx64 ", recorded 0x%016" PRIx64 "\n",
                        systems[recorded[i].system].name, recorded[i].policy, digest,
                        recorded[i].digest);
        }
        assert_int_equal(digest_of(recorded[i].system, recorded[i].policy, 2026), digest);
        assert_true(digest_of(recorded[i].system, recorded[i].policy, 2027) != digest);
    }
    assert_true(are_equal);
}

static void memory_follows_the_tasks_in_flight(void **state) {
    (void)state;
    struct trd_sim_config config = system_at(0, "fifo", 1);
    struct trd_sim_report report;
    config.rate_per_s = 2000;
    config.task_count = 300000;
    run(&config, &report);
    assert_true(report.in_flight_peak < 100);
    assert_true(report.point_count > TRD_SIM_POINTS_MAX / 2 - 1);
    assert_true(report.point_count <= TRD_SIM_POINTS_MAX);
    trd_sim_report_free(&report);
}

/* What the points of the series say, weighted, is what the whole run says. */
static void the_series_adds_up_to_the_run(void **state) {
    (void)state;
    struct trd_sim_config config = system_at(4, "fifo", 5);
    struct trd_sim_report report;
    double finished = 0.0, busy_ns = 0.0;
    config.is_cold = true;
    config.warmup_count = 0;
    run(&config, &report);
    for (size_t i = 0; i < report.point_count; i++) {
        const struct trd_sim_point *point = &report.series[i];
        finished += point->finished_per_s * (double)report.series_step_ns / 1e9;
        busy_ns += point->busy * (double)report.series_step_ns;
        assert_true(point->busy <= point->workers + 1e-9);
    }
    /* The last, unfinished step is not a point. */
    const double part =
        (double)(report.point_count * report.series_step_ns) / (double)report.measured_ns;
    assert_true(part > 0.9 && part <= 1.0);
    assert_true(fabs(finished / (double)report.total.finished - part) < 0.02);
    assert_true(fabs(busy_ns / (double)report.work.area_ns - part) < 0.02);
    trd_sim_report_free(&report);
}

static int by_start(const void *a, const void *b) {
    const struct trd_sim_slice *x = a, *y = b;
    return (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

/* Slices of a worker never overlap; those of a task that is done add up to its service. */
static void charts_show_every_slice_of_the_first_tasks(void **state) {
    (void)state;
    enum { DRAWN = 500 };
    struct trd_sim_config config = system_at(5, "round_robin", 3);
    struct trd_sim_report report;
    uint64_t served_ns[DRAWN + 1] = {0}, service_ns[DRAWN + 1] = {0}, done = 0;
    uint64_t free_ns[2] = {0, 0};
    config.chart_tasks = DRAWN;
    run(&config, &report);
    for (size_t i = 0; i < report.slice_count; i++) {
        const struct trd_sim_slice *slice = &report.slices[i];
        assert_in_range(slice->task, 1, DRAWN);
        assert_true(slice->submit_ns <= slice->start_ns && slice->start_ns <= slice->end_ns);
        served_ns[slice->task] += slice->end_ns - slice->start_ns;
        if (slice->end == TRD_SIM_END_DONE) {
            service_ns[slice->task] = slice->service_ns;
            done++;
        } else {
            assert_int_equal(slice->end, TRD_SIM_END_AGAIN);
        }
    }
    assert_int_equal(done, DRAWN);
    assert_memory_equal(served_ns, service_ns, sizeof served_ns);
    qsort(report.slices, report.slice_count, sizeof *report.slices, by_start);
    for (size_t i = 0; i < report.slice_count; i++) {
        const struct trd_sim_slice *slice = &report.slices[i];
        assert_true(slice->start_ns >= free_ns[slice->worker]);
        free_ns[slice->worker] = slice->end_ns;
    }
    trd_sim_report_free(&report);
}

static void two_choices_are_far_better_than_one(void **state) {
    (void)state;
    double responses[4];
    for (uint32_t choices = 1; choices <= 3; choices++) {
        struct trd_sim_config config = {.workers_min = 1,
                                        .workers_max = 1,
                                        .host_count = 100,
                                        .choices = choices,
                                        .rate_per_s = 90000,
                                        .clients = &plain,
                                        .client_count = 1,
                                        .task_count = 200000,
                                        .seed = 8};
        struct trd_sim_report report;
        run(&config, &report);
        check_books("hosts", "fifo", &report);
        responses[choices] = report.total.response_ns.mean / SERVICE_NS;
        trd_sim_report_free(&report);
    }
    assert_true(responses[1] > 3.0 * responses[2]);
    assert_true(responses[2] > 1.1 * responses[3]);
}

static void replications_pool_into_one_report(void **state) {
    (void)state;
    struct trd_sim_report pooled = {0}, again = {0}, parts[3];
    double mean = 0.0, variance = 0.0;
    for (size_t i = 0; i < 3; i++) {
        const struct trd_sim_config config = system_at(1, "priority", 100 + i);
        run(&config, &parts[i]);
        assert_int_equal(trd_sim_report_merge(&pooled, &parts[i]), 0);
        assert_int_equal(trd_sim_report_merge(&again, &parts[i]), 0);
        mean += parts[i].total.wait_ns.mean / 3.0;
        variance += parts[i].total.wait_ns.error * parts[i].total.wait_ns.error / 9.0;
    }
    assert_int_equal(pooled.replications, 3);
    assert_int_equal(pooled.total.finished, 3 * parts[0].total.finished);
    assert_int_equal(pooled.total.wait.count, pooled.total.finished);
    assert_true(fabs(pooled.total.wait_ns.mean / mean - 1.0) < 1e-12);
    assert_true(fabs(pooled.total.wait_ns.error / sqrt(variance) - 1.0) < 1e-12);
    assert_int_equal(pooled.digest, again.digest);
    check_books("pooled", "priority", &pooled);
    const struct trd_sim_config other = system_at(0, "priority", 1);
    trd_sim_report_free(&parts[0]);
    run(&other, &parts[0]);
    assert_int_equal(trd_sim_report_merge(&pooled, &parts[0]), -EINVAL);
    for (size_t i = 0; i < 3; i++) {
        trd_sim_report_free(&parts[i]);
    }
    trd_sim_report_free(&pooled);
    trd_sim_report_free(&again);
}

/* Under twice the load, waiting tasks that nobody wants any more cost fifo nearly all its
 * goodput; a queue that is turned around keeps most of it. */
static void goodput_counts_what_ends_within_the_timeout(void **state) {
    (void)state;
    struct trd_sim_client client = plain;
    client.timeout = (struct trd_sim_time){.law = TRD_SIM_DETERMINISTIC, .mean_ns = 5e6};
    struct trd_sim_config config = {.workers_min = 1,
                                    .workers_max = 1,
                                    .rate_per_s = 2000,
                                    .allows_overload = true,
                                    .clients = &client,
                                    .client_count = 1,
                                    .task_count = 50000,
                                    .seed = 8};
    struct trd_sim_report report;
    run(&config, &report);
    assert_true(report.total.goodput_per_s < 50.0);
    trd_sim_report_free(&report);
    config.policy = "lifo";
    run(&config, &report);
    assert_true(report.total.goodput_per_s > 600.0);
    assert_true(report.total.goodput_per_s < report.total.rate_per_s);
    trd_sim_report_free(&report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_books_balance_whatever_the_system_and_the_policy),
        cmocka_unit_test(a_seed_repeats_a_run_bit_for_bit_on_every_compiler),
        cmocka_unit_test(memory_follows_the_tasks_in_flight),
        cmocka_unit_test(the_series_adds_up_to_the_run),
        cmocka_unit_test(charts_show_every_slice_of_the_first_tasks),
        cmocka_unit_test(two_choices_are_far_better_than_one),
        cmocka_unit_test(replications_pool_into_one_report),
        cmocka_unit_test(goodput_counts_what_ends_within_the_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
