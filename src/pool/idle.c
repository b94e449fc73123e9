/* idle.c - idle workers: who looks for work, who sleeps, and who is woken when.
 *
 * Idle workers stand in a list. Work wakes the warmest, the one that went to sleep last: its stack
 * is still in the caches, and the others sleep on undisturbed. Dismissal wakes the coldest.
 *
 * No wake-up is lost. All of the following happens under the pool's lock, except for 2:
 *
 *   1. A worker enters the list only in the same hold of the lock in which it has found nothing:
 *      in no door, nothing that the scheduler would give it, and in no batch.
 *   2. Whoever puts a task into a door looks at the gate afterwards, and when that says CALL takes
 *      the lock and calls. Whoever queues a task under the lock calls in the same hold.
 *   3. The gate says CALL while somebody is in the list and nobody is searching. Whoever makes it
 *      say so looks at the doors once more, and calls if a task stands there: it was put in too
 *      early to see the gate (trd__pool_unlock(); door.c). What is queued already he does not look
 *      at: a policy may hold it back, and whoever queued it has called.
 *   4. A worker that was called, or that spins, counts as searching until it has looked itself.
 *      While it does, nobody else is called: it is on its way and will find the task. It may be
 *      slow, an interpreter's lock may keep it waiting, and then others would wait for the same.
 *   5. A worker that has looked, whatever it got, calls the next one if tasks are left.
 *
 * So when there is work and somebody sleeps, somebody is searching, or is about to call. The sleep
 * itself is a park, which keeps a wake-up that comes before the sleep (park.h).
 *
 * Spinning is worth it when work comes sooner than a sleeper could be woken. How long workers had
 * nothing to do lately tells, whether they spun or slept then; so it is off where it does not pay,
 * and on a single processor, where nobody could bring work meanwhile. One spins at a time.
 */
#include "pool/live.h"

#include <treadle/clock.h>

#include "os/pause.h"

enum { IDLE_GAP_MOST_NS = 1000000 };

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
    uint64_t now_ns = trd_clock_now_ns();
    uint64_t expires_ns = trd__deadline_ns(now_ns, pool->idle_ns);
    for (;;) {
        const uint64_t trim_ns =
            trd__slab_has_spare(&pool->slab, now_ns) ? now_ns + TRD_SLAB_PERIOD_NS : TRD_FOREVER;
        if (trd__park_sleep(&worker->park, 0, trim_ns < expires_ns ? trim_ns : expires_ns)) {
            return;
        }
        now_ns = trd_clock_now_ns();
        trd__slab_trim(&pool->slab, now_ns, UINT32_MAX);
        if (now_ns >= expires_ns) {
            if (idle_expire(pool, worker)) {
                return;
            }
            expires_ns = trd__deadline_ns(now_ns, pool->idle_ns);
        }
    }
}

bool trd__idle_may_spin_locked(struct trd_pool *pool, struct trd__worker *worker) {
    if (pool->spin_ns == 0 || pool->is_spinning || pool->gap_ns >= pool->spin_ns) {
        return false;
    }
    pool->is_spinning = worker->is_spinning = true;
    assert(!worker->is_searching);
    worker->is_searching = true;
    pool->searching_count++;
    return true;
}

void trd__idle_spin(struct trd_pool *pool) {
    enum { ROUNDS = 16 };
    const uint64_t until_ns = trd_clock_now_ns() + pool->spin_ns;
    do {
        for (int i = 0; i < ROUNDS; i++) {
            /* Relaxed: a hint, as the doors are here; it takes the lock to see. */
            if (atomic_load_explicit(&pool->has_queued, memory_order_relaxed) ||
                trd__doors_have_any(pool)) {
                return;
            }
            trd__pause();
        }
    } while (trd_clock_now_ns() < until_ns);
}

void trd__idle_over_locked(struct trd_pool *pool, struct trd__worker *worker) {
    if (worker->is_spinning) {
        pool->is_spinning = worker->is_spinning = false;
    }
    if (worker->is_searching) {
        worker->is_searching = false;
        pool->searching_count--;
    }
}

void trd__idle_learn_locked(struct trd_pool *pool, uint64_t since_ns, uint64_t until_ns) {
    uint64_t gap_ns = until_ns > since_ns ? until_ns - since_ns : 0;
    gap_ns = gap_ns < IDLE_GAP_MOST_NS ? gap_ns : IDLE_GAP_MOST_NS;
    pool->gap_ns = (3 * pool->gap_ns + gap_ns) / 4;
}

bool trd__idle_has_work_locked(const struct trd_pool *pool) {
    return pool->sched.queued > 0 || (!pool->are_doors_closed && trd__doors_have_any(pool));
}

void trd__idle_call_locked(struct trd_pool *pool, struct trd__errands *errands) {
    if (pool->searching_count == 0 && pool->warmest && trd__idle_has_work_locked(pool)) {
        idle_wake_locked(pool, pool->warmest, errands);
    }
}

void trd__idle_recall_locked(struct trd_pool *pool, struct trd__worker *worker,
                             struct trd__errands *errands) {
    if (worker->is_idle) {
        idle_wake_locked(pool, worker, errands);
    }
}

void trd__idle_dismiss_locked(struct trd_pool *pool, uint32_t count, struct trd__errands *errands) {
    for (; count > 0 && pool->coldest; count--) {
        idle_wake_locked(pool, pool->coldest, errands);
    }
}
