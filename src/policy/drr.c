/* drr.c - deficit round-robin: clients take turns, and a turn is worth a quantum of run time.
 *
 * Idea: a client's turn adds weight x quantum to its account, from which its tasks are paid while
 * the account covers the next one; what is left over is kept for its next turn. A task is paid by
 * estimate when it is handed out, which is put right when it has run (base/charge.h); so an account
 * may be overdrawn, and then the client sits turns out. Rounds pay for it during a pause, too, and
 * when nobody has anything left to run all debts are forgiven. Leftovers do not survive a pause,
 * which begins when a worker asks for a task and the client whose turn it is has none.
 * Promise, with one worker and exact estimates: over any time in which clients i and j have a
 * backlog, their services S satisfy |Si/wi - Sj/wj| <= 2 x the largest cost + quantum.
 * Source: M. Shreedhar and G. Varghese, "Efficient fair queueing using deficit round robin",
 * SIGCOMM 1995.
 * Does badly: a client that has just come waits for everybody's turn, each up to a quantum by its
 * weight. One that submits its next task when the last has run (or yields) has a task a turn if
 * there are several workers, however short its tasks are.
 * Cost: O(1), for pop while no task costs more than the quantum; else O(cost / quantum) for each
 * task, and never more than three looks at each of the c clients with a backlog.
 */
#include <treadle/policy.h>

#include "base/charge.h"
#include "base/list.h"

struct drr_client {
    struct trd_task place; /* first; stands for the client in the list of those with a backlog */
    struct trd_list queue;
    struct trd_charge charge;
    int64_t account_ns;
    uint64_t left_in; /* the round in which its backlog ended */
};

struct drr {
    struct trd_list backlogged; /* it is the turn of the first, which alone may have nothing */
    uint64_t count;             /* clients in it */
    bool is_paid;               /* the first has got its quantum for this turn */
    uint64_t round, turns;      /* a round is as many turns as there are clients */
    uint64_t idle_until;        /* the round in which somebody last found everything idle */
    uint64_t running;           /* tasks paid by estimate, all clients' */
    uint64_t mean_ns;           /* of what tasks have cost, all clients' */
};

/* The most that a turn may add, that a task may cost, and that may be owed: 36 years. */
#define ACCOUNT_MAX_NS (INT64_C(1) << 60)

static struct drr_client *client_at(const struct trd_policy_env *env, uint32_t index) {
    return trd_policy_client(env, index);
}

static struct drr_client *client_of(struct trd_task *place) {
    return (struct drr_client *)(void *)place;
}

/* Of one unit of weight. */
static uint64_t drr_quantum(const struct trd_policy_env *env) {
    return (uint64_t)(env->params[0] * 1e9 + 0.5);
}

static int64_t drr_turn_worth(const struct trd_policy_env *env, uint32_t index) {
    const uint64_t weight = trd_policy_client_info(env, index)->weight;
    const uint64_t quantum_ns = drr_quantum(env);
    return weight < (uint64_t)ACCOUNT_MAX_NS / quantum_ns ? (int64_t)(weight * quantum_ns)
                                                          : ACCOUNT_MAX_NS;
}

/* What the client's next task will cost. Of an unknown client as much as others' tasks do, and a
 * quantum at least: a task each turn. */
static int64_t drr_estimate(const struct trd_policy_env *env, const struct drr_client *client) {
    const struct drr *drr = env->state;
    const uint64_t quantum_ns = drr_quantum(env);
    return (int64_t)trd__charge_estimate(&client->charge, client->queue.first,
                                         drr->mean_ns > quantum_ns ? drr->mean_ns : quantum_ns);
}

static int64_t drr_clamp(uint64_t ns) {
    return ns < (uint64_t)ACCOUNT_MAX_NS ? (int64_t)ns : ACCOUNT_MAX_NS;
}

/* Gives a client back the estimates of those of its tasks that run no more. */
static void drr_settle(const struct trd_policy_env *env, uint32_t index) {
    struct drr *drr = env->state;
    struct drr_client *client = client_at(env, index);
    const uint32_t paid = client->charge.count;
    client->account_ns += drr_clamp(
        trd__charge_settle(&client->charge, trd_policy_client_info(env, index)->running_count));
    drr->running -= paid - client->charge.count;
}

/* What `account_ns` is worth after a pause since round `since`: a debt, or nothing. */
static int64_t drr_after_pause(const struct trd_policy_env *env, uint32_t index, int64_t account_ns,
                               uint64_t since) {
    const struct drr *drr = env->state;
    if (account_ns >= 0 || since < drr->idle_until) {
        return 0;
    }
    const int64_t worth_ns = drr_turn_worth(env, index);
    const uint64_t rounds = drr->round - since;
    const uint64_t needed = (uint64_t)((-account_ns - 1) / worth_ns + 1);
    return rounds < needed ? account_ns + (int64_t)rounds * worth_ns : 0;
}

/* The turn of the first client is over. */
static void drr_next_turn(struct drr *drr) {
    drr->is_paid = false;
    if (++drr->turns >= drr->count) {
        drr->turns = 0;
        drr->round++;
    }
}

static void drr_leave(struct drr *drr, struct drr_client *client) {
    const bool is_its_turn = drr->backlogged.first == &client->place;
    trd__list_remove(&drr->backlogged, &client->place);
    drr->count--;
    client->left_in = drr->round;
    if (is_its_turn) {
        drr_next_turn(drr);
    }
}

/* The first client, whose last task was handed out, if nothing came after it. */
static struct drr_client *drr_lingering(const struct drr *drr) {
    struct drr_client *first = drr->count ? client_of(drr->backlogged.first) : NULL;
    return first && !first->queue.first ? first : NULL;
}

