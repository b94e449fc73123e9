/* lifo.c - last in, first out.
 *
 * Idea: the newest task runs next. Its data is still in the caches, and under overload the tasks
 * that are served are fresh ones whose submitters still wait for them.
 * Source: Kleinrock's conservation law gives it the mean wait of fifo (Queueing Systems vol. 2,
 * 3.4); the second moment is larger by 1/(1 - rho).
 * Does badly: the oldest tasks starve while the queue does not empty, so the tail is long.
 * Cost: O(1) for push, pop and remove.
 */
#include <treadle/policy.h>

#include "base/list.h"

static void lifo_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                      uint64_t now_ns) {
    (void)worker, (void)now_ns; /* order of acceptance is all that counts */
    trd__list_append(env->state, task);
}

static struct trd_pop lifo_pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_task *task = trd__list_pop_last(env->state);
    return (struct trd_pop){task, task ? TRD_FATE_RUN : TRD_FATE_NONE};
}

static void lifo_remove(const struct trd_policy_env *env, struct trd_task *task) {
    trd__list_remove(env->state, task);
}

static struct trd_task *lifo_any(const struct trd_policy_env *env) {
    const struct trd_list *queue = env->state;
    return queue->first;
}

const struct trd_policy trd__policy_lifo = {
    .name = "lifo",
    .summary = "last in, first out",
    .source = "Kleinrock, Queueing Systems vol. 2, 1976, 3.4",
    .flags = TRD_POLICY_ORDER,
    .pool_bytes = sizeof(struct trd_list),
    .push = lifo_push,
    .pop = lifo_pop,
    .remove = lifo_remove,
    .any = lifo_any,
};
