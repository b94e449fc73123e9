/* native_run.c - one closed run of a native cell: first task, warm-up, timed window, verification.
 */
#include "lab/workload/native.h"

#include <treadle/clock.h>
#include <treadle/pool.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAB_WORKLOAD(name) extern const struct lab_native_workload lab_native_##name;
#include "lab/workload/workloads.def"
#undef LAB_WORKLOAD

static const struct lab_native_workload *const table[] = {
#define LAB_WORKLOAD(name) &lab_native_##name,
#include "lab/workload/workloads.def"
#undef LAB_WORKLOAD
    NULL};

enum { TASKS_MAX = 2000000 };
static const double steady_drift = 0.05; /* the two long batches differ by no more */

const struct lab_native_workload *const *lab_native_workloads(void) {
    return table;
}

const struct lab_native_workload *lab_native_find(const char *name) {
    for (size_t i = 0; table[i]; i++) {
        if (strcmp(table[i]->name, name) == 0) {
            return table[i];
        }
    }
    return NULL;
}

/* One run on its way. */
struct run {
    const struct lab_native_workload *workload;
    const struct lab_native_spec *spec;
    struct trd_pool *pool; /* NULL: serial */
    void *state;
    uint64_t next_index;
    char *reason;
};

/* A batch: tasks and, with a pool, their futures. */
struct batch {
    struct lab_native_task *tasks;
    struct trd_future **futures;
    uint64_t count;
};

static double seconds_since(uint64_t start_ns) {
    return (double)(trd_clock_now_ns() - start_ns) / 1e9;
}

static int batch_open(struct batch *batch, struct run *run, uint64_t count) {
    *batch = (struct batch){.count = count};
    batch->tasks = calloc(count, sizeof *batch->tasks);
    batch->futures = calloc(count, sizeof(struct trd_future *));
    if (!batch->tasks || !batch->futures) {
        free(batch->tasks);
        free(batch->futures);
        return -ENOMEM;
    }
    for (uint64_t i = 0; i < count; i++) {
        batch->tasks[i].workload = run->workload;
        batch->tasks[i].state = run->state;
        batch->tasks[i].index = run->next_index++;
    }
    return 0;
}

static void *task_run(void *arg) {
    struct lab_native_task *task = arg;
    task->workload->work(task);
    return NULL;
}

/* Runs all tasks and waits for them. */
static int batch_run(struct batch *batch, struct run *run) {
    if (!run->pool) {
        for (uint64_t i = 0; i < batch->count; i++) {
            run->workload->work(&batch->tasks[i]);
        }
        return 0;
    }
    int failed = 0;
    for (uint64_t i = 0; i < batch->count && !failed; i++) {
        failed = trd_pool_submit(run->pool, task_run, &batch->tasks[i], NULL, &batch->futures[i]);
    }
    for (uint64_t i = 0; i < batch->count; i++) {
        if (batch->futures[i]) {
            const int ended = trd_future_wait(batch->futures[i], TRD_FOREVER);
            failed = failed ? failed : ended;
            trd_future_unref(batch->futures[i]);
        }
    }
    return failed;
}

static int batch_verify(const struct batch *batch, const struct run *run) {
    for (uint64_t i = 0; i < batch->count; i++) {
        const struct lab_native_task *task = &batch->tasks[i];
        if (task->is_wrong || !run->workload->verify(task)) {
            (void)snprintf(run->reason, LAB_REASON_MAX, "task %llu of %s: %s",
                           (unsigned long long)task->index, run->workload->name,
                           task->is_wrong ? "the work failed" : "the result is wrong");
            return -EBADMSG;
        }
    }
    return 0;
}

static void batch_close(struct batch *batch) {
    free(batch->tasks);
    free(batch->futures);
}

/* Runs and verifies `count` tasks; *wall_s_out is what running them took. With a handshake the
 * window is a timed one. */
static int run_batch(struct run *run, uint64_t count, const struct lab_native_handshake *handshake,
                     double setup_s, double *wall_s_out) {
    struct batch batch;
    int failed = batch_open(&batch, run, count);
    if (failed) {
        return failed;
    }
    if (handshake) {
        handshake->ready(setup_s);
    }
    const uint64_t start_ns = trd_clock_now_ns();
    failed = batch_run(&batch, run);
    *wall_s_out = seconds_since(start_ns);
    if (handshake) {
        handshake->done();
    }
    if (!failed) {
        failed = batch_verify(&batch, run);
    }
    batch_close(&batch);
    return failed;
}

