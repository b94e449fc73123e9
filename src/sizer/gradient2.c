/* gradient2.c - shrinks as run times rise above their long-time mean, else grows by a few.
 *
 * Idea: the ratio of a slow average of run times to the newest says whether a queue builds inside
 * the workers. The size is multiplied by that ratio (with a tolerance, between 0.5 and 1) and gets
 * `queue` workers on top, smoothed. It does not grow while less than half of it is used.
 * Source: Netflix, concurrency-limits, Gradient2Limit: 600 windows, tolerance 1.5, smoothing 0.2.
 * Does badly: the long average follows a size that is too large, and then nothing looks slow: it
 * ends well above what is needed, by a factor of 1.5 to 4 under an interpreter lock, and grows to
 * the limit where run times do not depend on the size.
 * Cost: O(1).
 */
#include "base/sizing.h"

#define PERIOD_NS UINT64_C(10000000)

enum { GRADIENT2_WINDOW = 50, GRADIENT2_WARMUP = 10, GRADIENT2_LONG = 600, GRADIENT2_FIRST = 2 };

struct gradient2 {
    struct trd__window window;
    double size, long_ns;
    uint32_t windows; /* seen, up to the warm-up */
};

/* The slow average: plain at first, then exponential. */
static void gradient2_average(struct gradient2 *state, double run_ns) {
    if (state->windows < GRADIENT2_WARMUP) {
        state->windows++;
        state->long_ns += (run_ns - state->long_ns) / state->windows;
    } else {
        state->long_ns += (run_ns - state->long_ns) * 2.0 / (GRADIENT2_LONG + 1.0);
    }
}

static uint32_t gradient2_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    struct gradient2 *state = env->state;
    if (sample->cause == TRD_CAUSE_OPEN) {
        state->size = trd__size(trd__at_least(state->size, GRADIENT2_FIRST), sample);
        return trd__size(state->size, sample);
    }
    trd__window_add(&state->window, sample);
    if (state->window.finished < GRADIENT2_WINDOW) {
        return trd__size(state->size, sample);
    }
    const double run_ns = trd__window_run_ns(&state->window);
    state->window = (struct trd__window){0};
    gradient2_average(state, run_ns);
    const double ratio = state->long_ns / run_ns;
    if (ratio > 2.0) {
        state->long_ns *= 0.95; /* after a long overload: come back sooner */
    }
    if (sample->busy >= state->size / 2.0) {
        const double gradient = fmax(0.5, fmin(1.0, env->params[0] * ratio));
        const double next = state->size * gradient + env->params[1];
        state->size += env->params[2] * (next - state->size);
        state->size = fmax(trd__size(0.0, sample), fmin(state->size, sample->workers_max));
    }
    return trd__size(state->size, sample);
}

static const struct trd_param gradient2_params[] = {
    {"tolerance", "times the long mean that a run time may be without shrinking", 1.5, 1.0, 10.0},
    {"queue", "workers added each window", 4.0, 0.0, 1000.0},
    {"smoothing", "part of the way to the new size that a window goes", 0.2, 0.001, 1.0},
    {0},
};

const struct trd_sizer trd__sizer_gradient2 = {
    .name = "gradient2",
    .summary = "shrinks by long over short run time, grows by a few",
    .source = "Netflix concurrency-limits, Gradient2Limit",
    .params = gradient2_params,
    .state_bytes = sizeof(struct gradient2),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_TICK,
    .period_ns = PERIOD_NS,
    .resize = gradient2_resize,
};
