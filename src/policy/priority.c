/* priority.c - strict priority.
 *
 * Idea: the task with the largest priority runs next; tasks of equal priority in the order in which
 * they were accepted. A running task is never interrupted, but one that yields goes on only when
 * nothing more urgent has come. Small priorities have a ring each, and a bitmap tells which of them
 * hold something; the others share a heap.
 * Source: A. Cobham, "Priority assignment in waiting line problems", Operations Research 2, 1954.
 * Does badly: while urgent tasks fill the workers, the others starve without limit.
 * Cost: O(1) for push, pop and remove of priorities from -16 to 15, else O(log n), n such tasks.
 */
#include <treadle/policy.h>

#include "base/keyed.h"
#include "base/ring.h"

enum { LEVEL_OF_ZERO = TRD_LEVELS / 2 };

struct priority {
    struct trd_keyed others;
    struct trd_levels levels;
};

static bool is_small(int64_t priority) {
    return priority >= -LEVEL_OF_ZERO && priority < TRD_LEVELS - LEVEL_OF_ZERO;
}

static uint32_t level_of(int64_t priority) {
    return (uint32_t)(priority + LEVEL_OF_ZERO);
}

static bool priority_is_before(const void *context, struct trd_task *a, struct trd_task *b) {
    (void)context; /* the tasks say everything */
    const int64_t priority_a = trd_task_priority(a);
    const int64_t priority_b = trd_task_priority(b);
    return priority_a != priority_b ? priority_a > priority_b : a->sequence < b->sequence;
}

static const struct trd_heap_rule priority_rule = {priority_is_before, NULL};

/* The larger the priority, the smaller the key. */
static uint64_t key_of(int64_t priority) {
    return (uint64_t)INT64_MAX - (uint64_t)priority;
}

static void priority_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                          uint64_t now_ns) {
    (void)worker, (void)now_ns; /* the task's own number is all that counts */
    struct priority *queued = env->state;
    const int64_t priority = trd_task_priority(task);
    if (is_small(priority)) {
        trd__levels_insert(&queued->levels, level_of(priority), task);
    } else {
        trd__keyed_push(&queued->others, env->loan, task, key_of(priority), &priority_rule);
    }
}

static void priority_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct priority *queued = env->state;
    const int64_t priority = trd_task_priority(task);
    if (is_small(priority)) {
        trd__levels_remove(&queued->levels, level_of(priority), task);
    } else {
        trd__keyed_remove(&queued->others, env->loan, task, &priority_rule);
    }
}

/* The next one, without taking it out: the heap holds what is above all rings, or below. */
static struct trd_task *priority_first(const struct priority *queued) {
    struct trd_task *other = trd__keyed_first(&queued->others, &priority_rule);
    if (!queued->levels.occupied || (other && trd_task_priority(other) > 0)) {
        return other;
    }
    return trd__ring_first(&queued->levels.level[trd__levels_highest(&queued->levels)]);
}

static struct trd_pop priority_pop(const struct trd_policy_env *env, uint32_t worker,
                                   uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_task *task = priority_first(env->state);
    if (!task) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    priority_remove(env, task);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static struct trd_task *priority_any(const struct trd_policy_env *env) {
    return priority_first(env->state);
}

const struct trd_policy trd__policy_priority = {
    .name = "priority",
    .summary = "largest priority first, equals in order of arrival",
    .source = "Cobham, Operations Research 2, 1954",
    .flags = TRD_POLICY_ORDER,
    .pool_bytes = sizeof(struct priority),
    .push = priority_push,
    .pop = priority_pop,
    .remove = priority_remove,
    .any = priority_any,
};
