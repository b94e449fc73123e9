/* series.h - how a run went, in at most TRD_SIM_POINTS_MAX points, however long it is.
 *
 * The sums over time that the simulator keeps anyway are noted at equal steps. When there is no
 * room for another note, every second one is dropped and the step is doubled. Not thread-safe. */
#ifndef TRD_SIM_SERIES_H
#define TRD_SIM_SERIES_H

#include <treadle/sim_report.h>

/* Sums since the run began. */
struct trd__series_note {
    uint64_t queue_ns, busy_ns, worker_ns, finished;
};

struct trd__series {
    uint64_t step_ns, next_ns; /* next_ns: when the next note is to be taken */
    size_t count;
    struct trd__series_note notes[TRD_SIM_POINTS_MAX + 1]; /* the first one is of the beginning */
};

void trd__series_open(struct trd__series *series);
/** The sums at next_ns, which moves on. */
void trd__series_add(struct trd__series *series, const struct trd__series_note *note);
void trd__series_report(const struct trd__series *series, struct trd_sim_report *report);

#endif
