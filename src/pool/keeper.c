/* keeper.c - the thread that asks sizers with a period, and measures for them.
 *
 * It exists only for such sizers, so that a pool whose workers are all blocked still grows.
 */
#include "pool/live.h"

#include <math.h>

#include <treadle/clock.h>

#include "os/cpu_load.h"
#include "pool/gauges.h"

/* How often the number of cores is looked up again: it means reading files. */
#define KEEPER_CORES_NS (300 * UINT64_C(1000000))

/* Times of all workers, ns, fading: CPU time; on a core or ready for one; holding the interpreter's
 * lock; of that with a core. */
struct keeper_ready {
    double cpu, ready, held, core;
};

struct keeper {
    struct trd_pool *pool;
    struct trd__gauges gauges;
    struct trd__cpu_load cpu_load;
    double cores;
    uint64_t cores_at_ns; /* when they were looked up */
    struct keeper_ready ready;
};

/* Takes what the meter says, and divides the wait for cores. Who is ready computes, or was woken by
 * the lock that it waits for and has no core to look at it. Those who compute get cores as the
 * lock's holder does, which is seen; the rest of the ready time is waiting for the lock. A tick
 * sees few workers, so the shares are those of the last hundred ticks. */
static void keeper_take_meter(struct keeper *keeper, const struct trd_meter *meter,
                              bool is_ready_known, struct trd_load *load) {
    const double kept = 0.99, held_few_ns = 20e6;
    struct keeper_ready *sums = &keeper->ready;
    const double cpu_ns = (double)load->cpu_ns;
    sums->cpu = kept * sums->cpu + cpu_ns;
    sums->ready = kept * sums->ready +
                  (is_ready_known ? cpu_ns + (double)load->run_wait_ns : (double)meter->ready_ns);
    sums->held = kept * sums->held + (double)meter->gil_held_ns;
    sums->core = kept * sums->core + (double)meter->gil_core_ns;
    const double ready = sums->cpu > 0.0 ? fmax(sums->ready / sums->cpu, 1.0) : 1.0;
    const double share = (sums->core + held_few_ns / ready) / (sums->held + held_few_ns);
    const double computing = fmin(1.0 / fmax(share, 0.01), ready);
    load->gil_held_ns = meter->gil_held_ns;
    load->gil_wait_ns = meter->gil_wait_ns + (uint64_t)((ready - computing) * cpu_ns);
    load->run_wait_ns = (uint64_t)((computing - 1.0) * cpu_ns);
    load->is_gil_measured = true;
    load->is_gil_sampled = meter->is_sampled;
    load->gil_looks = meter->looks;
}

/* Returns whether there is more to keep. */
static bool keeper_tick(struct keeper *keeper) {
    struct trd_pool *pool = keeper->pool;
    struct trd__errands errands = {0};
    trd__gauges_read(&keeper->gauges, pool);
    struct trd_meter meter = {0};
    if (pool->backend->meter && pool->sched.config.sizer.sizer->reads_gil) {
        pool->backend->meter(pool->context, &meter);
    }
    const uint64_t now_ns = trd__pool_lock_now(pool);
    (void)trd__recording_room_locked(pool); /* nothing was looked at yet */
    struct trd_load load = {.cores = keeper->cores, .gils = pool->backend->gils};
    const bool is_ready_known = trd__gauges_book_locked(&keeper->gauges, pool, &load);
    if (meter.is_measured) {
        keeper_take_meter(keeper, &meter, is_ready_known, &load);
    }
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
    struct keeper keeper = {.pool = pool};
    const uint64_t period_ns = pool->sched.config.sizer.sizer->period_ns;
    uint64_t next_ns = trd_clock_now_ns();
    trd__thread_name(pool->name, "-keeper");
    do {
        const uint64_t now_ns = trd_clock_now_ns();
        if (keeper.cores <= 0.0 || now_ns - keeper.cores_at_ns >= KEEPER_CORES_NS) {
            keeper.cores = trd__cpu_available(&keeper.cpu_load);
            keeper.cores_at_ns = now_ns;
        }
        next_ns += period_ns;
        if (trd__park_sleep(&pool->keeper_park, 0, next_ns)) {
            next_ns = trd_clock_now_ns(); /* told that the pool ends: it looks every period now */
        }
    } while (keeper_tick(&keeper));
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
