/* test_theory_classes.c - several classes of tasks: strict priority (T8, T9), priority that grows
 * with the wait (T10), and what no order that is blind to sizes can change (T5). */
#include "tests/theory/theory_formulas.h"

#include <string.h>

#define EXPONENTIAL(mean)                                                                          \
    { TRD_SIM_EXPONENTIAL, .mean_ns = (mean) }
#define ALWAYS(time)                                                                               \
    { TRD_SIM_DETERMINISTIC, .mean_ns = (time) }

static const struct trd_sim_client two_classes[] = {
    {.key = 1, .share = 1, .priority = 5, .service = EXPONENTIAL(SERVICE_NS)},
    {.key = 2, .share = 2, .priority = -5, .service = EXPONENTIAL(2 * SERVICE_NS)},
};
/* Too far apart for a bitmap of classes. */
static const struct trd_sim_client far_apart[] = {
    {.key = 1, .share = 1, .priority = 0, .service = EXPONENTIAL(SERVICE_NS)},
    {.key = 2, .share = 3, .priority = 1000000, .service = ALWAYS(SERVICE_NS / 2)},
    {.key = 3, .share = 1, .priority = -1000000, .service = ALWAYS(4 * SERVICE_NS)},
};
static const struct trd_sim_client alike[] = {
    {.key = 1, .share = 1, .priority = 2, .service = EXPONENTIAL(SERVICE_NS)},
    {.key = 2, .share = 2, .priority = 1, .service = EXPONENTIAL(SERVICE_NS)},
    {.key = 3, .share = 2, .priority = 0, .service = EXPONENTIAL(SERVICE_NS)},
};
/* With growth g and priority k a task gains g^k for every second of waiting. */
static const struct trd_sim_client growing[] = {
    {.key = 1, .share = 1, .priority = 0, .service = EXPONENTIAL(SERVICE_NS)},
    {.key = 2, .share = 1, .priority = 1, .service = EXPONENTIAL(SERVICE_NS)},
};
static const struct trd_sim_client growing_mixed[] = {
    {.key = 1, .share = 2, .priority = 0, .service = EXPONENTIAL(SERVICE_NS)},
    {.key = 2, .share = 1, .priority = 1, .service = ALWAYS(2 * SERVICE_NS)},
    {.key = 3, .share = 1, .priority = 3, .service = EXPONENTIAL(SERVICE_NS / 2)},
};

#define CLIENTS(table) .clients = (table), .client_count = sizeof(table) / sizeof *(table)

static const struct theory_system two = {
    "2 priorities, 1 worker", {.workers_max = 1, CLIENTS(two_classes)}, 0.75};
static const struct theory_system three = {
    "3 far apart, 1 worker", {.workers_max = 1, CLIENTS(far_apart)}, 0.75};
static const struct theory_system eight_workers = {
    "3 priorities, 8 workers", {.workers_max = 8, CLIENTS(alike)}, 0.85};
static const struct theory_system two_workers = {
    "3 priorities, 2 workers", {.workers_max = 2, CLIENTS(alike)}, 0.8};
static const struct theory_system slopes_two = {
    "2 slopes, 1 worker", {.workers_max = 1, CLIENTS(growing)}, 0.8};
static const struct theory_system slopes_three = {
    "3 slopes, 1 worker", {.workers_max = 1, CLIENTS(growing_mixed)}, 0.8};
static const struct theory_system unequal = {
    "3 unlike clients, 1 worker", {.workers_max = 1, CLIENTS(far_apart)}, 0.7};

static const struct theory_case strict[] = {
    {&cobham, &two, "priority", 0},   {&cobham, &two, "priority", 1},
    {&cobham, &three, "priority", 0}, {&cobham, &three, "priority", 1},
    {&cobham, &three, "priority", 2}, {&conservation, &three, "priority"},
};

static const struct theory_case strict_with_more_workers[] = {
    {&cobham_erlang, &eight_workers, "priority", 0},
    {&cobham_erlang, &eight_workers, "priority", 1},
    {&cobham_erlang, &eight_workers, "priority", 2},
    {&cobham_erlang, &two_workers, "priority", 0},
    {&cobham_erlang, &two_workers, "priority", 1},
    {&cobham_erlang, &two_workers, "priority", 2},
};

static const struct theory_case growing_with_the_wait[] = {
    {&delay_dependent, &slopes_two, "priority_aging:growth=1", 0},
    {&delay_dependent, &slopes_two, "priority_aging:growth=1", 1},
    {&delay_dependent, &slopes_two, "priority_aging:growth=2", 0},
    {&delay_dependent, &slopes_two, "priority_aging:growth=2", 1},
    {&delay_dependent, &slopes_two, "priority_aging:growth=5", 0},
    {&delay_dependent, &slopes_two, "priority_aging:growth=5", 1},
    {&delay_dependent, &slopes_two, "priority_aging:growth=1000", 0},
    {&delay_dependent, &slopes_two, "priority_aging:growth=1000", 1},
    {&delay_dependent, &slopes_three, "priority_aging:growth=3", 0},
    {&delay_dependent, &slopes_three, "priority_aging:growth=3", 1},
    {&delay_dependent, &slopes_three, "priority_aging:growth=3", 2},
};

static void one_worker_serves_priorities_as_cobham_says(void **state) {
    (void)state;
    THEORY_CHECK(strict);
}

static void several_workers_serve_priorities_as_cobham_says(void **state) {
    (void)state;
    THEORY_CHECK(strict_with_more_workers);
}

static void priority_that_grows_with_the_wait_is_kleinrock_s(void **state) {
    (void)state;
    THEORY_CHECK(growing_with_the_wait);
}

/* The order of a policy may hang on clients, priorities, classes, or what was learnt of earlier
 * tasks; without costs told in advance it cannot hang on the size of a task that waits. */
static void every_policy_obeys_the_conservation_law(void **state) {
    (void)state;
    struct theory_case cases[THEORY_POLICIES];
    size_t count = 0;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        assert_in_range(count, 0, THEORY_POLICIES - 1);
        cases[count++] = (struct theory_case){&conservation, &unequal, (*policy)->name, 0};
    }
    theory_check(cases, count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_worker_serves_priorities_as_cobham_says),
        cmocka_unit_test(several_workers_serve_priorities_as_cobham_says),
        cmocka_unit_test(priority_that_grows_with_the_wait_is_kleinrock_s),
        cmocka_unit_test(every_policy_obeys_the_conservation_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
