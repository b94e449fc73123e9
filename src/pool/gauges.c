/* gauges.c - reads the workers' CPU clocks and the kernel's account of how long they were ready.
 *
 * Reading means a system call or a file for each worker, so it is done without the lock: a list is
 * made under it first, and what was read is booked under it afterwards.
 */
#include "pool/gauges.h"

#include "pool/live.h"

/* Up to `most` present workers, from the slot `*hand` on, each once. Returns how many. */
static uint32_t gauges_list_locked(struct trd_pool *pool, struct trd__reading *readings,
                                   uint32_t most, uint32_t *hand) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < pool->slot_count && count < most; i++) {
        *hand = *hand + 1 < pool->slot_count ? *hand + 1 : 0;
        const struct trd__worker *worker = trd__worker_at(pool, *hand);
        if (worker->slot == TRD_SLOT_PRESENT && worker->has_cputime) {
            readings[count++] = (struct trd__reading){.cputime = worker->cputime, .index = *hand};
        }
    }
    return count;
}

void trd__gauges_read(struct trd__gauges *gauges, struct trd_pool *pool) {
    struct trd__errands errands = {0};
    trd__pool_lock(pool);
    gauges->clock_count =
        gauges_list_locked(pool, gauges->clocks, TRD_GAUGE_CLOCKS, &gauges->clock_hand);
    gauges->queue_count =
        gauges_list_locked(pool, gauges->queues, TRD_GAUGE_QUEUES, &gauges->queue_hand);
    trd__pool_unlock(pool, &errands);
    for (uint32_t i = 0; i < gauges->clock_count; i++) {
        struct trd__reading *reading = &gauges->clocks[i];
        reading->has_cpu = trd__cputime_read(&reading->cputime, &reading->cpu_ns);
    }
    for (uint32_t i = 0; i < gauges->queue_count; i++) {
        struct trd__reading *reading = &gauges->queues[i];
        reading->has_ready = trd__cputime_read_ready(&reading->cputime, &reading->ready_ns);
    }
}

/* The worker that was read, if it is still there; NULL otherwise. */
static struct trd__worker *gauges_worker_locked(struct trd_pool *pool,
                                                const struct trd__reading *reading) {
    struct trd__worker *worker = trd__worker_at(pool, reading->index);
    return worker->slot == TRD_SLOT_PRESENT && worker->cputime.clock == reading->cputime.clock
               ? worker
               : NULL;
}

bool trd__gauges_book_locked(const struct trd__gauges *gauges, struct trd_pool *pool,
                             struct trd_load *load) {
    bool is_ready_known = false;
    load->cpu_ns = pool->cpu_left_ns;
    pool->cpu_left_ns = 0;
    for (uint32_t i = 0; i < gauges->clock_count; i++) {
        const struct trd__reading *reading = &gauges->clocks[i];
        struct trd__worker *worker = gauges_worker_locked(pool, reading);
        if (worker && reading->has_cpu && reading->cpu_ns > worker->cpu_seen_ns) {
            load->cpu_ns += reading->cpu_ns - worker->cpu_seen_ns;
            worker->cpu_seen_ns = reading->cpu_ns;
        }
    }
    for (uint32_t i = 0; i < gauges->queue_count; i++) {
        const struct trd__reading *reading = &gauges->queues[i];
        struct trd__worker *worker = gauges_worker_locked(pool, reading);
        is_ready_known = is_ready_known || reading->has_ready;
        if (worker && reading->has_ready && reading->ready_ns > worker->ready_seen_ns) {
            load->run_wait_ns += reading->ready_ns - worker->ready_seen_ns;
            worker->ready_seen_ns = reading->ready_ns;
        }
    }
    return is_ready_known;
}