static void drr_enter(const struct trd_policy_env *env, uint32_t index) {
    struct drr *drr = env->state;
    struct drr_client *client = client_at(env, index);
    drr_settle(env, index);
    if (drr->running == 0 && drr_lingering(drr)) {
        drr_leave(drr, drr_lingering(drr));
    }
    if (drr->running == 0 && drr->count == 0) {
        drr->idle_until = ++drr->round;
    }
    client->account_ns = drr_after_pause(env, index, client->account_ns, client->left_in);
    client->place.client_index = index;
    trd__list_append(&drr->backlogged, &client->place);
    drr->count++;
}

static void drr_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                     uint64_t now_ns) {
    (void)worker, (void)now_ns; /* whose task it is is all that counts */
    struct drr_client *client = client_at(env, task->client_index);
    if (!client->queue.first && drr_lingering(env->state) != client) {
        drr_enter(env, task->client_index);
    }
    trd__list_append(&client->queue, task);
}

static void drr_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct drr_client *client = client_at(env, task->client_index);
    trd__list_remove(&client->queue, task);
    if (!client->queue.first) {
        drr_leave(env->state, client);
    }
}

/* Nobody could pay in a whole round: lets the rounds pass in which still nobody can. */
static void drr_skip_rounds(const struct trd_policy_env *env) {
    struct drr *drr = env->state;
    int64_t skipped = INT64_MAX;
    for (struct trd_task *place = drr->backlogged.first; place; place = place->node.list.next) {
        const struct drr_client *client = client_of(place);
        const int64_t missing_ns = drr_estimate(env, client) - client->account_ns;
        const int64_t rounds = (missing_ns - 1) / drr_turn_worth(env, place->client_index);
        skipped = rounds < skipped ? rounds : skipped;
    }
    for (struct trd_task *place = drr->backlogged.first; place; place = place->node.list.next) {
        client_of(place)->account_ns += skipped * drr_turn_worth(env, place->client_index);
    }
    drr->round += (uint64_t)skipped;
}

/* The client that can pay for its next task, in its turn. Ends in the round after a skip. */
static struct drr_client *drr_select(const struct trd_policy_env *env) {
    struct drr *drr = env->state;
    for (uint64_t sat_out = 0;; sat_out++) {
        if (sat_out == drr->count) {
            drr_skip_rounds(env);
        }
        struct trd_task *place = drr->backlogged.first;
        struct drr_client *client = client_of(place);
        drr_settle(env, place->client_index);
        if (!drr->is_paid) {
            client->account_ns += drr_turn_worth(env, place->client_index);
            drr->is_paid = true;
        }
        if (drr_estimate(env, client) <= client->account_ns) {
            return client;
        }
        trd__list_append(&drr->backlogged, trd__list_pop_first(&drr->backlogged));
        drr_next_turn(drr);
    }
}

static struct trd_pop drr_pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct drr *drr = env->state;
    if (drr_lingering(drr)) {
        drr_leave(drr, drr_lingering(drr));
    }
    if (drr->count == 0) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    struct drr_client *client = drr_select(env);
    const int64_t estimate_ns = drr_estimate(env, client);
    struct trd_task *task = trd__list_pop_first(&client->queue);
    client->account_ns -= estimate_ns;
    trd__charge_begin(&client->charge, (uint64_t)estimate_ns);
    drr->running++;
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static void drr_ran(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                    uint64_t run_ns) {
    (void)worker; /* whoever ran it */
    struct drr *drr = env->state;
    struct drr_client *client = client_at(env, task->client_index);
    drr_settle(env, task->client_index);
    client->account_ns -= drr_clamp(run_ns);
    if (client->account_ns < -ACCOUNT_MAX_NS) {
        client->account_ns = -ACCOUNT_MAX_NS;
    }
    trd__charge_learn(&client->charge.mean_ns, run_ns);
    trd__charge_learn(&drr->mean_ns, run_ns);
}

static struct trd_task *drr_any(const struct trd_policy_env *env) {
    const struct drr *drr = env->state;
    struct trd_task *place = drr->backlogged.first;
    if (drr_lingering(drr)) {
        place = place->node.list.next;
    }
    return place ? client_of(place)->queue.first : NULL;
}

/* A client in debt would lose it with its record. A no must leave everything as it is. */
static bool drr_may_forget(const struct trd_policy_env *env, uint32_t index, uint64_t now_ns) {
    (void)now_ns; /* rounds count */
    struct drr *drr = env->state;
    struct drr_client *client = client_at(env, index);
    const struct drr_client *lingering = drr_lingering(drr);
    struct trd_charge charge = client->charge;
    const int64_t account_ns = client->account_ns + drr_clamp(trd__charge_settle(&charge, 0));
    const bool is_idle = drr->running == client->charge.count && drr->count == (lingering ? 1 : 0);
    if (!is_idle && drr_after_pause(env, index, account_ns,
                                    lingering == client ? drr->round : client->left_in) < 0) {
        return false;
    }
    drr_settle(env, index);
    if (lingering == client) {
        drr_leave(drr, client);
    }
    return true;
}

static const struct trd_param drr_params[] = {
    {"quantum", "seconds of run time that a turn of weight 1 is worth", 1e-3, 1e-6, 100.0},
    {0},
};

const struct trd_policy trd__policy_drr = {
    .name = "drr",
    .summary = "clients take turns, a quantum of run time each, by weight",
    .source = "Shreedhar and Varghese, SIGCOMM 1995",
    .params = drr_params,
    .flags = TRD_POLICY_FAIRNESS,
    .pool_bytes = sizeof(struct drr),
    .client_bytes = sizeof(struct drr_client),
    .push = drr_push,
    .pop = drr_pop,
    .remove = drr_remove,
    .any = drr_any,
    .ran = drr_ran,
    .may_forget = drr_may_forget,
};
