/* cpython_default.c - what Python's ThreadPoolExecutor does when it is not told a size.
 *
 * Idea: at most cores + 4 workers, and never more than 32; one more whenever a task is submitted
 * and nobody is idle. Enough for some waiting, little harm to the rest.
 * Source: CPython, Lib/concurrent/futures/thread.py since 3.8 (bpo-35279, bpo-24882).
 * Does badly: tasks that wait long (too few workers) or that compute under an interpreter lock (too
 * many); it never looks at what the tasks do, and never sends anybody away.
 * Cost: O(1).
 */
#include "base/sizing.h"

/* The number of cores comes with the first tick; until then it is taken for one. */
#define PERIOD_NS UINT64_C(20000000)

struct cpython_default {
    double cores;
};

static uint32_t cpython_default_resize(const struct trd_sizer_env *env,
                                       const struct trd_sample *sample) {
    struct cpython_default *state = env->state;
    if (sample->cores > 0.0) {
        state->cores = sample->cores;
    }
    const double more = env->params[0];
    const double most = env->params[1];
    const double cores = ceil(trd__at_least(state->cores, 1.0));
    const double limit = cores + more < most ? cores + more : most;
    const uint32_t idle = sample->workers > sample->busy ? sample->workers - sample->busy : 0;
    if (sample->queued <= idle || sample->workers >= limit) {
        return sample->workers;
    }
    const double wanted = (double)sample->workers + (double)(sample->queued - idle);
    return trd__size(wanted < limit ? wanted : limit, sample);
}

static const struct trd_param cpython_default_params[] = {
    {"more", "workers beyond the number of cores", 4.0, 0.0, 1000.0},
    {"most", "workers at most", 32.0, 1.0, 100000.0},
    {0},
};

const struct trd_sizer trd__sizer_cpython_default = {
    .name = "cpython_default",
    .summary = "min(32, cores + 4), grown on demand",
    .source = "CPython, concurrent/futures/thread.py, since 3.8",
    .params = cpython_default_params,
    .state_bytes = sizeof(struct cpython_default),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_SUBMIT | TRD_CAUSE_TICK,
    .period_ns = PERIOD_NS,
    .resize = cpython_default_resize,
};
