/* sched_hot.h - the three calls that a task goes through, to be inlined.
 *
 * The scheduler's functions of the same names call them; a body for which a call is worth avoiding,
 * as it is for the simulator, includes this file. So there is one source, whoever drives it.
 */
#ifndef TRD_CORE_SCHED_HOT_H
#define TRD_CORE_SCHED_HOT_H

#include <errno.h>

#include "base/histogram.h"
#include "core/books.h"
#include "core/insight.h"
#include "core/record.h"
#include "core/task_state.h"

/* Puts an admitted or yielded task into the policy. */
static inline void trd__hot_push(struct trd_sched *sched, struct trd_task *task,
                                 struct trd_client *client, uint32_t worker) {
    trd__task_move(task, TRD_TASK_QUEUED);
    client->queued_count++;
    if (++sched->queued > sched->queued_peak) {
        sched->queued_peak = sched->queued;
    }
    sched->config.policy.policy->push(&sched->policy_env, task, worker, sched->now_ns);
}

/* Has a submit to be told to the sizer? */
static inline bool trd__hot_may_grow(const struct trd_sched *sched) {
    const uint32_t most = sched->config.workers_max;
    return (sched->config.sizer.sizer->causes & TRD_CAUSE_SUBMIT) &&
           (sched->worker_count < most || sched->workers_wanted < most);
}

/** The rest of trd__sched_submit(), for a task whose `submit_ns` is set, not later than the
 * scheduler's time: a body that takes tasks in some time after they came says when that was. */
static inline int trd__hot_admit(struct trd_sched *sched, struct trd_task *task, uint32_t worker) {
    struct trd_attr *attr = trd_task_attr(task);
    struct trd_client *client = trd__books_client(sched, task->client_index);
    assert(client->weight > 0);              /* the row is open */
    assert(task->state != TRD_TASK_RUNNING); /* only a yield takes it from there to the queue */
    assert(task->submit_ns <= sched->now_ns);
    if (attr && attr->weight) {
        client->weight = attr->weight;
    }
    task->sequence = sched->sequence + 1;
    int answer = 0;
    if (sched->config.policy.policy->admit &&
        !sched->config.policy.policy->admit(&sched->policy_env, task, sched->now_ns)) {
        sched->refused++;
        answer = -EAGAIN;
    } else {
        sched->sequence++;
        sched->submitted++;
        if (attr) {
            attr->attained_ns = 0; /* the memory may have been a task before */
        }
        trd__hot_push(sched, task, client, worker);
        if (trd__hot_may_grow(sched)) {
            trd__books_ask(sched, TRD_CAUSE_SUBMIT, NULL);
        }
    }
    if (sched->recorder) {
        trd__record_submit(sched, task, worker, answer);
    }
    return answer;
}

/** trd__sched_submit(). */
static inline int trd__hot_submit(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                                  uint64_t now_ns) {
    trd__books_advance(sched, now_ns);
    task->submit_ns = sched->now_ns;
    return trd__hot_admit(sched, task, worker);
}

/* Has its deadline for starting passed, and does it want to be dropped then? */
static inline bool trd__hot_is_late(const struct trd_sched *sched, struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    return attr && (task->flags & TRD_TASK_DROP_LATE) && attr->deadline_ns &&
           attr->deadline_ns < sched->now_ns && attr->attained_ns == 0;
}

/* A popped task begins to run. */
static inline void trd__hot_start(struct trd_sched *sched, struct trd_task *task, uint32_t worker) {
    const struct trd_attr *attr = trd_task_attr(task);
    trd__task_move(task, TRD_TASK_RUNNING);
    trd__books_client(sched, task->client_index)->running_count++;
    task->node.anatomy.start_ns = sched->now_ns;
    task->node.anatomy.cpu_ns = 0;
    task->node.anatomy.gil_ns = 0;
    if (!attr || attr->attained_ns == 0) {
        const uint64_t wait_ns = sched->now_ns - task->submit_ns;
        sched->queue_wait_ns += wait_ns;
        if (sched->config.wait) {
            trd__histogram_add(sched->config.wait, wait_ns);
        }
        if (sched->config.insight) {
            trd__insight_started(sched->config.insight, task, wait_ns);
        }
    }
    trd__books_worker_takes(sched, worker);
}

