/* out_of_turn.c - running tasks out of turn: a waiting worker's, and those that somebody has taken.
 *
 * Who waits for a task that has not started may run it himself. That is always safe, for it is what
 * he waits for; and it is enough: whatever a worker waits for is either queued, and it runs it, or
 * runs on another stack, of which the same can be said. Only depth ends this, by TRD_HELP_DEPTH.
 * Running any other task meanwhile is for those who ask (trd_pool_help()): such a task may wait for
 * the very one beneath it on the stack.
 */
#include "pool/live.h"

#include <errno.h>

#include <treadle/clock.h>

/* Takes `task` for the calling thread. 0, -EBUSY or -EALREADY. */
static int help_take(struct trd_pool *pool, struct trd_task *task) {
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd_clock_now_ns();
    trd__pool_lock(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    const int refused = task->state == TRD_TASK_RUNNING ? -EBUSY : -EALREADY;
    const struct trd_pop pop = trd__sched_take(&pool->sched, task, now_ns);
    if (pop.task) {
        trd__pool_taken_locked(pool, &errands);
    }
    trd__pool_unlock(pool, &errands);
    if (pop.fate == TRD_FATE_EXPIRE) {
        trd__pool_complete(pool, task, TRD_OUTCOME_EXPIRED);
        return -EALREADY;
    }
    return pop.task ? 0 : refused;
}

int trd_pool_take_task(struct trd_pool *pool, struct trd_task *task) {
    return trd__guard_is_owner(&pool->guard) ? help_take(pool, task) : -EOWNERDEAD;
}

/* A task has yielded, to a pool that may be out of workers or run nothing more. */
static void help_requeued(struct trd_pool *pool) {
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    const bool is_cancelling = pool->is_cancelling;
    const bool is_short = trd__resize_is_short_locked(pool, trd_clock_now_ns());
    trd__pool_unlock(pool, &errands);
    if (is_cancelling) {
        trd__shutdown_cancel_all(pool);
    } else if (is_short) {
        (void)trd__resize_grow(pool); /* tried again by the next submit, drain or shutdown */
    }
}

/* `task` has run as `index`: accounts for it, and gives it back unless it goes on. */
static void help_finish(struct trd_pool *pool, struct trd_task *task, uint32_t index,
                        enum trd_outcome outcome) {
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd_clock_now_ns();
    trd__pool_lock(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    trd__sched_finish(&pool->sched, task, index, outcome, NULL, now_ns);
    if (outcome == TRD_OUTCOME_AGAIN) {
        trd__pool_poke_locked(pool, task, &errands);
        trd__idle_call_locked(pool, &errands);
    }
    trd__pool_unlock(pool, &errands);
    if (outcome == TRD_OUTCOME_AGAIN) {
        help_requeued(pool);
    } else {
        trd__pool_complete(pool, task, outcome);
    }
}

void trd_pool_finish_task(struct trd_pool *pool, struct trd_task *task, enum trd_outcome outcome) {
    if (trd__guard_is_owner(&pool->guard)) {
        help_finish(pool, task, TRD_WORKER_NONE, outcome);
    }
}

/* Runs `task`, booked on `index`, inside the task that this worker runs. */
static void help_run(struct trd_pool *pool, struct trd__worker *worker, struct trd_task *task,
                     uint32_t index) {
    const uint32_t depth = trd__blocking_suspend(pool, worker);
    worker->help_depth++;
    trd__yield(TRD_YIELD_HELP_TAKEN);
    const enum trd_outcome outcome = pool->backend->run(pool->context, worker->index, task);
    trd__yield(TRD_YIELD_HELP_RAN);
    worker->help_depth--;
    trd__blocking_resume(pool, worker, depth);
    help_finish(pool, task, index, outcome);
}

int trd__help_with(struct trd_pool *pool, struct trd_task *task) {
    struct trd__worker *worker = trd__worker_self(&pool);
    if (!worker || worker->help_depth >= TRD_HELP_DEPTH) {
        return -EAGAIN;
    }
    const int failed = help_take(pool, task);
    if (!failed) {
        help_run(pool, worker, task, TRD_WORKER_NONE);
    }
    return failed;
}

int trd_pool_help(struct trd_pool *pool) {
    struct trd__worker *worker = trd__worker_self(&pool);
    if (!worker) {
        return pool && !trd__guard_is_owner(&pool->guard) ? -EOWNERDEAD : -EINVAL;
    }
    if (worker->help_depth >= TRD_HELP_DEPTH) {
        return -EAGAIN;
    }
    for (;;) {
        struct trd__errands errands = {0};
        const uint64_t now_ns = trd_clock_now_ns();
        trd__pool_lock(pool);
        (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
        const struct trd_pop pop = trd__sched_next(&pool->sched, worker->index, now_ns);
        if (pop.task) {
            trd__pool_taken_locked(pool, &errands);
        }
        trd__idle_call_locked(pool, &errands);
        trd__pool_unlock(pool, &errands);
        switch (pop.fate) {
        case TRD_FATE_NONE:
            return -EAGAIN;
        case TRD_FATE_RUN:
            help_run(pool, worker, pop.task, worker->index);
            return 0;
        case TRD_FATE_EXPIRE:
            trd__pool_complete(pool, pop.task, TRD_OUTCOME_EXPIRED);
            break;
        }
    }
}
