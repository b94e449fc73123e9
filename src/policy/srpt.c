/* srpt.c - shortest remaining processing time first.
 *
 * Idea: the task with the least work left runs next. What is left is the submitter's `cost_ns` less
 * what the task has attained in earlier slices, so the rule comes to life with resumable tasks: at
 * every yield the worker goes to whoever is nearest to the end. A task that has run beyond its
 * estimate was misjudged, and the longer it runs, the longer it will; so the key is the distance
 * between estimate and attained service on either side. Without an estimate that is the attained
 * service itself: least attained first, which is what serves unknown heavy-tailed sizes well. A
 * task that can be neither foreseen nor interrupted comes after all others.
 * Source: L. E. Schrage and L. W. Miller, "The queue M/G/1 with the shortest remaining processing
 * time discipline", Operations Research 14, 1966; the trouble with tasks beyond their estimate:
 * M. Dell'Amico, D. Carra and P. Michiardi, "PSBS: practical size-based scheduling", IEEE
 * Transactions on Computers 65, 2016.
 * Does badly: long tasks starve while short ones keep coming; tasks that yield seldom are served by
 * their estimate as in sjf.
 * Cost: O(log n) for push, pop and remove, on a heap of keys.
 */
#include <treadle/policy.h>

#include "base/keyed.h"

/* It does not change while the task is queued: service is attained only by running. */
static uint64_t srpt_left(struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    if (!attr || (attr->cost_ns == 0 && !(task->flags & TRD_TASK_RESUMABLE))) {
        return UINT64_MAX;
    }
    return attr->cost_ns > attr->attained_ns ? attr->cost_ns - attr->attained_ns
                                             : attr->attained_ns - attr->cost_ns;
}

static bool srpt_is_before(const void *context, struct trd_task *a, struct trd_task *b) {
    (void)context; /* the tasks say everything */
    const uint64_t left_a = srpt_left(a);
    const uint64_t left_b = srpt_left(b);
    return left_a != left_b ? left_a < left_b : a->sequence < b->sequence;
}

static const struct trd_heap_rule srpt_rule = {srpt_is_before, NULL};

static void srpt_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                      uint64_t now_ns) {
    (void)worker, (void)now_ns; /* the work that is left is all that counts */
    trd__keyed_push(env->state, env->loan, task, srpt_left(task), &srpt_rule);
}

static struct trd_pop srpt_pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_task *task = trd__keyed_pop(env->state, env->loan, &srpt_rule);
    return (struct trd_pop){task, task ? TRD_FATE_RUN : TRD_FATE_NONE};
}

static void srpt_remove(const struct trd_policy_env *env, struct trd_task *task) {
    trd__keyed_remove(env->state, env->loan, task, &srpt_rule);
}

static struct trd_task *srpt_any(const struct trd_policy_env *env) {
    return trd__keyed_first(env->state, &srpt_rule);
}

const struct trd_policy trd__policy_srpt = {
    .name = "srpt",
    .summary = "least work left first: given cost less attained service, without a cost least "
               "attained",
    .source = "Schrage and Miller, Operations Research 14, 1966",
    .flags = TRD_POLICY_ORDER,
    .pool_bytes = sizeof(struct trd_keyed),
    .push = srpt_push,
    .pop = srpt_pop,
    .remove = srpt_remove,
    .any = srpt_any,
};
