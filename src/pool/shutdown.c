/* shutdown.c - waiting for the work to be done, and ending. */
#include "pool/live.h"

#include <errno.h>

#include <treadle/clock.h>

/* While no worker can be started for what is queued: how long to wait between two tries, and how
 * many of them make shutdown give up and cancel. */
static const uint64_t shutdown_retry_ns = 10 * TRD_NS_PER_MS;
enum { SHUTDOWN_TRIES = 100 };

/* Takes one out that has not begun. NULL: there is none. */
static struct trd_task *shutdown_cancel_locked(struct trd_pool *pool, uint64_t now_ns,
                                               struct trd__errands *errands) {
    struct trd_task *task = trd__sched_any(&pool->sched);
    if (!task) {
        return trd__batch_cancel_locked(pool, NULL, errands);
    }
    const int failed = trd__sched_cancel(&pool->sched, task, now_ns);
    assert(failed == 0);
    (void)failed; /* used by the assertion only */
    trd__pool_taken_locked(pool, task, errands);
    return task;
}

void trd__shutdown_cancel_all(struct trd_pool *pool) {
    for (;;) {
        struct trd__errands errands = {0};
        const uint64_t now_ns = trd__pool_lock_now(pool);
        (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
        struct trd_task *task = shutdown_cancel_locked(pool, now_ns, &errands);
        trd__pool_unlock(pool, &errands);
        if (!task) {
            return;
        }
        trd__yield(TRD_YIELD_SHUTDOWN_CANCEL);
        trd__pool_complete(pool, task, TRD_OUTCOME_CANCELLED);
    }
}

/* Everybody who sleeps shall look at the new state, and nobody come in any more. */
static void shutdown_tell_all_locked(struct trd_pool *pool, struct trd__errands *errands) {
    /* Sequentially consistent: see door.c. Others read it, holders of the lock alone write it. */
    (void)atomic_fetch_or_explicit(&pool->gate, TRD_GATE_LOCKED, memory_order_seq_cst);
    trd__doors_close_locked(pool);
    trd__idle_dismiss_locked(pool, pool->idle_count, errands);
    trd__event_raise(&pool->room);
    errands->room = UINT32_MAX;
    trd__pool_changed_locked(pool, errands);
    if (pool->has_keeper) {
        trd__park_wake(&pool->keeper_park);
    }
    trd__park_wake(&pool->expiry.park); /* if there is one: it ends when nothing can become late */
}

void trd__shutdown_break(struct trd_pool *pool, int code) {
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    pool->broken = code;
    pool->is_stopping = true;
    pool->is_cancelling = true;
    shutdown_tell_all_locked(pool, &errands);
    trd__pool_unlock(pool, &errands);
    trd__shutdown_cancel_all(pool);
}

/* Sleeps until something has changed. Gives the lock away meanwhile. */
static int shutdown_wait_locked(struct trd_pool *pool, uint64_t deadline_ns) {
    struct trd__errands errands = {0};
    const uint32_t number = trd__event_number(&pool->change);
    pool->change_waiters++;
    trd__pool_unlock(pool, &errands);
    const int failed = trd__event_wait(&pool->change, number, deadline_ns);
    trd__pool_lock(pool);
    pool->change_waiters--;
    return failed;
}

/* Is there work, and nobody to do it? That happens when the last worker could not be started. */
static bool shutdown_is_stuck_locked(const struct trd_pool *pool) {
    return pool->sched.queued > 0 && pool->sched.worker_count == 0;
}

/* Tries to start a worker for what is queued; if that fails, waits a little. Gives the lock away.
 * Returns whether it has failed. */
static bool shutdown_unstick_locked(struct trd_pool *pool, uint64_t deadline_ns) {
    struct trd__errands errands = {0};
    trd__pool_unlock(pool, &errands);
    const bool has_failed = trd__resize_grow(pool) != 0;
    trd__pool_lock(pool);
    if (has_failed && shutdown_is_stuck_locked(pool)) {
        const uint64_t soon_ns = trd_clock_now_ns() + shutdown_retry_ns;
        (void)shutdown_wait_locked(pool, soon_ns < deadline_ns ? soon_ns : deadline_ns);
    }
    return has_failed;
}

int trd_pool_drain(struct trd_pool *pool, uint64_t timeout_ns) {
    if (!trd__guard_is_owner(&pool->guard)) {
        return -EOWNERDEAD;
    }
    if (trd_pool_this_worker(pool) != TRD_WORKER_NONE || trd__expiry_is_self(pool)) {
        return -EDEADLK;
    }
    struct trd__errands errands = {0};
    const uint64_t deadline_ns = trd__deadline_ns(trd_clock_now_ns(), timeout_ns);
    int answer = 0;
    trd__pool_lock(pool);
    while (pool->incomplete > 0 && !answer) {
        if (shutdown_is_stuck_locked(pool)) {
            (void)shutdown_unstick_locked(pool, deadline_ns); /* it is tried again and again */
            answer = trd_clock_now_ns() >= deadline_ns ? -ETIMEDOUT : 0;
        } else {
            answer = shutdown_wait_locked(pool, deadline_ns);
        }
    }
    answer = pool->incomplete == 0 ? 0 : answer;
    trd__pool_unlock(pool, &errands);
    return answer;
}

/* Waits for the end of every worker, and of a completion that no worker makes. */
static void shutdown_wait_for_workers(struct trd_pool *pool) {
    struct trd__errands errands = {0};
    int failures = 0;
    trd__pool_lock(pool);
    while (pool->unjoined_count > 0 || shutdown_is_stuck_locked(pool) ||
           (pool->expiry.is_busy && !trd__expiry_is_self(pool))) {
        if (trd__resize_join_locked(pool, &errands)) {
            continue;
        }
        if (!shutdown_is_stuck_locked(pool)) {
            (void)shutdown_wait_locked(pool, TRD_FOREVER); /* for ever: cannot time out */
        } else if (failures < SHUTDOWN_TRIES) {
            failures += shutdown_unstick_locked(pool, TRD_FOREVER);
        } else {
            trd__pool_unlock(pool, &errands);
            trd__shutdown_cancel_all(pool);
            trd__pool_lock(pool);
        }
    }
    trd__pool_unlock(pool, &errands);
}

int trd_pool_shutdown(struct trd_pool *pool, enum trd_shutdown how, bool is_waiting) {
    if (!trd__guard_is_owner(&pool->guard)) {
        return -EOWNERDEAD;
    }
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    pool->is_stopping = true;
    pool->is_cancelling |= how == TRD_SHUTDOWN_CANCEL_PENDING;
    const bool is_cancelling = pool->is_cancelling;
    shutdown_tell_all_locked(pool, &errands);
    trd__pool_unlock(pool, &errands);
    trd__yield(TRD_YIELD_SHUTDOWN_TOLD);
    if (is_cancelling) {
        trd__shutdown_cancel_all(pool);
    }
    if (!is_waiting) {
        return 0;
    }
    if (trd_pool_this_worker(pool) != TRD_WORKER_NONE) {
        return -EDEADLK;
    }
    shutdown_wait_for_workers(pool);
    return 0;
}
