/* rig.c - the scheduler on the bench. */
#include "tests/contract/rig.h"

#include "tests/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <treadle/sim.h>

#include "core/spec.h"

uint64_t rig_seed(uint64_t fallback) {
    const char *given = getenv("TREADLE_TEST_SEED");
    return given && *given ? strtoull(given, NULL, 10) : fallback;
}

void rig_open(struct rig *rig, const struct trd_policy_spec *policy,
              const struct trd_sizer_spec *sizer, uint64_t seed) {
    *rig = (struct rig){
        .config = {.policy = *policy,
                   .sizer = *sizer,
                   .workers_max = RIG_WORKERS,
                   .seed = seed,
                   .now_ns = 1000},
        .seed = seed,
        .now_ns = 1000,
        .next_key = 1,
        .is_work_conserving = true,
    };
    trd_rng_init(&rig->rng, seed);
    assert_int_equal(trd__host_open(&rig->host, &rig->config), 0);
    rig->host.sched.recorder = &rig->recorder;
}

/* Makes room for one more event and a later time, at times an earlier one. */
static uint64_t rig_now(struct rig *rig) {
    struct trd_recorder *recorder = &rig->recorder;
    if (recorder->count == recorder->capacity) {
        recorder->capacity = recorder->capacity ? 2 * recorder->capacity : 64;
        recorder->events = realloc(recorder->events, recorder->capacity * sizeof *recorder->events);
        assert_non_null(recorder->events);
    }
    rig->now_ns += trd_rng_below(&rig->rng, 1000);
    return rig->now_ns - trd_rng_below(&rig->rng, 500); /* threads read their clocks unevenly */
}

static struct rig_task *rig_new_task(struct rig *rig) {
    if (rig->task_count == rig->task_capacity) {
        rig->task_capacity = rig->task_capacity ? 2 * rig->task_capacity : 64;
        rig->tasks = realloc(rig->tasks, rig->task_capacity * sizeof(struct rig_task *));
        assert_non_null(rig->tasks);
    }
    struct rig_task *task = malloc(sizeof *task);
    assert_non_null(task);
    memset(task, 0xa5, sizeof *task); /* the engine must not rely on a clean node */
    task->shell.task.state = TRD_TASK_NEW;
    task->shell.task.flags = TRD_TASK_HAS_ATTR;
    task->shell.task.class_index = 0;
    task->shell.attr = (struct trd_attr){0};
    task->ended_count = 0;
    task->slices_left = 0;
    return rig->tasks[rig->task_count++] = task;
}

/* Hands the task to the scheduler. False: refused. */
static bool rig_offer(struct rig *rig, struct rig_task *task) {
    const uint32_t row = task->shell.task.client_index;
    const uint64_t now_ns = rig_now(rig);
    const uint64_t before = rig->host.sched.sequence;
    task->shell.attr.client = row ? rig->client_keys[row] : 0;
    task->shell.attr.attained_ns = 77; /* of an earlier life */
    const uint32_t busy = (uint32_t)trd_rng_below(&rig->rng, RIG_WORKERS);
    const uint32_t worker = rig->on_worker[busy] ? busy : TRD_WORKER_NONE; /* tasks submit, too */
    const int answer = trd__sched_submit(&rig->host.sched, &task->shell.task, worker, now_ns);
    if (rig->seed % 2) { /* the others get nothing on loan; a replay always does */
        trd__host_lend(&rig->host);
    }
    if (answer) {
        assert_int_equal(answer, -EAGAIN);
        assert_true(rig->may_refuse);
        assert_int_equal(task->shell.task.state, TRD_TASK_NEW);
        task->ended_count++;
        rig->refused++;
        return false;
    }
    rig->queued++;
    assert_int_equal(task->shell.task.state, TRD_TASK_QUEUED);
    assert_int_equal(task->shell.task.sequence, before + 1);
    assert_int_equal(rig->host.sched.queued, rig->queued);
    return true;
}

struct rig_task *rig_submit(struct rig *rig, uint32_t client_row, int64_t priority) {
    struct rig_task *task = rig_new_task(rig);
    task->shell.task.client_index = client_row;
    task->shell.attr.priority = priority;
    return rig_offer(rig, task) ? task : NULL;
}

