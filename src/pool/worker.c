/* worker.c - the loop of a worker.
 *
 * One hold of the lock a task: it accounts for the last one and takes the next. Completing the last
 * one comes after it, outside the lock, for it may call anybody's code. Unless the backend knows
 * that it will not (is_quiet), the worker takes nothing before it has completed: a callback may
 * wait for a task, and if this worker held that one, for ever.
 */
#include "pool/live.h"

#include <errno.h>

#include <treadle/clock.h>

/* The pool and the worker that the calling thread is, if it is in trd_pool_work(). It keeps its own
 * record at hand: the table of them grows while others hold the lock. */
struct worker_self {
    struct trd_pool *pool;
    uint32_t index;
    struct trd__worker *worker;
};

static _Thread_local struct worker_self worker_self = {NULL, TRD_WORKER_NONE, NULL};

enum worker_step {
    WORKER_LOOK,  /* look again */
    WORKER_RUN,   /* run `task` */
    WORKER_SLEEP, /* it is in the list of idle workers */
    WORKER_LEAVE, /* it is out of the books */
};

/* What a worker has in its hands between two holds of the lock. */
struct worker_hand {
    struct trd_task *task;    /* to run */
    struct trd_task *done;    /* to account for, then to complete */
    struct trd_task *dropped; /* accounted for, to complete as `dropped_as` */
    enum trd_outcome outcome, dropped_as;
    void *loan;         /* memory that the policy needs no more, to be freed */
    bool is_quiet;      /* completing `done` calls nobody */
    uint64_t completed; /* completed and not counted yet */
};

struct trd__worker *trd__worker_at(const struct trd_pool *pool, uint32_t index) {
    return trd__table_at(&pool->worker_table, index);
}

uint32_t trd_pool_this_worker(const struct trd_pool *pool) {
    return worker_self.pool == pool && trd__guard_is_owner(&pool->guard) ? worker_self.index
                                                                         : TRD_WORKER_NONE;
}

struct trd__worker *trd__worker_self(struct trd_pool **pool) {
    if (!*pool) {
        *pool = worker_self.pool;
    }
    if (!*pool || trd_pool_this_worker(*pool) == TRD_WORKER_NONE) {
        return NULL;
    }
    struct trd__worker *worker = worker_self.worker;
    return worker->is_working ? worker : NULL;
}

/* Is this worker, which has nothing in its hands, to go? */
static bool worker_may_leave_locked(struct trd_pool *pool) {
    if (pool->broken || pool->is_cancelling) {
        return true;
    }
    if (pool->is_stopping && pool->sched.queued == 0) {
        return true;
    }
    const uint32_t count = pool->sched.worker_count;
    if (count <= trd__resize_target_locked(pool)) {
        return false;
    }
    /* Somebody must stay for what the waiting ones wait for; and the last one does, unless it has
     * been idle for too long. */
    return count > pool->waiting_count + 1 || (pool->waiting_count == 0 && pool->needed < count);
}

/* A task that has yielded to a pool that runs nothing more. */
static void worker_drop_yielded_locked(struct trd_pool *pool, struct worker_hand *hand,
                                       uint64_t now_ns, struct trd__errands *errands) {
    struct trd_task *task = trd__sched_any(&pool->sched);
    if (task && trd__sched_cancel(&pool->sched, task, now_ns) == 0) {
        trd__pool_taken_locked(pool, errands);
        hand->dropped = task;
        hand->dropped_as = TRD_OUTCOME_CANCELLED;
    }
}

/* Accounts for what it has run and completed. */
static void worker_account_locked(struct trd_pool *pool, struct trd__worker *worker,
                                  struct worker_hand *hand, uint64_t now_ns,
                                  struct trd__errands *errands) {
    trd__pool_completed_locked(pool, hand->completed, errands);
    hand->completed = 0;
    if (worker->is_searching) {
        worker->is_searching = false;
        pool->searching_count--;
    }
    trd__blocking_close_locked(pool, worker, now_ns);
    if (!hand->done) {
        return;
    }
    trd__sched_finish(&pool->sched, hand->done, worker->index, hand->outcome, NULL, now_ns);
    if (hand->outcome == TRD_OUTCOME_AGAIN) {
        trd__pool_poke_locked(pool, hand->done, errands);
        hand->done = NULL; /* it is queued again, and no longer in this hand */
        if (pool->is_cancelling) {
            worker_drop_yielded_locked(pool, hand, now_ns, errands);
        }
    }
}

