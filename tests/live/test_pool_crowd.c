/* test_pool_crowd.c - threads that live for a few submits, and pools that come and go meanwhile.
 *
 * A thread has a door to every pool that it submits to. It leaves them when it ends, perhaps while
 * the pool ends, too, and others take them over; and with more threads than doors, some have none.
 * TREADLE_TEST_ROUNDS says for how many rounds of 16 threads. */
#include <treadle/treadle.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "pool/live.h"
#include "tests/check.h"
#include "tests/live/gate.h"

enum { PLACES = 4, AT_ONCE = 8, LAUNCHERS = 2, SUBMITS = 3, ROUNDS = 200, CROWD = 100, EACH = 200 };

/* Where a pool is, and at times another one. */
struct place {
    pthread_rwlock_t lock; /* who submits reads, who changes the pool writes */
    struct trd_pool *pool;
};

static struct place places[PLACES];
static _Atomic uint64_t accepted, ran;
static _Atomic bool is_over;

static void *count(void *arg) {
    atomic_fetch_add_explicit((_Atomic uint64_t *)arg, 1, memory_order_relaxed);
    return arg;
}

static struct trd_pool *pool_at(int place) {
    const struct trd_pool_config config = {.workers_max = 1 + (uint32_t)place % 2,
                                           .sizer = place % 2 ? "fixed" : NULL};
    return pool_make(&config);
}

/* Submits a little here and there, and is gone. Whatever it has submitted may run later. */
static void *short_life(void *arg) {
    const uintptr_t dice = (uintptr_t)arg;
    for (uintptr_t i = 0; i < SUBMITS; i++) {
        struct place *place = &places[(dice + i * (dice / PLACES)) % PLACES];
        struct trd_future *future = NULL;
        const bool is_wanted = (dice >> i) % 4 == 0;
        assert_int_equal(pthread_rwlock_rdlock(&place->lock), 0);
        assert_int_equal(
            trd_pool_submit(place->pool, count, &ran, NULL, is_wanted ? &future : NULL), 0);
        assert_int_equal(pthread_rwlock_unlock(&place->lock), 0);
        if (is_wanted && dice % 3 == 0) {
            assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0); /* it ends with its pool */
        }
        trd_future_unref(future);
    }
    atomic_fetch_add_explicit(&accepted, SUBMITS, memory_order_relaxed);
    return NULL;
}

static void *launch(void *arg) {
    const uint64_t rounds = *(const uint64_t *)arg;
    struct trd_rng rng;
    trd_rng_init(&rng, rounds);
    for (uint64_t round = 0; round < rounds; round++) {
        pthread_t threads[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++) {
            const uintptr_t dice = (uintptr_t)trd_rng_next(&rng);
            assert_int_equal(pthread_create(&threads[i], NULL, short_life, (void *)dice), 0);
        }
        for (int i = 0; i < AT_ONCE; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        }
    }
    return NULL;
}

/* One pool after another ends and is made anew, but for the first. */
static void *renew(void *unused) {
    (void)unused; /* there is one crowd */
    for (int i = 0; !atomic_load(&is_over); i++) {
        const int which = 1 + i % (PLACES - 1);
        struct place *place = &places[which];
        struct trd_pool *fresh = pool_at(which);
        assert_int_equal(pthread_rwlock_wrlock(&place->lock), 0);
        struct trd_pool *old = place->pool;
        place->pool = fresh;
        assert_int_equal(pthread_rwlock_unlock(&place->lock), 0);
        trd_pool_destroy(old);
    }
    return NULL;
}

