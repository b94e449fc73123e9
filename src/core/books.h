/* books.h - the scheduler's book-keeping: time, workers, samples. Internal to src/core. */
#ifndef TRD_CORE_BOOKS_H
#define TRD_CORE_BOOKS_H

#include "core/sched.h"

/* The engine's part of a worker's record. */
struct trd__books_worker {
    uint32_t running; /* tasks it has; more than one for a worker that prefetches */
    bool is_joined, is_blocked;
};

/** Bytes of the engine's part of a client's and a worker's record, before the policy's part. */
size_t trd__books_client_header(void);
size_t trd__books_worker_header(void);

/** Asks the sizer; `load` is NULL except for ticks. */
void trd__books_ask(struct trd_sched *sched, enum trd_cause cause, const struct trd_load *load);

/** As trd__sched_client(). */
static inline struct trd_client *trd__books_client(const struct trd_sched *sched, uint32_t index) {
    return trd__table_at(&sched->clients, index);
}

/** Brings the clock and the integrals up to `now_ns`. */
static inline void trd__books_advance(struct trd_sched *sched, uint64_t now_ns) {
    if (now_ns <= sched->now_ns) {
        return;
    }
    const uint64_t passed_ns = now_ns - sched->now_ns;
    sched->busy_ns += passed_ns * sched->busy;
    sched->worker_ns += passed_ns * sched->worker_count;
    sched->now_ns = now_ns;
}

/** A worker has got one more task; or no worker has. */
static inline void trd__books_worker_takes(struct trd_sched *sched, uint32_t worker) {
    if (worker == TRD_WORKER_NONE) {
        return;
    }
    struct trd__books_worker *record = trd__table_at(&sched->workers, worker);
    assert(record->is_joined);
    sched->busy += record->running++ == 0;
}

/** A worker, or none, has given one back. */
static inline void trd__books_worker_gives(struct trd_sched *sched, uint32_t worker) {
    if (worker == TRD_WORKER_NONE) {
        return;
    }
    struct trd__books_worker *record = trd__table_at(&sched->workers, worker);
    assert(record->is_joined && record->running > 0);
    sched->busy -= --record->running == 0;
}

#endif
