/* priority.c - strict priority.
 *
 * Idea: the task with the largest priority runs next; tasks of equal priority in the order in which
 * they were accepted. A running task is never interrupted.
 * Source: A. Cobham, "Priority assignment in waiting line problems", Operations Research 2, 1954.
 * Does badly: while urgent tasks fill the workers, the others starve without limit.
 * Cost: O(log n) for push, pop and remove, on an intrusive heap.
 */
#include <treadle/policy.h>

#include "base/heap.h"

static bool priority_is_before(struct trd_task *a, struct trd_task *b) {
    const int64_t priority_a = trd_task_priority(a);
    const int64_t priority_b = trd_task_priority(b);
    return priority_a != priority_b ? priority_a > priority_b : a->sequence < b->sequence;
}

static void priority_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                          uint64_t now_ns) {
    (void)worker, (void)now_ns; /* the task's own number is all that counts */
    trd__heap_push(env->state, task, priority_is_before);
}

static struct trd_pop priority_pop(const struct trd_policy_env *env, uint32_t worker,
                                   uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_task *task = trd__heap_pop(env->state, priority_is_before);
    return (struct trd_pop){task, task ? TRD_FATE_RUN : TRD_FATE_NONE};
}

static void priority_remove(const struct trd_policy_env *env, struct trd_task *task) {
    trd__heap_remove(env->state, task, priority_is_before);
}

static struct trd_task *priority_any(const struct trd_policy_env *env) {
    const struct trd_heap *heap = env->state;
    return heap->root;
}

const struct trd_policy trd__policy_priority = {
    .name = "priority",
    .summary = "largest priority first, equals in order of arrival",
    .source = "Cobham, Operations Research 2, 1954",
    .pool_bytes = sizeof(struct trd_heap),
    .push = priority_push,
    .pop = priority_pop,
    .remove = priority_remove,
    .any = priority_any,
};
