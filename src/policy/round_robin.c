/* round_robin.c - clients take turns.
 *
 * Idea: every client has a queue of its own, first in, first out; the clients that have something
 * queued stand in line, and each turn runs one task of the first and sends it to the end. How much
 * a client submits does not decide how often it is served. A turn of a resumable task lasts until
 * it yields, and then it goes to the end of its client's queue: so yielding tasks take turns, too,
 * and their yields are the quantum. Promise: of two clients that have something queued all the time
 * none is ever two turns ahead. Source: J. Nagle, "On packet switches with infinite storage", IEEE
 * Transactions on Communications 35, 1987: fair queueing by turns. Does badly: a turn is a task,
 * however long, so a client of long tasks gets more of the workers' time than one of short tasks;
 * weights do not count. Cost: O(1) for push, pop and remove.
 */
#include <treadle/policy.h>

#include "base/list.h"

struct round_robin_client {
    struct trd_task place; /* first; stands for the client in the line while `queue` is not empty */
    struct trd_list queue;
};

static struct round_robin_client *client_at(const struct trd_policy_env *env, uint32_t index) {
    return trd_policy_client(env, index);
}

static void round_robin_push(const struct trd_policy_env *env, struct trd_task *task,
                             uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* whose task it is is all that counts */
    struct round_robin_client *client = client_at(env, task->client_index);
    if (!client->queue.first) {
        client->place.client_index = task->client_index;
        trd__list_append(env->state, &client->place);
    }
    trd__list_append(&client->queue, task);
}

static void round_robin_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct round_robin_client *client = client_at(env, task->client_index);
    trd__list_remove(&client->queue, task);
    if (!client->queue.first) {
        trd__list_remove(env->state, &client->place);
    }
}

static struct trd_task *round_robin_any(const struct trd_policy_env *env) {
    const struct trd_list *line = env->state;
    return line->first ? client_at(env, line->first->client_index)->queue.first : NULL;
}

static struct trd_pop round_robin_pop(const struct trd_policy_env *env, uint32_t worker,
                                      uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_task *task = round_robin_any(env);
    if (!task) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    trd__list_append(env->state, trd__list_pop_first(env->state));
    round_robin_remove(env, task);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

const struct trd_policy trd__policy_round_robin = {
    .name = "round_robin",
    .summary = "clients take turns, a task each",
    .source = "Nagle, IEEE Transactions on Communications 35, 1987",
    .flags = TRD_POLICY_FAIRNESS,
    .pool_bytes = sizeof(struct trd_list),
    .client_bytes = sizeof(struct round_robin_client),
    .push = round_robin_push,
    .pop = round_robin_pop,
    .remove = round_robin_remove,
    .any = round_robin_any,
};
