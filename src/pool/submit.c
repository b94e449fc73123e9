/* submit.c - the door of a pool: check, make room, accept, call a worker; and cancelling. */
#include "pool/live.h"

#include <errno.h>

#include <treadle/clock.h>

#include "core/task_state.h"

/* What an attempt to submit may answer besides 0 and -errno. */
enum { SUBMIT_LOOK_AGAIN = 1, SUBMIT_CALLER_RUNS = 2 };

/* A submit under way. */
struct submission {
    struct trd_pool *pool;
    struct trd_task *task;
    uint64_t class_key;
    uint64_t now_ns;
    uint64_t room_deadline_ns; /* until when it waits for room */
    uint32_t worker;           /* who submits, or TRD_WORKER_NONE */
    uint64_t taken;            /* `taken` of the pool when this task was accepted */
};

/* Tasks wait, and there is no worker: one could not be started for them. Tries again, for without
 * one there will never be room. Gives the lock away. */
static int submit_revive_locked(struct trd_pool *pool) {
    struct trd__errands errands = {0};
    trd__pool_unlock(pool, &errands);
    const int failed = trd__resize_grow(pool);
    trd__pool_lock(pool);
    return failed && pool->sched.worker_count == 0 ? failed : SUBMIT_LOOK_AGAIN;
}

/* As many wait as may. Gives the lock away when it waits. */
static int submit_full_locked(struct submission *submission) {
    struct trd_pool *pool = submission->pool;
    struct trd__errands errands = {0};
    switch (pool->on_full) {
    case TRD_ON_FULL_REFUSE:
        pool->refused++;
        return -EAGAIN;
    case TRD_ON_FULL_CALLER_RUNS:
        return SUBMIT_CALLER_RUNS;
    case TRD_ON_FULL_BLOCK:
        break;
    }
    if (submission->worker != TRD_WORKER_NONE) {
        return -EDEADLK;
    }
    /* The number is read under the lock: a place that comes free later changes it (park.h). */
    const uint32_t number = trd__event_number(&pool->room);
    pool->room_waiters++;
    trd__pool_unlock(pool, &errands);
    const int failed = trd__event_wait(&pool->room, number, submission->room_deadline_ns);
    trd__pool_lock(pool);
    pool->room_waiters--;
    /* There may be room all the same: then it was in time. */
    return failed && pool->sched.queued >= pool->pending_max ? failed : SUBMIT_LOOK_AGAIN;
}

/* Whatever must be there before the scheduler may be asked. */
static int submit_prepare_locked(struct submission *submission) {
    struct trd_pool *pool = submission->pool;
    struct trd_task *task = submission->task;
    if (pool->broken) {
        return -ENOTRECOVERABLE;
    }
    if (pool->is_stopping) {
        return -ESHUTDOWN;
    }
    if (pool->sched.queued > 0 && pool->sched.worker_count == 0) {
        return submit_revive_locked(pool);
    }
    if (pool->sched.queued >= pool->pending_max) {
        return submit_full_locked(submission);
    }
    if (trd__recording_room_locked(pool)) {
        return SUBMIT_LOOK_AGAIN;
    }
    const struct trd_attr *attr = trd_task_attr(task);
    uint32_t row = 0;
    if (attr && attr->client) {
        const int failed = trd__clients_row_locked(pool, attr->client, submission->now_ns, &row);
        if (failed) {
            return failed == -EAGAIN ? SUBMIT_LOOK_AGAIN : failed;
        }
    }
    task->client_index = row;
    task->class_index = trd__classes_row_locked(pool, submission->class_key);
    return 0;
}

/* The queue is full, and the submitter does the work. Gives the lock away. */
static void submit_run_here_locked(struct submission *submission) {
    struct trd_pool *pool = submission->pool;
    struct trd_task *task = submission->task;
    struct trd__errands errands = {0};
    enum trd_outcome outcome;
    trd__task_move(task, TRD_TASK_QUEUED);
    trd__task_move(task, TRD_TASK_RUNNING);
    trd__pool_unlock(pool, &errands);
    do {
        outcome = pool->backend->run(pool->context, TRD_WORKER_NONE, task);
    } while (outcome == TRD_OUTCOME_AGAIN);
    trd__pool_lock(pool);
    trd__task_move(task, outcome == TRD_OUTCOME_CANCELLED ? TRD_TASK_CANCELLED : TRD_TASK_DONE);
    pool->caller_ran++;
    trd__pool_unlock(pool, &errands);
    pool->backend->complete(pool->context, task, outcome);
    trd__pool_lock(pool);
}

