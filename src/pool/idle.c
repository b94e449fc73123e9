/* idle.c - idle workers: who sleeps, and who is woken when.
 *
 * Idle workers stand in a list. Work wakes the warmest, the one that went to sleep last: its stack
 * is still in the caches, and the others sleep on undisturbed. Dismissal wakes the coldest.
 *
 * No wake-up is lost. All of the following happens under the pool's lock:
 *
 *   1. A worker enters the list only in the same hold of the lock in which it has asked the
 *      scheduler for a task and got none.
 *   2. Whoever queues a task calls trd__idle_call_locked() in the same hold.
 *   3. A worker that was called counts as searching until it has asked the scheduler itself. While
 *      it does, nobody else is called: it is on its way and will find the task. It may be slow, an
 *      interpreter's lock may keep it waiting, and then others would wait for the same.
 *   4. A worker that has asked, whatever it got, calls the next one if tasks are left.
 *
 * So when tasks are queued and somebody is idle, somebody is searching: after 1 the queue was empty
 * (of tasks the policy would give), 2 makes it true, 3 keeps it true, and 4 makes it true again
 * when the searching one is not searching any more. The sleep itself is a park, which keeps a
 * wake-up that comes before the sleep (park.h).
 */
#include "pool/live.h"

#include <treadle/clock.h>

static void idle_remove_locked(struct trd_pool *pool, struct trd__worker *worker) {
    assert(worker->is_idle);
    *(worker->warmer ? &worker->warmer->colder : &pool->warmest) = worker->colder;
    *(worker->colder ? &worker->colder->warmer : &pool->coldest) = worker->warmer;
    worker->is_idle = false;
    pool->idle_count--;
}

/* Takes it out, to be woken when the lock is given back. */
static void idle_wake_locked(struct trd_pool *pool, struct trd__worker *worker,
                             struct trd__errands *errands) {
    idle_remove_locked(pool, worker);
    worker->is_searching = true;
    pool->searching_count++;
    worker->next_woken = errands->woken;
    errands->woken = worker;
}

void trd__idle_enter_locked(struct trd_pool *pool, struct trd__worker *worker) {
    assert(!worker->is_idle && !worker->is_searching);
    worker->is_idle = true;
    worker->warmer = NULL;
    worker->colder = pool->warmest;
    *(pool->warmest ? &pool->warmest->warmer : &pool->coldest) = worker;
    pool->warmest = worker;
    pool->idle_count++;
}

/* It has been idle for too long: takes it out of the list and notes that there is no need of it. A
 * worker that the pool must have, or that is about to be called, sleeps on: false. */
static bool idle_expire(struct trd_pool *pool, struct trd__worker *worker) {
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    const uint32_t count_min = pool->sched.config.workers_min;
    const bool is_idle = worker->is_idle;
    const bool is_over = is_idle && pool->sched.queued == 0 && pool->sched.worker_count > count_min;
    if (is_over) {
        idle_remove_locked(pool, worker);
        pool->needed = pool->sched.worker_count - 1;
    }
    trd__pool_unlock(pool, &errands);
    if (!is_idle) {
        /* Somebody took it out, and wakes it: for ever, it cannot time out. */
        (void)trd__park_sleep(&worker->park, 0, TRD_FOREVER);
    }
    return is_over || !is_idle;
}

void trd__idle_sleep(struct trd_pool *pool, struct trd__worker *worker) {
    /* One spins at a time, the others would only take processors away. Relaxed: it is a number and
     * nothing else. */
    const bool may_spin = pool->spins > 0 && atomic_fetch_add_explicit(&pool->spinner_count, 1,
                                                                       memory_order_relaxed) == 0;
    uint32_t spins = may_spin ? pool->spins : 0;
    bool is_over;
    do {
        const uint64_t until_ns = trd__deadline_ns(trd_clock_now_ns(), pool->idle_ns);
        is_over = trd__park_sleep(&worker->park, spins, until_ns) || idle_expire(pool, worker);
        spins = 0;
    } while (!is_over);
    if (pool->spins > 0) {
        (void)atomic_fetch_sub_explicit(&pool->spinner_count, 1,
                                        memory_order_relaxed); /* as above */
    }
}

void trd__idle_call_locked(struct trd_pool *pool, struct trd__errands *errands) {
    if (pool->sched.queued > 0 && pool->searching_count == 0 && pool->warmest) {
        idle_wake_locked(pool, pool->warmest, errands);
    }
}

void trd__idle_dismiss_locked(struct trd_pool *pool, uint32_t count, struct trd__errands *errands) {
    for (; count > 0 && pool->coldest; count--) {
        idle_wake_locked(pool, pool->coldest, errands);
    }
}
