/* crew.h - the virtual workers: which there are, which are idle, what the others run.
 *
 * The idle worker that worked last is taken first, as in the live pool. Not thread-safe. */
#ifndef TRD_SIM_CREW_H
#define TRD_SIM_CREW_H

#include "sim/arena.h"
#include "sim/host.h"

struct trd__crew {
    struct trd__sim_task **running; /* by worker; NULL: idle, or not there */
    uint32_t *idle;                 /* a stack of workers */
    uint32_t *free;                 /* a stack of indices without a worker */
    uint32_t idle_count, free_count;
    uint32_t ever; /* indices used so far */
    uint32_t capacity;
};

/** There are not as many as the scheduler wants: workers come, idle ones go. 0 or -ENOMEM. */
int trd__crew_change(struct trd__crew *crew, struct trd__host *host, uint64_t now_ns);
/** `worker` has no task any more: it is idle, or goes when there are too many. */
void trd__crew_rest(struct trd__crew *crew, struct trd__host *host, uint32_t worker,
                    uint64_t now_ns);
void trd__crew_free(struct trd__crew *crew);

/** Lets workers come and idle ones go until there are as many as the scheduler wants. 0 or
 * -ENOMEM. */
static inline int trd__crew_follow(struct trd__crew *crew, struct trd__host *host,
                                   uint64_t now_ns) {
    return host->sched.worker_count == host->sched.workers_wanted
               ? 0
               : trd__crew_change(crew, host, now_ns);
}

#endif
