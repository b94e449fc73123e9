/* resize.c - workers come and go. */
#include "pool/live.h"

#include <errno.h>

#include <treadle/clock.h>

/* After a worker could not be started, so long nobody tries again, unless there is none at all. */
static const uint64_t resize_retry_ns = 100 * TRD_NS_PER_MS;

/* Work for more brings those back that left for want of it. */
static void resize_need_locked(struct trd_pool *pool) {
    const uint64_t needed = pool->sched.busy + pool->sched.queued;
    if (needed > pool->needed) {
        pool->needed = needed < UINT32_MAX ? (uint32_t)needed : UINT32_MAX;
    }
}

uint32_t trd__resize_target_locked(struct trd_pool *pool) {
    resize_need_locked(pool);
    const uint32_t min = pool->sched.config.workers_min;
    const uint32_t needed = pool->needed > min ? pool->needed : min;
    const uint32_t wanted =
        pool->sched.workers_wanted < needed ? pool->sched.workers_wanted : needed;
    /* A sizer may be wrong, but what is queued must run. */
    return wanted == 0 && pool->sched.queued > 0 ? 1 : wanted;
}

bool trd__resize_is_short_locked(struct trd_pool *pool, uint64_t now_ns) {
    const uint32_t count = pool->sched.worker_count;
    if (count >= trd__resize_target_locked(pool) || pool->broken || pool->is_cancelling) {
        return false;
    }
    if (pool->is_stopping && pool->sched.queued == 0) {
        return false;
    }
    return count == 0 || now_ns >= pool->spawn_retry_ns;
}

void trd__resize_put_locked(struct trd_pool *pool, struct trd__worker *worker,
                            enum trd__slot slot) {
    uint32_t *first = slot == TRD_SLOT_LEFT ? &pool->left_first : &pool->free_first;
    worker->slot = slot;
    worker->next_free = *first;
    *first = worker->index + 1;
}

/* Takes the first slot out of a list. */
static struct trd__worker *resize_take_locked(struct trd_pool *pool, uint32_t *first) {
    struct trd__worker *worker = trd__worker_at(pool, *first - 1);
    *first = worker->next_free;
    return worker;
}

bool trd__resize_join_locked(struct trd_pool *pool, struct trd__errands *errands) {
    if (pool->left_first == 0) {
        return false;
    }
    struct trd__worker *worker = resize_take_locked(pool, &pool->left_first);
    worker->slot = TRD_SLOT_JOINING;
    trd__pool_unlock(pool, errands);
    trd__yield(TRD_YIELD_RESIZE_JOIN);
    if (pool->backend->join) {
        pool->backend->join(pool->context, worker->index);
    }
    trd__pool_lock(pool);
    trd__resize_put_locked(pool, worker, TRD_SLOT_FREE);
    pool->unjoined_count--;
    trd__pool_changed_locked(pool, errands);
    return true;
}

/* A slot nobody uses, in no list. May give the lock away. NULL: no memory. */
static struct trd__worker *resize_slot_locked(struct trd_pool *pool, struct trd__errands *errands) {
    for (;;) {
        if (pool->free_first) {
            return resize_take_locked(pool, &pool->free_first);
        }
        if (trd__resize_join_locked(pool, errands)) {
            continue;
        }
        if (pool->slot_count < pool->worker_table.capacity &&
            pool->slot_count < pool->sched.workers.capacity) {
            struct trd__worker *worker = trd__table_at(&pool->worker_table, pool->slot_count);
            worker->index = pool->slot_count++;
            return worker;
        }
        const bool is_records_turn = pool->slot_count == pool->sched.workers.capacity;
        if (trd__pool_grow_locked(pool,
                                  is_records_turn ? &pool->sched.workers : &pool->worker_table)) {
            return NULL;
        }
    }
}

/* Writes a new worker into the books, if one is still wanted. 0: *worker_out is to be started, or
 * NULL. -ENOMEM. */
