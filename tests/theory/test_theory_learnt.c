/* test_theory_learnt.c - policies that learn sizes from history or from attained service: with
 * nothing more to be known they are strict priority for the class with the smaller mean (T8), with
 * more they lie between the blind rules and the best. */
#include "tests/theory/theory_formulas.h"

#include <math.h>

#define EXPONENTIAL(mean)                                                                          \
    { TRD_SIM_EXPONENTIAL, .mean_ns = (mean) }
#define ALWAYS(time)                                                                               \
    { TRD_SIM_DETERMINISTIC, .mean_ns = (time) }
#define CLIENTS(table) .clients = (table), .client_count = sizeof(table) / sizeof *(table)

/* The priorities are the order of the means, for the formula; the policies do not look at them. */
static const struct trd_sim_client classes[] = {
    {.key = 1, .share = 6, .class_index = 1, .priority = 3, .service = EXPONENTIAL(SERVICE_NS / 4)},
    {.key = 2, .share = 3, .class_index = 2, .priority = 2, .service = ALWAYS(SERVICE_NS)},
    {.key = 3, .share = 1, .class_index = 3, .priority = 1, .service = EXPONENTIAL(6 * SERVICE_NS)},
};
static const struct trd_sim_client memoryless[] = {
    {.key = 1, .share = 6, .class_index = 1, .priority = 3, .service = EXPONENTIAL(SERVICE_NS / 4)},
    {.key = 2, .share = 1, .class_index = 2, .priority = 2, .service = EXPONENTIAL(4 * SERVICE_NS)},
};
static const struct theory_system known_means = {
    "3 classes at 0.75", {.workers_max = 1, CLIENTS(classes)}, 0.75};
static const struct theory_system interrupted = {
    "2 classes at 0.75, int.",
    {.workers_max = 1, .is_preemptive = true, CLIENTS(memoryless)},
    0.75};

/* E[T_k] = (E[S_k] + sum_(i<=k) lambda_i E[S_i^2] / (2 (1 - sigma_k))) / (1 - sigma_(k-1)) */
static double preemptive_resume(const struct theory_run *run) {
    const struct lab_stream *of = &run->streams[run->of->index];
    double above = 0.0, with = 0.0, residual = 0.0;
    for (size_t i = 0; i < run->config.client_count; i++) {
        const struct lab_stream *stream = &run->streams[i];
        const double load = lab_theory_sum(stream, 1, 1);
        above += stream->priority > of->priority ? load : 0.0;
        with += stream->priority >= of->priority ? load : 0.0;
        residual += stream->priority >= of->priority ? lab_theory_sum(stream, 1, 2) / 2.0 : 0.0;
    }
    const double service = trd_sim_time_moment(&of->service, 1, INFINITY);
    return (service + residual / (1.0 - with)) / (1.0 - above);
}

static struct trd_sim_estimate client_response(const struct theory_run *run) {
    return run->report.clients[run->of->index].response_ns;
}

static const struct theory_formula preemptive_priority = {
    "T8",
    "E[T_i]",
    1,
    "(E[S_k] + sum_(i<=k) lambda_i E[S_i^2] / (2 (1 - sigma_k))) / (1 - sigma_(k-1))",
    client_response,
    preemptive_resume};

static const struct theory_case shortest_expected[] = {
    {&cobham, &known_means, "gittins", 0}, {&cobham, &known_means, "gittins", 1},
    {&cobham, &known_means, "gittins", 2}, {&cobham, &known_means, "spjf", 0},
    {&cobham, &known_means, "spjf", 1},    {&cobham, &known_means, "spjf", 2},
};

static const struct theory_case interrupting[] = {
    {&preemptive_priority, &interrupted, "priority", 0},
    {&preemptive_priority, &interrupted, "priority", 1},
    {&preemptive_priority, &interrupted, "gittins", 0},
    {&preemptive_priority, &interrupted, "gittins", 1},
};

/* Short tasks end on the top level, long ones are there until they have had the level's
 * millisecond, which is one unit of service: a server shared by tasks cut off there. */
static const struct trd_sim_client short_and_long[] = {
    {.key = 1, .share = 4, .service = ALWAYS(SERVICE_NS / 2)},
    {.key = 2, .share = 1, .service = ALWAYS(4 * SERVICE_NS)},
};
static const struct theory_system levels = {.name = "short and long, q to 0",
                                            .config = {.workers_max = 1,
                                                       .quantum_ns = (uint64_t)SERVICE_NS / 4,
                                                       .is_preemptive = true,
                                                       CLIENTS(short_and_long)},
                                            .load = 0.8,
                                            .effort = 0.2,
                                            .replications = 20,
                                            .is_extrapolated = true};

