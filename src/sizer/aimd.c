/* aimd.c - one more at a time while tasks run as fast as ever, fewer by a factor when they do not.
 *
 * Idea: workers that crowd something (cores, a lock, a database) show in how long tasks take. While
 * the mean run time stays below `slow` times the shortest seen, one worker is added a window of
 * tasks; above, the size is multiplied by `decrease`.
 * Source: D.-M. Chiu, R. Jain, Computer Networks and ISDN Systems 17, 1989; as a limit of
 * concurrency with a latency threshold: Netflix, concurrency-limits, AIMDLimit.
 * Does badly: a saw-tooth for ever; at small sizes a step up takes long tasks long to show; a mix
 * of tasks that turns slower for good looks like crowding until the shortest time is forgotten.
 * Cost: O(1).
 */
#include "base/sizing.h"

#define PERIOD_NS UINT64_C(10000000)
#define FORGET 1.002 /* a window: the shortest run time grows by this, lest one fluke reign */

enum { AIMD_WINDOW = 50, AIMD_FIRST = 2 };

struct aimd {
    struct trd__window window;
    double size, shortest_ns;
};

static uint32_t aimd_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    struct aimd *aimd = env->state;
    if (sample->cause == TRD_CAUSE_OPEN) {
        aimd->size = trd__size(trd__at_least(aimd->size, AIMD_FIRST), sample);
        return trd__size(aimd->size, sample);
    }
    trd__window_add(&aimd->window, sample);
    if (aimd->window.finished < AIMD_WINDOW) {
        return trd__size(aimd->size, sample);
    }
    const double run_ns = trd__window_run_ns(&aimd->window);
    aimd->shortest_ns *= FORGET;
    if (aimd->shortest_ns <= 0.0 || run_ns < aimd->shortest_ns) {
        aimd->shortest_ns = run_ns;
    }
    if (run_ns > env->params[0] * aimd->shortest_ns) {
        aimd->size = floor(aimd->size * env->params[1]);
    } else if (2.0 * sample->busy >= aimd->size) { /* the size matters: most are busy */
        aimd->size += 1.0;
    }
    aimd->size = trd__size(aimd->size, sample);
    aimd->window = (struct trd__window){0};
    return trd__size(aimd->size, sample);
}

static const struct trd_param aimd_params[] = {
    {"slow", "times the shortest run time that is too slow", 2.0, 1.01, 100.0},
    {"decrease", "factor of the size when tasks are too slow", 0.9, 0.1, 0.99},
    {0},
};

const struct trd_sizer trd__sizer_aimd = {
    .name = "aimd",
    .summary = "one more while run times are short, a factor fewer when they are not",
    .source = "Chiu and Jain, 1989; Netflix concurrency-limits, AIMDLimit",
    .params = aimd_params,
    .state_bytes = sizeof(struct aimd),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_TICK,
    .period_ns = PERIOD_NS,
    .resize = aimd_resize,
};
