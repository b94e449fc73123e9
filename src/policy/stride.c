/* stride.c - clients take turns in proportion to their weights.
 *
 * Idea: each turn, a task or a slice of one, advances its client's pass by 1/weight, and the client
 * with the smallest pass has the next turn. It does what lottery does on average, without the
 * variance. One that comes back from a pause begins at the pass of the client served last.
 * Promise: over any time in which two clients have a backlog, the turns of one are within 1 of its
 * share, by weight, of the turns of both.
 * Source: C. A. Waldspurger and W. E. Weihl, "Stride scheduling: deterministic proportional-share
 * resource management", MIT/LCS/TM-528, 1995.
 * Does badly: a turn is a task, however long, so a client of long tasks gets more of the workers'
 * time than its weight says (sfq and drr look at that). One of many clients may have its turn up to
 * half their number early or late.
 * Cost: O(log c), c clients with a backlog, for pop, a client's first push and last remove; O(1)
 * for others.
 */
#include <treadle/policy.h>

#include "base/fair.h"

static struct trd_fair_client *client_at(const struct trd_policy_env *env, uint32_t index) {
    return trd_policy_client(env, index);
}

/* When nobody has anything queued, all begin anew. */
static void stride_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                        uint64_t now_ns) {
    (void)worker, (void)now_ns; /* whose task it is is all that counts */
    struct trd_fair *fair = env->state;
    const uint32_t index = task->client_index;
    trd__fair_push(fair, client_at(env, index), task, index,
                   trd_policy_client_info(env, index)->weight, fair->backlogged.count == 0);
}

static void stride_remove(const struct trd_policy_env *env, struct trd_task *task) {
    trd__fair_remove(env->state, client_at(env, task->client_index), task);
}

static struct trd_pop stride_pop(const struct trd_policy_env *env, uint32_t worker,
                                 uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_fair_client *first = trd__fair_first(env->state);
    if (!first) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    struct trd_task *task = trd__fair_serve(env->state, first);
    trd__fair_charge(env->state, first, 1, 0,
                     trd_policy_client_info(env, task->client_index)->weight);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static struct trd_task *stride_any(const struct trd_policy_env *env) {
    const struct trd_fair_client *first = trd__fair_first(env->state);
    return first ? first->queue.first : NULL;
}

/* A client ahead of the others has had its next turn already, unless nobody else is there. */
static bool stride_may_forget(const struct trd_policy_env *env, uint32_t index, uint64_t now_ns) {
    (void)now_ns; /* turns count */
    const struct trd_fair *fair = env->state;
    return fair->backlogged.count == 0 || !trd__fair_owes(fair, client_at(env, index));
}

const struct trd_policy trd__policy_stride = {
    .name = "stride",
    .summary = "clients take turns in proportion to their weights",
    .source = "Waldspurger and Weihl, MIT/LCS/TM-528, 1995",
    .flags = TRD_POLICY_FAIRNESS,
    .pool_bytes = sizeof(struct trd_fair),
    .client_bytes = sizeof(struct trd_fair_client),
    .push = stride_push,
    .pop = stride_pop,
    .remove = stride_remove,
    .any = stride_any,
    .may_forget = stride_may_forget,
};