struct rig_task *rig_next(struct rig *rig, uint32_t worker) {
    assert_null(rig->on_worker[worker]);
    for (;;) {
        const struct trd_pop pop = trd__sched_next(&rig->host.sched, worker, rig_now(rig));
        struct rig_task *task = (struct rig_task *)(void *)pop.task;
        if (pop.fate == TRD_FATE_NONE) {
            assert_null(task);
            assert_true(rig->queued == 0 || !rig->is_work_conserving);
            return NULL;
        }
        assert_non_null(task);
        assert_true(rig->queued > 0);
        rig->queued--;
        assert_int_equal(rig->host.sched.queued, rig->queued);
        if (pop.fate == TRD_FATE_RUN) {
            assert_int_equal(task->shell.task.state, TRD_TASK_RUNNING);
            rig->running++;
            task->worker = worker;
            return rig->on_worker[worker] = task;
        }
        assert_true(rig->may_expire);
        assert_int_equal(task->shell.task.state, TRD_TASK_EXPIRED);
        task->ended_count++;
        rig->expired++;
    }
}

void rig_finish(struct rig *rig, uint32_t worker, enum trd_outcome outcome) {
    struct rig_task *task = rig->on_worker[worker];
    assert_non_null(task);
    trd__sched_finish(&rig->host.sched, &task->shell.task, worker, outcome, NULL, rig_now(rig));
    rig->on_worker[worker] = NULL;
    rig->running--;
    if (outcome == TRD_OUTCOME_AGAIN) {
        assert_int_equal(task->shell.task.state, TRD_TASK_QUEUED);
        rig->queued++;
    } else {
        task->ended_count++;
    }
}

void rig_cancel(struct rig *rig, struct rig_task *task) {
    const enum trd_task_state state = task->shell.task.state;
    const int answer = trd__sched_cancel(&rig->host.sched, &task->shell.task, rig_now(rig));
    if (state != TRD_TASK_QUEUED) {
        assert_int_equal(answer, state == TRD_TASK_RUNNING ? -EBUSY : -EALREADY);
        return;
    }
    assert_int_equal(answer, 0);
    rig->queued--;
    task->ended_count++;
    assert_int_equal(rig->host.sched.queued, rig->queued);
}

void rig_join(struct rig *rig, uint32_t worker) {
    assert_int_equal(trd__host_need_worker(&rig->host, worker), 0);
    trd__sched_join(&rig->host.sched, worker, rig_now(rig));
    rig->is_joined[worker] = true;
    rig->joined_count++;
}

void rig_leave(struct rig *rig, uint32_t worker) {
    trd__sched_leave(&rig->host.sched, worker, rig_now(rig));
    rig->is_joined[worker] = false;
    rig->joined_count--;
}

/* All that a policy keeps about pool and clients, copied to `block` or back; its size. */
static size_t rig_copy(const struct rig *rig, unsigned char *block, bool is_back) {
    const struct trd_table *clients = &rig->host.sched.clients;
    size_t bytes = 0;
    for (uint32_t part = 0; part <= clients->count; part++) {
        void *record = part ? trd__table_at(clients, part - 1) : rig->host.state;
        const size_t length = part ? clients->record_bytes : trd__sched_state_bytes(&rig->config);
        if (block) {
            memcpy(is_back ? record : block + bytes, is_back ? block + bytes : record, length);
        }
        bytes += length;
    }
    return bytes;
}

/* Asks the policy whether it would let each idle client go: a no must not change anything, for it
 * is not recorded. (A yes may, and is undone here.) */
static void rig_check_refusals(struct rig *rig) {
    const struct trd_policy *policy = rig->config.policy.policy;
    const size_t bytes = rig_copy(rig, NULL, false);
    unsigned char *before = malloc(bytes), *after = malloc(bytes);
    assert_true(before && after);
    for (uint32_t row = 1; policy->may_forget && row < rig->host.sched.clients.count; row++) {
        const struct trd_client *client = trd__sched_client(&rig->host.sched, row);
        if (!client->weight || client->queued_count || client->running_count) {
            continue;
        }
        (void)rig_copy(rig, before, false); /* as many bytes again */
        if (policy->may_forget(&rig->host.sched.policy_env, row, rig->host.sched.now_ns)) {
            (void)rig_copy(rig, before, true);
        }
        (void)rig_copy(rig, after, false);
        assert_memory_equal(before, after, bytes);
    }
    free(before);
    free(after);
}

