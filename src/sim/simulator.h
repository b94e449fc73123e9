/* simulator.h - a run of the simulator while it goes on. Internal to src/sim. */
#ifndef TRD_SIM_SIMULATOR_H
#define TRD_SIM_SIMULATOR_H

#include "sim/crew.h"
#include "sim/event_queue.h"
#include "sim/measure.h"
#include "sim/sim_config.h"

/* A client of the configuration. */
struct trd__sim_source {
    struct trd__measure measure;
    double share_until; /* sum of the shares up to this one */
    uint32_t row;       /* of the scheduler's client table */
};

struct trd__simulator {
    struct trd__sim_plan plan;
    struct trd__host host;
    struct trd__event_queue queue;
    struct trd__arena arena;
    struct trd__crew crew;
    struct trd__sim_source *sources;
    struct trd_rng arrival_rng, service_rng, think_rng;
    struct trd_error *error;

    uint64_t now_ns;
    double arrival_rest_ns; /* what rounding the last arrival left over */
    uint64_t settled;       /* tasks that have come to some end, refused ones included */
    uint64_t digest;

    /* Integrals over time of what the scheduler says, and sums over tasks: see trd_sim_identity. */
    uint64_t tasks_area_ns, queue_area_ns, unused_ns;
    uint64_t response_sum_ns, wait_sum_ns, service_sum_ns;

    /* As they stood when measuring began. */
    uint64_t measure_from_ns, measure_busy_ns, measure_worker_ns;
};

/** Turns a finished run into the report. 0 or -ENOMEM. */
int trd__sim_report(struct trd__simulator *sim, struct trd_sim_report *report);

#endif
