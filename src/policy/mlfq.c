/* mlfq.c - multi-level feedback queue.
 *
 * Idea: who has received little service is served first, and nobody has to say in advance how long
 * a task is. A resumable task begins on the top level and sinks one level when it has used that
 * level's quantum, which doubles from level to level; how often it yields meanwhile does not
 * matter. A task that runs to its end in one go cannot sink, so its callable class does: it is
 * queued where a task of its class's average run time would have come to rest (a callable that is
 * not told apart: its client's average). Within a level, first in first out. Every `boost` seconds
 * whatever is queued goes to the top once, so that nobody starves and everybody is measured anew.
 * Source: F. J. Corbato, M. Merwin-Daggett and R. C. Daley, "An experimental time-sharing system",
 * AFIPS 1962; R. and A. Arpaci-Dusseau, Operating Systems: Three Easy Pieces, chapter 8. With many
 * levels it tends to foreground-background, the best rule for unknown sizes of decreasing hazard.
 * Does badly: when tasks are much alike: long ones are then all cut into slices and end late.
 * Cost: O(levels) for push, pop and remove.
 */
#include <treadle/policy.h>

#include "base/list.h"

enum { LEVELS_MAX = 32, NEWEST_LOG2 = 3 };
enum { QUANTUM, LEVELS, BOOST };

static const struct trd_param mlfq_params[] = {
    [QUANTUM] = {"quantum", "seconds of service on the top level; double on each below", 0.001,
                 1e-6, 3600.0},
    [LEVELS] = {"levels", "how many levels", 8.0, 1.0, (double)LEVELS_MAX},
    [BOOST] = {"boost", "seconds after which all that is queued goes to the top", 1.0, 1e-3, 1e9},
    {0},
};

struct mlfq {
    struct trd_list level[LEVELS_MAX]; /* 0 is the top */
    uint64_t boosted_ns;
};

struct mlfq_class {
    uint64_t run_ns; /* moving average of its runs to the end; 0 without history */
};

/* Where a task rests that has received (or is expected to need) this much service. */
static unsigned level_of(const struct trd_policy_env *env, double service_ns) {
    const unsigned last = (unsigned)env->params[LEVELS] - 1;
    double quantum_ns = env->params[QUANTUM] * 1e9;
    unsigned level = 0;
    while (level < last && service_ns >= quantum_ns) {
        service_ns -= quantum_ns;
        quantum_ns *= 2.0;
        level++;
    }
    return level;
}

static double expected_ns(const struct trd_policy_env *env, const struct trd_task *task) {
    const struct trd_client *client = trd_policy_client_info(env, task->client_index);
    const struct mlfq_class *class = trd_policy_class(env, task->class_index);
    if (task->class_index > 0) {
        return (double)class->run_ns;
    }
    return client->finished_count ? (double)client->service_ns / (double)client->finished_count
                                  : 0.0;
}

static void boost_if_due(const struct trd_policy_env *env, uint64_t now_ns) {
    struct mlfq *mlfq = env->state;
    if ((double)(now_ns - mlfq->boosted_ns) < env->params[BOOST] * 1e9) {
        return;
    }
    mlfq->boosted_ns = now_ns;
    for (unsigned level = 1; level < LEVELS_MAX; level++) {
        trd__list_join(&mlfq->level[0], &mlfq->level[level]);
    }
}

static void mlfq_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                      uint64_t now_ns) {
    (void)worker; /* any */
    struct mlfq *mlfq = env->state;
    const struct trd_attr *attr = trd_task_attr(task);
    const bool is_resumable = attr && (task->flags & TRD_TASK_RESUMABLE);
    const double service_ns = is_resumable ? (double)attr->attained_ns : expected_ns(env, task);
    boost_if_due(env, now_ns);
    trd__list_append(&mlfq->level[level_of(env, service_ns)], task);
}

static struct trd_task *mlfq_any(const struct trd_policy_env *env) {
    const struct mlfq *mlfq = env->state;
    for (unsigned level = 0; level < LEVELS_MAX; level++) {
        if (mlfq->level[level].first) {
            return mlfq->level[level].first;
        }
    }
    return NULL;
}

/* A boost moves tasks without their knowing. Only the ends of a list need to know which one it is.
 */
static void mlfq_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct mlfq *mlfq = env->state;
    unsigned level = 0;
    while (level < LEVELS_MAX - 1 && mlfq->level[level].first != task &&
           mlfq->level[level].last != task) {
        level++;
    }
    trd__list_remove(&mlfq->level[level], task);
}

static struct trd_pop mlfq_pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    (void)worker; /* any */
    boost_if_due(env, now_ns);
    struct trd_task *task = mlfq_any(env);
    if (!task) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    mlfq_remove(env, task);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static void mlfq_ran(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                     uint64_t run_ns) {
    (void)worker; /* any */
    struct mlfq_class *class = trd_policy_class(env, task->class_index);
    if (task->state != TRD_TASK_DONE || (task->flags & TRD_TASK_RESUMABLE)) {
        return; /* cut short; or a task that is judged by its own service */
    }
    class->run_ns = class->run_ns
                        ? class->run_ns - (class->run_ns >> NEWEST_LOG2) + (run_ns >> NEWEST_LOG2)
                        : run_ns;
}

const struct trd_policy trd__policy_mlfq = {
    .name = "mlfq",
    .summary = "least served first, by levels: sinks with service, rises with every boost",
    .source = "Corbato et al., AFIPS 1962; Arpaci-Dusseau, Operating Systems, chapter 8",
    .params = mlfq_params,
    .pool_bytes = sizeof(struct mlfq),
    .class_bytes = sizeof(struct mlfq_class),
    .push = mlfq_push,
    .pop = mlfq_pop,
    .remove = mlfq_remove,
    .any = mlfq_any,
    .ran = mlfq_ran,
};
