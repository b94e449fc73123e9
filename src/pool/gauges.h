/* gauges.h - what the keeper measures of its pool's workers. Internal to src/pool. */
#ifndef TRD_POOL_GAUGES_H
#define TRD_POOL_GAUGES_H

#include <stdbool.h>
#include <stdint.h>

#include "os/cputime.h"

struct trd_load;
struct trd_pool;

/* So many workers are read at a tick, in turn: the cost of a tick does not grow with the pool. What
 * a worker used while it was not read is counted when it is, so sums over many ticks are right. */
enum { TRD_GAUGE_CLOCKS = 32, TRD_GAUGE_QUEUES = 4 };

/* One worker at one tick. */
struct trd__reading {
    struct trd__cputime cputime;
    uint32_t index;
    bool has_cpu, has_ready;
    uint64_t cpu_ns, ready_ns;
};

struct trd__gauges {
    struct trd__reading clocks[TRD_GAUGE_CLOCKS];
    struct trd__reading queues[TRD_GAUGE_QUEUES];
    uint32_t clock_count, queue_count;
    uint32_t clock_hand, queue_hand; /* the slots to go on with */
};

/** Reads the workers whose turn it is; takes the pool's lock for a list of them only. */
void trd__gauges_read(struct trd__gauges *gauges, struct trd_pool *pool);
/** Books what was read, for those who are still the same workers: CPU time, and time spent ready
 * without a processor, since each was read last. False: the kernel says nothing of the latter. */
bool trd__gauges_book_locked(const struct trd__gauges *gauges, struct trd_pool *pool,
                             struct trd_load *load);

#endif