uint32_t rig_forget(struct rig *rig) {
    uint32_t count = 0;
    rig_check_refusals(rig);
    for (int misses = 0; misses < RIG_CLIENTS;) {
        uint64_t key = 0;
        const uint32_t row = trd__sched_client_forget(&rig->host.sched, &key, rig_now(rig));
        if (!row) {
            misses++;
            continue;
        }
        assert_in_range(row, 1, RIG_CLIENTS);
        assert_int_equal(key, rig->client_keys[row]);
        rig->client_keys[row] = 0;
        count++;
    }
    rig->forgotten += count;
    return count;
}

uint32_t rig_client(struct rig *rig, uint32_t nth) {
    const uint32_t row = 1 + nth % RIG_CLIENTS;
    if (!rig->client_keys[row]) {
        rig->client_keys[row] = rig->next_key++;
        assert_int_equal(trd__host_need_client(&rig->host, row), 0);
        trd__sched_client_open(&rig->host.sched, row, rig->client_keys[row]);
    }
    return row;
}

static void rig_random_submit(struct rig *rig) {
    const uint32_t nth = (uint32_t)trd_rng_below(&rig->rng, RIG_CLIENTS + 1);
    struct rig_task *task = rig_new_task(rig);
    task->shell.task.client_index = nth == RIG_CLIENTS ? 0 : rig_client(rig, nth);
    task->shell.task.class_index = (uint16_t)trd_rng_below(&rig->rng, 4);
    assert_int_equal(trd__host_need_class(&rig->host, 4), 0);
    task->shell.attr.priority = (int64_t)trd_rng_below(&rig->rng, 5) - 2;
    task->shell.attr.weight = (uint32_t)trd_rng_below(&rig->rng, 3);
    task->shell.attr.cost_ns = trd_rng_below(&rig->rng, 1000);
    if (rig->is_resuming && trd_rng_below(&rig->rng, 3) == 0) {
        task->shell.task.flags |= TRD_TASK_RESUMABLE;
        task->slices_left = (uint32_t)trd_rng_below(&rig->rng, 4);
    }
    if (rig->may_expire && trd_rng_below(&rig->rng, 4) == 0) {
        task->shell.task.flags |= TRD_TASK_DROP_LATE;
        task->shell.attr.deadline_ns = rig->now_ns + trd_rng_below(&rig->rng, 20000);
    }
    (void)rig_offer(rig, task); /* refused or not, the model knows */
}

/* The policy names a queued task exactly when there is one, and changes nothing by it. */
static void rig_check_any(struct rig *rig) {
    const struct trd_task *task = trd__sched_any(&rig->host.sched);
    assert_int_equal(task != NULL, rig->queued > 0);
    assert_true(!task || task->state == TRD_TASK_QUEUED);
    assert_ptr_equal(trd__sched_any(&rig->host.sched), task);
}

/* A worker does what it can do next: join, take, finish, and at times leave. */
static void rig_random_work(struct rig *rig) {
    const uint32_t worker = (uint32_t)trd_rng_below(&rig->rng, RIG_WORKERS);
    if (!rig->is_joined[worker]) {
        rig_join(rig, worker);
    } else if (!rig->on_worker[worker]) {
        if (!rig_next(rig, worker) && trd_rng_below(&rig->rng, 4) == 0) {
            rig_leave(rig, worker);
        }
    } else if (rig->on_worker[worker]->slices_left > 0) {
        rig->on_worker[worker]->slices_left--;
        rig_finish(rig, worker, TRD_OUTCOME_AGAIN);
    } else {
        const uint64_t how = trd_rng_below(&rig->rng, 20);
        rig_finish(rig, worker,
                   how == 0   ? TRD_OUTCOME_LOST
                   : how == 1 ? TRD_OUTCOME_CANCELLED
                              : TRD_OUTCOME_DONE);
    }
}

