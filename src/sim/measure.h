/* measure.h - what is measured of simulated tasks: sums by batch and histograms.
 *
 * A run is cut into TRD_SIM_BATCHES batches of equally many ended tasks. Neighbouring tasks are
 * correlated, batches hardly, so the spread of batch means gives an honest standard error
 * (Law & Kelton, Simulation Modeling and Analysis, "batch means"). Not thread-safe. */
#ifndef TRD_SIM_MEASURE_H
#define TRD_SIM_MEASURE_H

#include <treadle/sim.h>

/* What is summed of every task. */
enum trd__quantity {
    TRD__WAIT,
    TRD__WAIT2,
    TRD__RESPONSE,
    TRD__SERVICE,
    TRD__SERVICE_WAIT,
    TRD__LATE,
    TRD__QUANTITIES,
};

struct trd__batch {
    double count;
    double sum[TRD__QUANTITIES];
};

/** The tasks of one client. */
struct trd__measure {
    struct trd__batch batches[TRD_SIM_BATCHES];
    struct trd_histogram wait, response;
};

/** One task has ended, in batch `batch`. It counts as late if it waited longer than `late_ns`. */
void trd__measure_add(struct trd__measure *measure, size_t batch, uint64_t wait_ns,
                      uint64_t service_ns, uint64_t response_ns, uint64_t late_ns);
/** Adds the tasks of `from` to those of `into`. */
void trd__measure_merge(struct trd__measure *into, const struct trd__measure *from);
/** Fills the estimates, counts, rates and histograms of `row`. */
void trd__measure_report(const struct trd__measure *measure, uint64_t measured_ns,
                         struct trd_sim_row *row);

#endif
