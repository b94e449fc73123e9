/* batch.c - the tasks that a worker has taken at once, and how others get at them.
 *
 * Short tasks cost less when one hold of the lock hands out several. Those that have not begun
 * stand in the slots of their worker's batch. Whoever exchanges a task out of its slot has it: its
 * worker, which goes through them in order without the lock; or, with the lock, another worker that
 * finds nothing queued, and one that waits for exactly that task. Slots are filled only under the
 * lock, by their worker, when it has exchanged every one of them for NULL.
 *
 * No task is stuck behind one that blocks. A worker takes at most its fair part of the queue, so
 * with a second worker something is left queued, and then somebody is on the way (idle.c); who
 * comes and finds the queue empty looks into the batches, in the same hold of the lock, before it
 * goes to sleep. So while a task stands in a slot, nobody sleeps who could run it.
 *
 * A task stays booked on the worker that was given it, whoever runs it: that one does not leave
 * before all of them have come back (`lent`).
 */
#include "pool/live.h"

#include "core/sched_hot.h"

/* Together the tasks of a batch should take no longer than that. */
#ifndef TRD_BATCH_NS
#define TRD_BATCH_NS 64000
#endif
static const uint64_t batch_ns = TRD_BATCH_NS;

/* How many tasks a worker may take now. */
static uint32_t batch_size_locked(const struct trd_pool *pool) {
    if (!pool->may_batch || pool->silent_ns > batch_ns / 2) {
        return 1;
    }
    const uint64_t workers = pool->sched.worker_count;
    const uint64_t part = (pool->sched.queued + workers - 1) / workers;
    const uint64_t short_enough = batch_ns / (pool->silent_ns + 1);
    const uint64_t size = part < short_enough ? part : short_enough;
    return size < TRD_BATCH ? (uint32_t)size : TRD_BATCH;
}

static void batch_put(struct trd__worker *worker, uint32_t slot, struct trd_task *task) {
    /* Release: who takes it out sees what the scheduler has written into it. */
    atomic_store_explicit(&worker->batch[slot], task, memory_order_release);
}

struct trd_task *trd__batch_fill_locked(struct trd_pool *pool, struct trd__worker *worker,
                                        bool may_rob, uint32_t *booked_out, uint64_t now_ns,
                                        struct trd__errands *errands) {
    const struct trd_backend *backend = pool->backend;
    const uint32_t size = batch_size_locked(pool);
    struct trd_task *expired = NULL;
    uint32_t count = 0;
    *booked_out = worker->index;
    while (count < size || count == 0) {
        const struct trd_pop pop = trd__hot_next(&pool->sched, worker->index, now_ns);
        if (pop.fate == TRD_FATE_NONE) {
            break;
        }
        trd__pool_taken_locked(pool, pop.task, errands);
        if (pop.fate == TRD_FATE_EXPIRE) {
            expired = pop.task;
            break;
        }
        batch_put(worker, count++, pop.task);
        if (size == 1 || !backend->is_silent(pool->context, pop.task)) {
            break;
        }
    }
    worker->batch_count = count;
    if (count == 0 && !expired && may_rob) {
        struct trd_task *robbed = trd__batch_rob_locked(pool, NULL, booked_out);
        if (robbed) {
            batch_put(worker, 0, robbed);
            worker->batch_count = 1;
        }
    }
    return expired;
}

/* Takes `task`, or any, out of one batch. */
static struct trd_task *batch_rob_one(struct trd__worker *worker, struct trd_task *task) {
    for (uint32_t i = 0; i < worker->batch_count; i++) {
        struct trd_task *there = atomic_load_explicit(&worker->batch[i], memory_order_relaxed);
        if (!there || (task && there != task)) {
            continue;
        }
        trd__yield(TRD_YIELD_BATCH_ROB);
        /* Acquire: partner of batch_put(). Only its worker may have been faster. */
        if (atomic_compare_exchange_strong_explicit(&worker->batch[i], &there, NULL,
                                                    memory_order_acquire, memory_order_relaxed)) {
            return there;
        }
    }
    return NULL;
}

struct trd_task *trd__batch_rob_locked(struct trd_pool *pool, struct trd_task *task,
                                       uint32_t *booked_out) {
    for (uint32_t i = 0; pool->may_batch && i < pool->slot_count; i++) {
        struct trd__worker *worker = trd__worker_at(pool, i);
        /* What stands in a batch of one may have been robbed before: it is booked elsewhere. */
        struct trd_task *robbed = worker->batch_count > 1 ? batch_rob_one(worker, task) : NULL;
        if (robbed) {
            worker->lent++;
            *booked_out = i;
            return robbed;
        }
    }
    return NULL;
}

void trd__batch_returned_locked(struct trd_pool *pool, uint32_t booked,
                                struct trd__errands *errands) {
    struct trd__worker *worker = trd__worker_at(pool, booked);
    assert(worker->lent > 0);
    if (--worker->lent == 0) {
        trd__idle_recall_locked(pool, worker, errands); /* it may have waited for that to leave */
    }
}

struct trd_task *trd__batch_cancel_locked(struct trd_pool *pool, struct trd_task *task,
                                          struct trd__errands *errands) {
    uint32_t booked;
    struct trd_task *robbed = trd__batch_rob_locked(pool, task, &booked);
    if (robbed) {
        trd__hot_revoke(&pool->sched, robbed, booked);
        trd__batch_returned_locked(pool, booked, errands);
    }
    return robbed;
}

bool trd__batch_any_locked(const struct trd_pool *pool) {
    for (uint32_t i = 0; pool->may_batch && i < pool->slot_count; i++) {
        const struct trd__worker *worker = trd__worker_at(pool, i);
        for (uint32_t slot = 0; worker->batch_count > 1 && slot < worker->batch_count; slot++) {
            /* Relaxed: whoever takes it finds out whether it was there still. */
            if (atomic_load_explicit(&worker->batch[slot], memory_order_relaxed)) {
                return true;
            }
        }
    }
    return false;
}

uint64_t trd__batch_behind_locked(const struct trd_pool *pool) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < pool->slot_count; i++) {
        const struct trd__books_worker *record = trd__table_at(&pool->sched.workers, i);
        const uint32_t own = record->running - trd__worker_at(pool, i)->helping_count;
        count += own > 1 ? own - 1 : 0;
    }
    return count;
}