static int resize_join_books(struct trd_pool *pool, struct trd__worker **worker_out) {
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd_clock_now_ns();
    int failed = 0;
    struct trd__worker *worker = NULL;
    trd__pool_lock(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    if (trd__resize_is_short_locked(pool, now_ns)) {
        worker = resize_slot_locked(pool, &errands);
        failed = worker ? 0 : -ENOMEM;
    }
    if (worker && !trd__resize_is_short_locked(pool, now_ns)) {
        trd__resize_put_locked(pool, worker, TRD_SLOT_FREE); /* others have come meanwhile */
        worker = NULL;
    }
    if (worker) {
        worker->slot = TRD_SLOT_STARTING;
        pool->unjoined_count++;
        trd__sched_join(&pool->sched, worker->index, now_ns);
    }
    trd__pool_unlock(pool, &errands);
    *worker_out = worker;
    return failed;
}

/* It could not be started. */
static void resize_undo_books(struct trd_pool *pool, struct trd__worker *worker) {
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd__pool_lock_now(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    assert(worker->slot == TRD_SLOT_STARTING);
    trd__sched_leave(&pool->sched, worker->index, now_ns);
    trd__resize_put_locked(pool, worker, TRD_SLOT_FREE);
    pool->unjoined_count--;
    pool->spawn_retry_ns = now_ns + resize_retry_ns;
    trd__pool_changed_locked(pool, &errands);
    trd__pool_unlock(pool, &errands);
}

int trd__resize_grow(struct trd_pool *pool) {
    for (;;) {
        struct trd__worker *worker;
        int failed = resize_join_books(pool, &worker);
        if (failed || !worker) {
            return failed;
        }
        trd__yield(TRD_YIELD_RESIZE_SPAWN);
        failed = pool->backend->spawn(pool->context, pool, worker->index);
        if (failed) {
            trd__yield(TRD_YIELD_RESIZE_UNDO);
            resize_undo_books(pool, worker);
            return failed;
        }
    }
}

void trd__resize_shrink_locked(struct trd_pool *pool, struct trd__errands *errands) {
    const uint32_t target = trd__resize_target_locked(pool);
    if (pool->sched.worker_count > target) {
        trd__idle_dismiss_locked(pool, pool->sched.worker_count - target, errands);
    }
}

/* Asks the sizer anew, with the bounds there are, and starts the worker that it wants. False: it
 * wants none, or none could be started. */
static bool resize_ask(struct trd_pool *pool) {
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd__pool_lock_now(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    const struct trd_sched_config *config = &pool->sched.config;
    trd__sched_bounds(&pool->sched, config->workers_min, config->workers_max, now_ns);
    const bool is_short = trd__resize_is_short_locked(pool, now_ns);
    trd__pool_unlock(pool, &errands);
    return is_short && trd__resize_grow(pool) == 0;
}

int trd_pool_resize(struct trd_pool *pool, uint32_t workers_min, uint32_t workers_max) {
    if (!trd__guard_is_owner(&pool->guard)) {
        return -EOWNERDEAD;
    }
    if (workers_max == 0 || workers_min > workers_max || workers_max > TRD_WORKERS_LIMIT) {
        return -EINVAL;
    }
    struct trd__errands errands = {0};
    const uint64_t now_ns = trd__pool_lock_now(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    trd__sched_bounds(&pool->sched, workers_min, workers_max, now_ns);
    trd__resize_shrink_locked(pool, &errands);
    pool->spawn_retry_ns = 0; /* somebody asks for it: worth a try at once */
    trd__pool_unlock(pool, &errands);
    /* A sizer may want one worker at a time. Too few threads is no error while the pool works: it
     * goes on with those it has. */
    bool is_growing = trd__resize_grow(pool) == 0;
    for (uint32_t i = 1; is_growing && i < workers_max; i++) {
        is_growing = resize_ask(pool);
    }
    return 0;
}
