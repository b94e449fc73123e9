/* worker.c - the loop of a worker.
 *
 * One hold of the lock a batch, which is mostly one task (batch.c): it accounts for what has run
 * and takes the next. Completing comes after it, outside the lock, for it may call anybody's code.
 * A task whose completion somebody may hear of is the last of its batch, so that nobody waits for
 * the others. Unless the backend knows that completing it calls nobody (is_quiet), the worker takes
 * nothing before it has completed: a callback may wait for a task, and if this worker held that
 * one, for ever.
 */
#include "pool/live.h"

#include <errno.h>

#include <treadle/clock.h>

#include "core/sched_hot.h"

/* The pool and the worker that the calling thread is, if it is in trd_pool_work(). It keeps its own
 * record at hand: the table of them grows while others hold the lock. */
struct worker_self {
    struct trd_pool *pool;
    uint32_t index;
    struct trd__worker *worker;
};

/* So many segments of memory, 16 MiB, a busy worker gives back at once: about a millisecond. */
enum { WORKER_TRIM = 256 };

static _Thread_local struct worker_self worker_self = {NULL, TRD_WORKER_NONE, NULL};

enum worker_step {
    WORKER_LOOK,  /* look again */
    WORKER_RUN,   /* run its batch */
    WORKER_SPIN,  /* look for work without the lock, then with it */
    WORKER_SLEEP, /* it is in the list of idle workers */
    WORKER_LEAVE, /* it is out of the books */
};

