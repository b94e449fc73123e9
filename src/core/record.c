/* record.c - writes the scheduler's decisions down, for replay.
 *
 * The time written is the scheduler's, not the caller's: calls that leave no event (statistics, a
 * cancel that comes too late) move the clock, too, and a later caller may be behind it. */
#include "core/record.h"

/* The next free event, with what all of them have; NULL when nothing is recorded. */
static struct trd_event *record_event(struct trd_sched *sched, enum trd_event_kind kind,
                                      uint32_t worker) {
    struct trd_recorder *recorder = sched->recorder;
    if (!recorder || recorder->is_truncated) {
        return NULL;
    }
    if (recorder->count == recorder->capacity) {
        recorder->is_truncated = true;
        return NULL;
    }
    struct trd_event *event = &recorder->events[recorder->count++];
    memset(event, 0, sizeof *event);
    event->kind = (uint8_t)kind;
    event->worker = worker;
    event->now_ns = sched->now_ns;
    event->wanted = sched->workers_wanted;
    return event;
}

/* The same for an event about a task (or none). */
static struct trd_event *record_task(struct trd_sched *sched, enum trd_event_kind kind,
                                     const struct trd_task *task, uint32_t worker) {
    struct trd_event *event = record_event(sched, kind, worker);
    if (event && task) {
        event->sequence = task->sequence;
        event->client_index = task->client_index;
        event->class_index = task->class_index;
        event->flags = task->flags;
    }
    return event;
}

void trd__record_submit(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                        int answer) {
    struct trd_event *event = record_task(sched, TRD_EVENT_SUBMIT, task, worker);
    if (!event) {
        return;
    }
    const struct trd_attr *attr = trd_task_attr(task);
    event->answer = answer;
    event->u.submit.client = trd__sched_client(sched, task->client_index)->key;
    if (attr) {
        event->u.submit.priority = attr->priority;
        event->u.submit.deadline_ns = attr->deadline_ns;
        event->u.submit.cost_ns = attr->cost_ns;
        event->u.submit.weight = attr->weight;
    }
}

void trd__record_next(struct trd_sched *sched, struct trd_pop pop, uint32_t worker) {
    struct trd_event *event = record_task(sched, TRD_EVENT_NEXT, pop.task, worker);
    if (event) {
        event->answer = (int32_t)pop.fate;
    }
}

void trd__record_take(struct trd_sched *sched, struct trd_pop pop) {
    struct trd_event *event = record_task(sched, TRD_EVENT_TAKE, pop.task, TRD_WORKER_NONE);
    if (event) {
        event->answer = (int32_t)pop.fate;
    }
}

void trd__record_finish(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                        enum trd_outcome outcome, const struct trd_cost *cost) {
    struct trd_event *event = record_task(sched, TRD_EVENT_FINISH, task, worker);
    if (event) {
        event->answer = (int32_t)outcome;
        event->u.finish.cpu_ns = cost ? cost->cpu_ns : 0;
        event->u.finish.gil_ns = cost ? cost->gil_ns : 0;
    }
}

void trd__record_cancel(struct trd_sched *sched, struct trd_task *task) {
    (void)record_task(sched, TRD_EVENT_CANCEL, task, TRD_WORKER_NONE); /* nothing to add */
}

void trd__record_tick(struct trd_sched *sched, const struct trd_load *load) {
    struct trd_event *event = record_event(sched, TRD_EVENT_TICK, TRD_WORKER_NONE);
    if (event) {
        event->flags = load->is_gil_measured;
        event->looks = load->is_gil_sampled ? load->gil_looks : TRD_LOOKS_EXACT;
        event->u.tick.cpu_ns = load->cpu_ns;
        event->u.tick.gil_held_ns = load->gil_held_ns;
        event->u.tick.gil_wait_ns = load->gil_wait_ns;
        event->u.tick.run_wait_ns = load->run_wait_ns;
        event->u.tick.cores = load->cores;
        event->u.tick.gils = load->gils;
    }
}

void trd__record_worker(struct trd_sched *sched, enum trd_event_kind kind, uint32_t worker) {
    (void)record_event(sched, kind, worker); /* nothing to add */
}

void trd__record_block(struct trd_sched *sched, uint32_t worker, bool is_blocked) {
    struct trd_event *event = record_event(sched, TRD_EVENT_BLOCK, worker);
    if (event) {
        event->answer = is_blocked;
    }
}

void trd__record_bounds(struct trd_sched *sched) {
    struct trd_event *event = record_event(sched, TRD_EVENT_BOUNDS, TRD_WORKER_NONE);
    if (event) {
        event->u.bounds.workers_min = sched->config.workers_min;
        event->u.bounds.workers_max = sched->config.workers_max;
    }
}

void trd__record_forget(struct trd_sched *sched, uint32_t index) {
    struct trd_event *event = record_event(sched, TRD_EVENT_FORGET, TRD_WORKER_NONE);
    if (event) {
        event->client_index = index;
    }
}
