/* keeper.c - the thread that asks sizers with a period, and measures for them.
 *
 * It exists only for such sizers, so that a pool whose workers are all blocked still grows. It
 * reads the workers' CPU clocks without the lock: a list of them is made under the lock first, and
 * what was read is booked under the lock afterwards, for those who are still the same.
 */
#include "pool/live.h"

#include <errno.h>
#include <stdlib.h>

#include <treadle/clock.h>

#include "os/cpu.h"

/* How often the number of cores is looked up again, in ticks: it means reading files. */
enum { KEEPER_CORES_TICKS = 64 };

/* A worker's CPU time at this tick. */
struct keeper_reading {
    struct trd__cputime cputime;
    uint32_t index;
    bool is_there;
    uint64_t cpu_ns;
};

struct keeper {
    struct trd_pool *pool;
    struct keeper_reading *readings;
    uint32_t capacity, count;
    double cores;
};

/* Lists the workers. Returns how many places it would need when they are too few, or 0. */
static uint32_t keeper_list(struct keeper *keeper) {
    struct trd_pool *pool = keeper->pool;
    struct trd__errands errands = {0};
    keeper->count = 0;
    trd__pool_lock(pool);
    const uint32_t needed = pool->slot_count > keeper->capacity ? pool->slot_count : 0;
    for (uint32_t i = 0; i < pool->slot_count && !needed; i++) {
        const struct trd__worker *worker = trd__worker_at(pool, i);
        if (worker->slot == TRD_SLOT_PRESENT && worker->has_cputime) {
            keeper->readings[keeper->count++] =
                (struct keeper_reading){.cputime = worker->cputime, .index = i};
        }
    }
    trd__pool_unlock(pool, &errands);
    return needed;
}

/* Reads everybody's clock. Without memory for the list nobody's is: the sizer then sees no CPU. */
static void keeper_read(struct keeper *keeper) {
    for (uint32_t needed = keeper_list(keeper); needed; needed = keeper_list(keeper)) {
        void *more = realloc(keeper->readings, needed * 2 * sizeof *keeper->readings);
        if (!more) {
            keeper->count = 0;
            return;
        }
        keeper->readings = more;
        keeper->capacity = needed * 2;
    }
    for (uint32_t i = 0; i < keeper->count; i++) {
        struct keeper_reading *reading = &keeper->readings[i];
        reading->is_there = trd__cputime_read(&reading->cputime, &reading->cpu_ns);
    }
}

/* The CPU time that all workers have used since the last tick. */
static uint64_t keeper_sum_locked(struct keeper *keeper) {
    struct trd_pool *pool = keeper->pool;
    uint64_t sum_ns = pool->cpu_left_ns;
    pool->cpu_left_ns = 0;
    for (uint32_t i = 0; i < keeper->count; i++) {
        const struct keeper_reading *reading = &keeper->readings[i];
        struct trd__worker *worker = trd__worker_at(pool, reading->index);
        const bool is_same =
            worker->slot == TRD_SLOT_PRESENT && worker->cputime.clock == reading->cputime.clock;
        if (is_same && reading->is_there && reading->cpu_ns > worker->cpu_seen_ns) {
            sum_ns += reading->cpu_ns - worker->cpu_seen_ns;
            worker->cpu_seen_ns = reading->cpu_ns;
        }
    }
    return sum_ns;
}

/* Returns whether there is more to keep. */
static bool keeper_tick(struct keeper *keeper) {
    struct trd_pool *pool = keeper->pool;
    struct trd__errands errands = {0};
    keeper_read(keeper);
    struct trd_meter meter = {0};
    if (pool->backend->meter && pool->sched.config.sizer.sizer->reads_gil) {
        pool->backend->meter(pool->context, &meter);
    }
    const uint64_t now_ns = trd_clock_now_ns();
    trd__pool_lock(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    const uint64_t cpu_ns = keeper_sum_locked(keeper);
    const uint64_t ready_ns = meter.is_measured ? meter.ready_ns : 0;
    const struct trd_load load = {.cpu_ns = cpu_ns,
                                  .gil_held_ns = meter.gil_held_ns,
                                  .gil_wait_ns = meter.gil_wait_ns,
                                  .run_wait_ns = ready_ns > cpu_ns ? ready_ns - cpu_ns : 0,
                                  .is_gil_measured = meter.is_measured,
                                  .cores = keeper->cores,
                                  .gils = pool->backend->gils};
    (void)trd__sched_tick(&pool->sched, &load, now_ns); /* the target is read below */
    trd__resize_shrink_locked(pool, &errands);
    trd__idle_call_locked(pool, &errands); /* for policies that hold tasks back */
    const bool is_short = trd__resize_is_short_locked(pool, now_ns);
    const bool is_over = pool->is_stopping && pool->sched.worker_count == 0 &&
                         (pool->sched.queued == 0 || pool->is_cancelling);
    trd__pool_unlock(pool, &errands);
    if (is_short) {
        (void)trd__resize_grow(pool); /* tried again at the next tick */
    }
    return !is_over;
}

static void *keeper_main(void *arg) {
    struct trd_pool *pool = arg;
    struct keeper keeper = {.pool = pool, .cores = trd__cpu_cores()};
    const uint64_t period_ns = pool->sched.config.sizer.sizer->period_ns;
    uint64_t next_ns = trd_clock_now_ns();
    trd__thread_name(pool->name, "-keeper");
    for (uint32_t ticks = 1;; ticks++) {
        next_ns += period_ns;
        if (trd__park_sleep(&pool->keeper_park, 0, next_ns)) {
            next_ns = trd_clock_now_ns(); /* told that the pool ends: it looks every period now */
        }
        if (ticks % KEEPER_CORES_TICKS == 0) {
            keeper.cores = trd__cpu_cores();
        }
        if (!keeper_tick(&keeper)) {
            break;
        }
    }
    free(keeper.readings);
    return NULL;
}

/* Others read it under the lock while the pool works. */
static void keeper_set(struct trd_pool *pool, bool has_keeper) {
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    pool->has_keeper = has_keeper;
    trd__pool_unlock(pool, &errands);
}

int trd__keeper_start(struct trd_pool *pool) {
    if (pool->sched.config.sizer.sizer->period_ns == 0) {
        return 0;
    }
    keeper_set(pool, true);
    const int failed = trd__thread_start(&pool->keeper, keeper_main, pool);
    if (failed) {
        keeper_set(pool, false);
    }
    return failed;
}

void trd__keeper_stop(struct trd_pool *pool) {
    if (pool->has_keeper) { /* nobody else uses the pool any more */
        trd__park_wake(&pool->keeper_park);
        trd__thread_join(pool->keeper);
    }
}
