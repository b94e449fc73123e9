/* utilization.c - as many workers as keep a given share of them busy.
 *
 * Idea: if a share u of N workers is busy and t is aimed at, N x u / t workers come nearest. Within
 * a tenth of the target nothing changes. Growth is immediate; a smaller size must have been right
 * for a while, so that a pause between bursts does not empty the pool.
 * Source: the scaling rule of Kubernetes' Horizontal Pod Autoscaler, applied to workers.
 * Does badly: with a standing queue all workers are always busy, however many there are, and it
 * grows to the limit. It is for pools that keep up with their arrivals.
 * Cost: O(1).
 */
#include "base/sizing.h"

#define PERIOD_NS UINT64_C(50000000)
#define TOLERANCE 0.1

struct utilization {
    double size;
    double largest; /* size that was right during this while */
    uint64_t since_ns;
};

static uint32_t utilization_resize(const struct trd_sizer_env *env,
                                   const struct trd_sample *sample) {
    struct utilization *state = env->state;
    if (sample->cause == TRD_CAUSE_OPEN) {
        state->size = trd__at_least(state->size, 1.0);
        return trd__size(state->size, sample);
    }
    const double workers = trd__at_least(sample->workers, 1.0);
    const double busy = (double)sample->busy_ns / trd__at_least((double)sample->interval_ns, 1.0);
    const double ratio = busy / workers / env->params[0];
    const double right = fabs(ratio - 1.0) <= TOLERANCE ? workers : ceil(workers * ratio - 1e-6);
    state->largest = right > state->largest ? right : state->largest;
    if (right >= state->size) {
        state->size = right;
    }
    if ((double)(sample->now_ns - state->since_ns) >= env->params[1] * 1e9) {
        state->size = state->largest;
        state->largest = 0.0;
        state->since_ns = sample->now_ns;
    }
    state->size = trd__size(state->size, sample);
    return trd__size(state->size, sample);
}

static const struct trd_param utilization_params[] = {
    {"target", "share of the workers that shall be busy", 0.8, 0.05, 1.0},
    {"settle", "seconds for which fewer must have been enough", 2.0, 0.05, 3600.0},
    {0},
};

const struct trd_sizer trd__sizer_utilization = {
    .name = "utilization",
    .summary = "as many workers as keep a share of them busy",
    .source = "Kubernetes, Horizontal Pod Autoscaler",
    .params = utilization_params,
    .state_bytes = sizeof(struct utilization),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_TICK,
    .period_ns = PERIOD_NS,
    .resize = utilization_resize,
};
