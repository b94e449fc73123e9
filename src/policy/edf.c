/* edf.c - earliest deadline first.
 *
 * Idea: the queued task whose deadline comes first runs next; tasks without a deadline come after
 * all others; equals in order of acceptance. On one worker, of tasks that are there together it
 * makes the largest lateness as small as possible.
 * Source: J. R. Jackson, "Scheduling a production line to minimize maximum tardiness", UCLA
 * Management Sciences Research Project, report 43, 1955; C. L. Liu and J. W. Layland, Journal of
 * the ACM 20, 1973.
 * Does badly: under overload it runs tasks that are already too late and makes the others late as
 * well (TRD_TASK_DROP_LATE drops them); on several workers it is not optimal.
 * Cost: O(log n) for push, pop and remove, on a heap of keys.
 */
#include <treadle/policy.h>

#include "base/keyed.h"

static uint64_t edf_deadline(struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    return attr && attr->deadline_ns ? attr->deadline_ns : UINT64_MAX;
}

static bool edf_is_before(const void *context, struct trd_task *a, struct trd_task *b) {
    (void)context; /* the tasks say everything */
    const uint64_t deadline_a = edf_deadline(a);
    const uint64_t deadline_b = edf_deadline(b);
    return deadline_a != deadline_b ? deadline_a < deadline_b : a->sequence < b->sequence;
}

static const struct trd_heap_rule edf_rule = {edf_is_before, NULL};

static void edf_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                     uint64_t now_ns) {
    (void)worker, (void)now_ns; /* the deadline is absolute: the order never changes */
    trd__keyed_push(env->state, env->loan, task, edf_deadline(task), &edf_rule);
}

static struct trd_pop edf_pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker; the engine drops late tasks that ask for it */
    struct trd_task *task = trd__keyed_pop(env->state, env->loan, &edf_rule);
    return (struct trd_pop){task, task ? TRD_FATE_RUN : TRD_FATE_NONE};
}

static void edf_remove(const struct trd_policy_env *env, struct trd_task *task) {
    trd__keyed_remove(env->state, env->loan, task, &edf_rule);
}

static struct trd_task *edf_any(const struct trd_policy_env *env) {
    return trd__keyed_first(env->state, &edf_rule);
}

const struct trd_policy trd__policy_edf = {
    .name = "edf",
    .summary = "earliest deadline first, tasks without one last",
    .source = "Jackson, UCLA report 43, 1955; Liu and Layland, J. ACM 20, 1973",
    .flags = TRD_POLICY_ORDER,
    .pool_bytes = sizeof(struct trd_keyed),
    .push = edf_push,
    .pop = edf_pop,
    .remove = edf_remove,
    .any = edf_any,
};
