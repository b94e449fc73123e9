/* sched.c - the four calls of the scheduler, and cancelling. */
#include "core/sched.h"

#include "core/books.h"
#include "core/compose.h"
#include "core/record.h"
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

/* Puts an admitted or yielded task into the policy. */
static void sched_push(struct trd_sched *sched, struct trd_task *task, uint32_t worker) {
    trd__task_move(task, TRD_TASK_QUEUED);
    trd__sched_client(sched, task->client_index)->queued_count++;
    if (++sched->queued > sched->queued_peak) {
        sched->queued_peak = sched->queued;
    }
    POLICY(sched)->push(&sched->policy_env, task, worker, sched->now_ns);
}

int trd__sched_submit(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                      uint64_t now_ns) {
    struct trd_attr *attr = trd_task_attr(task);
    struct trd_client *client = trd__sched_client(sched, task->client_index);
    assert(client->weight > 0);              /* the row is open */
    assert(task->state != TRD_TASK_RUNNING); /* only a yield takes it from there to the queue */
    assert(trd__task_may((enum trd_task_state)task->state, TRD_TASK_QUEUED));
    trd__books_advance(sched, now_ns);
    if (attr && attr->weight) {
        client->weight = attr->weight;
    }
    task->submit_ns = sched->now_ns;
    task->sequence = sched->sequence + 1;
    int answer = 0;
    if (POLICY(sched)->admit && !POLICY(sched)->admit(&sched->policy_env, task, sched->now_ns)) {
        sched->refused++;
        answer = -EAGAIN;
    } else {
        sched->sequence++;
        sched->submitted++;
        if (attr) {
            attr->attained_ns = 0; /* the memory may have been a task before */
        }
        sched_push(sched, task, worker);
        if (sched->config.sizer.sizer->causes & TRD_CAUSE_SUBMIT) {
            trd__books_ask(sched, TRD_CAUSE_SUBMIT, NULL);
        }
    }
    trd__record_submit(sched, task, worker, answer);
    return answer;
}

/* Has its deadline for starting passed, and does it want to be dropped then? */
static bool sched_is_late(const struct trd_sched *sched, struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    return attr && (task->flags & TRD_TASK_DROP_LATE) && attr->deadline_ns &&
           attr->deadline_ns < sched->now_ns && attr->attained_ns == 0;
}

/* A popped task begins to run. */
static void sched_start(struct trd_sched *sched, struct trd_task *task, uint32_t worker) {
    const struct trd_attr *attr = trd_task_attr(task);
    trd__task_move(task, TRD_TASK_RUNNING);
    trd__sched_client(sched, task->client_index)->running_count++;
    task->node.anatomy.start_ns = sched->now_ns;
    task->node.anatomy.cpu_ns = 0;
    task->node.anatomy.gil_ns = 0;
    if (!attr || attr->attained_ns == 0) {
        const uint64_t wait_ns = sched->now_ns - task->submit_ns;
        sched->queue_wait_ns += wait_ns;
        trd_histogram_add(&sched->wait, wait_ns);
    }
    trd__books_worker_busy(sched, worker, true);
}

struct trd_pop trd__sched_next(struct trd_sched *sched, uint32_t worker, uint64_t now_ns) {
    trd__books_advance(sched, now_ns);
    struct trd_pop pop = {NULL, TRD_FATE_NONE};
    if (sched->queued > 0) {
        pop = POLICY(sched)->pop(&sched->policy_env, worker, sched->now_ns);
    }
    assert((pop.task != NULL) == (pop.fate != TRD_FATE_NONE));
    if (pop.task) {
        sched->queued--;
        trd__sched_client(sched, pop.task->client_index)->queued_count--;
        if (pop.fate == TRD_FATE_EXPIRE || sched_is_late(sched, pop.task)) {
            pop.fate = TRD_FATE_EXPIRE;
            trd__task_move(pop.task, TRD_TASK_EXPIRED);
            sched->expired++;
        } else {
            sched_start(sched, pop.task, worker);
        }
    }
    trd__record_next(sched, pop, worker);
    return pop;
}

/* Counts how a task has ended. */
static void sched_count_end(struct trd_sched *sched, struct trd_task *task,
                            enum trd_outcome outcome) {
    switch (outcome) {
    case TRD_OUTCOME_DONE:
        trd__task_move(task, TRD_TASK_DONE);
        sched->finished++;
        break;
    case TRD_OUTCOME_CANCELLED:
        trd__task_move(task, TRD_TASK_CANCELLED);
        sched->cancelled++;
        break;
    case TRD_OUTCOME_EXPIRED:
        trd__task_move(task, TRD_TASK_EXPIRED);
        sched->expired++;
        break;
    case TRD_OUTCOME_LOST:
        trd__task_move(task, TRD_TASK_LOST);
        sched->lost++;
        break;
    case TRD_OUTCOME_AGAIN:
        assert(task->flags & TRD_TASK_RESUMABLE);
        break;
    }
}

void trd__sched_finish(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                       enum trd_outcome outcome, const struct trd_cost *cost, uint64_t now_ns) {
    assert(task->state == TRD_TASK_RUNNING);
    trd__books_advance(sched, now_ns);
    struct trd_client *client = trd__sched_client(sched, task->client_index);
    struct trd_attr *attr = trd_task_attr(task);
    const uint64_t run_ns = sched->now_ns - task->node.anatomy.start_ns;
    if (cost) {
        task->node.anatomy.cpu_ns = cost->cpu_ns;
        task->node.anatomy.gil_ns = cost->gil_ns;
    }
    trd__record_finish(sched, task, worker, outcome, cost);
    client->running_count--;
    client->service_ns += run_ns;
    trd__books_worker_busy(sched, worker, false);
    if (attr) {
        attr->attained_ns += run_ns;
    }
    sched_count_end(sched, task, outcome);
    if (POLICY(sched)->ran) {
        POLICY(sched)->ran(&sched->policy_env, task, worker, run_ns);
    }
    if (outcome == TRD_OUTCOME_AGAIN) {
        sched_push(sched, task, worker);
        return;
    }
    const uint64_t served_ns = attr ? attr->attained_ns : run_ns;
    client->finished_count++;
    sched->run_ns += served_ns;
    trd_histogram_add(&sched->run, served_ns);
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
