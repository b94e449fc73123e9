/* compose.c - `admission/fairness/order`: one policy made of up to three.
 *
 * The admission says who comes in and who, having waited, is still worth running. The fairness part
 * is a policy over clients. It never sees a task; it is given *tickets*: tasks of the client's
 * record that stand for "this client has something", two while the client has two or more, so that
 * it does not look empty at every pop, as it would with one. The order part keeps the tasks
 * themselves, once for every client: its whole state lies in the client's record. Without fairness
 * there is one order for all, and the records are the order's.
 *
 * pool record:   struct compose | admission's | fairness', or the order's
 * client record: fairness' | struct compose_client | the order's whole state
 *
 * The fairness part's record of a client comes first because it looks it up by the same index. All
 * zero is empty. Everything costs what the parts cost.
 */
#include "core/compose.h"

struct compose {
    uint64_t waiting; /* tasks queued that have never run: those an admission is concerned with */
    uint64_t tickets; /* given out so far: their sequence */
};

struct compose_client {
    struct trd_task ticket[2]; /* state QUEUED: it stands in the fairness part */
    uint64_t backlog;          /* tasks in the client's order */
};

/* The largest alignment, so that several records can share one block. */
static size_t aligned(size_t bytes) {
    const size_t align = _Alignof(max_align_t);
    return (bytes + align - 1) / align * align;
}

static const struct trd_policy_parts *parts_of(const struct trd_policy_env *env) {
    return &env->spec->parts;
}

static size_t admission_bytes(const struct trd_policy_parts *parts) {
    return parts->admission ? aligned(parts->admission->state_bytes) : 0;
}

static struct trd__policy_bytes bytes_of(const struct trd_policy *policy) {
    return (struct trd__policy_bytes){policy->pool_bytes, policy->client_bytes, policy->class_bytes,
                                      policy->worker_bytes};
}

struct trd__policy_bytes trd__policy_bytes(const struct trd_policy_spec *spec) {
    const struct trd_policy_parts *parts = &spec->parts;
    if (spec->policy != &trd__policy_composed) {
        return bytes_of(spec->policy);
    }
    struct trd__policy_bytes bytes = bytes_of(parts->fairness ? parts->fairness : parts->order);
    bytes.pool += aligned(sizeof(struct compose)) + admission_bytes(parts);
    if (parts->fairness) {
        bytes.client = aligned(bytes.client) + aligned(sizeof(struct compose_client)) +
                       parts->order->pool_bytes;
    }
    return bytes;
}

/* What a part sees: all is shared but its own state and parameters. */
static struct trd_policy_env part_env(const struct trd_policy_env *env, void *state,
                                      const double *params) {
    struct trd_policy_env part = *env;
    part.state = state;
    part.params = params;
    return part;
}

static struct trd_policy_env admission_env(const struct trd_policy_env *env) {
    return part_env(env, (unsigned char *)env->state + aligned(sizeof(struct compose)),
                    parts_of(env)->admission_params);
}

/* The part behind the admission, whose are the records: fairness, or the one order. */
static const struct trd_policy *inner_of(const struct trd_policy_env *env) {
    const struct trd_policy_parts *parts = parts_of(env);
    return parts->fairness ? parts->fairness : parts->order;
}

static struct trd_policy_env inner_env(const struct trd_policy_env *env) {
    const struct trd_policy_parts *parts = parts_of(env);
    return part_env(
        env, (unsigned char *)env->state + aligned(sizeof(struct compose)) + admission_bytes(parts),
        parts->fairness ? parts->fairness_params : parts->order_params);
}

static struct compose_client *client_of(const struct trd_policy_env *env, uint32_t index) {
    unsigned char *record = trd_policy_client(env, index);
    return (void *)(record + aligned(parts_of(env)->fairness->client_bytes));
}

/* The order that keeps the tasks of this client. */
static struct trd_policy_env order_env(const struct trd_policy_env *env, uint32_t client_index) {
    const struct trd_policy_parts *parts = parts_of(env);
    if (!parts->fairness) {
        return inner_env(env);
    }
    unsigned char *client = (void *)client_of(env, client_index);
    return part_env(env, client + aligned(sizeof(struct compose_client)), parts->order_params);
}

static bool has_begun(struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    return attr && attr->attained_ns > 0;
}

