/* sjf.c - shortest job first, by the submitter's estimate.
 *
 * Idea: the queued task with the smallest `cost_ns` runs next, so that short tasks do not wait for
 * long ones: the smallest mean wait that an order without interruption can have. Tasks without an
 * estimate come after all others; equals in order of acceptance.
 * Source: T. E. Phipps, "Machine repair as a priority waiting-line problem", Operations Research 4,
 * 1956.
 * Does badly: long tasks starve while short ones keep coming; wrong estimates cost what they gain,
 * and whoever says a small number is served first.
 * Cost: O(log n) for push, pop and remove, on a heap of keys.
 */
#include <treadle/policy.h>

#include "base/keyed.h"

static uint64_t sjf_cost(struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    return attr && attr->cost_ns ? attr->cost_ns : UINT64_MAX;
}

static bool sjf_is_before(const void *context, struct trd_task *a, struct trd_task *b) {
    (void)context; /* the tasks say everything */
    const uint64_t cost_a = sjf_cost(a);
    const uint64_t cost_b = sjf_cost(b);
    return cost_a != cost_b ? cost_a < cost_b : a->sequence < b->sequence;
}

static const struct trd_heap_rule sjf_rule = {sjf_is_before, NULL};

static void sjf_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                     uint64_t now_ns) {
    (void)worker, (void)now_ns; /* the estimate is all that counts */
    trd__keyed_push(env->state, env->loan, task, sjf_cost(task), &sjf_rule);
}

static struct trd_pop sjf_pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_task *task = trd__keyed_pop(env->state, env->loan, &sjf_rule);
    return (struct trd_pop){task, task ? TRD_FATE_RUN : TRD_FATE_NONE};
}

static void sjf_remove(const struct trd_policy_env *env, struct trd_task *task) {
    trd__keyed_remove(env->state, env->loan, task, &sjf_rule);
}

static struct trd_task *sjf_any(const struct trd_policy_env *env) {
    return trd__keyed_first(env->state, &sjf_rule);
}

const struct trd_policy trd__policy_sjf = {
    .name = "sjf",
    .summary = "smallest given cost first, unknown costs last",
    .source = "Phipps, Operations Research 4, 1956",
    .flags = TRD_POLICY_ORDER,
    .pool_bytes = sizeof(struct trd_keyed),
    .push = sjf_push,
    .pop = sjf_pop,
    .remove = sjf_remove,
    .any = sjf_any,
};
