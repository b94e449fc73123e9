/* test_theory_faults.c - the theory can say no: wrong policies, planted bugs and systems that are a
 * little off are all found by the formula that is about them. */
#include "tests/theory/theory_formulas.h"

#include <math.h>
#include <stdlib.h>

#define EXPONENTIAL(mean)                                                                          \
    { TRD_SIM_EXPONENTIAL, .mean_ns = (mean) }
#define CLIENTS(table) .clients = (table), .client_count = sizeof(table) / sizeof *(table)

static const struct trd_sim_client fixed[] = {
    {.share = 1, .service = {TRD_SIM_DETERMINISTIC, .mean_ns = SERVICE_NS}}};
static const struct trd_sim_client costed[] = {
    {.share = 1, .service = EXPONENTIAL(SERVICE_NS), .has_cost = true}};
static const struct trd_sim_client two_classes[] = {
    {.key = 1, .share = 1, .priority = 1, .service = EXPONENTIAL(SERVICE_NS)},
    {.key = 2, .share = 1, .priority = 0, .service = EXPONENTIAL(SERVICE_NS)},
};

static const struct theory_system md1 = {
    "M/D/1 at 0.7", {.workers_max = 1, CLIENTS(fixed)}, 0.7, .effort = 2};
static const struct theory_system mm1 = {
    "M/M/1 at 0.8", {.workers_max = 1, CLIENTS(costed)}, 0.8, .effort = 2};
static const struct theory_system two = {
    "2 priorities at 0.8", {.workers_max = 1, CLIENTS(two_classes)}, 0.8, .effort = 2};
static const struct theory_system at_once = {
    "M/M/1 at 0.8, interrupted", {.workers_max = 1, .is_preemptive = true, CLIENTS(costed)}, 0.8};

/* A policy and the formula of another. */
static const struct theory_case wrong_policies[] = {
    {&takacs, &md1, "lifo"},
    {&takacs, &md1, "random"},
    {&lifo_square, &md1, "fifo"},
    {&lifo_square, &md1, "random"},
    {&random_square, &md1, "fifo"},
    {&random_square, &md1, "lifo"},
    {&cobham, &two, "fifo", 0},
    {&cobham, &two, "round_robin", 1},
    {&cobham, &two, "priority_aging:growth=5", 1},
    {&phipps, &mm1, "fifo"},
    {&phipps, &mm1, "lifo"},
    {&schrage_miller, &at_once, "sjf"},
    {&preemptive_shortest, &at_once, "srpt"},
};

static void check_noticed(const struct theory_case *of, const char *what,
                          void (*bend)(struct trd_sim_config *config)) {
    const double distance = theory_distance(of, bend);
    print_message("  %-4s %-26s %-26s %-10s %-34s z %+8.1f\n", of->formula->id, of->system->name,
                  of->policy, of->formula->quantity, what, distance);
    if (!(fabs(distance) >= 4.0)) {
        fail_msg("%s goes unnoticed", what);
    }
}

static void the_wrong_policy_is_noticed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrong_policies / sizeof *wrong_policies; i++) {
        check_noticed(&wrong_policies[i], "wrong policy", NULL);
    }
}

/* A policy of the table with a bug. One at a time, so it may stand here. */
static struct {
    const struct trd_policy *sound;
    struct trd_policy faulty;
    struct trd_policy_spec spec;
    unsigned pops;
} planted;

/* Once in eight times the first goes back in and the second is handed out. */
static struct trd_pop pop_the_second(const struct trd_policy_env *env, uint32_t worker,
                                     uint64_t now_ns) {
    const struct trd_pop first = planted.sound->pop(env, worker, now_ns);
    if (first.fate != TRD_FATE_RUN || ++planted.pops % 8) {
        return first;
    }
    const struct trd_pop second = planted.sound->pop(env, worker, now_ns);
    if (second.fate != TRD_FATE_RUN) {
        return first;
    }
    planted.sound->push(env, first.task, TRD_WORKER_NONE, now_ns);
    return second;
}

/* Draws twice and takes the newer, once in four times. */
static struct trd_pop pop_the_newer(const struct trd_policy_env *env, uint32_t worker,
                                    uint64_t now_ns) {
    const struct trd_pop first = planted.sound->pop(env, worker, now_ns);
    if (first.fate != TRD_FATE_RUN || ++planted.pops % 4) {
        return first;
    }
    const struct trd_pop second = planted.sound->pop(env, worker, now_ns);
    if (second.fate != TRD_FATE_RUN) {
        return first;
    }
    const bool is_newer = second.task->sequence > first.task->sequence;
    planted.sound->push(env, is_newer ? first.task : second.task, TRD_WORKER_NONE, now_ns);
    return is_newer ? second : first;
}