static void threads_and_pools_come_and_go(void **state) {
    (void)state;
    const char *text = getenv("TREADLE_TEST_ROUNDS");
    uint64_t rounds = getenv("TREADLE_TEST_SLOW") ? ROUNDS / 10 : ROUNDS;
    rounds = text ? strtoull(text, NULL, 10) : rounds;
    pthread_t launchers[LAUNCHERS], renewer;
    for (int i = 0; i < PLACES; i++) {
        assert_int_equal(pthread_rwlock_init(&places[i].lock, NULL), 0);
        places[i].pool = pool_at(i);
    }
    assert_int_equal(pthread_create(&renewer, NULL, renew, NULL), 0);
    for (int i = 0; i < LAUNCHERS; i++) {
        assert_int_equal(pthread_create(&launchers[i], NULL, launch, &rounds), 0);
    }
    for (int i = 0; i < LAUNCHERS; i++) {
        assert_int_equal(pthread_join(launchers[i], NULL), 0);
    }
    atomic_store(&is_over, true);
    assert_int_equal(pthread_join(renewer, NULL), 0);
    /* One has seen them all; never were more doors taken than threads were there. */
    assert_in_range(atomic_load(&places[0].pool->door_count), 1, LAUNCHERS * AT_ONCE + 1);
    for (int i = 0; i < PLACES; i++) {
        trd_pool_destroy(places[i].pool);
        assert_int_equal(pthread_rwlock_destroy(&places[i].lock), 0);
    }
    assert_int_equal(atomic_load(&ran), atomic_load(&accepted));
}

/* One of more threads than there are doors. */
struct member {
    struct trd_pool *pool;
    pthread_barrier_t *all_here;
    pthread_t thread;
    uint64_t number;
    _Atomic uint64_t done; /* how many of its tasks have run */
};

/* A task of its. */
struct turn {
    struct member *member;
    uint64_t number;
};

static struct turn turns[CROWD][EACH];

/* With fifo and one worker those of each thread run in its order. */
static void *take_turn(void *arg) {
    const struct turn *turn = arg;
    assert_int_equal(atomic_fetch_add(&turn->member->done, 1), turn->number);
    return NULL;
}

static void *member_main(void *arg) {
    struct member *member = arg;
    const int here = pthread_barrier_wait(member->all_here);
    assert_true(here == 0 || here == PTHREAD_BARRIER_SERIAL_THREAD);
    for (uint64_t i = 0; i < EACH; i++) {
        struct turn *turn = &turns[member->number][i];
        *turn = (struct turn){member, i};
        assert_int_equal(trd_pool_submit(member->pool, take_turn, turn, NULL, NULL), 0);
    }
    return NULL;
}

static void more_threads_than_doors_submit_in_order(void **state) {
    (void)state;
    static struct member members[CROWD];
    pthread_barrier_t all_here;
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 1, .sizer = "fixed"});
    assert_int_equal(pthread_barrier_init(&all_here, NULL, CROWD), 0);
    for (uint64_t i = 0; i < CROWD; i++) {
        members[i] = (struct member){.pool = pool, .all_here = &all_here, .number = i};
        assert_int_equal(pthread_create(&members[i].thread, NULL, member_main, &members[i]), 0);
    }
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(pthread_join(members[i].thread, NULL), 0);
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(atomic_load(&members[i].done), EACH);
    }
    assert_int_equal(pool_stats(pool)->finished, CROWD * EACH);
    trd_pool_destroy(pool);
    assert_int_equal(pthread_barrier_destroy(&all_here), 0);
}

/* A thread that outlives many pools keeps nothing of them. */
static void one_thread_outlives_many_pools(void **state) {
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct trd_pool *pools[2] = {pool_at(0), pool_at(1)};
        _Atomic uint64_t here = 0;
        for (int j = 0; j < 6; j++) {
            assert_int_equal(trd_pool_submit(pools[j % 2], count, &here, NULL, NULL), 0);
        }
        trd_pool_destroy(pools[i % 2]);
        assert_int_equal(trd_pool_submit(pools[1 - i % 2], count, &here, NULL, NULL), 0);
        trd_pool_destroy(pools[1 - i % 2]);
        assert_int_equal(atomic_load(&here), 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_and_pools_come_and_go),
        cmocka_unit_test(more_threads_than_doors_submit_in_order),
        cmocka_unit_test(one_thread_outlives_many_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