static double top_level_shared(const struct theory_run *run) {
    const double quantum = SERVICE_NS;
    double load = 0.0;
    for (size_t i = 0; i < run->config.client_count; i++) {
        const struct lab_stream *stream = &run->streams[i];
        const double beyond = 1.0 - trd_sim_time_moment(&stream->service, 0, quantum);
        load +=
            stream->rate * (trd_sim_time_moment(&stream->service, 1, quantum) + quantum * beyond);
    }
    return trd_sim_time_moment(&run->streams[0].service, 1, INFINITY) / (1.0 - load);
}

static const struct theory_formula top_level = {
    "T13b", "E[T_i]", 1, "x / (1 - lambda E[min(S, a)])", client_response, top_level_shared};

static const struct theory_case top_levels[] = {
    {&top_level, &levels, "mlfq:quantum=0.001,boost=1e9", 0},
};

static void the_smallest_expected_size_first_is_strict_priority(void **state) {
    (void)state;
    THEORY_CHECK(shortest_expected);
}

static void interrupting_the_smallest_expected_size_is_preemptive_priority(void **state) {
    (void)state;
    THEORY_CHECK(interrupting);
}

static void the_top_level_of_feedback_is_shared(void **state) {
    (void)state;
    THEORY_CHECK(top_levels);
}

/* Service that is the likelier to go on the longer it has lasted: no rule that does not know sizes
 * does better than the least served first (foreground-background), and sharing is worse. Each level
 * of feedback shares, so it lies between. */
static const struct trd_sim_client wide[] = {
    {.share = 1, .service = {TRD_SIM_HYPEREXPONENTIAL, .mean_ns = SERVICE_NS, .shape = 8}}};
static const struct theory_system sliced = {.name = "M/H2/1 at 0.8, sliced",
                                            .config = {.workers_max = 1,
                                                       .quantum_ns = (uint64_t)SERVICE_NS / 20,
                                                       .is_preemptive = true,
                                                       CLIENTS(wide)},
                                            .load = 0.8,
                                            .effort = 0.1};

static double mean_response(const char *policy, struct theory_run *run) {
    const struct theory_case of = {NULL, &sliced, policy, 0};
    *run = (struct theory_run){.of = &of};
    theory_configure(&of, &run->config);
    run->config.seed = 1; /* the same tasks for every policy */
    lab_sim_streams(&run->config, run->streams);
    theory_run(&run->config, &run->report);
    const double mean = run->report.total.response_ns.mean / SERVICE_NS;
    print_message("  %-28s %8.4f\n", policy, mean);
    trd_sim_report_free(&run->report);
    return mean;
}

static void feedback_and_index_lie_between_the_least_served_first_and_turns(void **state) {
    (void)state;
    struct theory_run run;
    const double turns = mean_response("fifo", &run);
    const double least = mean_response("srpt", &run);
    const double feedback = mean_response("mlfq:quantum=1e-4,levels=16,boost=1e9", &run);
    const double index = mean_response("gittins", &run);
    const double coarse = mean_response("mlfq:quantum=1e-3,levels=2,boost=1e9", &run);
    /* 3 % for what slices cost. */
    assert_true(least * 0.97 < feedback && feedback < coarse && coarse < turns);
    assert_true(least * 0.97 < index && index < least + 0.25 * (turns - least));
    assert_true(feedback < least + 0.25 * (turns - least));
}

/* Without interruption, too, knowing the classes pays. */
static void an_index_beats_the_order_of_arrival_on_a_mix(void **state) {
    (void)state;
    struct trd_sim_report blind, learnt;
    struct trd_sim_config config;
    const struct theory_case of = {NULL, &known_means, "fifo", 0};
    theory_configure(&of, &config);
    theory_run(&config, &blind);
    config.policy = "gittins";
    theory_run(&config, &learnt);
    assert_true(learnt.total.response_ns.mean < 0.7 * blind.total.response_ns.mean);
    trd_sim_report_free(&blind);
    trd_sim_report_free(&learnt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_expected_size_first_is_strict_priority),
        cmocka_unit_test(interrupting_the_smallest_expected_size_is_preemptive_priority),
        cmocka_unit_test(the_top_level_of_feedback_is_shared),
        cmocka_unit_test(feedback_and_index_lie_between_the_least_served_first_and_turns),
        cmocka_unit_test(an_index_beats_the_order_of_arrival_on_a_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
