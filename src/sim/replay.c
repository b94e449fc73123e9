/* replay.c - repeats a recorded run on a fresh scheduler and compares the answers.
 *
 * The record says which calls were made, when, and what came back. Here the same calls are made
 * with the same times; the tasks are this file's own. A file may hold anything, so every event is
 * checked before the scheduler, which trusts its body, sees it.
 */
#include <treadle/sim.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/host.h"
#include "sim/sim_config.h"

/* Rows are handed out densely by pools, so an index beyond this is not one of theirs. */
#define INDEX_MAX (UINT32_C(1) << 24)

/* Where a recorded worker stands; bit by bit, for each index. */
struct replay_worker {
    bool is_joined, is_blocked;
    uint32_t running;
};

struct replay {
    const struct trd_trace *trace;
    struct trd__host host;
    struct trd_task_with_attr *tasks; /* by sequence, from 1 */
    uint32_t *runs_on;                /* the worker of each running task */
    uint64_t task_count;              /* room: the accepted submits of the trace */
    struct replay_worker *workers;
    uint32_t worker_capacity;
    struct trd_replay_report *report;
    struct trd_error *error;
    uint64_t number; /* of the event at hand, from 1 */
};

/* The record cannot have happened. */
static int replay_refuse(struct replay *replay, const char *what, uint64_t which) {
    trd__sim_say(replay->error, "event %" PRIu64 ": %s %" PRIu64 ": not a record of a pool",
                 replay->number, what, which);
    return -EINVAL;
}

/* Notes that an answer differs from the recorded one. */
static void replay_compare(struct replay *replay, const char *what, int64_t recorded,
                           int64_t replayed) {
    if (recorded == replayed || replay->report->first_difference) {
        return;
    }
    replay->report->first_difference = replay->number;
    trd__sim_say(&replay->report->difference,
                 "event %" PRIu64 ": %s was %" PRId64 " when recorded, is %" PRId64
                 " when replayed",
                 replay->number, what, recorded, replayed);
}

static struct trd_task_with_attr *replay_task(struct replay *replay, uint64_t sequence,
                                              enum trd_task_state state) {
    if (sequence < 1 || sequence > replay->task_count) {
        return NULL;
    }
    struct trd_task_with_attr *task = &replay->tasks[sequence - 1];
    return task->task.state == state ? task : NULL;
}

/* Opens the client's row, unless it is open for the same key. */
static int replay_client(struct replay *replay, uint32_t index, uint64_t key) {
    struct trd_sched *sched = &replay->host.sched;
    if (index >= INDEX_MAX) {
        return replay_refuse(replay, "client row", index);
    }
    if (trd__host_need_client(&replay->host, index)) {
        return -ENOMEM;
    }
    const struct trd_client *client = trd__sched_client(sched, index);
    if (client->weight == 0) {
        trd__sched_client_open(sched, index, key);
    } else if (client->key != key) {
        return replay_refuse(replay, "two clients at once in row", index);
    }
    return 0;
}

static struct replay_worker *replay_worker(struct replay *replay, uint32_t index) {
    return index < replay->worker_capacity && replay->workers[index].is_joined
               ? &replay->workers[index]
               : NULL;
}

/* Is the place ready that a recorded submit goes to? */
static int replay_check_submit(struct replay *replay, const struct trd_event *event) {
    if (event->answer == 0 && replay->host.sched.sequence == replay->task_count) {
        return replay_refuse(replay, "more submits than tasks,", replay->task_count);
    }
    if (event->worker != TRD_WORKER_NONE && !replay_worker(replay, event->worker)) {
        return replay_refuse(replay, "no such worker:", event->worker);
    }
    if (event->class_index >= TRD_CLASSES_MAX) {
        return replay_refuse(replay, "callable class", event->class_index);
    }
    const int failed = replay_client(replay, event->client_index, event->u.submit.client);
    return failed ? failed : trd__host_need_class(&replay->host, event->class_index);
}

