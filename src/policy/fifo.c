/* fifo.c - first in, first out.
 *
 * Idea: tasks run in the order in which they were accepted. Nobody is overtaken, so the worst wait
 * is as short as it can be without knowing service times.
 * Source: every queue since the first one; its law is Pollaczek-Khinchine (Kleinrock, Queueing
 * Systems vol. 1, 5.6).
 * Does badly: one long task delays every short one behind it, and a client that submits much crowds
 * out one that submits little. Under overload every task waits too long and all become useless.
 * Cost: O(1) for push, pop and remove.
 */
#include <treadle/policy.h>

#include "base/list.h"

static void fifo_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                      uint64_t now_ns) {
    (void)worker, (void)now_ns; /* order of acceptance is all that counts */
    trd__list_append(env->state, task);
}

static struct trd_pop fifo_pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_task *task = trd__list_pop_first(env->state);
    return (struct trd_pop){task, task ? TRD_FATE_RUN : TRD_FATE_NONE};
}

static void fifo_remove(const struct trd_policy_env *env, struct trd_task *task) {
    trd__list_remove(env->state, task);
}

static struct trd_task *fifo_any(const struct trd_policy_env *env) {
    const struct trd_list *queue = env->state;
    return queue->first;
}

const struct trd_policy trd__policy_fifo = {
    .name = "fifo",
    .summary = "first in, first out",
    .source = "Kleinrock, Queueing Systems vol. 1, 1975, 5.6",
    .flags = TRD_POLICY_ORDER,
    .pool_bytes = sizeof(struct trd_list),
    .push = fifo_push,
    .pop = fifo_pop,
    .remove = fifo_remove,
    .any = fifo_any,
};
