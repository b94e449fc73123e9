/* measure.c - batch means with the ratio estimator.
 *
 * Batches hold equally many tasks of the whole run, but not of one client, so a mean is the ratio
 * of two sums and its error the ratio estimator's (Cochran, Sampling Techniques, 6.4):
 * sum over batches of (S_b - m N_b)^2 / (B (B - 1)), divided by the square of the mean N_b.
 */
#include "sim/measure.h"

#include <math.h>

void trd__measure_add(struct trd__measure *measure, size_t batch, uint64_t wait_ns,
                      uint64_t service_ns, uint64_t response_ns, uint64_t late_ns) {
    struct trd__batch *sums = &measure->batches[batch];
    const double wait = (double)wait_ns;
    const double service = (double)service_ns;
    sums->count += 1.0;
    sums->sum[TRD__WAIT] += wait;
    sums->sum[TRD__WAIT2] += wait * wait;
    sums->sum[TRD__RESPONSE] += (double)response_ns;
    sums->sum[TRD__SERVICE] += service;
    sums->sum[TRD__SERVICE_WAIT] += service * wait;
    sums->sum[TRD__LATE] += wait_ns > late_ns ? 1.0 : 0.0;
    trd_histogram_add(&measure->wait, wait_ns);
    trd_histogram_add(&measure->response, response_ns);
}

void trd__measure_merge(struct trd__measure *into, const struct trd__measure *from) {
    for (size_t b = 0; b < TRD_SIM_BATCHES; b++) {
        into->batches[b].count += from->batches[b].count;
        for (size_t q = 0; q < TRD__QUANTITIES; q++) {
            into->batches[b].sum[q] += from->batches[b].sum[q];
        }
    }
    trd_histogram_merge(&into->wait, &from->wait);
    trd_histogram_merge(&into->response, &from->response);
}

static double measure_count(const struct trd__measure *measure) {
    double count = 0.0;
    for (size_t b = 0; b < TRD_SIM_BATCHES; b++) {
        count += measure->batches[b].count;
    }
    return count;
}

static double measure_sum(const struct trd__measure *measure, enum trd__quantity quantity) {
    double sum = 0.0;
    for (size_t b = 0; b < TRD_SIM_BATCHES; b++) {
        sum += measure->batches[b].sum[quantity];
    }
    return sum;
}

static struct trd_sim_estimate measure_estimate(const struct trd__measure *measure,
                                                enum trd__quantity quantity) {
    const double count = measure_count(measure);
    if (count <= 0.0) {
        return (struct trd_sim_estimate){0.0, 0.0};
    }
    const double mean = measure_sum(measure, quantity) / count;
    double squares = 0.0;
    for (size_t b = 0; b < TRD_SIM_BATCHES; b++) {
        const struct trd__batch *batch = &measure->batches[b];
        const double residual = batch->sum[quantity] - mean * batch->count;
        squares += residual * residual;
    }
    const double per_batch = count / TRD_SIM_BATCHES;
    const double variance = squares / (TRD_SIM_BATCHES * (TRD_SIM_BATCHES - 1.0));
    return (struct trd_sim_estimate){mean, sqrt(variance) / per_batch};
}

void trd__measure_report(const struct trd__measure *measure, uint64_t measured_ns,
                         struct trd_sim_row *row) {
    const double seconds = (double)measured_ns / 1e9;
    const double count = measure_count(measure);
    row->finished = (uint64_t)count;
    row->rate_per_s = seconds > 0.0 ? count / seconds : 0.0;
    row->load = measured_ns ? measure_sum(measure, TRD__SERVICE) / (double)measured_ns : 0.0;
    row->wait_ns = measure_estimate(measure, TRD__WAIT);
    row->wait_ns2 = measure_estimate(measure, TRD__WAIT2);
    row->response_ns = measure_estimate(measure, TRD__RESPONSE);
    row->service_ns = measure_estimate(measure, TRD__SERVICE);
    row->service_wait_ns2 = measure_estimate(measure, TRD__SERVICE_WAIT);
    row->late = measure_estimate(measure, TRD__LATE);
    row->wait = measure->wait;
    row->response = measure->response;
}
