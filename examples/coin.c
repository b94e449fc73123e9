/* coin.c - a policy of one's own: a coin decides between the oldest task and the newest.
 *
 * Idea: serving the newest now and then keeps some answers fresh when the queue is long.
 * Source: an example of Treadle's. Does badly: whatever is neither, in a queue that never empties.
 * Cost: O(1). Build and use it:
 *
 *     cc -std=c17 -shared -fPIC coin.c -o coin.so         treadle sim --policy ./coin.so:newest=0.1
 */
#include <treadle/policy.h>

struct coin {
    struct trd_task *oldest, *newest;
};

static void coin_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                      uint64_t now_ns) {
    struct coin *coin = env->state;
    (void)worker, (void)now_ns; /* any worker, at any time */
    task->node.list.prev = coin->newest;
    task->node.list.next = NULL;
    *(coin->newest ? &coin->newest->node.list.next : &coin->oldest) = task;
    coin->newest = task;
}

static void coin_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct coin *coin = env->state;
    struct trd_task *prev = task->node.list.prev, *next = task->node.list.next;
    *(prev ? &prev->node.list.next : &coin->oldest) = next;
    *(next ? &next->node.list.prev : &coin->newest) = prev;
}

static struct trd_pop coin_pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    struct coin *coin = env->state;
    (void)worker, (void)now_ns; /* any worker, at any time */
    if (!coin->oldest) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    const bool is_newest = env->host->rng_double(env->rng) < env->params[0];
    struct trd_task *task = is_newest ? coin->newest : coin->oldest;
    coin_remove(env, task);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static struct trd_task *coin_any(const struct trd_policy_env *env) {
    return ((struct coin *)env->state)->oldest;
}

static const struct trd_param coin_params[] = {
    {"newest", "probability that the newest runs", 0.5, 0.0, 1.0}, {0}};

static const struct trd_policy coin = {.name = "coin",
                                       .summary = "the oldest or the newest, by chance",
                                       .source = "an example",
                                       .params = coin_params,
                                       .pool_bytes = sizeof(struct coin),
                                       .push = coin_push,
                                       .pop = coin_pop,
                                       .remove = coin_remove,
                                       .any = coin_any};
TRD_POLICY_EXPORT(coin)