static void rig_random_size(struct rig *rig) {
    const struct trd_load load = {.cpu_ns = trd_rng_below(&rig->rng, 5000),
                                  .cores = 1.0 + (double)trd_rng_below(&rig->rng, 4),
                                  .gils = (double)trd_rng_below(&rig->rng, 2)};
    const uint64_t now_ns = rig_now(rig);
    const uint32_t least = (uint32_t)trd_rng_below(&rig->rng, 3);
    if (trd_rng_below(&rig->rng, 3) == 0) {
        trd__sched_bounds(&rig->host.sched, least,
                          least + 1 + (uint32_t)trd_rng_below(&rig->rng, RIG_WORKERS), now_ns);
    } else {
        const uint32_t wanted = trd__sched_tick(&rig->host.sched, &load, now_ns);
        assert_in_range(wanted, rig->host.sched.config.workers_min,
                        rig->host.sched.config.workers_max);
    }
}

void rig_random(struct rig *rig, size_t calls) {
    /* The balance of submits and work swings, so that the queue fills and empties. */
    for (size_t i = 0; i < calls; i++) {
        const uint64_t submits = (i / 500) % 2 ? 20 : 60;
        const uint64_t dice = trd_rng_below(&rig->rng, 100);
        rig_check_any(rig);
        if (dice < submits) {
            rig_random_submit(rig);
        } else if (dice < 94) {
            rig_random_work(rig);
        } else if (dice < 97 && rig->task_count > 0) {
            const size_t recent = rig->task_count < 200 ? rig->task_count : 200;
            rig_cancel(rig, rig->tasks[rig->task_count - 1 - trd_rng_below(&rig->rng, recent)]);
        } else if (dice < 99) {
            rig_random_size(rig);
        } else {
            (void)rig_forget(rig); /* the model knows which */
        }
    }
}

void rig_drain_some(struct rig *rig) {
    if (!rig->is_joined[0]) {
        rig_join(rig, 0);
    }
    if (rig->on_worker[0]) {
        rig_finish(rig, 0, TRD_OUTCOME_DONE);
    }
    while (rig_next(rig, 0)) {
        rig_finish(rig, 0, TRD_OUTCOME_DONE);
    }
}

void rig_drain(struct rig *rig) {
    rig_drain_some(rig);
    for (uint32_t worker = 1; worker < RIG_WORKERS; worker++) {
        if (rig->on_worker[worker]) {
            rig_finish(rig, worker, TRD_OUTCOME_DONE);
        }
        if (rig->is_joined[worker]) {
            rig_leave(rig, worker);
        }
    }
    assert_int_equal(rig->queued, 0);
    assert_int_equal(rig->running, 0);
    for (size_t i = 0; i < rig->task_count; i++) {
        assert_int_equal(rig->tasks[i]->ended_count, 1);
    }
    for (uint32_t row = 0; row <= RIG_CLIENTS; row++) {
        if (row == 0 || rig->client_keys[row]) {
            assert_int_equal(trd__sched_client(&rig->host.sched, row)->queued_count, 0);
            assert_int_equal(trd__sched_client(&rig->host.sched, row)->running_count, 0);
        }
    }
}

void rig_replay(struct rig *rig) {
    struct trd_trace trace = {
        .workers_min = rig->config.workers_min,
        .workers_max = rig->config.workers_max,
        .seed = rig->config.seed,
        .start_ns = rig->config.now_ns,
        .events = rig->recorder.events,
        .count = rig->recorder.count,
    };
    struct trd_replay_report report;
    struct trd_error error = {""};
    trd__policy_print(&rig->config.policy, trace.policy, sizeof trace.policy);
    trd__sizer_print(&rig->config.sizer, trace.sizer, sizeof trace.sizer);
    assert_false(rig->recorder.is_truncated);
    assert_int_equal(trd_sim_replay(&trace, &report, &error), 0);
    if (!report.is_identical) {
        fail_msg("%s", report.difference.message);
    }
    assert_int_equal(report.event_count, trace.count);
}

void rig_close(struct rig *rig) {
    trd__host_close(&rig->host);
    for (size_t i = 0; i < rig->task_count; i++) {
        free(rig->tasks[i]);
    }
    free(rig->tasks);
    free(rig->recorder.events);
}
