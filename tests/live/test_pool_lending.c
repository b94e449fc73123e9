/* test_pool_lending.c - what a pool lends to an order by key, it takes back when all has run. */
#include <treadle/treadle.h>

#include <sched.h>
#include <stdlib.h>

#include "base/keyed.h"
#include "pool/live.h"
#include "tests/check.h"
#include "tests/live/gate.h"

enum { TASKS = 50000 };

static uint64_t next_key; /* the worker's: the order in which tasks must run */

static void *in_turn(void *arg) {
    const uint64_t key = (uintptr_t)arg;
    if (key < next_key) {
        abort(); /* not the test's thread: it cannot fail there */
    }
    next_key = key;
    return NULL;
}

static size_t lent_bytes(struct trd_pool *pool) {
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    const size_t bytes = pool->sched.loan.bytes;
    trd__pool_unlock(pool, &errands);
    return bytes;
}

static void keyed_tasks_run_in_order_and_the_memory_comes_back(void **state) {
    const struct trd_pool_config config = {.workers_max = 1, .policy = *state};
    struct trd_pool *pool = pool_make(&config);
    for (int round = 0; round < 2; round++) {
        struct held held = HELD_INIT;
        struct trd_future *first = pool_hold(pool, &held);
        uint64_t dice = 12345;
        for (int i = 0; i < TASKS; i++) {
            dice = dice * 6364136223846793005 + 1442695040888963407;
            const uint64_t key = 1000 + (dice >> 50);
            const struct trd_options options = {
                .deadline_ns = key * 1000000000000, /* from now; so that now does not matter */
                .cost_ns = key,
                .priority = -(int64_t)key,
            };
            assert_int_equal(trd_pool_submit(pool, in_turn, (void *)(uintptr_t)key, &options, NULL),
                             0);
        }
        assert_true(lent_bytes(pool) > TASKS * sizeof(struct trd__keyed_entry));
        next_key = 0;
        pool_release(&held, first);
        assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
        /* The worker is about to find out that nothing is queued. */
        while (lent_bytes(pool) > 0) {
            (void)sched_yield();
        }
    }
    trd_pool_destroy(pool);
}

int main(void) {
    static char edf[] = "edf", sjf[] = "sjf", priority[] = "priority",
                fair[] = "codel:target=3600/drr/edf";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(keyed_tasks_run_in_order_and_the_memory_comes_back, edf),
        cmocka_unit_test_prestate(keyed_tasks_run_in_order_and_the_memory_comes_back, sjf),
        cmocka_unit_test_prestate(keyed_tasks_run_in_order_and_the_memory_comes_back, priority),
        cmocka_unit_test_prestate(keyed_tasks_run_in_order_and_the_memory_comes_back, fair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
