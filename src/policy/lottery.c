/* lottery.c - every turn is drawn, with a chance in proportion to the client's weight.
 *
 * Idea: a client with a backlog holds as many tickets as its weight; one ticket is drawn, and the
 * oldest task of its holder runs. In k turns a client with the part p of the tickets gets k x p,
 * with the variance k x p x (1 - p) of independent draws; nothing is to be remembered of the past,
 * so clients that come, go and change their weight cost nothing extra. The clients with a backlog
 * stand in a complete tree, in no order, and each knows the tickets of all below it. Source: C. A.
 * Waldspurger and W. E. Weihl, "Lottery scheduling: flexible proportional-share resource
 * management", OSDI 1994. Does badly: in the short run it is as unfair as chance, and nobody's wait
 * has a bound; a turn is a task, however long. Cost: O(log c), c clients with a backlog, for pop, a
 * client's first push and last remove; O(1) for others.
 */
#include <treadle/policy.h>

#include "base/heap.h"
#include "base/list.h"

struct lottery_client {
    struct trd_task place; /* first; stands for the client in the tree while it has a backlog */
    struct trd_list queue;
    uint64_t part;    /* tickets of this client and of all below it, while it is in the tree */
    uint32_t tickets; /* of its own */
};

static struct lottery_client *client_at(const struct trd_policy_env *env, uint32_t index) {
    return trd_policy_client(env, index);
}

static struct lottery_client *client_of(struct trd_task *place) {
    return (struct lottery_client *)(void *)place;
}

/* A heap in which nobody is before anybody is a complete tree in no order. */
static bool lottery_is_before(struct trd_task *a, struct trd_task *b) {
    (void)a, (void)b; /* all are equal */
    return false;
}

/* Gives a client in the tree another number of tickets. */
static void lottery_hold(struct lottery_client *client, uint32_t tickets) {
    const uint64_t more = (uint64_t)tickets - client->tickets; /* modulo 2^64 */
    client->tickets = tickets;
    for (struct trd_task *place = more ? &client->place : NULL; place;
         place = place->node.tree.parent) {
        client_of(place)->part += more;
    }
}

static void lottery_enter(struct trd_heap *tree, struct lottery_client *client, uint32_t index) {
    client->place.client_index = index;
    client->part = client->tickets = 0;
    trd__heap_push(tree, &client->place, lottery_is_before);
}

/* The last client of the tree takes the place of the leaving one, and what is below it. */
static void lottery_leave(struct trd_heap *tree, struct lottery_client *client) {
    struct lottery_client *last = client_of(trd__heap_at(tree, tree->count));
    const uint32_t tickets = last->tickets;
    lottery_hold(last, 0);
    lottery_hold(client, 0);
    trd__heap_remove(tree, &client->place, lottery_is_before);
    if (last != client) {
        last->part = client->part;
        lottery_hold(last, tickets);
    }
}

static void lottery_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                         uint64_t now_ns) {
    (void)worker, (void)now_ns; /* whose task it is is all that counts */
    struct lottery_client *client = client_at(env, task->client_index);
    if (!client->queue.first) {
        lottery_enter(env->state, client, task->client_index);
    }
    trd__list_append(&client->queue, task);
    lottery_hold(client, trd_policy_client_info(env, task->client_index)->weight);
}

static void lottery_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct lottery_client *client = client_at(env, task->client_index);
    trd__list_remove(&client->queue, task);
    if (!client->queue.first) {
        lottery_leave(env->state, client);
    }
}

/* Who holds ticket `ticket`: those on the left come first, then the client itself. */
static struct lottery_client *lottery_holder(const struct trd_heap *tree, uint64_t ticket) {
    struct trd_task *place = tree->root;
    for (;;) {
        struct trd_task *left = place->node.tree.left;
        const uint64_t tickets_left = left ? client_of(left)->part : 0;
        const uint64_t tickets_own = client_of(place)->tickets;
        if (ticket < tickets_left) {
            place = left;
        } else if (ticket - tickets_left < tickets_own) {
            return client_of(place);
        } else {
            ticket -= tickets_left + tickets_own;
            place = place->node.tree.right;
        }
    }
}

static struct trd_pop lottery_pop(const struct trd_policy_env *env, uint32_t worker,
                                  uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    const struct trd_heap *tree = env->state;
    if (!tree->root) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    const uint64_t ticket = trd_rng_below(env->rng, client_of(tree->root)->part);
    struct trd_task *task = lottery_holder(tree, ticket)->queue.first;
    lottery_remove(env, task);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static struct trd_task *lottery_any(const struct trd_policy_env *env) {
    const struct trd_heap *tree = env->state;
    return tree->root ? client_of(tree->root)->queue.first : NULL;
}

const struct trd_policy trd__policy_lottery = {
    .name = "lottery",
    .summary = "every turn is drawn, with a chance by the client's weight",
    .source = "Waldspurger and Weihl, OSDI 1994",
    .flags = TRD_POLICY_FAIRNESS,
    .pool_bytes = sizeof(struct trd_heap),
    .client_bytes = sizeof(struct lottery_client),
    .push = lottery_push,
    .pop = lottery_pop,
    .remove = lottery_remove,
    .any = lottery_any,
};