/* What the policy has handed out is no longer queued: it begins, or has expired. */
static inline void trd__hot_leave_queue(struct trd_sched *sched, struct trd_pop *pop,
                                        uint32_t worker) {
    sched->queued--;
    trd__books_client(sched, pop->task->client_index)->queued_count--;
    if (pop->fate == TRD_FATE_EXPIRE || trd__hot_is_late(sched, pop->task)) {
        pop->fate = TRD_FATE_EXPIRE;
        trd__task_move(pop->task, TRD_TASK_EXPIRED);
        sched->expired++;
    } else {
        trd__hot_start(sched, pop->task, worker);
    }
}

/** trd__sched_next(). */
static inline struct trd_pop trd__hot_next(struct trd_sched *sched, uint32_t worker,
                                           uint64_t now_ns) {
    trd__books_advance(sched, now_ns);
    struct trd_pop pop = {NULL, TRD_FATE_NONE};
    if (sched->queued > 0) {
        pop = sched->config.policy.policy->pop(&sched->policy_env, worker, sched->now_ns);
    }
    assert((pop.task != NULL) == (pop.fate != TRD_FATE_NONE));
    if (pop.task) {
        trd__hot_leave_queue(sched, &pop, worker);
    }
    if (sched->recorder) {
        trd__record_next(sched, pop, worker);
    }
    return pop;
}

/* Counts how a task has ended. */
static inline void trd__hot_count_end(struct trd_sched *sched, struct trd_task *task,
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

/** The rest of trd__sched_finish(), for a task of which is known how long it ran: a body that
 * accounts for several at once, at one time, has measured each. */
static inline void trd__hot_account(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                                    enum trd_outcome outcome, const struct trd_cost *cost,
                                    uint64_t run_ns) {
    assert(task->state == TRD_TASK_RUNNING);
    struct trd_client *client = trd__books_client(sched, task->client_index);
    struct trd_attr *attr = trd_task_attr(task);
    if (cost) {
        task->node.anatomy.cpu_ns = cost->cpu_ns;
        task->node.anatomy.gil_ns = cost->gil_ns;
    }
    if (sched->recorder) {
        trd__record_finish(sched, task, worker, outcome, cost);
    }
    client->running_count--;
    client->service_ns += run_ns;
    trd__books_worker_gives(sched, worker);
    if (attr) {
        attr->attained_ns += run_ns;
    }
    trd__hot_count_end(sched, task, outcome);
    if (sched->config.policy.policy->ran) {
        sched->config.policy.policy->ran(&sched->policy_env, task, worker, run_ns);
    }
    if (outcome == TRD_OUTCOME_AGAIN) {
        trd__hot_push(sched, task, client, worker);
        return;
    }
    const uint64_t served_ns = attr ? attr->attained_ns : run_ns;
    client->finished_count++;
    sched->run_ns += served_ns;
    if (sched->config.run) {
        trd__histogram_add(sched->config.run, served_ns);
    }
    if (sched->config.insight) {
        trd__insight_ended(sched->config.insight, task, served_ns);
    }
}

/** A task that was given to a worker and has not begun is taken away from it, and ends as
 * cancelled. The policy, which has given it out, hears that it ran for no time. */
static inline void trd__hot_revoke(struct trd_sched *sched, struct trd_task *task,
                                   uint32_t worker) {
    trd__books_client(sched, task->client_index)->running_count--;
    trd__books_worker_gives(sched, worker);
    trd__hot_count_end(sched, task, TRD_OUTCOME_CANCELLED);
    if (sched->config.policy.policy->ran) {
        sched->config.policy.policy->ran(&sched->policy_env, task, worker, 0);
    }
}

/** trd__sched_finish(). */
static inline void trd__hot_finish(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                                   enum trd_outcome outcome, const struct trd_cost *cost,
                                   uint64_t now_ns) {
    trd__books_advance(sched, now_ns);
    trd__hot_account(sched, task, worker, outcome, cost,
                     sched->now_ns - task->node.anatomy.start_ns);
}

#endif
