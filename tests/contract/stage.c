/* stage.c - a scheduler played by hand. */
#include "tests/contract/stage.h"

#include "tests/check.h"

#include <stdlib.h>

uint64_t stage_seed(uint64_t fallback) {
    const char *given = getenv("TREADLE_TEST_SEED");
    const uint64_t seed = given && *given ? strtoull(given, NULL, 10) : fallback;
    print_message("seed %llu (TREADLE_TEST_SEED repeats it)\n", (unsigned long long)seed);
    return seed;
}

void stage_open(struct stage *stage, const char *policy, uint32_t worker_count, uint64_t seed) {
    struct trd_policy_spec spec;
    struct trd_error error = {""};
    if (trd_policy_parse(policy, &spec, &error)) {
        fail_msg("%s", error.message);
    }
    stage_open_spec(stage, &spec, worker_count, seed);
}

void stage_open_spec(struct stage *stage, const struct trd_policy_spec *spec, uint32_t worker_count,
                     uint64_t seed) {
    struct trd_sched_config config = {
        .policy = *spec, .workers_max = worker_count, .seed = seed, .now_ns = 1000};
    *stage = (struct stage){.now_ns = 1000};
    assert_int_equal(trd_sizer_parse("fixed", &config.sizer, NULL), 0);
    assert_int_equal(trd__host_open(&stage->host, &config), 0);
    trd_rng_init(&stage->rng, seed ^ UINT64_C(0x5eed));
    for (uint32_t row = 1; row < STAGE_CLIENTS; row++) {
        assert_int_equal(trd__host_need_client(&stage->host, row), 0);
        trd__sched_client_open(&stage->host.sched, row, row);
    }
    for (uint32_t worker = 0; worker < worker_count; worker++) {
        assert_int_equal(trd__host_need_worker(&stage->host, worker), 0);
        trd__sched_join(&stage->host.sched, worker, stage->now_ns);
    }
}

struct stage_task *stage_submit(struct stage *stage, struct stage_spec spec) {
    struct stage_task *task = stage->free;
    if (task) {
        stage->free = task->next_free;
    } else {
        task = malloc(sizeof *task);
        assert_non_null(task);
    }
    *task = (struct stage_task){.spec = spec};
    assert_int_equal(trd__host_need_class(&stage->host, spec.callable), 0);
    task->shell.task.client_index = spec.client;
    task->shell.task.class_index = spec.callable;
    task->shell.task.flags = (uint8_t)(TRD_TASK_HAS_ATTR | spec.flags);
    task->shell.attr = (struct trd_attr){.priority = spec.priority,
                                         .client = spec.client,
                                         .deadline_ns = spec.deadline_ns,
                                         .cost_ns = spec.hint_ns,
                                         .weight = spec.weight};
    assert_int_equal(
        trd__sched_submit(&stage->host.sched, &task->shell.task, TRD_WORKER_NONE, stage->now_ns),
        0);
    stage->queued[spec.client]++;
    return task;
}

static void stage_free(struct stage *stage, struct stage_task *task) {
    task->next_free = stage->free;
    stage->free = task;
}

struct stage_task *stage_take(struct stage *stage, uint32_t worker) {
    assert_null(stage->on_worker[worker]);
    for (;;) {
        const struct trd_pop pop = trd__sched_next(&stage->host.sched, worker, stage->now_ns);
        struct stage_task *task = (struct stage_task *)(void *)pop.task;
        if (!task) {
            assert_int_equal(stage->host.sched.queued, 0);
            return NULL;
        }
        stage->queued[task->spec.client]--;
        if (pop.fate == TRD_FATE_RUN) {
            return stage->on_worker[worker] = task;
        }
        stage->expired++;
        stage_free(stage, task);
    }
}

void stage_finish(struct stage *stage, uint32_t worker, enum trd_outcome outcome) {
    struct stage_task *task = stage->on_worker[worker];
    stage->on_worker[worker] = NULL;
    trd__sched_finish(&stage->host.sched, &task->shell.task, worker, outcome, NULL, stage->now_ns);
    if (outcome == TRD_OUTCOME_AGAIN) {
        stage->queued[task->spec.client]++;
    } else {
        stage_free(stage, task);
    }
}

struct stage_spec stage_run(struct stage *stage, uint32_t worker) {
    const struct stage_task *task = stage_take(stage, worker);
    assert_non_null(task);
    const struct stage_spec spec = task->spec;
    stage->now_ns += spec.run_ns;
    stage_finish(stage, worker, TRD_OUTCOME_DONE);
    return spec;
}

void stage_cancel(struct stage *stage, struct stage_task *task) {
    assert_int_equal(trd__sched_cancel(&stage->host.sched, &task->shell.task, stage->now_ns), 0);
    stage->queued[task->spec.client]--;
    stage_free(stage, task);
}

void stage_close(struct stage *stage) {
    for (uint32_t worker = 0; worker < STAGE_WORKERS; worker++) {
        if (stage->on_worker[worker]) {
            stage_finish(stage, worker, TRD_OUTCOME_DONE);
        }
    }
    while (stage_take(stage, 0)) {
        stage_finish(stage, 0, TRD_OUTCOME_DONE);
    }
    trd__host_close(&stage->host);
    while (stage->free) {
        struct stage_task *task = stage->free;
        stage->free = task->next_free;
        free(task);
    }
}
