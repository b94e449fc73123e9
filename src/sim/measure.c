/* measure.c - batch means with the ratio estimator.
 *
 * Batches hold equally many tasks of the whole run, but not of one client, so a mean is the ratio
 * of two sums and its error the ratio estimator's (Cochran, Sampling Techniques, 6.4):
 * sum over batches of (S_b - m N_b)^2 / (B (B - 1)), divided by the square of the mean N_b.
 */
#include "sim/measure.h"

#include <math.h>

void trd__measure_merge(struct trd__measure *into, const struct trd__measure *from) {
    for (size_t b = 0; b < TRD_SIM_BATCHES; b++) {
        into->batches[b].count += from->batches[b].count;
        for (size_t q = 0; q < TRD__QUANTITIES; q++) {
            into->batches[b].sum[q] += from->batches[b].sum[q];
        }
    }
    trd_histogram_merge(&into->wait, &from->wait);
    trd_histogram_merge(&into->response, &from->response);
    trd_histogram_merge(&into->slowdown, &from->slowdown);
    into->refused += from->refused;
    into->expired += from->expired;
    into->given_up += from->given_up;
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
                                                size_t batch_count, enum trd__quantity quantity) {
    const double count = measure_count(measure);
    const double batches = (double)batch_count;
    if (count <= 0.0) {
        return (struct trd_sim_estimate){0.0, 0.0};
    }
    const double mean = measure_sum(measure, quantity) / count;
    if (batch_count < 2) {
        return (struct trd_sim_estimate){mean, 0.0};
    }
    double squares = 0.0;
    for (size_t b = 0; b < batch_count; b++) {
        const struct trd__batch *batch = &measure->batches[b];
        const double residual = batch->sum[quantity] - mean * batch->count;
        squares += residual * residual;
    }
    const double variance = squares / (batches * (batches - 1.0));
    return (struct trd_sim_estimate){mean, sqrt(variance) / (count / batches)};
}

void trd__measure_report(const struct trd__measure *measure, size_t batch_count,
                         uint64_t measured_ns, struct trd_sim_row *row) {
    const double seconds = (double)measured_ns / 1e9;
    const double count = measure_count(measure);
    row->finished = (uint64_t)count;
    row->refused = measure->refused;
    row->expired = measure->expired;
    row->given_up = measure->given_up;
    row->rate_per_s = seconds > 0.0 ? count / seconds : 0.0;
    row->goodput_per_s = seconds > 0.0 ? measure_sum(measure, TRD__TIMELY) / seconds : 0.0;
    row->load = measured_ns ? measure_sum(measure, TRD__SERVICE) / (double)measured_ns : 0.0;
    row->wait_ns = measure_estimate(measure, batch_count, TRD__WAIT);
    row->wait_ns2 = measure_estimate(measure, batch_count, TRD__WAIT2);
    row->response_ns = measure_estimate(measure, batch_count, TRD__RESPONSE);
    row->service_ns = measure_estimate(measure, batch_count, TRD__SERVICE);
    row->slowdown = measure_estimate(measure, batch_count, TRD__SLOWDOWN);
    row->service_wait_ns2 = measure_estimate(measure, batch_count, TRD__SERVICE_WAIT);
    row->late = measure_estimate(measure, batch_count, TRD__LATE);
    row->timely = measure_estimate(measure, batch_count, TRD__TIMELY);
    row->wait = measure->wait;
    row->response = measure->response;
    row->slowdown_scaled = measure->slowdown;
}