static bool is_out(const struct trd_task *ticket) {
    return ticket->state == TRD_TASK_QUEUED;
}

/* The client gets a ticket if it has more tasks than tickets out, and fewer than two of these. */
static void ticket_issue(const struct trd_policy_env *env, uint32_t client_index, uint32_t worker,
                         uint64_t now_ns) {
    struct compose *compose = env->state;
    struct compose_client *client = client_of(env, client_index);
    const bool is_first_out = is_out(&client->ticket[0]);
    const bool is_second_out = is_out(&client->ticket[1]);
    const uint64_t out = (uint64_t)is_first_out + is_second_out;
    if (out == 2 || out >= client->backlog) {
        return;
    }
    struct trd_task *ticket = &client->ticket[is_first_out ? 1 : 0];
    const struct trd_policy_env fairness = inner_env(env);
    *ticket = (struct trd_task){.sequence = ++compose->tickets,
                                .submit_ns = now_ns,
                                .client_index = client_index,
                                .state = TRD_TASK_QUEUED};
    parts_of(env)->fairness->push(&fairness, ticket, worker, now_ns);
}

/* A task was taken out from the middle: if tickets outnumber tasks now, the younger one goes. */
static void ticket_withdraw(const struct trd_policy_env *env, uint32_t client_index) {
    struct compose_client *client = client_of(env, client_index);
    struct trd_task *first = &client->ticket[0], *second = &client->ticket[1];
    if ((uint64_t)is_out(first) + is_out(second) <= client->backlog) {
        return;
    }
    struct trd_task *younger = !is_out(first)                       ? second
                               : !is_out(second)                    ? first
                               : first->sequence < second->sequence ? second
                                                                    : first;
    const struct trd_policy_env fairness = inner_env(env);
    parts_of(env)->fairness->remove(&fairness, younger);
    younger->state = TRD_TASK_NEW;
}

static void compose_open(const struct trd_policy_env *env) {
    const struct trd_policy_parts *parts = parts_of(env);
    assert(!parts->fairness || (parts->order->flags & TRD_POLICY_ORDER));
    if (inner_of(env)->open) {
        const struct trd_policy_env inner = inner_env(env);
        inner_of(env)->open(&inner);
    }
}

static void compose_close(const struct trd_policy_env *env) {
    if (inner_of(env)->close) {
        const struct trd_policy_env inner = inner_env(env);
        inner_of(env)->close(&inner);
    }
}

static bool compose_admit(const struct trd_policy_env *env, struct trd_task *task,
                          uint64_t now_ns) {
    const struct trd_policy_parts *parts = parts_of(env);
    const struct compose *compose = env->state;
    if (parts->order->admit) {
        const struct trd_policy_env order = order_env(env, task->client_index);
        if (!parts->order->admit(&order, task, now_ns)) {
            return false;
        }
    }
    if (!parts->admission || !parts->admission->admit) {
        return true;
    }
    const struct trd_policy_env admission = admission_env(env);
    return parts->admission->admit(&admission, task, compose->waiting, now_ns);
}

static void compose_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                         uint64_t now_ns) {
    const struct trd_policy_parts *parts = parts_of(env);
    const struct trd_policy_env order = order_env(env, task->client_index);
    struct compose *compose = env->state;
    compose->waiting += !has_begun(task);
    parts->order->push(&order, task, worker, now_ns);
    if (parts->fairness) {
        client_of(env, task->client_index)->backlog++;
        ticket_issue(env, task->client_index, worker, now_ns);
    }
}

static void compose_remove(const struct trd_policy_env *env, struct trd_task *task) {
    const struct trd_policy_parts *parts = parts_of(env);
    const struct trd_policy_env order = order_env(env, task->client_index);
    struct compose *compose = env->state;
    compose->waiting -= !has_begun(task);
    parts->order->remove(&order, task);
    if (parts->fairness) {
        client_of(env, task->client_index)->backlog--;
        ticket_withdraw(env, task->client_index);
    }
}

static struct trd_task *compose_any(const struct trd_policy_env *env) {
    const struct trd_policy_parts *parts = parts_of(env);
    uint32_t client_index = 0;
    if (parts->fairness) {
        const struct trd_policy_env fairness = inner_env(env);
        const struct trd_task *ticket = parts->fairness->any(&fairness);
        if (!ticket) {
            return NULL;
        }
        client_index = ticket->client_index;
    }
    const struct trd_policy_env order = order_env(env, client_index);
    return parts->order->any(&order);
}

