/* compensate.c - replaces every worker that says it is blocked.
 *
 * Idea: as many workers as cores shall be running. A task that is about to wait says so (a blocking
 * region); while it is inside, another worker takes its place, and when it is back, one too many
 * leaves as soon as it is idle. At most `spares` workers are added that way.
 * Source: Java's ForkJoinPool.ManagedBlocker (Lea); .NET's NotifyThreadBlocked since .NET 6.
 * Does badly: where tasks wait without saying so, which it cannot see: then it is a fixed pool of
 * the cores. Under an interpreter lock as many runners as cores are too many.
 * Cost: O(1).
 */
#include "base/sizing.h"

/* The number of cores comes with the first tick; until then it is taken for one. */
#define PERIOD_NS UINT64_C(20000000)

struct compensate {
    double cores;
};

static uint32_t compensate_resize(const struct trd_sizer_env *env,
                                  const struct trd_sample *sample) {
    struct compensate *state = env->state;
    if (sample->cores > 0.0) {
        state->cores = sample->cores;
    }
    const double told = env->params[0];
    const double running = told > 0.0 ? told : ceil(trd__at_least(state->cores, 1.0));
    return trd__size(running + fmin(sample->blocked, env->params[1]), sample);
}

static const struct trd_param compensate_params[] = {
    {"running", "workers that shall not be blocked; 0: as many as cores", 0.0, 0.0, 100000.0},
    {"spares", "workers added for blocked ones at most", 256.0, 0.0, 100000.0},
    {0},
};

const struct trd_sizer trd__sizer_compensate = {
    .name = "compensate",
    .summary = "one per core, and one for each that says it is blocked",
    .source = "java.util.concurrent.ForkJoinPool.ManagedBlocker; .NET NotifyThreadBlocked",
    .params = compensate_params,
    .state_bytes = sizeof(struct compensate),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_TICK | TRD_CAUSE_BLOCK,
    .period_ns = PERIOD_NS,
    .resize = compensate_resize,
};