static int replay_submit(struct replay *replay, const struct trd_event *event) {
    const int failed = replay_check_submit(replay, event);
    if (failed) {
        return failed;
    }
    const uint64_t next = replay->host.sched.sequence + 1;
    struct trd_task_with_attr refused = {0}; /* the last submit may be one that had no room */
    struct trd_task_with_attr *task =
        next <= replay->task_count ? &replay->tasks[next - 1] : &refused;
    *task = (struct trd_task_with_attr){
        .task = {.client_index = event->client_index,
                 .class_index = event->class_index,
                 .flags = event->flags},
        .attr = {.priority = event->u.submit.priority,
                 .client = event->u.submit.client,
                 .deadline_ns = event->u.submit.deadline_ns,
                 .cost_ns = event->u.submit.cost_ns,
                 .weight = event->u.submit.weight},
    };
    const int answer =
        trd__sched_submit(&replay->host.sched, &task->task, event->worker, event->now_ns);
    trd__host_lend(&replay->host);
    if (answer == 0 && task == &refused) {
        (void)trd__sched_cancel(&replay->host.sched, &task->task, event->now_ns); /* it is queued */
    }
    replay_compare(replay, "the answer to a submit", event->answer, answer);
    replay_compare(replay, "the sequence of a task", (int64_t)event->sequence,
                   (int64_t)task->task.sequence);
    return 0;
}

static int replay_next(struct replay *replay, const struct trd_event *event) {
    struct replay_worker *worker = replay_worker(replay, event->worker);
    if (!worker) {
        return replay_refuse(replay, "no such worker:", event->worker);
    }
    const struct trd_pop pop = trd__sched_next(&replay->host.sched, event->worker, event->now_ns);
    if (pop.fate == TRD_FATE_RUN) {
        worker->running++;
        replay->runs_on[pop.task->sequence - 1] = event->worker;
    }
    replay_compare(replay, "the fate handed to a worker", event->answer, (int64_t)pop.fate);
    replay_compare(replay, "the task handed to a worker", (int64_t)event->sequence,
                   pop.task ? (int64_t)pop.task->sequence : 0);
    return 0;
}

static int replay_take(struct replay *replay, const struct trd_event *event) {
    struct trd_task_with_attr *task = replay_task(replay, event->sequence, TRD_TASK_QUEUED);
    if (!task) {
        return replay_refuse(replay, "the taking of a task that is not queued,", event->sequence);
    }
    const struct trd_pop pop = trd__sched_take(&replay->host.sched, &task->task, event->now_ns);
    if (pop.fate == TRD_FATE_RUN) {
        replay->runs_on[event->sequence - 1] = TRD_WORKER_NONE;
    }
    replay_compare(replay, "the fate of a task that was taken", event->answer, (int64_t)pop.fate);
    return 0;
}

static int replay_finish(struct replay *replay, const struct trd_event *event) {
    struct trd_task_with_attr *task = replay_task(replay, event->sequence, TRD_TASK_RUNNING);
    if (!task || replay->runs_on[event->sequence - 1] != event->worker) {
        return replay_refuse(replay, "the end of a task that does not run there,", event->sequence);
    }
    const bool is_again = event->answer == TRD_OUTCOME_AGAIN;
    if (event->answer < TRD_OUTCOME_DONE || event->answer > TRD_OUTCOME_LOST ||
        (is_again && !(task->task.flags & TRD_TASK_RESUMABLE))) {
        return replay_refuse(replay, "an unknown outcome for task", event->sequence);
    }
    const struct trd_cost cost = {event->u.finish.cpu_ns, event->u.finish.gil_ns};
    if (event->worker != TRD_WORKER_NONE) {
        replay->workers[event->worker].running--;
    }
    trd__sched_finish(&replay->host.sched, &task->task, event->worker,
                      (enum trd_outcome)event->answer, &cost, event->now_ns);
    return 0;
}

static int replay_cancel(struct replay *replay, const struct trd_event *event) {
    struct trd_task_with_attr *task = replay_task(replay, event->sequence, TRD_TASK_QUEUED);
    if (!task) {
        return replay_refuse(replay, "a cancel of a task that is not queued,", event->sequence);
    }
    (void)trd__sched_cancel(&replay->host.sched, &task->task, event->now_ns); /* it is queued */
    return 0;
}

