/* sim_run.h - runs a request: its replications side by side on a pool of threads. */
#ifndef TREADLE_LAB_SIM_RUN_H
#define TREADLE_LAB_SIM_RUN_H

#include "lab/simulation/sim_request.h"

/* All replications, merged in their order: the same report whatever the threads did. Blocks. 0, or
 * -errno with `error`. The report is to be given to trd_sim_report_free(). */
int lab_sim_run(const struct lab_sim_request *request, struct trd_sim_report *report_out,
                struct trd_error *error);

/* The seed of a replication; that of the first one is `seed` itself. */
uint64_t lab_sim_seed(uint64_t seed, uint32_t replication);

#endif
