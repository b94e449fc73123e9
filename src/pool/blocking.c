/* blocking.c - regions in which a worker says that it waits and uses no core.
 *
 * Regions nest, and only the outermost one is told to the scheduler: the depth belongs to the
 * worker's own thread, so the inner ones cost nothing. What a task has left open when its run ends,
 * in whatever way, the worker closes before it accounts for the task: so the books are right
 * whatever the task did.
 */
#include "pool/live.h"

#include <errno.h>

#include <treadle/clock.h>

/* The sizer hears of it, and what it wants is done at once: a queue behind workers that all wait
 * must not wait for the next tick. */
static void blocking_tell(struct trd_pool *pool, const struct trd__worker *worker,
                          bool is_blocked) {
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd__pool_lock_now(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    trd__sched_block(&pool->sched, worker->index, is_blocked, now_ns);
    trd__resize_shrink_locked(pool, &errands);
    const bool is_short = trd__resize_is_short_locked(pool, now_ns);
    trd__pool_unlock(pool, &errands);
    if (is_short) {
        (void)trd__resize_grow(pool); /* too few threads is no error while the pool works */
    }
}

int trd_pool_blocking_begin(struct trd_pool *pool) {
    struct trd__worker *worker = trd__worker_self(&pool);
    if (!worker) {
        return pool && !trd__guard_is_owner(&pool->guard) ? -EOWNERDEAD : 0;
    }
    if (worker->blocking_depth++ == 0) {
        blocking_tell(pool, worker, true);
    }
    return 0;
}

int trd_pool_blocking_end(struct trd_pool *pool) {
    struct trd__worker *worker = trd__worker_self(&pool);
    if (!worker) {
        return pool && !trd__guard_is_owner(&pool->guard) ? -EOWNERDEAD : 0;
    }
    if (worker->blocking_depth == 0) {
        return -EINVAL;
    }
    if (--worker->blocking_depth == 0) {
        blocking_tell(pool, worker, false);
    }
    return 0;
}

void trd__blocking_close_locked(struct trd_pool *pool, struct trd__worker *worker,
                                uint64_t now_ns) {
    if (worker->blocking_depth > 0) {
        worker->blocking_depth = 0;
        trd__sched_block(&pool->sched, worker->index, false, now_ns);
    }
}

uint32_t trd__blocking_suspend(struct trd_pool *pool, struct trd__worker *worker) {
    const uint32_t depth = worker->blocking_depth;
    if (depth > 0) {
        worker->blocking_depth = 0;
        blocking_tell(pool, worker, false);
    }
    return depth;
}

void trd__blocking_resume(struct trd_pool *pool, struct trd__worker *worker, uint32_t depth) {
    const uint32_t left_open = worker->blocking_depth;
    worker->blocking_depth = depth;
    if ((left_open > 0) != (depth > 0)) {
        blocking_tell(pool, worker, depth > 0);
    }
}
