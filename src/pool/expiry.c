/* expiry.c - tasks that want to be dropped late leave the queue at their deadline.
 *
 * A worker that comes across such a task drops it; but all of them may be busy for long, and who
 * waits for the task, or for room in the queue, is to hear of it in time. So there is a thread that
 * sleeps until the first of these deadlines, takes the task out by the same way as one that is
 * taken to be run out of turn, and completes it. It is started with the first task that needs it;
 * tasks that do not, do not pay. If it cannot be started, the workers drop what is late. It ends
 * when the pool is stopping and nothing is left that could become late.
 *
 * It completes one at a time, for a callback may wait for another of the tasks.
 *
 * No deadline is forgotten, though a task may stand in a door where nobody sees it. Under the lock
 * the thread writes until when it will sleep, and takes in what stands in the doors after that;
 * whoever has put in a task reads it after that, and calls the thread if that is too late for the
 * task. These are sequentially consistent, so one of the two sees the other: the task is taken into
 * the wheel, or its submitter calls. The thread may then choose to sleep less, which hurts nobody.
 * A call that comes before it sleeps is kept (park.h).
 */
#include "pool/live.h"

#include <treadle/clock.h>

/* The pool whose late tasks the calling thread completes. */
static _Thread_local const struct trd_pool *expiry_self;

bool trd__expiry_is_self(const struct trd_pool *pool) {
    return expiry_self == pool;
}

static void expiry_set_until_locked(struct trd_pool *pool, uint64_t until_ns) {
    atomic_store_explicit(&pool->expiry_until_ns, until_ns, memory_order_seq_cst);
}

void trd__expiry_add_locked(struct trd_pool *pool, struct trd_task *task) {
    struct trd_attr *attr = trd_task_attr(task);
    if (!attr) {
        return;
    }
    attr->due_slot = 0;
    if (attr->deadline_ns != 0 && attr->deadline_ns != TRD_FOREVER) {
        trd__wheel_add(&pool->expiry.wheel, task);
    }
}

void trd__expiry_remove_locked(struct trd_pool *pool, struct trd_task *task) {
    struct trd_wheel *wheel = &pool->expiry.wheel;
    if (!trd_task_attr(task)) {
        return;
    }
    trd__wheel_remove(wheel, task);
    if (pool->is_stopping && trd__wheel_next_ns(wheel) == UINT64_MAX) {
        trd__park_wake(&pool->expiry.park); /* that was the last one */
    }
}

/* Takes out one that is late; NULL: there is none, or it is not known yet. */
static struct trd_task *expiry_take_locked(struct trd_pool *pool, uint64_t now_ns,
                                           struct trd__errands *errands) {
    struct trd_task *task = trd__wheel_pop(&pool->expiry.wheel, now_ns);
    if (task) {
        const struct trd_pop pop = trd__sched_take(&pool->sched, task, now_ns);
        assert(pop.fate == TRD_FATE_EXPIRE);
        (void)pop; /* used by the assertion only */
        trd__pool_taken_locked(pool, task, errands);
    }
    return task;
}

/* Until when there is nothing to do; says so, and hears who has come meanwhile. */
static uint64_t expiry_rest_locked(struct trd_pool *pool, uint64_t now_ns) {
    const struct trd_wheel *wheel = &pool->expiry.wheel;
    const uint64_t said_ns = trd__wheel_next_ns(wheel);
    expiry_set_until_locked(pool, said_ns);
    trd__yield(TRD_YIELD_EXPIRY_SAID);
    trd__doors_drain_locked(pool, now_ns);
    const uint64_t until_ns = trd__wheel_next_ns(wheel);
    if (until_ns < said_ns) {
        expiry_set_until_locked(pool, until_ns); /* fewer need to call */
    }
    return until_ns;
}

/* One hold of the lock. Returns whether the thread goes on. *task_out has left the queue, or is
 * NULL; then the thread may sleep until *until_ns_out. */
static bool expiry_hold(struct trd_pool *pool, struct trd_task **task_out, uint64_t *until_ns_out) {
    struct trd__expiry *expiry = &pool->expiry;
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd__pool_lock_now(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    if (expiry->is_busy) {
        trd__pool_completed_locked(pool, 1, &errands);
        trd__pool_changed_locked(pool, &errands); /* shutdown may wait for this */
    }
    *task_out = expiry_take_locked(pool, now_ns, &errands);
    expiry->is_busy = *task_out != NULL;
    *until_ns_out = *task_out ? 0 : expiry_rest_locked(pool, now_ns);
    const bool is_over = pool->is_stopping && *until_ns_out == UINT64_MAX;
    trd__pool_unlock(pool, &errands);
    return !is_over;
}

static void *expiry_main(void *arg) {
    struct trd_pool *pool = arg;
    struct trd_task *task;
    uint64_t until_ns;
    expiry_self = pool;
    trd__thread_name(pool->name, "-expiry");
    /* A callback may have forked: then this is the child, and the pool the parent's. */
    while (trd__guard_is_owner(&pool->guard) && expiry_hold(pool, &task, &until_ns)) {
        if (task) {
            trd__yield(TRD_YIELD_EXPIRED);
            pool->backend->complete(pool->context, task, TRD_OUTCOME_EXPIRED);
        } else {
            (void)trd__park_sleep(&pool->expiry.park, 0, until_ns); /* it looks, whatever woke it */
        }
    }
    return NULL;
}

/* The thread could not be started: the next task tries again. */
static void expiry_do_without(struct trd_pool *pool) {
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    pool->expiry.has_thread = false;
    expiry_set_until_locked(pool, UINT64_MAX);
    trd__pool_unlock(pool, &errands);
}

/* Wakes the thread or starts it, unless it is on its way. */
static TRD_SIDE_WAY void expiry_call(struct trd_pool *pool, uint64_t due_ns) {
    struct trd__expiry *expiry = &pool->expiry;
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    /* Relaxed: only holders of the lock write it. */
    const bool is_mine =
        due_ns < atomic_load_explicit(&pool->expiry_until_ns, memory_order_relaxed);
    const bool has_thread = expiry->has_thread;
    if (is_mine) {
        expiry_set_until_locked(pool, 0); /* nobody else needs to call */
        expiry->has_thread = true;
    }
    trd__pool_unlock(pool, &errands);
    if (is_mine && has_thread) {
        trd__park_wake(&expiry->park);
    } else if (is_mine && trd__thread_start(&expiry->thread, expiry_main, pool)) {
        expiry_do_without(pool);
    }
}

void trd__expiry_hear(struct trd_pool *pool, uint64_t due_ns) {
    trd__yield(TRD_YIELD_EXPIRY_HEAR);
    /* Sequentially consistent: see above. */
    if (due_ns < atomic_load_explicit(&pool->expiry_until_ns, memory_order_seq_cst)) {
        expiry_call(pool, due_ns);
    }
}

void trd__expiry_join(struct trd_pool *pool) {
    if (pool->expiry.has_thread) { /* nobody writes it any more */
        trd__thread_join(pool->expiry.thread);
    }
}