static int replay_reserve_worker(struct replay *replay, uint32_t index) {
    if (index >= INDEX_MAX) {
        return replay_refuse(replay, "worker", index);
    }
    if (index >= replay->worker_capacity) {
        const uint32_t capacity = index < 8 ? 16 : 2 * index;
        struct replay_worker *workers = realloc(replay->workers, capacity * sizeof *workers);
        if (!workers) {
            return -ENOMEM;
        }
        memset(workers + replay->worker_capacity, 0,
               (capacity - replay->worker_capacity) * sizeof *workers);
        replay->workers = workers;
        replay->worker_capacity = capacity;
    }
    return trd__host_need_worker(&replay->host, index);
}

static int replay_join(struct replay *replay, const struct trd_event *event) {
    const int failed = replay_reserve_worker(replay, event->worker);
    if (failed) {
        return failed;
    }
    if (replay->workers[event->worker].is_joined) {
        return replay_refuse(replay, "a second start of worker", event->worker);
    }
    replay->workers[event->worker].is_joined = true;
    trd__sched_join(&replay->host.sched, event->worker, event->now_ns);
    return 0;
}

static int replay_leave(struct replay *replay, const struct trd_event *event) {
    struct replay_worker *worker = replay_worker(replay, event->worker);
    if (!worker || worker->running || worker->is_blocked) {
        return replay_refuse(replay, "an untimely end of worker", event->worker);
    }
    worker->is_joined = false;
    trd__sched_leave(&replay->host.sched, event->worker, event->now_ns);
    return 0;
}

static int replay_tick(struct replay *replay, const struct trd_event *event) {
    const struct trd_load load = {
        .cpu_ns = event->u.tick.cpu_ns,
        .gil_held_ns = event->u.tick.gil_held_ns,
        .gil_wait_ns = event->u.tick.gil_wait_ns,
        .run_wait_ns = event->u.tick.run_wait_ns,
        .is_gil_measured = event->flags != 0,
        .is_gil_sampled = event->looks != TRD_LOOKS_EXACT,
        .gil_looks = event->looks != TRD_LOOKS_EXACT ? event->looks : 0,
        .cores = event->u.tick.cores,
        .gils = event->u.tick.gils,
    };
    if (!(load.cores > 0.0 && load.cores <= 1e6 && load.gils >= 0.0 && load.gils <= 1e6)) {
        return replay_refuse(replay, "cores or interpreter locks out of range; tick with workers",
                             event->wanted);
    }
    (void)trd__sched_tick(&replay->host.sched, &load, event->now_ns); /* compared by the caller */
    return 0;
}

static int replay_block(struct replay *replay, const struct trd_event *event) {
    struct replay_worker *worker = replay_worker(replay, event->worker);
    const bool is_blocked = event->answer != 0;
    if (!worker || worker->is_blocked == is_blocked) {
        return replay_refuse(replay, "an untimely blocking region of worker", event->worker);
    }
    worker->is_blocked = is_blocked;
    trd__sched_block(&replay->host.sched, event->worker, is_blocked, event->now_ns);
    return 0;
}

static int replay_bounds(struct replay *replay, const struct trd_event *event) {
    const uint32_t least = event->u.bounds.workers_min;
    const uint32_t most = event->u.bounds.workers_max;
    if (most < 1 || least > most) {
        return replay_refuse(replay, "bounds that are none; at most", most);
    }
    trd__sched_bounds(&replay->host.sched, least, most, event->now_ns);
    return 0;
}

/* The pool's search for an idle client leaves an event only when it finds one, so the search here
 * begins at the row that was found. */
static int replay_forget(struct replay *replay, const struct trd_event *event) {
    struct trd_sched *sched = &replay->host.sched;
    const uint32_t index = event->client_index;
    if (index == 0 || index >= INDEX_MAX) {
        return replay_refuse(replay, "a farewell to client row", index);
    }
    if (trd__host_need_client(&replay->host, index)) {
        return -ENOMEM;
    }
    if (trd__sched_client(sched, index)->weight == 0) {
        trd__sched_client_open(sched, index, 0); /* it never got a task in */
    }
    uint64_t key;
    sched->forget_hand = index - 1;
    replay_compare(replay, "the client row that was freed", index,
                   trd__sched_client_forget(sched, &key, event->now_ns));
    return 0;
}

