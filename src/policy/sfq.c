/* sfq.c - start-time fair queueing: clients share the workers' time by weight.
 *
 * Idea: a client's tag is the service it has been charged for, divided by its weight; the client
 * with the smallest tag is served next. Virtual time is the tag of the client served last; one that
 * comes back from a pause begins there, so a pause saves nothing up and sheds no debt. A task is
 * charged by estimate when it is handed out, which is put right when it has run (base/charge.h).
 * Promise, with one worker: over any time in which clients i and j have a backlog, their services W
 * satisfy |Wi/wi - Wj/wj| <= li/wi + lj/wj, where w are weights and l largest costs.
 * Source: P. Goyal, H. M. Vin and H. Cheng, "Start-time fair queueing", SIGCOMM 1996.
 * Does badly: shares are right over time, but not prompt: a client that comes back may have to wait
 * for a task of every other one, however small its own tasks and however large its weight.
 * Cost: O(log c), c clients with a backlog, for pop, a client's first push and last remove; O(1)
 * for others.
 */
#include <treadle/policy.h>

#include "base/charge.h"
#include "base/fair.h"

struct sfq_client {
    struct trd_fair_client fair; /* first; its tag is the start tag of its next task */
    struct trd_charge charge;
};

struct sfq {
    struct trd_fair fair;
    uint64_t running; /* tasks charged by estimate, all clients' */
    uint64_t mean_ns; /* of what tasks have cost, all clients' */
};

static struct sfq_client *client_at(const struct trd_policy_env *env, uint32_t index) {
    return trd_policy_client(env, index);
}

/* Charges a client `cost_ns`, and gives back the estimates of those of its tasks that run no more.
 */
static void sfq_charge(const struct trd_policy_env *env, struct sfq_client *client, uint32_t index,
                       uint64_t cost_ns) {
    struct sfq *sfq = env->state;
    const struct trd_client *info = trd_policy_client_info(env, index);
    const uint32_t charged = client->charge.count;
    const uint64_t estimates_ns = trd__charge_settle(&client->charge, info->running_count);
    sfq->running -= charged - client->charge.count;
    trd__fair_charge(&sfq->fair, &client->fair, cost_ns, estimates_ns, info->weight);
}

static bool sfq_is_idle(const struct sfq *sfq) {
    return sfq->fair.backlogged.count == 0 && sfq->running == 0;
}

static void sfq_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                     uint64_t now_ns) {
    (void)worker, (void)now_ns; /* whose task it is is all that counts */
    struct sfq *sfq = env->state;
    const uint32_t index = task->client_index;
    struct sfq_client *client = client_at(env, index);
    if (!client->fair.queue.first) {
        sfq_charge(env, client, index, 0); /* settles */
    }
    trd__fair_push(&sfq->fair, &client->fair, task, index,
                   trd_policy_client_info(env, index)->weight, sfq_is_idle(sfq));
}

static void sfq_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct sfq *sfq = env->state;
    trd__fair_remove(&sfq->fair, &client_at(env, task->client_index)->fair, task);
}

static struct trd_pop sfq_pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct sfq *sfq = env->state;
    struct trd_fair_client *first = trd__fair_first(&sfq->fair);
    if (!first) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    const uint32_t index = first->place.client_index;
    struct sfq_client *client = client_at(env, index);
    struct trd_task *task = trd__fair_serve(&sfq->fair, first);
    const uint64_t estimate_ns = trd__charge_estimate(&client->charge, task, sfq->mean_ns);
    sfq_charge(env, client, index, estimate_ns);
    trd__charge_begin(&client->charge, estimate_ns);
    sfq->running++;
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static void sfq_ran(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                    uint64_t run_ns) {
    (void)worker; /* whoever ran it */
    struct sfq *sfq = env->state;
    struct sfq_client *client = client_at(env, task->client_index);
    sfq_charge(env, client, task->client_index, run_ns);
    trd__charge_learn(&client->charge.mean_ns, run_ns);
    trd__charge_learn(&sfq->mean_ns, run_ns);
}

static struct trd_task *sfq_any(const struct trd_policy_env *env) {
    const struct sfq *sfq = env->state;
    const struct trd_fair_client *first = trd__fair_first(&sfq->fair);
    return first ? first->queue.first : NULL;
}

/* A client ahead of virtual time has a debt, which it would lose with its record. A no must leave
 * everything as it is. */
static bool sfq_may_forget(const struct trd_policy_env *env, uint32_t index, uint64_t now_ns) {
    (void)now_ns; /* virtual time counts */
    const struct sfq *sfq = env->state;
    struct sfq_client settled = *client_at(env, index);
    const bool is_idle = sfq->fair.backlogged.count == 0 && sfq->running == settled.charge.count;
    trd__tag_subtract(&settled.fair.tag, trd__charge_settle(&settled.charge, 0),
                      trd_policy_client_info(env, index)->weight);
    if (!is_idle && trd__fair_owes(&sfq->fair, &settled.fair)) {
        return false;
    }
    sfq_charge(env, client_at(env, index), index, 0); /* settles */
    return true;
}

const struct trd_policy trd__policy_sfq = {
    .name = "sfq",
    .summary = "clients share the workers' time by weight",
    .source = "Goyal, Vin and Cheng, SIGCOMM 1996",
    .flags = TRD_POLICY_FAIRNESS,
    .pool_bytes = sizeof(struct sfq),
    .client_bytes = sizeof(struct sfq_client),
    .push = sfq_push,
    .pop = sfq_pop,
    .remove = sfq_remove,
    .any = sfq_any,
    .ran = sfq_ran,
    .may_forget = sfq_may_forget,
};
