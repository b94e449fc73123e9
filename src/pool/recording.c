/* recording.c - memory for the record of every decision, and handing out a copy.
 *
 * The scheduler writes into a chunk; when the chunk is nearly full, a new one takes its place, so
 * nothing is ever copied under the lock. When memory runs out the record stops there and says so.
 */
#include "pool/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECORDING_RESERVE = 16, /* more than one hold of the lock writes */
    RECORDING_FIRST = 1024,
    RECORDING_MOST = 1 << 16,
};

/* The current chunk is closed, and `chunk` takes what comes. */
static void recording_turn_locked(struct trd_pool *pool, struct trd__chunk *chunk) {
    if (pool->chunk_last) {
        pool->chunk_last->count = pool->recorder.count;
        pool->chunk_last->next = chunk;
    } else {
        pool->chunk_first = chunk;
    }
    pool->chunk_last = chunk;
    pool->recorder.events = chunk->events;
    pool->recorder.count = 0;
    pool->recorder.capacity = chunk->capacity;
}

bool trd__recording_room_locked(struct trd_pool *pool) {
    struct trd_recorder *recorder = &pool->recorder;
    if (!pool->is_recording || recorder->is_truncated ||
        recorder->capacity - recorder->count >= RECORDING_RESERVE) {
        return false;
    }
    size_t capacity = pool->chunk_last ? pool->chunk_last->capacity * 2 : RECORDING_FIRST;
    if (capacity > RECORDING_MOST) {
        capacity = RECORDING_MOST;
    }
    trd__lock_give(&pool->lock);
    struct trd__chunk *chunk = malloc(sizeof *chunk + capacity * sizeof chunk->events[0]);
    trd__pool_lock(pool);
    if (recorder->capacity - recorder->count >= RECORDING_RESERVE) {
        free(chunk); /* somebody else was faster */
    } else if (chunk) {
        *chunk = (struct trd__chunk){.capacity = capacity};
        recording_turn_locked(pool, chunk);
    } else {
        recorder->is_truncated = true;
    }
    return true;
}

void trd__recording_free(struct trd_pool *pool) {
    struct trd__chunk *chunk = pool->chunk_first;
    while (chunk) {
        struct trd__chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    pool->chunk_first = pool->chunk_last = NULL;
    pool->sched.recorder = NULL;
}

/* How many events there are. */
static size_t recording_count_locked(const struct trd_pool *pool) {
    size_t count = pool->recorder.count;
    for (const struct trd__chunk *chunk = pool->chunk_first; chunk && chunk != pool->chunk_last;
         chunk = chunk->next) {
        count += chunk->count;
    }
    return count;
}

static void recording_copy_locked(const struct trd_pool *pool, struct trd_trace *trace) {
    size_t copied = 0;
    for (const struct trd__chunk *chunk = pool->chunk_first; chunk; chunk = chunk->next) {
        const bool is_last = chunk == pool->chunk_last;
        const size_t count = is_last ? pool->recorder.count : chunk->count;
        memcpy(trace->events + copied, chunk->events, count * sizeof *trace->events);
        copied += count;
    }
    trace->count = copied;
    trace->is_truncated = pool->recorder.is_truncated;
}

int trd_pool_trace(struct trd_pool *pool, struct trd_trace *trace_out) {
    if (!trd__guard_is_owner(&pool->guard)) {
        return -EOWNERDEAD;
    }
    if (!pool->is_recording) {
        return -EINVAL;
    }
    struct trd_trace trace = {
        .workers_min = pool->workers_min,
        .workers_max = pool->workers_max,
        .pending_max = pool->pending_max == UINT64_MAX ? 0 : pool->pending_max,
        .seed = pool->sched.config.seed,
        .start_ns = pool->sched.start_ns,
    };
    memcpy(trace.policy, pool->policy_spec, sizeof trace.policy);
    memcpy(trace.sizer, pool->sizer_spec, sizeof trace.sizer);
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    for (;;) {
        const size_t count = recording_count_locked(pool);
        trd__pool_unlock(pool, &errands);
        free(trace.events);
        trace.events = calloc(count + RECORDING_FIRST, sizeof *trace.events);
        if (!trace.events) {
            return -ENOMEM;
        }
        trd__pool_lock(pool);
        if (recording_count_locked(pool) <= count + RECORDING_FIRST) {
            break;
        }
    }
    recording_copy_locked(pool, &trace);
    trd__pool_unlock(pool, &errands);
    *trace_out = trace;
    return 0;
}
