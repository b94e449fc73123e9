/* chart.h - the slices of the first tasks of a run, for Gantt charts. Not thread-safe. */
#ifndef TRD_SIM_CHART_H
#define TRD_SIM_CHART_H

#include <treadle/sim_report.h>

struct trd__chart {
    uint64_t task_max; /* later arrivals are not drawn */
    struct trd_sim_slice *slices;
    size_t count, capacity;
};

/** Keeps a slice, if its task is drawn and there are fewer than TRD_SIM_SLICES_MAX. 0 or -ENOMEM.
 */
int trd__chart_add(struct trd__chart *chart, const struct trd_sim_slice *slice);

#endif