static int replay_event(struct replay *replay, const struct trd_event *event) {
    switch ((enum trd_event_kind)event->kind) {
    case TRD_EVENT_JOIN:
        return replay_join(replay, event);
    case TRD_EVENT_LEAVE:
        return replay_leave(replay, event);
    case TRD_EVENT_SUBMIT:
        return replay_submit(replay, event);
    case TRD_EVENT_NEXT:
        return replay_next(replay, event);
    case TRD_EVENT_FINISH:
        return replay_finish(replay, event);
    case TRD_EVENT_CANCEL:
        return replay_cancel(replay, event);
    case TRD_EVENT_TICK:
        return replay_tick(replay, event);
    case TRD_EVENT_BOUNDS:
        return replay_bounds(replay, event);
    case TRD_EVENT_FORGET:
        return replay_forget(replay, event);
    case TRD_EVENT_BLOCK:
        return replay_block(replay, event);
    case TRD_EVENT_TAKE:
        return replay_take(replay, event);
    }
    return replay_refuse(replay, "unknown kind", event->kind);
}

static int replay_all(struct replay *replay) {
    const struct trd_trace *trace = replay->trace;
    int failed = 0;
    for (size_t i = 0; i < trace->count && !failed && !replay->report->first_difference; i++) {
        const struct trd_event *event = &trace->events[i];
        replay->number = i + 1;
        failed = replay_event(replay, event);
        if (!failed) {
            replay_compare(replay, "the number of workers wanted", event->wanted,
                           replay->host.sched.workers_wanted);
            replay->report->event_count++;
        }
    }
    return failed;
}

/* Ends what is left, so that the scheduler is empty. */
static void replay_drain(struct replay *replay) {
    struct trd_sched *sched = &replay->host.sched;
    for (uint64_t i = 0; i < replay->task_count; i++) {
        struct trd_task *task = &replay->tasks[i].task;
        if (task->state == TRD_TASK_RUNNING) {
            trd__sched_finish(sched, task, replay->runs_on[i], TRD_OUTCOME_CANCELLED, NULL, 0);
        } else if (task->state == TRD_TASK_QUEUED) {
            (void)trd__sched_cancel(sched, task, 0); /* it is queued */
        }
    }
}

static uint64_t count_accepted(const struct trd_trace *trace) {
    uint64_t count = 0;
    for (size_t i = 0; i < trace->count; i++) {
        count += trace->events[i].kind == TRD_EVENT_SUBMIT && trace->events[i].answer == 0;
    }
    return count;
}

static int replay_open(struct replay *replay) {
    const struct trd_trace *trace = replay->trace;
    struct trd_sched_config config = {
        .workers_min = trace->workers_min,
        .workers_max = trace->workers_max,
        .seed = trace->seed,
        .now_ns = trace->start_ns,
    };
    if (trace->policy_spec) {
        config.policy = *trace->policy_spec;
    } else if (trd_policy_parse(trace->policy, &config.policy, replay->error)) {
        return -EINVAL;
    }
    if (trd_sizer_parse(trace->sizer, &config.sizer, replay->error)) {
        return -EINVAL;
    }
    if (trace->workers_max < 1 || trace->workers_min > trace->workers_max) {
        trd__sim_say(replay->error, "the trace has %u to %u workers: not a record of a pool",
                     trace->workers_min, trace->workers_max);
        return -EINVAL;
    }
    replay->task_count = count_accepted(trace);
    replay->tasks = calloc(replay->task_count + 1, sizeof *replay->tasks);
    replay->runs_on = calloc(replay->task_count + 1, sizeof *replay->runs_on);
    if (!replay->tasks || !replay->runs_on) {
        return -ENOMEM;
    }
    return trd__host_open(&replay->host, &config);
}

int trd_sim_replay(const struct trd_trace *trace, struct trd_replay_report *report_out,
                   struct trd_error *error) {
    struct replay replay = {.trace = trace, .report = report_out, .error = error};
    *report_out = (struct trd_replay_report){0};
    int failed = replay_open(&replay);
    if (!failed) {
        failed = replay_all(&replay);
        replay_drain(&replay);
        report_out->submitted = replay.host.sched.submitted;
        report_out->is_identical = !failed && report_out->first_difference == 0;
        trd__host_close(&replay.host);
    }
    free(replay.tasks);
    free(replay.runs_on);
    free(replay.workers);
    return failed;
}
