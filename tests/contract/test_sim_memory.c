/* test_sim_memory.c - every request of the simulator for memory is refused in turn: a clean error,
 * and nothing is left behind. */
#include <treadle/sim.h>

#include <errno.h>

#include "tests/check.h"
#include "tests/scarcity.h"

static const struct trd_sim_client mixed[] = {
    {.key = 1, .share = 3, .service = {.mean_ns = 1e6}},
    {.key = 2, .share = 1, .priority = 2, .class_index = 3, .service = {.mean_ns = 1e6}},
};
static const struct trd_sim_client phased[] = {
    {.share = 1,
     .phases = {.held = {.mean_ns = 2e5}, .cpu = {.mean_ns = 1e5}, .wait = {.mean_ns = 7e5}}},
};

/* Systems that want memory for different things. */
static const struct trd_sim_config systems[] = {
    {.policy = "fifo", .workers_min = 4, .workers_max = 4, .rate_per_s = 3200, .chart_tasks = 50},
    {.policy = "spjf",
     .workers_min = 2,
     .workers_max = 2,
     .host_count = 20,
     .choices = 2,
     .rate_per_s = 20000,
     .quantum_ns = 300000},
    {.policy = "drr",
     .sizer = "on_demand",
     .workers_min = 1,
     .workers_max = 40,
     .rate_per_s = 25000,
     .arrivals = TRD_SIM_ON_OFF,
     .on_off = {.sources = 30, .alpha = 1.5, .on_ns = 1e8, .off_ns = 1e8}},
    {.policy = "edf",
     .workers_min = 3,
     .workers_max = 3,
     .arrivals = TRD_SIM_CLOSED,
     .customers = 90,
     .is_preemptive = true,
     .think = {.mean_ns = 2e6}},
    {.policy = "lottery",
     .workers_min = 6,
     .workers_max = 6,
     .rate_per_s = 1200,
     .clients = phased,
     .client_count = 1,
     .machine = {.cores = 2, .gils = 1}},
};
static const struct trd_sim_config *chosen; /* the one the scene is about */

static int scarce(int answer) {
    assert_true(answer == 0 || answer == -ENOMEM);
    return answer;
}

static bool scene(enum scarcity_kind kind, uint64_t at) {
    static struct trd_sim_report report, sum;
    struct trd_error error;
    struct trd_sim_config config = *chosen;
    config.task_count = 400;
    config.warmup_count = 10;
    config.allows_overload = true;
    if (!config.clients) {
        config.clients = mixed;
        config.client_count = sizeof mixed / sizeof mixed[0];
    }
    sum = (struct trd_sim_report){.replications = 0};
    scarcity_begin(kind, at);
    if (scarce(trd_sim_run(&config, &report, &error)) == 0) {
        (void)scarce(trd_sim_report_merge(&sum, &report)); /* twice: into nothing, into itself */
        (void)scarce(trd_sim_report_merge(&sum, &report));
        trd_sim_report_free(&sum);
        trd_sim_report_free(&report);
    }
    const bool was_refused = scarcity_end();
    if (trd_sim_run(&config, &report, &error)) { /* nothing is wrong with the next one */
        fail_msg("%s", error.message);
    }
    trd_sim_report_free(&report);
    return was_refused;
}

static void every_request_may_be_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
        chosen = &systems[i];
        const uint64_t refused = scarcity_sweep(scene);
        print_message("%s: %d requests were refused\n", chosen->policy, (int)refused);
        assert_true(refused >= 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_may_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
