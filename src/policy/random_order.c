/* random_order.c - any queued task, all equally likely.
 *
 * Idea: the next task is drawn from the queued ones, uniformly. They stand in a complete tree
 * without any order; a position is drawn, and the last task takes the place that becomes free. (The
 * smallest of random keys would not do: a task that has waited long has survived many draws, so its
 * key is probably large.)
 * Source: J. F. C. Kingman, "On queues in which customers are served in random order", Proceedings
 * of the Cambridge Philosophical Society 58, 1962. The mean wait is that of fifo, the second moment
 * larger by 1/(1 - rho/2).
 * Does badly: nobody is sure of being served soon; it is here to test what does not depend on
 * order. (`random` alone is a word that the pure layers must not use, so the file has a longer
 * name.) Cost: O(log n) for push, pop and remove: the way from the root to the position.
 */
#include <treadle/policy.h>

#include "base/heap.h"

/* A heap in which nobody is before anybody is a complete tree in no order. */
static bool random_is_before(struct trd_task *a, struct trd_task *b) {
    (void)a, (void)b; /* all are equal */
    return false;
}

static void random_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                        uint64_t now_ns) {
    (void)worker, (void)now_ns; /* nothing counts */
    trd__heap_push(env->state, task, random_is_before);
}

static void random_remove(const struct trd_policy_env *env, struct trd_task *task) {
    trd__heap_remove(env->state, task, random_is_before);
}

static struct trd_pop random_pop(const struct trd_policy_env *env, uint32_t worker,
                                 uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_heap *tree = env->state;
    if (tree->count == 0) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    struct trd_task *task = trd__heap_at(tree, 1 + trd_rng_below(env->rng, tree->count));
    random_remove(env, task);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static struct trd_task *random_any(const struct trd_policy_env *env) {
    const struct trd_heap *tree = env->state;
    return tree->root;
}

/* Named after the file: `random` alone is a word that the pure layers must not use. */
const struct trd_policy trd__policy_random_order = {
    .name = "random",
    .summary = "any queued task, all equally likely",
    .source = "Kingman, Proceedings of the Cambridge Philosophical Society 58, 1962",
    .flags = TRD_POLICY_ORDER,
    .pool_bytes = sizeof(struct trd_heap),
    .push = random_push,
    .pop = random_pop,
    .remove = random_remove,
    .any = random_any,
};
