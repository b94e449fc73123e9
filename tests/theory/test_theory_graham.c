/* test_theory_graham.c - several machines, all jobs there from the beginning: how far a greedy
 * order can be from the best schedule (Graham 1966, 1969).
 *
 * Any order that leaves no machine idle is within 2 - 1/m of the best makespan, the longest first
 * within 4/3 - 1/(3m). Both bounds are reached. */
#include "tests/check.h"

#include "tests/theory/shop.h"

/* Larger than any length: a cost of `longest - length` turns the smallest cost first around. */
enum { INSTANCES = 20000, COST_TOP = 1000 };

/* makespan / best against (a m - b) / (c m), all in whole numbers. */
struct bound {
    uint32_t a, b, c;
};
static const struct bound list_bound = {2, 1, 1}; /* 2 - 1/m */
static const struct bound lpt_bound = {4, 1, 3};  /* 4/3 - 1/(3m) */

/* 0 at the bound, negative within it. */
static int64_t beyond(const struct bound *bound, uint32_t machines, uint32_t makespan,
                      uint32_t best) {
    return (int64_t)makespan * bound->c * machines -
           (int64_t)best * (bound->a * machines - bound->b);
}

static void tell_longest(struct shop_job *jobs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        jobs[i].cost = COST_TOP - jobs[i].length;
        jobs[i].priority = jobs[i].length;
    }
}

static void check_random_shops(const char *policy, const struct bound *bound, uint64_t seed) {
    struct shop_job jobs[SHOP_JOBS];
    struct trd_rng rng;
    double worst = 0.0;
    trd_rng_init(&rng, seed);
    for (int i = 0; i < INSTANCES; i++) {
        const struct shop shop = {policy, 2 + (uint32_t)trd_rng_below(&rng, 4), false};
        const size_t count = 2 + trd_rng_below(&rng, 8);
        shop_draw(&rng, jobs, count, 10, 0);
        tell_longest(jobs, count);
        shop_run(&shop, jobs, count);
        const uint32_t best = shop_best_makespan(jobs, count, shop.machines);
        const uint32_t makespan = shop_makespan(jobs, count);
        const double share = (double)makespan * bound->c * shop.machines /
                             ((double)best * (bound->a * shop.machines - bound->b));
        worst = share > worst ? share : worst;
        if (makespan < best || beyond(bound, shop.machines, makespan, best) > 0) {
            shop_print(jobs, count);
            fail_msg("%s, seed %llu, shop %d: %u on %u machines, best %u", policy,
                     (unsigned long long)seed, i, makespan, shop.machines, best);
        }
    }
    print_message("T18  %-10s %d shops, at most %.4f of the bound\n", policy, INSTANCES, worst);
}

static void no_greedy_order_is_worse_than_graham_s_bound(void **state) {
    (void)state;
    check_random_shops("fifo", &list_bound, 1);
    check_random_shops("lifo", &list_bound, 2);
}

static void the_longest_first_is_never_worse_than_its_bound(void **state) {
    (void)state;
    check_random_shops("priority", &lpt_bound, 3);
    check_random_shops("sjf", &lpt_bound, 4); /* its costs are turned around */
}

/* m (m - 1) jobs of length 1 fill the machines, and then comes one of length m. */
static void an_unlucky_order_reaches_graham_s_bound(void **state) {
    (void)state;
    for (uint32_t machines = 2; machines <= 3; machines++) {
        const struct shop shop = {"fifo", machines, false};
        const size_t count = (size_t)machines * (machines - 1) + 1;
        struct shop_job jobs[SHOP_JOBS] = {{0}};
        for (size_t i = 0; i < count; i++) {
            jobs[i].length = i + 1 < count ? 1 : machines;
        }
        shop_run(&shop, jobs, count);
        const uint32_t best = shop_best_makespan(jobs, count, machines);
        assert_int_equal(best, machines);
        assert_int_equal(beyond(&list_bound, machines, shop_makespan(jobs, count), best), 0);
    }
}

/* Two jobs of each length from 2m - 1 down to m + 1, and three of length m. */
static void an_unlucky_mix_reaches_the_bound_of_the_longest_first(void **state) {
    (void)state;
    for (uint32_t machines = 2; machines <= 4; machines++) {
        const struct shop shop = {"sjf", machines, false};
        const size_t count = 2 * (size_t)machines + 1;
        struct shop_job jobs[SHOP_JOBS] = {{0}};
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t length = 2 * machines - 1 - i / 2;
            jobs[i].length = length > machines ? length : machines;
        }
        tell_longest(jobs, count);
        shop_run(&shop, jobs, count);
        const uint32_t best = shop_best_makespan(jobs, count, machines);
        assert_int_equal(best, 3 * machines);
        assert_int_equal(beyond(&lpt_bound, machines, shop_makespan(jobs, count), best), 0);
    }
}

/* The bound of the longest first is not met by other orders: the test can fail. */
static void order_of_arrival_breaks_the_bound_of_the_longest_first(void **state) {
    (void)state;
    struct shop_job jobs[] = {{.length = 1}, {.length = 1}, {.length = 2}};
    const struct shop shop = {"fifo", 2, false};
    shop_run(&shop, jobs, 3);
    assert_true(beyond(&lpt_bound, 2, shop_makespan(jobs, 3), shop_best_makespan(jobs, 3, 2)) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_greedy_order_is_worse_than_graham_s_bound),
        cmocka_unit_test(the_longest_first_is_never_worse_than_its_bound),
        cmocka_unit_test(an_unlucky_order_reaches_graham_s_bound),
        cmocka_unit_test(an_unlucky_mix_reaches_the_bound_of_the_longest_first),
        cmocka_unit_test(order_of_arrival_breaks_the_bound_of_the_longest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