static uint64_t workers_of(const struct run *run) {
    return run->pool ? run->spec->workers : 1;
}

/* As many tasks as fill `seconds`: whole rounds of the workers. */
static uint64_t tasks_for(const struct run *run, double seconds, double per_task_s) {
    const double rounds = seconds / fmax(per_task_s, 1e-9) / (double)workers_of(run);
    const double most = (double)(TASKS_MAX / workers_of(run));
    return workers_of(run) * (uint64_t)fmax(1.0, fmin(round(rounds), most));
}

/* Batches of growing size until two of them have lasted about the warm-up's time: the first rounds
 * of many workers say little about how long many rounds take. */
static int run_warm(struct run *run, double *per_task_s_out, bool *is_steady_out) {
    double before_s = 0.0;
    uint64_t count = workers_of(run);
    *is_steady_out = false;
    for (int long_ones = 0; long_ones < 2;) {
        double wall_s;
        const int failed = run_batch(run, count, NULL, 0.0, &wall_s);
        if (failed) {
            return failed;
        }
        const double per_task_s = wall_s / (double)count;
        const uint64_t wanted = tasks_for(run, run->spec->warm_s, per_task_s);
        if (wall_s >= 0.75 * run->spec->warm_s || count >= TASKS_MAX / 4) {
            long_ones++;
            *is_steady_out = fabs(per_task_s - before_s) <= steady_drift * before_s;
        }
        before_s = *per_task_s_out = per_task_s;
        count = wanted < 4 * count ? wanted : 4 * count;
    }
    return 0;
}

static int run_phases(struct run *run, const struct lab_native_handshake *handshake,
                      struct lab_native_result *result) {
    double per_task_s;
    int failed = run_batch(run, 1, NULL, 0.0, &result->first_s);
    if (!failed) {
        failed = run_warm(run, &per_task_s, &result->is_steady);
    }
    if (!failed) {
        result->tasks = tasks_for(run, run->spec->timed_s, per_task_s);
        failed = run_batch(run, result->tasks, handshake, result->setup_s, &result->wall_s);
    }
    return failed;
}

/* Builds the executor; NULL in run->pool for serial. */
static int run_build(struct run *run) {
    struct trd_error error = {""};
    const struct lab_native_spec *spec = run->spec;
    if (strcmp(spec->executor, "serial") == 0) {
        return 0;
    }
    if (strcmp(spec->executor, "treadle-pool") != 0) {
        (void)snprintf(run->reason, LAB_REASON_MAX,
                       "unknown executor '%s'; known: serial treadle-pool", spec->executor);
        return -EINVAL;
    }
    const bool is_adaptive = strncmp(spec->sizer, "adaptive", 8) == 0;
    const struct trd_pool_config config = {
        .policy = spec->policy[0] ? spec->policy : NULL,
        .sizer = spec->sizer[0] ? spec->sizer : NULL,
        .workers_min = is_adaptive ? 1 : 0,
        .workers_max = spec->workers,
        .seed = spec->seed,
    };
    const int failed = trd_pool_create(&config, &run->pool, &error);
    if (failed && error.message[0]) {
        (void)snprintf(run->reason, LAB_REASON_MAX, "%s", error.message);
    }
    return failed;
}

int lab_native_run(const struct lab_native_workload *workload, const struct lab_native_spec *spec,
                   const struct lab_native_handshake *handshake, struct lab_native_result *result,
                   char *reason) {
    struct run run = {.workload = workload, .spec = spec, .reason = reason};
    *result = (struct lab_native_result){0};
    reason[0] = '\0';
    int failed = workload->open(spec, &run.state, reason);
    if (failed) {
        return failed;
    }
    const uint64_t start_ns = trd_clock_now_ns();
    failed = run_build(&run);
    result->setup_s = seconds_since(start_ns);
    if (!failed) {
        failed = run_phases(&run, handshake, result);
    }
    if (run.pool) {
        struct trd_stats stats;
        result->workers_peak = trd_pool_stats(run.pool, &stats) ? 0.0 : stats.workers_peak;
        trd_pool_destroy(run.pool);
    }
    workload->close(run.state);
    return failed;
}
