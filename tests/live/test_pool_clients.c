/* test_pool_clients.c - clients without end, in bounded memory; callable classes. */
#include <treadle/treadle.h>

#include <stdlib.h>

#include "pool/live.h"
#include "tests/check.h"
#include "tests/live/gate.h"

static void give_for(struct trd_pool *pool, uint64_t client) {
    const struct trd_options options = {.client = client};
    assert_int_equal(trd_pool_submit(pool, same, pool, &options, NULL), 0);
}

/* Rows there is memory for. */
static uint32_t rows_of(struct trd_pool *pool) {
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    const uint32_t rows = pool->sched.clients.capacity;
    trd__pool_unlock(pool, &errands);
    return rows;
}

static void a_hundred_thousand_clients_need_bounded_memory(void **state) {
    (void)state;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        struct trd_pool *pool =
            pool_make(&(struct trd_pool_config){.workers_max = 2, .policy = (*policy)->name});
        for (uint64_t i = 1; i <= 100000; i++) {
            give_for(pool, i * 977);
            if (i % 500 == 0) {
                assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
            }
        }
        assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
        assert_int_equal(pool_stats(pool)->finished, 100000);
        assert_true(pool_stats(pool)->clients <= 2048);
        assert_true(rows_of(pool) <= 4096);
        trd_pool_destroy(pool);
    }
}

static void clients_with_something_queued_are_never_forgotten(void **state) {
    (void)state;
    enum { CLIENTS = 20000 };
    struct held held = HELD_INIT;
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 1, .policy = "round_robin"});
    struct trd_future *holder = pool_hold(pool, &held);
    for (uint64_t round = 0; round < 2; round++) {
        for (uint64_t i = 1; i <= CLIENTS; i++) {
            give_for(pool, i << 20);
        }
        assert_int_equal(pool_stats(pool)->clients, CLIENTS + 1);
    }
    pool_release(&held, holder);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(pool_stats(pool)->finished, 2 * CLIENTS + 1);
    /* Afterwards new clients make the old ones go, two at a time. */
    for (uint64_t i = 1; i <= CLIENTS; i++) {
        give_for(pool, (i << 20) + 1);
        if (i % 100 == 0) {
            assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
        }
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_true(pool_stats(pool)->clients <= 2048);
    trd_pool_destroy(pool);
}

static void few_clients_keep_their_weight_while_idle(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    const struct trd_options heavy = {.client = 42, .weight = 7};
    assert_int_equal(trd_pool_submit(pool, same, pool, &heavy, NULL), 0);
    for (uint64_t i = 100; i < 600; i++) {
        give_for(pool, i);
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    give_for(pool, 42);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    struct trd__errands errands = {0};
    uint32_t row = 0;
    trd__pool_lock(pool);
    assert_int_equal(trd__clients_row_locked(pool, 42, 0, &row), 0);
    const struct trd_client client = *trd__sched_client(&pool->sched, row);
    trd__pool_unlock(pool, &errands);
    assert_int_equal(client.weight, 7);
    assert_int_equal(client.finished_count, 2);
    assert_int_equal(pool_stats(pool)->clients, 502);
    trd_pool_destroy(pool);
}

static void every_client_is_found_again_while_rows_come_and_go(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_rng rng;
    trd_rng_init(&rng, 7);
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    for (int i = 0; i < 200000; i++) {
        const uint64_t key = 1 + trd_rng_next(&rng) % 5000;
        uint32_t row = 0, again = 0;
        int failed;
        do {
            failed = trd__clients_row_locked(pool, key, (uint64_t)i, &row);
        } while (failed == -EAGAIN);
        assert_int_equal(failed, 0);
        assert_int_equal(trd__sched_client(&pool->sched, row)->key, key);
        assert_int_equal(trd__clients_row_locked(pool, key, (uint64_t)i, &again), 0);
        assert_int_equal(row, again);
    }
    const uint32_t open_count = pool->sched.client_open_count;
    trd__pool_unlock(pool, &errands);
    assert_true(open_count <= 1025);
    trd_pool_destroy(pool);
}

static void callables_get_rows_up_to_the_bound_and_then_share_row_0(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    static struct trd_policy policy;
    policy = *pool->sched.config.policy.policy;
    assert_int_equal(trd__classes_row_locked(pool, 1), 0); /* this policy wants none */
    policy.class_bytes = 8;
    pool->sched.config.policy.policy = &policy;
    assert_int_equal(trd__classes_open(pool), 0);
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 1; i < TRD_CLASSES_MAX; i++) {
            assert_int_equal(trd__classes_row_locked(pool, i * 4096), i);
        }
        assert_int_equal(trd__classes_row_locked(pool, 1), 0);
        assert_int_equal(trd__classes_row_locked(pool, 0), 0);
    }
    trd_pool_destroy(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_thousand_clients_need_bounded_memory),
        cmocka_unit_test(clients_with_something_queued_are_never_forgotten),
        cmocka_unit_test(few_clients_keep_their_weight_while_idle),
        cmocka_unit_test(every_client_is_found_again_while_rows_come_and_go),
        cmocka_unit_test(callables_get_rows_up_to_the_bound_and_then_share_row_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
