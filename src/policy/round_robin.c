/* round_robin.c - clients take turns.
 *
 * Idea: every client has a queue of its own, first in, first out; the clients that have something
 * queued stand in a ring, and each turn runs one task of the next one. How much a client submits
 * does not decide how often it is served.
 * Source: J. Nagle, "On packet switches with infinite storage", IEEE Transactions on Communications
 * 35, 1987: fair queueing by turns.
 * Does badly: a turn is a task, however long, so a client of long tasks gets more of the workers'
 * time than one of short tasks.
 * Cost: O(1) for push, pop and remove.
 */
#include <treadle/policy.h>

#include "base/list.h"

/* A client that has something queued stands in a ring; rows are indices, 0 included. */
struct round_robin_client {
    struct trd_list queue;
    uint32_t before, after; /* its neighbours in the ring, while `queue` is not empty */
};

struct round_robin {
    uint32_t turn;   /* the client whose turn is next, while the ring is not empty */
    uint32_t length; /* clients in the ring */
};

static struct round_robin_client *client_at(const struct trd_policy_env *env, uint32_t index) {
    return trd_policy_client(env, index);
}

/* The client's first task has come: it takes the last place of the ring. */
static void ring_enter(const struct trd_policy_env *env, uint32_t index) {
    struct round_robin *ring = env->state;
    struct round_robin_client *client = client_at(env, index);
    if (ring->length++ == 0) {
        ring->turn = client->before = client->after = index;
        return;
    }
    struct round_robin_client *next = client_at(env, ring->turn);
    client->after = ring->turn;
    client->before = next->before;
    client_at(env, next->before)->after = index;
    next->before = index;
}

/* The client's last task has gone. */
static void ring_leave(const struct trd_policy_env *env, uint32_t index) {
    struct round_robin *ring = env->state;
    const struct round_robin_client *client = client_at(env, index);
    client_at(env, client->before)->after = client->after;
    client_at(env, client->after)->before = client->before;
    if (ring->turn == index) {
        ring->turn = client->after;
    }
    ring->length--;
}

static void round_robin_push(const struct trd_policy_env *env, struct trd_task *task,
                             uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* whose task it is is all that counts */
    struct round_robin_client *client = client_at(env, task->client_index);
    if (!client->queue.first) {
        ring_enter(env, task->client_index);
    }
    trd__list_append(&client->queue, task);
}

static void round_robin_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct round_robin_client *client = client_at(env, task->client_index);
    trd__list_remove(&client->queue, task);
    if (!client->queue.first) {
        ring_leave(env, task->client_index);
    }
}

static struct trd_pop round_robin_pop(const struct trd_policy_env *env, uint32_t worker,
                                      uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct round_robin *ring = env->state;
    if (ring->length == 0) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    struct round_robin_client *client = client_at(env, ring->turn);
    struct trd_task *task = client->queue.first;
    ring->turn = client->after;
    round_robin_remove(env, task);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static struct trd_task *round_robin_any(const struct trd_policy_env *env) {
    const struct round_robin *ring = env->state;
    return ring->length ? client_at(env, ring->turn)->queue.first : NULL;
}

const struct trd_policy trd__policy_round_robin = {
    .name = "round_robin",
    .summary = "clients take turns, a task each",
    .source = "Nagle, IEEE Transactions on Communications 35, 1987",
    .pool_bytes = sizeof(struct round_robin),
    .client_bytes = sizeof(struct round_robin_client),
    .push = round_robin_push,
    .pop = round_robin_pop,
    .remove = round_robin_remove,
    .any = round_robin_any,
};
