/* adaptive_lifo.c - first in, first out; last in, first out while a queue will not go away.
 *
 * Idea: while the queue empties now and then, tasks run in the order of acceptance. Once it has not
 * been empty for `interval`, more comes in than can be served: then the newest task runs next,
 * because its submitter still waits for it, and the old ones are left to those who judge them
 * (`codel`), to their deadlines, or to the time after the rush. It turns back when it has been
 * empty.
 * Source: B. Maurer, "Fail at scale", ACM Queue 13(8), 2015.
 * Does badly: alone, the tasks that are overtaken wait until the overload is over; a system that is
 * merely busy for longer than `interval` gets the tail of lifo.
 * Cost: O(1) for push, pop and remove. `any` names the oldest.
 */
#include <treadle/policy.h>

#include "base/list.h"

enum { INTERVAL };

static const struct trd_param adaptive_lifo_params[] = {
    [INTERVAL] = {"interval", "seconds without an empty queue that make it an overload", 0.1, 1e-6,
                  3600.0},
    {0},
};

struct adaptive_lifo {
    struct trd_list queue;
    uint64_t filled_ns; /* when it was empty for the last time, while it is not */
};

static void adaptive_lifo_push(const struct trd_policy_env *env, struct trd_task *task,
                               uint32_t worker, uint64_t now_ns) {
    (void)worker; /* any */
    struct adaptive_lifo *lifo = env->state;
    if (!lifo->queue.first) {
        lifo->filled_ns = now_ns;
    }
    trd__list_append(&lifo->queue, task);
}

static struct trd_pop adaptive_lifo_pop(const struct trd_policy_env *env, uint32_t worker,
                                        uint64_t now_ns) {
    (void)worker; /* any */
    struct adaptive_lifo *lifo = env->state;
    const bool is_overload = (double)(now_ns - lifo->filled_ns) > env->params[INTERVAL] * 1e9;
    struct trd_task *task =
        is_overload ? trd__list_pop_last(&lifo->queue) : trd__list_pop_first(&lifo->queue);
    return (struct trd_pop){task, task ? TRD_FATE_RUN : TRD_FATE_NONE};
}

static void adaptive_lifo_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct adaptive_lifo *lifo = env->state;
    trd__list_remove(&lifo->queue, task);
}

static struct trd_task *adaptive_lifo_any(const struct trd_policy_env *env) {
    const struct adaptive_lifo *lifo = env->state;
    return lifo->queue.first;
}

const struct trd_policy trd__policy_adaptive_lifo = {
    .name = "adaptive_lifo",
    .summary = "first in, first out; newest first while the queue will not empty",
    .source = "Maurer, ACM Queue 13(8), 2015",
    .params = adaptive_lifo_params,
    .flags = TRD_POLICY_ORDER,
    .pool_bytes = sizeof(struct adaptive_lifo),
    .push = adaptive_lifo_push,
    .pop = adaptive_lifo_pop,
    .remove = adaptive_lifo_remove,
    .any = adaptive_lifo_any,
};