/* Makes attempts until there is an answer. */
static int submit_decide_locked(struct submission *submission) {
    struct trd_pool *pool = submission->pool;
    int answer = submit_prepare_locked(submission);
    while (answer == SUBMIT_LOOK_AGAIN) {
        submission->now_ns = trd_clock_now_ns(); /* it may have waited */
        answer = submit_prepare_locked(submission);
    }
    if (answer == 0) {
        answer = trd__sched_submit(&pool->sched, submission->task, submission->worker,
                                   submission->now_ns);
    }
    return answer;
}

/* The pool has fewer workers than it should, for the sake of a task just accepted: the first worker
 * must find it, or whoever shuts the pool down in the next moment would take it away unrun. When
 * none could be started and there is none, the task is taken back, and it is as if it had never
 * been accepted. If anything has left the queue meanwhile, somebody runs tasks, and this one may be
 * gone, memory and all: then it stays accepted. */
static int submit_grow(struct submission *submission) {
    struct trd_pool *pool = submission->pool;
    const int failed = trd__resize_grow(pool);
    if (!failed) {
        return 0;
    }
    trd__yield(TRD_YIELD_SUBMIT_UNDO);
    struct trd__errands errands = {0};
    int answer = 0;
    trd__pool_lock(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    if (pool->sched.worker_count == 0 && pool->taken == submission->taken &&
        trd__sched_cancel(&pool->sched, submission->task, trd_clock_now_ns()) == 0) {
        submission->task->state = TRD_TASK_NEW;
        trd__pool_completed_locked(pool, 1, &errands);
        trd__pool_taken_locked(pool, submission->task, &errands);
        answer = failed;
    }
    trd__pool_unlock(pool, &errands);
    return answer;
}

/* Submits under the lock. */
static TRD_SIDE_WAY int submit_locked(struct trd_pool *pool, struct trd_task *task,
                                      uint64_t class_key, uint64_t room_timeout_ns) {
    struct submission submission = {
        .pool = pool,
        .task = task,
        .class_key = class_key,
        .now_ns = trd_clock_now_ns(),
        .worker = trd_pool_this_worker(pool),
    };
    submission.room_deadline_ns = trd__deadline_ns(submission.now_ns, room_timeout_ns);
    struct trd__errands errands = {0};
    bool is_short = false, has_wish = false;
    trd__pool_lock(pool);
    int answer = submit_decide_locked(&submission);
    if (answer == 0) {
        pool->incomplete++;
        if (task->flags & TRD_TASK_DROP_LATE) {
            trd__expiry_add_locked(pool, task);
        }
        trd__idle_call_locked(pool, &errands);
        is_short = trd__resize_is_short_locked(pool, submission.now_ns);
        submission.taken = pool->taken;
        has_wish = pool->sched.loan.wishes != 0;
    } else if (answer == SUBMIT_CALLER_RUNS) {
        submit_run_here_locked(&submission);
        answer = 0;
    } else if (pool->sched.queued < pool->pending_max) {
        trd__pool_room_locked(pool, &errands); /* it may have been woken for a place it leaves */
    }
    trd__pool_unlock(pool, &errands);
    trd__yield(TRD_YIELD_SUBMIT_DECIDED);
    if (has_wish) {
        trd__lending_grant(pool);
    }
    return is_short ? submit_grow(&submission) : answer;
}

/* Does what the gate asks of whoever has put `task` into `door`. */
static TRD_SIDE_WAY int submit_knock(struct trd__door *door, struct trd_task *task) {
    struct submission submission = {.pool = door->pool, .task = task};
    struct trd_pool *pool = door->pool;
    struct trd__errands errands = {0};
    trd__lock_take(&pool->lock);
    const bool is_late = trd__door_take_back_locked(door);
    /* Otherwise somebody else has taken it in, and it may be gone, memory and all. */
    const bool is_here = !trd__door_is_empty_locked(door);
    const uint64_t now_ns = trd_clock_now_ns();
    trd__doors_drain_locked(pool, now_ns);
    trd__idle_call_locked(pool, &errands);
    const bool is_short = trd__resize_is_short_locked(pool, now_ns);
    submission.taken = pool->taken;
    trd__pool_unlock(pool, &errands);
    if (is_late) {
        return SUBMIT_LOOK_AGAIN; /* and hear that the pool has closed */
    }
    if (is_short && is_here) {
        return submit_grow(&submission);
    }
    if (is_short) {
        (void)trd__resize_grow(pool); /* it is accepted, as it is with too few workers */
    }
    return 0;
}

/* May the task come in by a door? A client's record must be there first. */
static bool submit_may_pass(const struct trd_pool *pool, struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    /* Relaxed: it is looked at again when the task is in. */
    return !(atomic_load_explicit(&pool->gate, memory_order_relaxed) & TRD_GATE_LOCKED) &&
           (!attr || attr->client == 0);
}

static inline int submit_either_way(struct trd_pool *pool, struct trd__door *door,
                                    struct trd_task *task, uint64_t class_key,
                                    uint64_t room_timeout_ns) {
    if (!door || !submit_may_pass(pool, task) || !trd__door_has_room(door)) {
        return submit_locked(pool, task, class_key, room_timeout_ns);
    }
    if (trd__door_push(door, task) == 0) {
        return 0;
    }
    const int answer = submit_knock(door, task);
    return answer == SUBMIT_LOOK_AGAIN ? submit_locked(pool, task, class_key, room_timeout_ns)
                                       : answer;
}

/* The same for a task that is to be dropped late. */
static TRD_SIDE_WAY int submit_late(struct trd_pool *pool, struct trd__door *door,
                                    struct trd_task *task, uint64_t class_key,
                                    uint64_t room_timeout_ns) {
    const uint64_t due_ns = trd__expiry_due_ns(task); /* soon it may be gone, memory and all */
    const int answer = submit_either_way(pool, door, task, class_key, room_timeout_ns);
    if (!answer) {
        trd__expiry_hear(pool, due_ns);
    }
    return answer;
}

int trd__submit(struct trd_pool *pool, struct trd__door *door, struct trd_task *task,
                uint64_t class_key, uint64_t room_timeout_ns) {
    return task->flags & TRD_TASK_DROP_LATE
               ? submit_late(pool, door, task, class_key, room_timeout_ns)
               : submit_either_way(pool, door, task, class_key, room_timeout_ns);
}

int trd_pool_submit_task_within(struct trd_pool *pool, struct trd_task *task, uint64_t timeout_ns) {
    if (((task->flags & TRD_TASK_RESUMABLE) && !(task->flags & TRD_TASK_HAS_ATTR)) ||
        (task->flags & (TRD_TASK_OWN | TRD_TASK_FUTURE))) {
        return -EINVAL;
    }
    if (!trd__guard_is_owner(&pool->guard)) {
        return -EOWNERDEAD;
    }
    struct trd__door *door = submit_may_pass(pool, task) ? trd__door_find(pool) : NULL;
    return trd__submit(pool, door, task, task->payload.word[0], timeout_ns);
}

int trd_pool_submit_task(struct trd_pool *pool, struct trd_task *task) {
    return trd_pool_submit_task_within(pool, task, TRD_FOREVER);
}

int trd_pool_submit_tasks(struct trd_pool *pool, struct trd_task *const *tasks, size_t count,
                          size_t *accepted_out) {
    size_t accepted = 0;
    int failed = 0;
    while (accepted < count && !failed) {
        failed = trd_pool_submit_task(pool, tasks[accepted]);
        accepted += !failed;
    }
    if (accepted_out) {
        *accepted_out = accepted;
    }
    return failed;
}

int trd_pool_cancel_task(struct trd_pool *pool, struct trd_task *task) {
    if (!trd__guard_is_owner(&pool->guard)) {
        return -EOWNERDEAD;
    }
    struct trd__errands errands = {0};
    trd__yield(TRD_YIELD_CANCEL);
    const uint64_t now_ns = trd__pool_lock_now(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    int failed = trd__sched_cancel(&pool->sched, task, now_ns);
    if (!failed) {
        trd__pool_taken_locked(pool, task, &errands);
    } else if (failed == -EBUSY && trd__batch_cancel_locked(pool, task, &errands)) {
        failed = 0; /* it had not begun */
    }
    trd__pool_unlock(pool, &errands);
    if (!failed) {
        trd__yield(TRD_YIELD_CANCELLED);
        trd__pool_complete(pool, task, TRD_OUTCOME_CANCELLED);
    }
    return failed;
}