/* Asks for a task. */
static enum worker_step worker_take_locked(struct trd_pool *pool, struct trd__worker *worker,
                                           struct worker_hand *hand, uint64_t now_ns,
                                           struct trd__errands *errands) {
    const struct trd_pop pop = trd__sched_next(&pool->sched, worker->index, now_ns);
    switch (pop.fate) {
    case TRD_FATE_RUN:
        trd__pool_taken_locked(pool, errands);
        hand->task = pop.task;
        return WORKER_RUN;
    case TRD_FATE_EXPIRE:
        trd__pool_taken_locked(pool, errands);
        hand->dropped = pop.task;
        hand->dropped_as = TRD_OUTCOME_EXPIRED;
        return WORKER_LOOK;
    case TRD_FATE_NONE:
        break;
    }
    if (hand->done) {
        return WORKER_LOOK; /* complete it before sleeping */
    }
    hand->loan = trd__lending_reclaim_locked(pool);
    trd__idle_enter_locked(pool, worker);
    return WORKER_SLEEP;
}

/* One hold of the lock. */
static enum worker_step worker_hold(struct trd_pool *pool, struct trd__worker *worker,
                                    struct worker_hand *hand) {
    struct trd__errands errands = {0};
    enum worker_step step = WORKER_LOOK;
    const uint64_t now_ns = trd_clock_now_ns();
    trd__pool_lock(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    worker_account_locked(pool, worker, hand, now_ns, &errands);
    const bool is_to_complete = hand->dropped || (hand->done && !hand->is_quiet);
    if (!is_to_complete && worker_may_leave_locked(pool)) {
        if (!hand->done) {
            worker->is_working = false;
            trd__sched_leave(&pool->sched, worker->index, now_ns);
            step = WORKER_LEAVE;
        }
    } else if (!is_to_complete) {
        step = worker_take_locked(pool, worker, hand, now_ns, &errands);
    }
    if (step != WORKER_SLEEP) {
        trd__idle_call_locked(pool, &errands);
    }
    const bool has_wish = pool->sched.loan.wishes != 0; /* tasks that yield are queued, too */
    trd__pool_unlock(pool, &errands);
    if (has_wish) {
        trd__lending_grant(pool);
    }
    return step;
}

/* Gives tasks back to those who submitted them. */
static void worker_complete(struct trd_pool *pool, struct worker_hand *hand) {
    if (hand->done) {
        struct trd_task *task = hand->done;
        hand->done = NULL;
        trd__yield(TRD_YIELD_WORKER_COMPLETE);
        pool->backend->complete(pool->context, task, hand->outcome);
        hand->completed++;
    }
    if (hand->dropped) {
        struct trd_task *task = hand->dropped;
        hand->dropped = NULL;
        pool->backend->complete(pool->context, task, hand->dropped_as);
        hand->completed++;
    }
}

static void worker_run(struct trd_pool *pool, struct trd__worker *worker,
                       struct worker_hand *hand) {
    const struct trd_backend *backend = pool->backend;
    hand->outcome = backend->run(pool->context, worker->index, hand->task);
    trd__yield(TRD_YIELD_WORKER_RAN);
    hand->done = hand->task;
    hand->task = NULL;
    hand->is_quiet = hand->outcome != TRD_OUTCOME_AGAIN && backend->is_quiet &&
                     backend->is_quiet(pool->context, hand->done);
}

static void worker_sleep(struct trd_pool *pool, struct trd__worker *worker) {
    const struct trd_backend *backend = pool->backend;
    if (backend->detach) {
        backend->detach(pool->context, worker->index);
    }
    trd__idle_sleep(pool, worker);
    if (backend->attach) {
        backend->attach(pool->context, worker->index);
    }
}

/* Takes and runs tasks until it is out of the books. */
static void worker_loop(struct trd_pool *pool, struct trd__worker *worker) {
    struct worker_hand hand = {0};
    for (;;) {
        const enum worker_step step = worker_hold(pool, worker, &hand);
        worker_complete(pool, &hand);
        switch (step) {
        case WORKER_LOOK:
            break;
        case WORKER_RUN:
            worker_run(pool, worker, &hand);
            break;
        case WORKER_SLEEP:
            trd__lending_free(hand.loan);
            hand.loan = NULL;
            worker_sleep(pool, worker);
            break;
        case WORKER_LEAVE:
            return;
        }
    }
}

/* A worker could not be opened: it is taken out of the books like one that leaves. */
static void worker_give_up(struct trd_pool *pool, struct trd__worker *worker, int code) {
    trd__shutdown_break(pool, code);
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd_clock_now_ns();
    trd__pool_lock(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    trd__blocking_close_locked(pool, worker, now_ns);
    worker->is_working = false;
    trd__sched_leave(&pool->sched, worker->index, now_ns);
    trd__pool_unlock(pool, &errands);
}

/* The slot's thread has arrived. */
static int worker_arrive(struct trd_pool *pool, uint32_t index, struct trd__worker **worker_out) {
    struct trd__errands errands = {0};
    struct trd__cputime cputime;
    const bool has_cputime = trd__cputime_open(&cputime);
    trd__yield(TRD_YIELD_WORKER_ARRIVE);
    int failed = -EINVAL;
    trd__pool_lock(pool);
    if (index < pool->slot_count && trd__worker_at(pool, index)->slot == TRD_SLOT_STARTING) {
        struct trd__worker *worker = trd__worker_at(pool, index);
        worker->slot = TRD_SLOT_PRESENT;
        worker->has_cputime = has_cputime;
        worker->cputime = cputime;
        worker->cpu_seen_ns = worker->ready_seen_ns = 0;
        worker->is_working = true;
        *worker_out = worker;
        failed = 0;
    }
    trd__pool_unlock(pool, &errands);
    return failed;
}

/* The last thing a worker does: afterwards the pool may be gone. */
static void worker_depart(struct trd_pool *pool, struct trd__worker *worker) {
    struct trd__errands errands = {0};
    uint64_t cpu_ns = 0;
    const bool has_cpu = worker->has_cputime && trd__cputime_read(&worker->cputime, &cpu_ns);
    trd__yield(TRD_YIELD_WORKER_DEPART);
    trd__pool_lock(pool);
    if (has_cpu && cpu_ns > worker->cpu_seen_ns) {
        pool->cpu_left_ns += cpu_ns - worker->cpu_seen_ns;
    }
    trd__resize_put_locked(pool, worker, TRD_SLOT_LEFT);
    trd__pool_changed_locked(pool, &errands);
    trd__pool_unlock(pool, &errands);
}

int trd_pool_work(struct trd_pool *pool, uint32_t index) {
    struct trd__worker *worker;
    if (!trd__guard_is_owner(&pool->guard)) {
        return -EOWNERDEAD;
    }
    int failed = worker_arrive(pool, index, &worker);
    if (failed) {
        return failed;
    }
    const struct trd_backend *backend = pool->backend;
    void *context = pool->context;
    const struct worker_self outer = worker_self;
    worker_self = (struct worker_self){pool, index, worker};
    failed = backend->open ? backend->open(context, index) : 0;
    if (failed) {
        worker_give_up(pool, worker, failed);
    } else {
        worker_loop(pool, worker);
        if (backend->close) {
            backend->close(context, index);
        }
    }
    worker_self = outer;
    worker_depart(pool, worker);
    return failed;
}

int trd__worker_wait_begin(struct trd_pool *pool, const struct trd_task *task, bool is_forever) {
    struct trd__errands errands = {0};
    struct trd__worker *worker = worker_self.worker;
    int failed = 0;
    trd__pool_lock(pool);
    const struct trd_sched *sched = &pool->sched;
    /* A sizer that asks to hear of starvation adds somebody when nothing gets on. */
    const bool is_helped = (sched->config.sizer.sizer->causes & TRD_CAUSE_STARVED) &&
                           sched->worker_count < sched->config.workers_max;
    const bool may_grow = is_helped || trd__resize_target_locked(pool) > sched->worker_count;
    if (task->state == TRD_TASK_QUEUED && !may_grow &&
        pool->waiting_count + 1 >= sched->worker_count) {
        failed = -EDEADLK;
    } else if (is_forever) {
        worker->is_waiting = true;
        pool->waiting_count++;
    }
    trd__pool_unlock(pool, &errands);
    return failed;
}

void trd__worker_wait_end(struct trd_pool *pool) {
    struct trd__errands errands = {0};
    struct trd__worker *worker = worker_self.worker;
    trd__pool_lock(pool);
    if (worker->is_waiting) {
        worker->is_waiting = false;
        pool->waiting_count--;
    }
    trd__pool_unlock(pool, &errands);
}
