/* test_pool_stress.c - everything at once, for the sanitizers and for the books.
 *
 * Producers, cancellers, resizers, waiters and readers of statistics work on one pool; then it is
 * shut down under their feet. Every accepted task must be completed exactly once, and the books
 * must add up. TREADLE_TEST_SEED repeats a run's random choices (not its interleaving). */
#include <treadle/treadle.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/check.h"
#include "tests/live/gate.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { ROUNDS = 500 }; /* which take twenty times as long */
#else
enum { ROUNDS = 3000 };
#endif
enum { PRODUCERS = 3, WINDOW = 16 };

struct stress {
    struct trd_pool *pool;
    uint64_t seed;
    _Atomic uint64_t ran, called_back, accepted, cancelled;
    _Atomic bool is_over;
};

/* One thread of it. */
struct stress_thread {
    struct stress *stress;
    struct trd_rng rng;
    pthread_t thread;
};

static void *stress_task(void *arg) {
    struct stress *stress = arg;
    atomic_fetch_add(&stress->ran, 1);
    return stress;
}

static void *stress_task_that_submits(void *arg) {
    struct stress *stress = arg;
    atomic_fetch_add(&stress->ran, 1);
    const int failed = trd_pool_submit(stress->pool, stress_task, stress, NULL, NULL);
    if (failed == 0) {
        atomic_fetch_add(&stress->accepted, 1);
    } else {
        assert_true(failed == -ESHUTDOWN || failed == -EDEADLK || failed == -EAGAIN);
    }
    return stress;
}

static void stress_called_back(void *context, struct trd_future *future) {
    struct stress *stress = context;
    assert_true(trd_future_is_done(future));
    atomic_fetch_add(&stress->called_back, 1);
}

/* Ends a future in one of several ways. */
static void stress_settle(struct stress *stress, struct trd_future *future, uint64_t dice) {
    if (!future) {
        return;
    }
    if (dice % 4 == 0 && trd_future_cancel(future) == 0) {
        atomic_fetch_add(&stress->cancelled, 1);
    }
    if (dice % 3 == 0) {
        const int answer = trd_future_wait(future, TRD_FOREVER);
        assert_true(answer == 0 || answer == -ECANCELED);
    }
    trd_future_unref(future);
}

static void *stress_produce(void *arg) {
    struct stress_thread *self = arg;
    struct stress *stress = self->stress;
    struct trd_future *window[WINDOW] = {NULL};
    uint64_t callbacks = 0;
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t dice = trd_rng_next(&self->rng);
        const struct trd_options options = {.client = dice % 50, .priority = (int64_t)(dice % 9)};
        struct trd_future **at = &window[i % WINDOW];
        stress_settle(stress, *at, dice >> 8);
        const int failed =
            trd_pool_submit(stress->pool, dice % 7 ? stress_task : stress_task_that_submits, stress,
                            dice % 2 ? &options : NULL, at);
        if (failed) {
            assert_true(failed == -ESHUTDOWN || failed == -EAGAIN);
            assert_null(*at);
            continue;
        }
        atomic_fetch_add(&stress->accepted, 1);
        if (dice % 5 == 0) {
            assert_int_equal(trd_future_on_done(*at, stress_called_back, stress), 0);
            callbacks++;
        }
    }
    for (int i = 0; i < WINDOW; i++) {
        stress_settle(stress, window[i], 1);
    }
    return (void *)(uintptr_t)callbacks;
}

static void *stress_resize(void *arg) {
    struct stress_thread *self = arg;
    static struct trd_stats stats;
    while (!atomic_load(&self->stress->is_over)) {
        const uint32_t most = 1 + (uint32_t)trd_rng_next(&self->rng) % 8;
        assert_int_equal(trd_pool_resize(self->stress->pool, most / 3, most), 0);
        assert_int_equal(trd_pool_stats(self->stress->pool, &stats), 0);
        assert_int_equal(stats.submitted, stats.finished + stats.cancelled + stats.expired +
                                              stats.lost + stats.queued + stats.busy);
        const int drained = trd_pool_drain(self->stress->pool, 200 * TRD_NS_PER_US);
        assert_true(drained == 0 || drained == -ETIMEDOUT);
    }
    return NULL;
}

static void stress_start(struct stress_thread *thread, struct stress *stress, uint64_t number,
                         void *(*run)(void *arg)) {
    thread->stress = stress;
    trd_rng_init(&thread->rng, stress->seed * 1000 + number);
    assert_int_equal(pthread_create(&thread->thread, NULL, run, thread), 0);
}

