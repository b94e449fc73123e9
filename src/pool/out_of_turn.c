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

/* Takes `task` for the calling thread. 0, and in *booked_out on whom it is booked; -EBUSY or
 * -EALREADY. Out of another's batch only `may_rob`. */
static int help_take(struct trd_pool *pool, struct trd_task *task, bool may_rob,
                     uint32_t *booked_out) {
    struct trd__errands errands = {0};
    *booked_out = TRD_WORKER_NONE;
    const uint64_t now_ns = trd__pool_lock_now(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    const int refused = task->state == TRD_TASK_RUNNING ? -EBUSY : -EALREADY;
    struct trd_pop pop = trd__sched_take(&pool->sched, task, now_ns);
    if (pop.task) {
        trd__pool_taken_locked(pool, task, &errands);
    } else if (may_rob && task->state == TRD_TASK_RUNNING &&
               trd__batch_rob_locked(pool, task, booked_out)) {
        pop = (struct trd_pop){task, TRD_FATE_RUN};
    }
    trd__pool_unlock(pool, &errands);
    if (pop.fate == TRD_FATE_EXPIRE) {
        trd__pool_complete(pool, task, TRD_OUTCOME_EXPIRED);
        return -EALREADY;
    }
    return pop.task ? 0 : refused;
}

int trd_pool_take_task(struct trd_pool *pool, struct trd_task *task) {
    uint32_t booked; /* on nobody */
    return trd__guard_is_owner(&pool->guard) ? help_take(pool, task, false, &booked) : -EOWNERDEAD;
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

/* `task`, booked on `booked`, has run: accounts for it, and gives it back unless it goes on. */
static void help_finish(struct trd_pool *pool, struct trd_task *task, uint32_t booked,
                        enum trd_outcome outcome, bool is_robbed) {
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd__pool_lock_now(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    trd__sched_finish(&pool->sched, task, booked, outcome, NULL, now_ns);
    if (is_robbed) {
        trd__batch_returned_locked(pool, booked, &errands);
    } else if (booked != TRD_WORKER_NONE) {
        trd__worker_at(pool, booked)->helping_count--;
    }
    if (outcome == TRD_OUTCOME_AGAIN) {
        trd__pool_poke_locked(task, &errands);
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
        help_finish(pool, task, TRD_WORKER_NONE, outcome, false);
    }
}

/* Runs `task`, booked on `booked`, inside the task that this worker runs. */
static void help_run(struct trd_pool *pool, struct trd__worker *worker, struct trd_task *task,
                     uint32_t booked, bool is_robbed) {
    const uint32_t depth = trd__blocking_suspend(pool, worker);
    worker->help_depth++;
    trd__yield(TRD_YIELD_HELP_TAKEN);
    const enum trd_outcome outcome = pool->backend->run(pool->context, worker->index, task);
    trd__yield(TRD_YIELD_HELP_RAN);
    worker->help_depth--;
    trd__blocking_resume(pool, worker, depth);
    help_finish(pool, task, booked, outcome, is_robbed);
}

int trd__help_with(struct trd_pool *pool, struct trd_task *task) {
    struct trd__worker *worker = trd__worker_self(&pool);
    uint32_t booked;
    if (!worker || worker->help_depth >= TRD_HELP_DEPTH) {
        return -EAGAIN;
    }
    const int failed = help_take(pool, task, true, &booked);
    if (!failed) {
        help_run(pool, worker, task, booked, booked != TRD_WORKER_NONE);
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
        uint32_t booked = worker->index;
        const uint64_t now_ns = trd__pool_lock_now(pool);
        (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
        const struct trd_pop pop = trd__sched_next(&pool->sched, worker->index, now_ns);
        struct trd_task *robbed = NULL;
        if (pop.task) {
            trd__pool_taken_locked(pool, pop.task, &errands);
            worker->helping_count += pop.fate == TRD_FATE_RUN;
        } else {
            robbed = trd__batch_rob_locked(pool, NULL, &booked);
        }
        trd__idle_call_locked(pool, &errands);
        trd__pool_unlock(pool, &errands);
        if (pop.fate == TRD_FATE_EXPIRE) {
            trd__pool_complete(pool, pop.task, TRD_OUTCOME_EXPIRED);
            continue;
        }
        if (!pop.task && !robbed) {
            return -EAGAIN;
        }
        help_run(pool, worker, robbed ? robbed : pop.task, booked, robbed != NULL);
        return 0;
    }
}
