/* measure.h - what is measured of simulated tasks: sums by batch and histograms.
 *
 * A run is cut into TRD_SIM_BATCHES batches of equally many ended tasks. Neighbouring tasks are
 * correlated, batches hardly, so the spread of batch means gives an honest standard error
 * (Law & Kelton, Simulation Modeling and Analysis, "batch means"). Not thread-safe. */
#ifndef TRD_SIM_MEASURE_H
#define TRD_SIM_MEASURE_H

#include <treadle/sim.h>

#include "base/histogram.h"

/* What is summed of every task. */
enum trd__quantity {
    TRD__WAIT,
    TRD__WAIT2,
    TRD__RESPONSE,
    TRD__SERVICE,
    TRD__SERVICE_WAIT,
    TRD__SLOWDOWN,
    TRD__LATE,
    TRD__TIMELY,
    TRD__QUANTITIES,
};

struct trd__batch {
    double count;
    double sum[TRD__QUANTITIES];
};

/** The tasks of one client. */
struct trd__measure {
    struct trd__batch batches[TRD_SIM_BATCHES];
    struct trd_histogram wait, response, slowdown;
    uint64_t refused, expired, given_up;
};

/** A task that has ended. */
struct trd__ended {
    uint64_t wait_ns, service_ns, response_ns;
    bool is_late, is_timely;
};

/** One task has ended, in batch `batch`. */
static inline void trd__measure_add(struct trd__measure *measure, size_t batch,
                                    struct trd__ended ended) {
    struct trd__batch *sums = &measure->batches[batch];
    /* Times are below 2^63, and signed numbers convert faster. */
    const double wait = (double)(int64_t)ended.wait_ns;
    const double service = (double)(int64_t)ended.service_ns;
    const double response = (double)(int64_t)ended.response_ns;
    const double slowdown = ended.service_ns ? response / service : 1.0;
    sums->count += 1.0;
    sums->sum[TRD__WAIT] += wait;
    sums->sum[TRD__WAIT2] += wait * wait;
    sums->sum[TRD__RESPONSE] += response;
    sums->sum[TRD__SERVICE] += service;
    sums->sum[TRD__SERVICE_WAIT] += service * wait;
    sums->sum[TRD__SLOWDOWN] += slowdown;
    sums->sum[TRD__LATE] += ended.is_late ? 1.0 : 0.0;
    sums->sum[TRD__TIMELY] += ended.is_timely ? 1.0 : 0.0;
    trd__histogram_add(&measure->wait, ended.wait_ns);
    trd__histogram_add(&measure->response, ended.response_ns);
    trd__histogram_add(&measure->slowdown, (uint64_t)(int64_t)(slowdown * TRD_SIM_SLOWDOWN_SCALE));
}

/** Adds the tasks of `from` to those of `into`. */
void trd__measure_merge(struct trd__measure *into, const struct trd__measure *from);
/** Fills the estimates, counts, rates and histograms of `row`. Only the first `batch_count` batches
 * were reached. */
void trd__measure_report(const struct trd__measure *measure, size_t batch_count,
                         uint64_t measured_ns, struct trd_sim_row *row);

#endif
