/* goetz.c - as many workers as the tasks' waiting leaves room for.
 *
 * Idea: tasks that wait W for each C they compute keep U of the cores busy with cores x U x
 * (1 + W/C) workers. W and C are measured: C is CPU time, W is what else a task's time goes to,
 * known waits for the interpreter lock or a core excepted. Both are smoothed over tasks.
 * Source: B. Goetz et al., Java Concurrency in Practice, 2006, section 8.2.
 * Does badly: under an interpreter lock, which it does not know: it fills cores that the lock keeps
 * empty. Where waits for lock and core are not measured it takes them for waiting and grows on
 * them; so it does with tasks that wait for each other.
 * Cost: O(1).
 */
#include "base/sizing.h"

#define PERIOD_NS UINT64_C(20000000)

enum { GOETZ_FIRST = 2 };

struct goetz {
    double busy_ns, cpu_ns, finished; /* fading sums */
    double size;
};

static void goetz_observe(struct goetz *goetz, const struct trd_sample *sample, double memory) {
    const double finished = (double)sample->finished;
    const double kept = memory / (memory + finished);
    const double idle_ns = (double)sample->gil_wait_ns + (double)sample->run_wait_ns;
    goetz->busy_ns = kept * goetz->busy_ns + trd__at_least((double)sample->busy_ns - idle_ns, 0.0);
    goetz->cpu_ns = kept * goetz->cpu_ns + (double)sample->cpu_ns;
    goetz->finished = kept * goetz->finished + finished;
}

static uint32_t goetz_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    struct goetz *goetz = env->state;
    if (sample->cause == TRD_CAUSE_OPEN) {
        goetz->size = trd__at_least(goetz->size, GOETZ_FIRST);
        return trd__size(goetz->size, sample);
    }
    goetz_observe(goetz, sample, env->params[1]);
    if (goetz->finished >= 10.0) {
        const double ratio = goetz->busy_ns / trd__at_least(goetz->cpu_ns, 1.0);
        goetz->size = ceil(env->params[0] * sample->cores * trd__at_least(ratio, 1.0) - 1e-6);
    }
    return trd__size(goetz->size, sample);
}

static const struct trd_param goetz_params[] = {
    {"target", "share of the cores that may be used", 1.0, 0.05, 1.0},
    {"memory", "tasks over which is averaged", 300.0, 1.0, 1e6},
    {0},
};

const struct trd_sizer trd__sizer_goetz = {
    .name = "goetz",
    .summary = "cores x (1 + waiting / computing), measured",
    .source = "Goetz et al., Java Concurrency in Practice, 2006, 8.2",
    .params = goetz_params,
    .state_bytes = sizeof(struct goetz),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_TICK,
    .period_ns = PERIOD_NS,
    .reads_gil = true,
    .resize = goetz_resize,
};