/* How the pool is shut down while producers are still at it; or not before they have ended. */
enum stress_end { STRESS_AFTER, STRESS_DRAIN, STRESS_CANCEL };

static void stress_run(const struct trd_pool_config *config, uint64_t seed, enum stress_end end) {
    struct stress stress = {.seed = seed};
    struct stress_thread producers[PRODUCERS], resizer;
    uint64_t callbacks = 0;
    stress.pool = pool_make(config);
    for (uint64_t i = 0; i < PRODUCERS; i++) {
        stress_start(&producers[i], &stress, i, stress_produce);
    }
    stress_start(&resizer, &stress, PRODUCERS, stress_resize);
    if (end != STRESS_AFTER) {
        while (atomic_load(&stress.ran) < ROUNDS) {
            const int drained = trd_pool_drain(stress.pool, 100 * TRD_NS_PER_US);
            assert_true(drained == 0 || drained == -ETIMEDOUT);
        }
        const enum trd_shutdown how =
            end == STRESS_CANCEL ? TRD_SHUTDOWN_CANCEL_PENDING : TRD_SHUTDOWN_DRAIN;
        assert_int_equal(trd_pool_shutdown(stress.pool, how, seed % 2), 0);
    }
    for (int i = 0; i < PRODUCERS; i++) {
        void *count;
        assert_int_equal(pthread_join(producers[i].thread, &count), 0);
        callbacks += (uintptr_t)count;
    }
    atomic_store(&stress.is_over, true);
    assert_int_equal(pthread_join(resizer.thread, NULL), 0);
    assert_int_equal(trd_pool_drain(stress.pool, TRD_FOREVER), 0);
    const struct trd_stats *stats = pool_stats(stress.pool);
    assert_int_equal(stats->submitted + stats->caller_ran, atomic_load(&stress.accepted));
    assert_int_equal(stats->finished + stats->caller_ran, atomic_load(&stress.ran));
    assert_int_equal(stats->submitted, stats->finished + stats->cancelled);
    if (end != STRESS_CANCEL) {
        assert_int_equal(stats->cancelled, atomic_load(&stress.cancelled));
    }
    trd_pool_destroy(stress.pool);
    assert_int_equal(atomic_load(&stress.called_back), callbacks);
}

static uint64_t stress_seed(void) {
    const char *text = getenv("TREADLE_TEST_SEED");
    const uint64_t seed = text ? strtoull(text, NULL, 10) : 20261123;
    print_message("seed %llu\n", (unsigned long long)seed);
    return seed;
}

static void nothing_is_lost_with_an_unbounded_queue(void **state) {
    (void)state;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer; sizer++) {
            stress_run(&(struct trd_pool_config){.workers_max = 4,
                                                 .policy = (*policy)->name,
                                                 .sizer = (*sizer)->name},
                       stress_seed(), STRESS_AFTER);
        }
    }
}

static void nothing_is_lost_with_a_bounded_queue(void **state) {
    (void)state;
    const enum trd_on_full modes[] = {TRD_ON_FULL_BLOCK, TRD_ON_FULL_REFUSE,
                                      TRD_ON_FULL_CALLER_RUNS};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        stress_run(
            &(struct trd_pool_config){.workers_max = 4, .pending_max = 5, .on_full = modes[i]},
            stress_seed() + i, STRESS_AFTER);
    }
}

static void nothing_is_lost_when_it_is_shut_down_meanwhile(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 4; i++) {
        stress_run(&(struct trd_pool_config){.workers_max = 4, .is_recording = true},
                   stress_seed() + i, i & 2 ? STRESS_CANCEL : STRESS_DRAIN);
        stress_run(&(struct trd_pool_config){.workers_max = 4, .pending_max = 3}, stress_seed() + i,
                   i & 2 ? STRESS_CANCEL : STRESS_DRAIN);
    }
}

static void pools_come_and_go(void **state) {
    (void)state;
    for (int i = 0; i < 300; i++) {
        struct trd_pool *pool = pool_make(
            &(struct trd_pool_config){.workers_max = 3, .sizer = i % 2 ? "fixed" : "on_demand"});
        struct trd_future *future = pool_give(pool, same, pool);
        if (i % 3 == 0) {
            assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
        }
        trd_pool_destroy(pool);
        assert_int_equal(trd_future_wait(future, 0), 0);
        trd_future_unref(future);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_with_an_unbounded_queue),
        cmocka_unit_test(nothing_is_lost_with_a_bounded_queue),
        cmocka_unit_test(nothing_is_lost_when_it_is_shut_down_meanwhile),
        cmocka_unit_test(pools_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