/* The next task as fairness and order have it, whatever the admission may think of it. */
static struct trd_pop compose_take(const struct trd_policy_env *env, uint32_t worker,
                                   uint64_t now_ns) {
    const struct trd_policy_parts *parts = parts_of(env);
    struct trd_task *ticket = NULL;
    if (parts->fairness) {
        const struct trd_policy_env fairness = inner_env(env);
        ticket = parts->fairness->pop(&fairness, worker, now_ns).task;
        if (!ticket) {
            return (struct trd_pop){NULL, TRD_FATE_NONE};
        }
        ticket->state = TRD_TASK_NEW;
        client_of(env, ticket->client_index)->backlog--;
        ticket_issue(env, ticket->client_index, worker, now_ns);
    }
    const struct trd_policy_env order = order_env(env, ticket ? ticket->client_index : 0);
    const struct trd_pop pop = parts->order->pop(&order, worker, now_ns);
    assert(pop.task || !ticket); /* a ticket stands for a task */
    return pop;
}

/* Has this task waited too long? `others` wait besides it. */
static bool is_stale(const struct trd_policy_env *env, struct trd_task *task, uint64_t others,
                     uint64_t now_ns) {
    const struct trd_admission *admission = parts_of(env)->admission;
    if (!admission || !admission->judge || has_begun(task)) {
        return false;
    }
    const struct trd_policy_env part = admission_env(env);
    return admission->judge(&part, task, others, now_ns) == TRD_FATE_EXPIRE;
}

/* The task that `any` names is judged first. In an order that lets the old ones lie, such as lifo,
 * it is the oldest; so those who are told no are told it soon, not when the rush is over. */
static struct trd_pop compose_pop(const struct trd_policy_env *env, uint32_t worker,
                                  uint64_t now_ns) {
    struct compose *compose = env->state;
    struct trd_task *lying = compose->waiting ? compose_any(env) : NULL;
    if (lying && is_stale(env, lying, compose->waiting - 1, now_ns)) {
        compose_remove(env, lying);
        return (struct trd_pop){lying, TRD_FATE_EXPIRE};
    }
    struct trd_pop pop = compose_take(env, worker, now_ns);
    if (pop.task) {
        compose->waiting -= !has_begun(pop.task);
        if (pop.fate == TRD_FATE_RUN && is_stale(env, pop.task, compose->waiting, now_ns)) {
            pop.fate = TRD_FATE_EXPIRE;
        }
    }
    return pop;
}

static void compose_ran(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                        uint64_t run_ns) {
    const struct trd_policy_parts *parts = parts_of(env);
    if (parts->fairness && parts->fairness->ran) {
        const struct trd_policy_env fairness = inner_env(env);
        parts->fairness->ran(&fairness, task, worker, run_ns);
    }
    if (parts->order->ran) {
        const struct trd_policy_env order = order_env(env, task->client_index);
        parts->order->ran(&order, task, worker, run_ns);
    }
}

static void compose_worker_join(const struct trd_policy_env *env, uint32_t worker) {
    if (inner_of(env)->worker_join) {
        const struct trd_policy_env inner = inner_env(env);
        inner_of(env)->worker_join(&inner, worker);
    }
}

static void compose_worker_leave(const struct trd_policy_env *env, uint32_t worker) {
    if (inner_of(env)->worker_leave) {
        const struct trd_policy_env inner = inner_env(env);
        inner_of(env)->worker_leave(&inner, worker);
    }
}

static bool compose_may_forget(const struct trd_policy_env *env, uint32_t client_index,
                               uint64_t now_ns) {
    const struct trd_policy_env inner = inner_env(env);
    return !inner_of(env)->may_forget || inner_of(env)->may_forget(&inner, client_index, now_ns);
}

const struct trd_policy trd__policy_composed = {
    .name = "composed",
    .summary = "admission/fairness/order",
    .source = "its parts'",
    .open = compose_open,
    .admit = compose_admit,
    .push = compose_push,
    .pop = compose_pop,
    .remove = compose_remove,
    .any = compose_any,
    .ran = compose_ran,
    .worker_join = compose_worker_join,
    .worker_leave = compose_worker_leave,
    .may_forget = compose_may_forget,
    .close = compose_close,
};
