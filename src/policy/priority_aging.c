/* priority_aging.c - priority that grows with the wait.
 *
 * Idea: nobody starves, because waiting counts. With `slope` a task's priority p becomes
 * p + slope x wait: as the slope is one for all, two tasks never change places, and the order is
 * that of arrival - p / slope, in a heap of keys. With `growth` it becomes growth^p x wait, the
 * delay-dependent priority: each priority waits in a ring of its own, and their oldest tasks are
 * compared when a worker asks. Priorities beyond -16 and 15 then count as those.
 * Promise of `slope`: no task is overtaken by one that arrived more than
 * (its priority - mine) / slope after it.
 * Source: L. Kleinrock, "A delay dependent queue discipline", Naval Research Logistics Quarterly
 * 11, 1964; D. A. Stanford, P. Taylor and I. Ziedins, "Waiting time distributions in the
 * accumulating priority queue", Queueing Systems 77, 2014. Does badly: under overload all waits are
 * long, and what is urgent waits with the rest; the slope must fit how long tasks wait, which
 * nobody knows beforehand. Cost: O(log n) with `slope`; with `growth` O(1), and for pop O(k), the
 * span of priorities queued.
 */
#include <treadle/policy.h>

#include "base/keyed.h"
#include "base/ring.h"

enum { SLOPE, GROWTH, LEVEL_OF_ZERO = TRD_LEVELS / 2 };

union aging {
    struct trd_keyed keyed;   /* one slope */
    struct trd_levels levels; /* slopes by priority */
};

static bool is_growing(const struct trd_policy_env *env) {
    return env->params[GROWTH] > 0.0;
}

/* Is `a` ahead, when `ns_per_unit` of waiting are worth one unit of priority? Exact in integers:
 * a's arrival - ns_per_unit x priority is smaller than b's; of equals the first accepted. */
static bool aging_is_before(const void *ns_per_unit, struct trd_task *a, struct trd_task *b) {
    const int64_t priority_a = trd_task_priority(a);
    const int64_t priority_b = trd_task_priority(b);
    if (priority_a == priority_b) {
        return a->sequence < b->sequence;
    }
    if (priority_a < priority_b) {
        return !aging_is_before(ns_per_unit, b, a);
    }
    if (a->sequence < b->sequence) {
        return true;
    }
    const uint64_t ahead_ns = a->submit_ns - b->submit_ns;
    return (uint64_t)priority_a - (uint64_t)priority_b > ahead_ns / *(const uint64_t *)ns_per_unit;
}

static uint64_t aging_unit(const struct trd_policy_env *env) {
    return (uint64_t)(1e9 / env->params[SLOPE] + 0.5);
}

/* arrival - ns_per_unit x priority as a number that sorts the same, if it fits. */
static bool aging_key(struct trd_task *task, uint64_t unit_ns, uint64_t *key_out) {
    __extension__ typedef __int128 wide;
    const wide key = (wide)task->submit_ns - (wide)trd_task_priority(task) * unit_ns;
    *key_out = (uint64_t)key + (UINT64_C(1) << 63);
    return key >= INT64_MIN && key <= INT64_MAX;
}

static uint32_t aging_level(struct trd_task *task) {
    const int64_t priority = trd_task_priority(task);
    if (priority < -LEVEL_OF_ZERO) {
        return 0;
    }
    return priority < TRD_LEVELS - LEVEL_OF_ZERO ? (uint32_t)(priority + LEVEL_OF_ZERO)
                                                 : TRD_LEVELS - 1;
}

static void aging_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                       uint64_t now_ns) {
    (void)worker, (void)now_ns; /* priority and acceptance are all that counts */
    union aging *queued = env->state;
    if (is_growing(env)) {
        trd__levels_insert(&queued->levels, aging_level(task), task);
        return;
    }
    const uint64_t unit_ns = aging_unit(env);
    const struct trd_heap_rule rule = {aging_is_before, &unit_ns};
    uint64_t key;
    if (aging_key(task, unit_ns, &key)) {
        trd__keyed_push(&queued->keyed, env->loan, task, key, &rule);
    } else {
        trd__keyed_push_aside(&queued->keyed, task, &rule);
    }
}

static void aging_remove(const struct trd_policy_env *env, struct trd_task *task) {
    union aging *queued = env->state;
    if (is_growing(env)) {
        trd__levels_remove(&queued->levels, aging_level(task), task);
        return;
    }
    const uint64_t unit_ns = aging_unit(env);
    trd__keyed_remove(&queued->keyed, env->loan, task,
                      &(struct trd_heap_rule){aging_is_before, &unit_ns});
}

/* The oldest task of the level that has accumulated most; only ratios of slopes matter. */
static struct trd_task *aging_highest(const struct trd_levels *levels, double growth,
                                      uint64_t now_ns) {
    struct trd_task *best = NULL;
    double most = 0.0, slope = 1.0;
    const uint32_t highest = trd__levels_highest(levels);
    for (uint32_t i = trd__levels_lowest(levels); i <= highest; i++, slope *= growth) {
        struct trd_task *task = trd__ring_first(&levels->level[i]);
        if (!task) {
            continue;
        }
        const double earned = slope * (double)(now_ns - task->submit_ns);
        if (!best || earned > most || (!(earned < most) && task->sequence < best->sequence)) {
            best = task;
            most = earned;
        }
    }
    return best;
}

/* With one slope. */
static struct trd_task *aging_first(const struct trd_policy_env *env) {
    const union aging *queued = env->state;
    const uint64_t unit_ns = aging_unit(env);
    return trd__keyed_first(&queued->keyed, &(struct trd_heap_rule){aging_is_before, &unit_ns});
}

static struct trd_pop aging_pop(const struct trd_policy_env *env, uint32_t worker,
                                uint64_t now_ns) {
    (void)worker; /* any worker */
    const union aging *queued = env->state;
    struct trd_task *task = NULL;
    if (!is_growing(env)) {
        task = aging_first(env);
    } else if (queued->levels.occupied) {
        task = aging_highest(&queued->levels, env->params[GROWTH], now_ns);
    }
    if (!task) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    aging_remove(env, task);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static struct trd_task *aging_any(const struct trd_policy_env *env) {
    const union aging *queued = env->state;
    if (!is_growing(env)) {
        return aging_first(env);
    }
    return queued->levels.occupied
               ? trd__ring_first(&queued->levels.level[trd__levels_lowest(&queued->levels)])
               : NULL;
}

static const struct trd_param aging_params[] = {
    [SLOPE] = {"slope", "units of priority that a second of waiting is worth", 1.0, 1e-9, 1e9},
    [GROWTH] = {"growth", "waiting counts growth^priority times; 0: by slope", 0.0, 0.0, 1e6},
    {0},
};

const struct trd_policy trd__policy_priority_aging = {
    .name = "priority_aging",
    .summary = "priority that grows while a task waits",
    .source = "Kleinrock, Naval Research Logistics Quarterly 11, 1964",
    .params = aging_params,
    .flags = TRD_POLICY_ORDER,
    .pool_bytes = sizeof(union aging),
    .push = aging_push,
    .pop = aging_pop,
    .remove = aging_remove,
    .any = aging_any,
};
