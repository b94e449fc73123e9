/* sched.c - beginning and end of the scheduler, ticks, and cancelling. */
#include "core/sched.h"

#include "core/books.h"
#include "core/compose.h"
#include "core/record.h"
#include "core/sched_hot.h"
#include "core/task_state.h"

#define POLICY(sched) ((sched)->config.policy.policy)

/* The largest alignment, so that two states can share one block. */
static size_t aligned(size_t bytes) {
    const size_t align = _Alignof(max_align_t);
    return (bytes + align - 1) / align * align;
}

size_t trd__sched_state_bytes(const struct trd_sched_config *config) {
    const size_t bytes = aligned(trd__policy_bytes(&config->policy).pool) +
                         aligned(config->sizer.sizer->state_bytes);
    return bytes ? bytes : 1;
}

static const struct trd_policy_host host = {
    .client = trd_policy_client,
    .callable = trd_policy_class,
    .worker = trd_policy_worker,
    .client_info = trd_policy_client_info,
    .rng_below = trd_rng_below,
    .rng_double = trd_rng_double,
};

void trd__sched_init(struct trd_sched *sched, const struct trd_sched_config *config, void *state) {
    assert(config->workers_max >= 1 && config->workers_min <= config->workers_max);
    memset(sched, 0, sizeof *sched);
    sched->config = *config;
    sched->now_ns = sched->start_ns = sched->tick_ns = config->now_ns;
    trd_rng_init(&sched->rng, config->seed);

    const struct trd_policy *policy = config->policy.policy;
    const struct trd__policy_bytes bytes = trd__policy_bytes(&config->policy);
    trd__table_init(&sched->clients, trd__books_client_header() + bytes.client);
    trd__table_init(&sched->classes, bytes.class ? bytes.class : 1);
    trd__table_init(&sched->workers, trd__books_worker_header() + bytes.worker);

    sched->policy_env = (struct trd_policy_env){
        .state = state,
        .params = sched->config.policy.params,
        .rng = &sched->rng,
        .spec = &sched->config.policy,
        .clients = &sched->clients,
        .classes = &sched->classes,
        .workers = &sched->workers,
        .host = &host,
        .loan = &sched->loan,
    };
    sched->sizer_env = (struct trd_sizer_env){
        .state = (unsigned char *)state + aligned(bytes.pool),
        .params = sched->config.sizer.params,
    };
    if (policy->open) {
        policy->open(&sched->policy_env);
    }
    if (config->sizer.sizer->open) {
        config->sizer.sizer->open(&sched->sizer_env);
    }
    trd__books_ask(sched, TRD_CAUSE_OPEN, NULL);
}

void trd__sched_fini(struct trd_sched *sched) {
    assert(sched->queued == 0 && sched->busy == 0);
    if (POLICY(sched)->close) {
        POLICY(sched)->close(&sched->policy_env);
    }
    if (sched->config.sizer.sizer->close) {
        sched->config.sizer.sizer->close(&sched->sizer_env);
    }
}

int trd__sched_submit(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                      uint64_t now_ns) {
    return trd__hot_submit(sched, task, worker, now_ns);
}

struct trd_pop trd__sched_next(struct trd_sched *sched, uint32_t worker, uint64_t now_ns) {
    return trd__hot_next(sched, worker, now_ns);
}

struct trd_pop trd__sched_take(struct trd_sched *sched, struct trd_task *task, uint64_t now_ns) {
    trd__books_advance(sched, now_ns);
    if (task->state != TRD_TASK_QUEUED) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    struct trd_pop pop = {task, TRD_FATE_RUN};
    POLICY(sched)->remove(&sched->policy_env, task);
    trd__hot_leave_queue(sched, &pop, TRD_WORKER_NONE);
    trd__record_take(sched, pop);
    return pop;
}

void trd__sched_finish(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                       enum trd_outcome outcome, const struct trd_cost *cost, uint64_t now_ns) {
    trd__hot_finish(sched, task, worker, outcome, cost, now_ns);
}

int trd__sched_cancel(struct trd_sched *sched, struct trd_task *task, uint64_t now_ns) {
    trd__books_advance(sched, now_ns);
    if (task->state != TRD_TASK_QUEUED) {
        return task->state == TRD_TASK_RUNNING ? -EBUSY : -EALREADY;
    }
    POLICY(sched)->remove(&sched->policy_env, task);
    trd__task_move(task, TRD_TASK_CANCELLED);
    sched->queued--;
    sched->cancelled++;
    trd__sched_client(sched, task->client_index)->queued_count--;
    trd__record_cancel(sched, task);
    return 0;
}

struct trd_task *trd__sched_any(const struct trd_sched *sched) {
    if (sched->queued == 0) {
        return NULL;
    }
    struct trd_task *task = POLICY(sched)->any(&sched->policy_env);
    assert(task && task->state == TRD_TASK_QUEUED);
    return task;
}

uint32_t trd__sched_tick(struct trd_sched *sched, const struct trd_load *load, uint64_t now_ns) {
    trd__books_advance(sched, now_ns);
    const bool is_starved = (sched->config.sizer.sizer->causes & TRD_CAUSE_STARVED) &&
                            sched->queued > 0 && sched->finished == sched->tick_finished;
    trd__books_ask(sched, is_starved ? TRD_CAUSE_STARVED : TRD_CAUSE_TICK, load);
    trd__record_tick(sched, load);
    return sched->workers_wanted;
}
