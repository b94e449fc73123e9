/* gate.h - tests of threads without sleeping: gates that tasks wait at and numbers that they raise.
 *
 * Every wait gives up after GATE_PATIENCE_S and then ends the test program: a test of threads that
 * is broken fails, it does not hang. */
#ifndef TESTS_LIVE_GATE_H
#define TESTS_LIVE_GATE_H

#include <pthread.h>
#include <stdint.h>

#include <treadle/treadle.h>

enum { GATE_PATIENCE_S = 60 };

/** A number that threads wait for. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t number;
};

#define GATE_INIT                                                                                  \
    { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 }

void gate_raise(struct gate *gate);
/** Waits until the gate was raised `number` times. */
void gate_await(struct gate *gate, uint64_t number);
uint64_t gate_number(struct gate *gate);

/** A task that says it has begun, and ends when it may. */
struct held {
    struct gate begun, may_end;
};

#define HELD_INIT                                                                                  \
    { GATE_INIT, GATE_INIT }

/** Runs a held task; returns its argument. */
void *held_run(void *held);

/** A pool, or the test fails. */
struct trd_pool *pool_make(const struct trd_pool_config *config);
/** Submits, or the test fails. */
struct trd_future *pool_give(struct trd_pool *pool, void *(*run)(void *arg), void *arg);
/** Returns its argument. */
void *same(void *arg);
/** Keeps every worker of a pool with one worker busy until it may end. */
struct trd_future *pool_hold(struct trd_pool *pool, struct held *held);
/** Lets it end and waits for it. */
void pool_release(struct held *held, struct trd_future *future);
/** A snapshot. The statistics are large, so they are static: one test at a time. */
const struct trd_stats *pool_stats(struct trd_pool *pool);
/** submitted = finished + cancelled + expired + lost + queued + busy. */
void pool_check_identity(struct trd_pool *pool);

#endif
