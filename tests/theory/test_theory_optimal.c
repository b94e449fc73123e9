/* test_theory_optimal.c - one machine: what a policy is best at, it is best at, against every other
 * schedule of up to eight jobs.
 *
 * Jobs that are there together: the shortest first has the smallest mean response (Smith 1956), the
 * earliest deadline first the smallest maximal lateness (Jackson 1955). Jobs that come at times of
 * their own and may be interrupted: the shortest remainder first (Schrage 1968) and the earliest
 * deadline first (Dertouzos 1974). */
#include "tests/check.h"

#include "tests/theory/shop.h"

#include <string.h>

enum { JOBS_TOGETHER = 8, SHOPS_TOGETHER = 40, JOBS_OVER_TIME = 5, SHOPS_OVER_TIME = 300 };

/* The random shops of one claim. */
struct series {
    struct shop shop;
    size_t jobs_max;
    int shops;
    uint32_t length_max, release_max;
    uint64_t seed;
};

static const struct series together = {{NULL, 1, false}, JOBS_TOGETHER, SHOPS_TOGETHER, 9, 0, 11};
static const struct series over_time = {
    {NULL, 1, true}, JOBS_OVER_TIME, SHOPS_OVER_TIME, 5, 12, 12};

static int32_t total_of(const struct shop_job *jobs, size_t count) {
    return (int32_t)shop_total(jobs, count);
}

static int32_t best_total(const struct shop_job *jobs, size_t count) {
    return (int32_t)shop_best_total(jobs, count);
}

static int32_t best_total_interrupting(const struct shop_job *jobs, size_t count) {
    return (int32_t)shop_best_total_interrupting(jobs, count);
}

/* The shops in which a policy is worse than the best, and the first of them. */
struct found {
    int worse;
    struct shop_job example[SHOP_JOBS];
    size_t example_count;
};

typedef int32_t objective(const struct shop_job *jobs, size_t count);

static struct found look(const struct series *series, const char *policy, objective *reached,
                         objective *best) {
    struct shop shop = series->shop;
    struct found found = {.worse = 0};
    struct shop_job jobs[SHOP_JOBS];
    struct trd_rng rng;
    shop.policy = policy;
    trd_rng_init(&rng, series->seed);
    for (int i = 0; i < series->shops; i++) {
        const size_t count = 1 + trd_rng_below(&rng, series->jobs_max);
        shop_draw(&rng, jobs, count, series->length_max, series->release_max);
        shop_run(&shop, jobs, count);
        const int32_t is = reached(jobs, count), could_be = best(jobs, count);
        assert_true(is >= could_be);
        if (is > could_be && found.worse++ == 0) {
            found.example_count = count;
            memcpy(found.example, jobs, sizeof jobs);
        }
    }
    print_message("  %-5s seed %llu: worse than the best in %d of %d shops\n", policy,
                  (unsigned long long)series->seed, found.worse, series->shops);
    return found;
}

static void check_best(const struct series *series, const char *policy, objective *reached,
                       objective *best) {
    const struct found found = look(series, policy, reached, best);
    if (found.worse > 0) {
        shop_print(found.example, found.example_count);
        fail_msg("%s is not the best of all schedules", policy);
    }
}

static int count_worse(const struct series *series, const char *policy, objective *reached,
                       objective *best) {
    return look(series, policy, reached, best).worse;
}

static void the_shortest_first_has_the_smallest_mean_response(void **state) {
    (void)state;
    check_best(&together, "sjf", total_of, best_total);
    check_best(&together, "srpt", total_of, best_total);
}

static void the_earliest_deadline_first_has_the_smallest_lateness(void **state) {
    (void)state;
    check_best(&together, "edf", shop_lateness, shop_best_lateness);
}

static void the_shortest_remainder_first_has_the_smallest_mean_response_of_all(void **state) {
    (void)state;
    check_best(&over_time, "srpt", total_of, best_total_interrupting);
}

static void the_earliest_deadline_first_that_interrupts_has_the_smallest_lateness(void **state) {
    (void)state;
    assert_int_equal(count_worse(&over_time, "edf", shop_lateness, shop_best_lateness_interrupting),
                     0);
}

/* The shops tell policies apart: the wrong ones fail in many of them. */
static void the_wrong_policy_is_found_out(void **state) {
    (void)state;
    assert_true(count_worse(&together, "fifo", total_of, best_total) > SHOPS_TOGETHER / 2);
    assert_true(count_worse(&together, "sjf", shop_lateness, shop_best_lateness) >
                SHOPS_TOGETHER / 4);
    assert_true(count_worse(&over_time, "sjf", total_of, best_total_interrupting) > 0);
    assert_true(count_worse(&over_time, "edf", total_of, best_total_interrupting) >
                SHOPS_OVER_TIME / 4);
    assert_true(count_worse(&over_time, "srpt", shop_lateness, shop_best_lateness_interrupting) >
                SHOPS_OVER_TIME / 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_first_has_the_smallest_mean_response),
        cmocka_unit_test(the_earliest_deadline_first_has_the_smallest_lateness),
        cmocka_unit_test(the_shortest_remainder_first_has_the_smallest_mean_response_of_all),
        cmocka_unit_test(the_earliest_deadline_first_that_interrupts_has_the_smallest_lateness),
        cmocka_unit_test(the_wrong_policy_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
