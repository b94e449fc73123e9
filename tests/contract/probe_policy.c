/* probe_policy.c - work stealing with admission and expiry, for tests only. */
#include "tests/contract/probe_policy.h"

#include <assert.h>
#include <stdlib.h>

#include "base/list.h"

enum { PROBE_MAGIC = 4711, PROBE_HOLD_EVERY = 64 };

struct probe_pool {
    struct probe_state seen;
    struct trd_list outside;
    uint64_t pops;
    uint32_t workers_end; /* indices of workers there have been are below it */
};

struct probe_class {
    uint64_t queued, ran_ns;
};

struct probe_worker {
    struct trd_list own;
    bool is_here;
};

struct probe_client {
    uint64_t tasks;
};

static struct probe_pool *probe_pool(const struct trd_policy_env *env) {
    return env->state;
}

static struct probe_worker *probe_worker(const struct trd_policy_env *env, uint32_t worker) {
    return trd_policy_worker(env, worker);
}

static void probe_open(const struct trd_policy_env *env) {
    assert(probe_pool(env)->seen.magic == 0); /* the engine gives zeroed memory */
    probe_pool(env)->seen.magic = PROBE_MAGIC;
    probe_pool(env)->seen.opened++;
}

static bool probe_admit(const struct trd_policy_env *env, struct trd_task *task, uint64_t now_ns) {
    const struct probe_class *class = trd_policy_class(env, task->class_index);
    (void)now_ns;
    if (class->queued >= PROBE_CLASS_MAX) {
        probe_pool(env)->seen.refused++;
        return false;
    }
    return true;
}

/* The list that the task stands in: its payload says whose. */
static struct trd_list *probe_list(const struct trd_policy_env *env, const struct trd_task *task) {
    const uint64_t owner = task->payload.word[1];
    return owner == TRD_WORKER_NONE ? &probe_pool(env)->outside
                                    : &probe_worker(env, (uint32_t)owner)->own;
}

static void probe_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                       uint64_t now_ns) {
    (void)now_ns;
    task->payload.word[1] = worker;
    trd__list_append(probe_list(env, task), task);
    probe_pool(env)->seen.queued++;
    ((struct probe_class *)trd_policy_class(env, task->class_index))->queued++;
    ((struct probe_client *)trd_policy_client(env, task->client_index))->tasks++;
}

static void probe_remove(const struct trd_policy_env *env, struct trd_task *task) {
    trd__list_remove(probe_list(env, task), task);
    probe_pool(env)->seen.queued--;
    ((struct probe_class *)trd_policy_class(env, task->class_index))->queued--;
    ((struct probe_client *)trd_policy_client(env, task->client_index))->tasks--;
}

static struct trd_task *probe_steal(const struct trd_policy_env *env) {
    const uint64_t end = probe_pool(env)->workers_end;
    const uint64_t first = trd_rng_below(env->rng, end);
    for (uint64_t k = 0; k < end; k++) {
        const uint32_t victim = (uint32_t)((first + k) % end);
        if (probe_worker(env, victim)->own.first) {
            probe_pool(env)->seen.steals++;
            return probe_worker(env, victim)->own.first;
        }
    }
    return NULL;
}

static struct trd_pop probe_pop(const struct trd_policy_env *env, uint32_t worker,
                                uint64_t now_ns) {
    struct probe_pool *pool = probe_pool(env);
    assert(probe_worker(env, worker)->is_here);
    if (++pool->pops % PROBE_HOLD_EVERY == 0) {
        pool->seen.held_back++;
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    struct trd_task *task = probe_worker(env, worker)->own.last;
    task = task ? task : pool->outside.first;
    task = task ? task : probe_steal(env);
    if (!task) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    probe_remove(env, task);
    if (now_ns - task->submit_ns > PROBE_EXPIRE_NS) {
        pool->seen.expired++;
        return (struct trd_pop){task, TRD_FATE_EXPIRE};
    }
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static struct trd_task *probe_any(const struct trd_policy_env *env) {
    if (probe_pool(env)->outside.first) {
        return probe_pool(env)->outside.first;
    }
    for (uint32_t worker = 0; worker < probe_pool(env)->workers_end; worker++) {
        if (probe_worker(env, worker)->own.first) {
            return probe_worker(env, worker)->own.first;
        }
    }
    return NULL;
}

static void probe_ran(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                      uint64_t run_ns) {
    assert(probe_worker(env, worker)->is_here);
    probe_pool(env)->seen.ran++;
    ((struct probe_class *)trd_policy_class(env, task->class_index))->ran_ns += run_ns;
}

static void probe_join(const struct trd_policy_env *env, uint32_t worker) {
    assert(!probe_worker(env, worker)->is_here && !probe_worker(env, worker)->own.first);
    probe_worker(env, worker)->is_here = true;
    if (worker >= probe_pool(env)->workers_end) {
        probe_pool(env)->workers_end = worker + 1;
    }
    probe_pool(env)->seen.joined++;
}

/* What a leaving worker still has goes to everybody. */
static void probe_leave(const struct trd_policy_env *env, uint32_t worker) {
    struct probe_worker *leaving = probe_worker(env, worker);
    for (struct trd_task *task; (task = trd__list_pop_first(&leaving->own));) {
        task->payload.word[1] = TRD_WORKER_NONE;
        trd__list_append(&probe_pool(env)->outside, task);
    }
    leaving->is_here = false;
    probe_pool(env)->seen.left++;
}

static bool probe_may_forget(const struct trd_policy_env *env, uint32_t client_index,
                             uint64_t now_ns) {
    (void)now_ns;
    assert(((struct probe_client *)trd_policy_client(env, client_index))->tasks == 0);
    return client_index % 2 == 0; /* odd rows stay for ever */
}

static void probe_close(const struct trd_policy_env *env) {
    assert(probe_pool(env)->seen.queued == 0);
    probe_pool(env)->seen.closed++;
}

const struct trd_policy probe_policy = {
    .name = "probe",
    .summary = "all that the contract offers",
    .source = "tests only",
    .pool_bytes = sizeof(struct probe_pool),
    .client_bytes = sizeof(struct probe_client),
    .class_bytes = sizeof(struct probe_class),
    .worker_bytes = sizeof(struct probe_worker),
    .open = probe_open,
    .admit = probe_admit,
    .push = probe_push,
    .pop = probe_pop,
    .remove = probe_remove,
    .any = probe_any,
    .ran = probe_ran,
    .worker_join = probe_join,
    .worker_leave = probe_leave,
    .may_forget = probe_may_forget,
    .close = probe_close,
};
