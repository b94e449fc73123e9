/* host.h - a scheduler and the memory it needs, as the virtual bodies keep it.
 *
 * The scheduler allocates nothing; here its state and the chunks of its tables are made. Used by
 * the simulator and by replay. Not thread-safe. */
#ifndef TRD_SIM_HOST_H
#define TRD_SIM_HOST_H

#include "core/sched.h"

struct trd__host {
    struct trd_sched sched;
    void *state;
};

/** Starts a scheduler with client row 0 open. 0 or -ENOMEM (then nothing is to be closed). */
int trd__host_open(struct trd__host *host, const struct trd_sched_config *config);
/** Makes the row of a client, callable class or worker usable. 0 or -ENOMEM. */
int trd__host_need_client(struct trd__host *host, uint32_t index);
int trd__host_need_class(struct trd__host *host, uint32_t index);
int trd__host_need_worker(struct trd__host *host, uint32_t index);
/** Grants what the policy wishes to have on loan, as far as there is memory. */
void trd__host_lend(struct trd__host *host);
/** Frees everything; nothing may be queued or running any more. */
void trd__host_close(struct trd__host *host);

#endif