/* Says once in a thousand times that nothing is there. */
static struct trd_pop pop_nothing(const struct trd_policy_env *env, uint32_t worker,
                                  uint64_t now_ns) {
    if (++planted.pops % 1000 == 0) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    return planted.sound->pop(env, worker, now_ns);
}

static void plant(struct trd_sim_config *config,
                  struct trd_pop (*pop)(const struct trd_policy_env *env, uint32_t worker,
                                        uint64_t now_ns)) {
    assert_int_equal(trd_policy_parse(config->policy, &planted.spec, NULL), 0);
    planted.sound = planted.spec.policy;
    planted.faulty = *planted.sound;
    planted.faulty.pop = pop;
    planted.spec.policy = &planted.faulty;
    planted.pops = 0;
    config->policy = NULL;
    config->policy_spec = &planted.spec;
}

static void plant_the_second(struct trd_sim_config *config) {
    plant(config, pop_the_second);
}

static void plant_the_newer(struct trd_sim_config *config) {
    plant(config, pop_the_newer);
}

static void rare_slips_of_a_policy_are_noticed(void **state) {
    (void)state;
    const struct theory_case slips[] = {
        {&takacs, &md1, "fifo"},
        {&cobham, &two, "priority", 0},
        {&phipps, &mm1, "sjf"},
        {&schrage_miller, &at_once, "srpt"},
    };
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        check_noticed(&slips[i], "1 in 8 takes the second", plant_the_second);
    }
    const struct theory_case draws = {&random_square, &md1, "random"};
    check_noticed(&draws, "1 in 4 prefers the newer", plant_the_newer);
}

static void more_arrivals(struct trd_sim_config *config) {
    config->rate_per_s *= 1.01;
}

static void fewer_arrivals(struct trd_sim_config *config) {
    config->rate_per_s *= 0.99;
}

static void another_law(struct trd_sim_config *config) {
    static const struct trd_sim_client slower[] = {
        {.share = 1, .service = {TRD_SIM_DETERMINISTIC, .mean_ns = 1.01 * SERVICE_NS}}};
    config->clients = slower;
}

static void a_steeper_slope(struct trd_sim_config *config) {
    config->policy = "priority_aging:growth=4";
}

static void rough_costs(struct trd_sim_config *config) {
    static const struct trd_sim_client noisy[] = {
        {.share = 1, .service = EXPONENTIAL(SERVICE_NS), .has_cost = true, .cost_sigma = 0.5}};
    config->clients = noisy;
}

static void a_system_that_is_a_little_off_is_noticed(void **state) {
    (void)state;
    static const struct theory_system longer = {
        "M/D/1 at 0.7", {.workers_max = 1, CLIENTS(fixed)}, 0.7, .effort = 6};
    const struct theory_case of = {&pollaczek_khinchine, &longer, "fifo"};
    check_noticed(&of, "1 % more arrivals", more_arrivals);
    check_noticed(&of, "1 % fewer arrivals", fewer_arrivals);
    check_noticed(&of, "service 1 % longer", another_law);
    assert_true(fabs(theory_distance(&of, NULL)) < 4.0);
    const struct theory_case slope = {&delay_dependent, &two, "priority_aging:growth=3", 0};
    check_noticed(&slope, "slope 4, not 3", a_steeper_slope);
    const struct theory_case exact_costs = {&mispredicted, &mm1, "sjf"};
    check_noticed(&exact_costs, "costs off by exp(0.5 Z)", rough_costs);
}

/* T22 is an identity: a single nanosecond shows. */
static void a_worker_that_idles_beside_the_queue_is_noticed(void **state) {
    (void)state;
    const struct theory_case of = {NULL, &mm1, "fifo"};
    struct trd_sim_config config;
    struct trd_sim_report report;
    theory_configure(&of, &config);
    config.task_count = 10000;
    plant(&config, pop_nothing);
    assert_int_equal(trd_sim_run(&config, &report, NULL), 0);
    assert_true(report.unused_ns > 0);
    trd_sim_report_free(&report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wrong_policy_is_noticed),
        cmocka_unit_test(rare_slips_of_a_policy_are_noticed),
        cmocka_unit_test(a_system_that_is_a_little_off_is_noticed),
        cmocka_unit_test(a_worker_that_idles_beside_the_queue_is_noticed),
    };
    if (getenv("TREADLE_THEORY_TASKS")) {
        print_message("power depends on the number of tasks: as many as by default\n");
        (void)unsetenv("TREADLE_THEORY_TASKS");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
