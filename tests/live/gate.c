/* gate.c - tests of threads without sleeping. */
#include "tests/live/gate.h"

#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void gate_raise(struct gate *gate) {
    assert_int_equal(pthread_mutex_lock(&gate->mutex), 0);
    gate->number++;
    assert_int_equal(pthread_cond_broadcast(&gate->changed), 0);
    assert_int_equal(pthread_mutex_unlock(&gate->mutex), 0);
}

void gate_await(struct gate *gate, uint64_t number) {
    struct timespec deadline;
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &deadline), 0);
    deadline.tv_sec += GATE_PATIENCE_S;
    assert_int_equal(pthread_mutex_lock(&gate->mutex), 0);
    while (gate->number < number) {
        if (pthread_cond_timedwait(&gate->changed, &gate->mutex, &deadline)) {
            (void)fprintf(stderr, "a gate was raised %llu times in %d s, not %llu\n",
                          (unsigned long long)gate->number, GATE_PATIENCE_S,
                          (unsigned long long)number);
            abort();
        }
    }
    assert_int_equal(pthread_mutex_unlock(&gate->mutex), 0);
}

uint64_t gate_number(struct gate *gate) {
    assert_int_equal(pthread_mutex_lock(&gate->mutex), 0);
    const uint64_t number = gate->number;
    assert_int_equal(pthread_mutex_unlock(&gate->mutex), 0);
    return number;
}

void *held_run(void *arg) {
    struct held *held = arg;
    gate_raise(&held->begun);
    gate_await(&held->may_end, 1);
    return held;
}

struct trd_pool *pool_make(const struct trd_pool_config *config) {
    struct trd_pool *pool = NULL;
    struct trd_error error = {""};
    const int failed = trd_pool_create(config, &pool, &error);
    if (failed) {
        fail_msg("trd_pool_create: %d %s", failed, error.message);
    }
    return pool;
}

struct trd_future *pool_give(struct trd_pool *pool, void *(*run)(void *arg), void *arg) {
    struct trd_future *future = NULL;
    assert_int_equal(trd_pool_submit(pool, run, arg, NULL, &future), 0);
    assert_non_null(future);
    return future;
}

void *same(void *arg) {
    return arg;
}

struct trd_future *pool_hold(struct trd_pool *pool, struct held *held) {
    struct trd_future *future = pool_give(pool, held_run, held);
    gate_await(&held->begun, 1);
    return future;
}

void pool_release(struct held *held, struct trd_future *future) {
    gate_raise(&held->may_end);
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    trd_future_unref(future);
}

const struct trd_stats *pool_stats(struct trd_pool *pool) {
    static struct trd_stats stats;
    assert_int_equal(trd_pool_stats(pool, &stats), 0);
    return &stats;
}

void pool_check_identity(struct trd_pool *pool) {
    const struct trd_stats *stats = pool_stats(pool);
    assert_int_equal(stats->submitted, stats->finished + stats->cancelled + stats->expired +
                                           stats->lost + stats->queued + stats->busy);
}