/* What a worker has in its hands between two holds of the lock. */
struct worker_hand {
    struct trd_task *silent[TRD_BATCH]; /* have run, to account for, then to complete: all done */
    uint64_t silent_run_ns[TRD_BATCH];
    uint32_t silent_count;
    struct trd_task *done;    /* the same for one that may be heard of */
    struct trd_task *dropped; /* accounted for, to complete as `dropped_as` */
    enum trd_outcome outcome, dropped_as;
    void *loan; /* memory that the policy needs no more, to be freed */
    uint64_t done_run_ns;
    uint32_t booked;        /* the worker on which all these are booked */
    bool is_accounted;      /* so `silent` needs only to be completed */
    bool is_quiet;          /* completing `done` calls nobody */
    bool is_timed;          /* the run times were measured one by one */
    bool has_spun;          /* since it last had something */
    uint64_t completed;     /* completed and not counted yet */
    struct trd__rows rows;  /* what it will write in its next hold */
    uint64_t idle_since_ns; /* when it had nothing to do; 0: it has */
    struct trd__quick_clock clock;
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
static bool worker_may_leave_locked(struct trd_pool *pool, const struct trd__worker *worker) {
    if (worker->lent > 0) {
        return false; /* it is woken when they are back */
    }
    if (pool->broken || pool->is_cancelling) {
        return true;
    }
    if (pool->is_stopping && pool->sched.queued == 0) {
        return !trd__batch_any_locked(pool); /* whoever has them may be stuck */
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
        trd__pool_taken_locked(pool, task, errands);
        hand->dropped = task;
        hand->dropped_as = TRD_OUTCOME_CANCELLED;
    }
}

/* How long silent tasks take: longer at once, shorter by and by. */
static void worker_learn_locked(struct trd_pool *pool, const struct worker_hand *hand) {
    uint64_t sum_ns = 0;
    for (uint32_t i = 0; i < hand->silent_count; i++) {
        sum_ns += hand->silent_run_ns[i];
    }
    const uint64_t mean_ns = sum_ns / hand->silent_count;
    if (mean_ns > pool->silent_ns) {
        pool->silent_ns = mean_ns;
    } else {
        pool->silent_ns -= (pool->silent_ns - mean_ns) / 4;
    }
}

/* Flattened: all short tasks go through it, and a third of the work on one is to find out what is
 * constant here. */
__attribute__((flatten)) static void worker_account_silent_locked(struct trd_pool *pool,
                                                                  struct worker_hand *hand) {
    if (hand->silent_count == 0 || hand->is_accounted) {
        return;
    }
    for (uint32_t i = 0; i < hand->silent_count; i++) {
        struct trd_task *task = hand->silent[i];
        if (!hand->is_timed) {
            hand->silent_run_ns[i] = pool->sched.now_ns - task->node.anatomy.start_ns;
        }
        trd__hot_account(&pool->sched, task, hand->booked, TRD_OUTCOME_DONE, NULL,
                         hand->silent_run_ns[i]);
    }
    hand->is_accounted = true;
    worker_learn_locked(pool, hand);
}

/* Accounts for what it has run and completed. */
static void worker_account_locked(struct trd_pool *pool, struct trd__worker *worker,
                                  struct worker_hand *hand, uint64_t now_ns,
                                  struct trd__errands *errands) {
    trd__pool_completed_locked(pool, hand->completed, errands);
    hand->completed = 0;
    trd__idle_over_locked(pool, worker);
    trd__blocking_close_locked(pool, worker, now_ns);
    if (hand->silent_count == 0 && !hand->done) {
        return;
    }
    trd__books_advance(&pool->sched, now_ns);
    worker_account_silent_locked(pool, hand);
    if (hand->done) {
        const uint64_t run_ns = hand->is_timed
                                    ? hand->done_run_ns
                                    : pool->sched.now_ns - hand->done->node.anatomy.start_ns;
        trd__hot_account(&pool->sched, hand->done, hand->booked, hand->outcome, NULL, run_ns);
    }
    if (hand->booked != worker->index) {
        trd__batch_returned_locked(pool, hand->booked, errands);
    }
    if (hand->done && hand->outcome == TRD_OUTCOME_AGAIN) {
        trd__pool_poke_locked(hand->done, errands);
        hand->done = NULL; /* it is queued again, and no longer in this hand */
        if (pool->is_cancelling) {
            worker_drop_yielded_locked(pool, hand, now_ns, errands);
        }
    }
}

/* It has found nothing: spins, sleeps, or completes what it has in its hands before that. */
static enum worker_step worker_idle_locked(struct trd_pool *pool, struct trd__worker *worker,
                                           struct worker_hand *hand, uint64_t now_ns) {
    if (hand->done || hand->dropped || hand->silent_count > 0) {
        return WORKER_LOOK;
    }
    if (hand->idle_since_ns == 0) {
        hand->idle_since_ns = now_ns;
    }
    if (pool->is_stopping && pool->sched.queued == 0 && worker->lent == 0) {
        return WORKER_LOOK; /* what stood in a batch was taken just now: nobody would wake it */
    }
    if (!hand->has_spun && trd__idle_may_spin_locked(pool, worker)) {
        hand->has_spun = true;
        return WORKER_SPIN;
    }
    hand->loan = trd__lending_reclaim_locked(pool);
    trd__idle_enter_locked(pool, worker);
    return WORKER_SLEEP;
}

/* Asks for tasks. */
static enum worker_step worker_take_locked(struct trd_pool *pool, struct trd__worker *worker,
                                           struct worker_hand *hand, uint64_t now_ns,
                                           struct trd__errands *errands) {
    if (pool->broken || pool->is_cancelling) {
        return worker_idle_locked(pool, worker, hand, now_ns); /* it waits for what it has lent */
    }
    uint32_t booked = worker->index;
    struct trd_task *expired =
        trd__batch_fill_locked(pool, worker, hand->silent_count == 0, &booked, now_ns, errands);
    if (expired) {
        hand->dropped = expired;
        hand->dropped_as = TRD_OUTCOME_EXPIRED;
    }
    if (worker->batch_count == 0) {
        return expired ? WORKER_LOOK : worker_idle_locked(pool, worker, hand, now_ns);
    }
    if (hand->idle_since_ns) {
        /* Relaxed: its own, or another worker has it now, and the time was worth nothing. */
        trd__idle_learn_locked(pool, hand->idle_since_ns, now_ns);
        hand->idle_since_ns = 0;
    }
    if (worker->batch_count > 1) {
        trd__expect_rows_locked(pool, worker, &hand->rows);
    }
    hand->has_spun = false;
    hand->booked = booked; /* of what it runs next; what it completes first is accounted for */
    return WORKER_RUN;
}

/* One hold of the lock. */
static enum worker_step worker_hold(struct trd_pool *pool, struct trd__worker *worker,
                                    struct worker_hand *hand) {
    struct trd__errands errands = {0};
    enum worker_step step = WORKER_LOOK;
    const uint64_t now_ns = trd__pool_lock_now(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    worker->batch_count = 0;
    trd__expect_first_locked(pool, hand->silent, hand->silent_count);
    worker_account_locked(pool, worker, hand, now_ns, &errands);
    const bool is_to_complete = hand->dropped || (hand->done && !hand->is_quiet);
    if (!is_to_complete && worker_may_leave_locked(pool, worker)) {
        if (!hand->done && hand->silent_count == 0) {
            worker->is_working = false;
            trd__sched_leave(&pool->sched, worker->index, now_ns);
            step = WORKER_LEAVE;
        }
    } else if (!is_to_complete) {
        step = worker_take_locked(pool, worker, hand, now_ns, &errands);
    }
    if (step != WORKER_SLEEP && step != WORKER_SPIN) {
        trd__idle_call_locked(pool, &errands);
    }
    const bool is_trim_due = now_ns - pool->slab.trim_ns > TRD_SLAB_PERIOD_NS;
    pool->slab.trim_ns = is_trim_due ? now_ns : pool->slab.trim_ns;
    const bool has_wish = pool->sched.loan.wishes != 0;
    trd__pool_unlock(pool, &errands);
    if (is_trim_due) {
        trd__slab_trim(&pool->slab, now_ns, WORKER_TRIM);
    }
    if (has_wish) {
        trd__lending_grant(pool);
    }
    return step;
}

/* Gives tasks back to those who submitted them. */
static void worker_complete(struct trd_pool *pool, struct worker_hand *hand) {
    const struct trd_backend *backend = pool->backend;
    if (hand->silent_count > 0) {
        const uint32_t count = hand->silent_count;
        hand->silent_count = 0;
        hand->completed += count;
        if (backend->complete_many) {
            backend->complete_many(pool->context, hand->silent, count);
        }
        for (uint32_t i = 0; !backend->complete_many && i < count; i++) {
            backend->complete(pool->context, hand->silent[i], TRD_OUTCOME_DONE);
        }
    }
    if (hand->done) {
        struct trd_task *task = hand->done;
        hand->done = NULL;
        trd__yield(TRD_YIELD_WORKER_COMPLETE);
        backend->complete(pool->context, task, hand->outcome);
        hand->completed++;
    }
    if (hand->dropped) {
        struct trd_task *task = hand->dropped;
        hand->dropped = NULL;
        backend->complete(pool->context, task, hand->dropped_as);
        hand->completed++;
    }
}

/* Runs what is left of its batch; others may have taken some of it. */
static void worker_run(struct trd_pool *pool, struct trd__worker *worker,
                       struct worker_hand *hand) {
    const struct trd_backend *backend = pool->backend;
    const uint32_t count = worker->batch_count; /* it alone changes it */
    hand->is_timed = count > 1 || hand->booked != worker->index;
    hand->is_accounted = false;
    uint64_t begun_ns = hand->is_timed ? trd__quick_clock_now_ns(&hand->clock) : 0;
    for (uint32_t i = 0; i < count; i++) {
        /* Acquire: partner of the release in batch.c, for a task that was another's. */
        struct trd_task *task =
            atomic_exchange_explicit(&worker->batch[i], NULL, memory_order_acquire);
        trd__yield(TRD_YIELD_BATCH_TAKEN);
        if (!task) {
            continue;
        }
        const bool is_last = i + 1 == count;
        if (is_last && count > 1) {
            trd__expect_hold(pool, &hand->rows, hand->silent, hand->silent_count);
        }
        /* Only the last one may be another. */
        const bool is_silent =
            !is_last || (backend->is_silent && backend->is_silent(pool->context, task));
        const enum trd_outcome outcome = backend->run(pool->context, worker->index, task);
        trd__yield(TRD_YIELD_WORKER_RAN);
        uint64_t run_ns = 0;
        if (hand->is_timed) {
            const uint64_t ended_ns = trd__quick_clock_now_ns(&hand->clock);
            run_ns = ended_ns > begun_ns ? ended_ns - begun_ns : 0;
            begun_ns = ended_ns;
        }
        if (is_silent && outcome == TRD_OUTCOME_DONE) {
            hand->silent_run_ns[hand->silent_count] = run_ns;
            hand->silent[hand->silent_count++] = task;
            continue;
        }
        assert(is_last); /* so nothing waits behind it */
        hand->done = task;
        hand->done_run_ns = run_ns;
        hand->outcome = outcome;
        hand->is_quiet = outcome != TRD_OUTCOME_AGAIN && backend->is_quiet &&
                         backend->is_quiet(pool->context, task);
    }
}

static void worker_spin(struct trd_pool *pool, const struct trd__worker *worker) {
    const struct trd_backend *backend = pool->backend;
    if (backend->detach) {
        backend->detach(pool->context, worker->index);
    }
    trd__idle_spin(pool);
    if (backend->attach) {
        backend->attach(pool->context, worker->index);
    }
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
        case WORKER_SPIN:
            worker_spin(pool, worker);
            break;
        case WORKER_SLEEP:
            trd__lending_free(hand.loan);
            hand.loan = NULL;
            worker_sleep(pool, worker);
            hand.has_spun = false;
            break;
        case WORKER_LEAVE:
            trd__slab_leave(&pool->slab, trd_clock_now_ns());
            trd__door_set_worker(pool, TRD_WORKER_NONE);
            return;
        }
    }
}

/* A worker could not be opened: it is taken out of the books like one that leaves. */
static void worker_give_up(struct trd_pool *pool, struct trd__worker *worker, int code) {
    trd__shutdown_break(pool, code);
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd__pool_lock_now(pool);
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
    trd__lock_take(&pool->lock); /* it takes nothing in, for nobody would hear of it */
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
    trd__door_set_worker(pool, index);
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
