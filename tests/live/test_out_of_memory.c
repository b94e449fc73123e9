/* test_out_of_memory.c - every request for memory, a mapping, a thread or a file is refused in
 * turn.
 *
 * What was refused must say so and leave nothing behind; what was accepted must end exactly once;
 * and afterwards the pool works like any other. */
#include <treadle/treadle.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/live/gate.h"
#include "tests/scarcity.h"

enum {
    JOBS = 40,     /* with as many clients: their table grows twice */
    MANY = 5,      /* submitted at once */
    WORKERS = 18,  /* their table grows */
    AFTERWARDS = 8 /* submitted when nothing is scarce any more */
};

static const struct trd_pool_config configs[] = {
    {.workers_max = 2},
    {.workers_max = WORKERS, .workers_min = WORKERS, .sizer = "fixed", .policy = "work_stealing"},
    {.workers_max = 3, .policy = "codel/drr/edf", .sizer = "gil_model", .is_recording = true},
    {.workers_max = 1, .policy = "edf"},
    {.workers_max = 2,
     .policy = "gittins",
     .sizer = "compensate",
     .pending_max = 4,
     .on_full = TRD_ON_FULL_CALLER_RUNS,
     .name = "scarce"},
};
static const struct trd_pool_config *config; /* the one the scene is about */

/* A task, and what became of it. */
struct job {
    struct trd_pool *pool;
    struct trd_future *future;
    bool is_accepted;
    int slices_left;
    _Atomic uint32_t ended;
    uint32_t callbacks; /* that were accepted */
    _Atomic uint32_t called_back;
};

/* What a function answers that wants something scarce. */
static int scarce(int answer) {
    if (answer != 0 && answer != -ENOMEM && answer != -EAGAIN && answer != -EMFILE) {
        fail_msg("%d is no answer to scarcity", answer);
    }
    return answer;
}

static void *job_run(void *arg) {
    struct job *job = arg;
    if (job->slices_left-- > 0) {
        return trd_again();
    }
    (void)trd_pool_blocking_begin(job->pool); /* whether it starts others or not */
    (void)trd_pool_blocking_end(job->pool);
    atomic_fetch_add(&job->ended, 1);
    return job;
}

/* Submits another one, and waits for it. */
static void *job_nest(void *arg) {
    struct job *job = arg;
    struct trd_future *inner = NULL;
    struct job child = {.pool = job->pool};
    if (scarce(trd_pool_submit(job->pool, job_run, &child, NULL, &inner)) == 0) {
        if (trd_future_wait(inner, TRD_FOREVER) || atomic_load(&child.ended) != 1) {
            abort(); /* not the test's thread: it cannot fail there */
        }
        trd_future_unref(inner);
    }
    atomic_fetch_add(&job->ended, 1);
    return job;
}

static void job_called_back(void *context, struct trd_future *future) {
    struct job *job = context;
    (void)future; /* it is done */
    atomic_fetch_add(&job->called_back, 1);
}

/* Whether and how it was submitted depends on its index. */
static void job_submit(struct job *job, int index) {
    const struct trd_options options = {
        .client = (uint64_t)index + 1,
        .priority = index % 3,
        .cost_ns = 100,
        .is_resumable = true,
        .deadline_ns = index % 5 == 1, /* no job is in time for that */
        .is_dropped_late = true,
    };
    job->slices_left = index % 4 == 1;
    job->is_accepted = scarce(trd_pool_submit(job->pool, index % 4 == 2 ? job_nest : job_run, job,
                                              index % 4 ? &options : NULL, &job->future)) == 0;
    assert_true(job->is_accepted == (job->future != NULL));
    if (job->is_accepted && index % 3 == 0) {
        job->callbacks += scarce(trd_future_on_done(job->future, job_called_back, job)) == 0;
    }
    if (job->is_accepted && index % 7 == 0) {
        (void)trd_future_cancel(job->future); /* it may be too late */
    }
}

static void jobs_submit_many(struct trd_pool *pool, struct job *jobs) {
    void *args[MANY];
    struct trd_future *futures[MANY];
    size_t accepted = MANY + 1;
    for (int i = 0; i < MANY; i++) {
        args[i] = &jobs[i];
    }
    const int answer =
        scarce(trd_pool_submit_many(pool, job_run, args, MANY, NULL, futures, &accepted));
    assert_true((answer == 0) == (accepted == MANY));
    for (size_t i = 0; i < MANY; i++) {
        jobs[i].future = futures[i];
        jobs[i].is_accepted = i < accepted;
        assert_true(jobs[i].is_accepted == (futures[i] != NULL));
    }
}

/* All is over: each ended once, or as its future says; then nothing of it is left. */
static void jobs_check(struct job *jobs, int count) {
    for (int i = 0; i < count; i++) {
        struct job *job = &jobs[i];
        int answer = -ECANCELED;
        if (job->is_accepted) {
            answer = trd_future_wait(job->future, 0);
            trd_future_unref(job->future);
        }
        assert_true(answer == 0 || answer == -ECANCELED || answer == -ETIME);
        assert_int_equal(atomic_load(&job->ended), answer == 0);
        assert_int_equal(atomic_load(&job->called_back), job->callbacks);
    }
}

/* Its decisions can be copied, kept, read and repeated: or a clean error. */
static void trace_everything(struct trd_pool *pool) {
    static const char path[] = "out-of-memory.trace";
    struct trd_trace trace = {.count = 0}, again = {.count = 0};
    static struct trd_replay_report report;
    struct trd_error error;
    if (scarce(trd_pool_trace(pool, &trace)) == 0) {
        if (scarce(trd_trace_save(&trace, path)) == 0) {
            if (scarce(trd_trace_load(&again, path, &error)) == 0) {
                assert_int_equal(again.count, trace.count);
            }
            trd_trace_free(&again);
            assert_int_equal(unlink(path), 0);
        }
        if (scarce(trd_sim_replay(&trace, &report, &error)) == 0) {
            assert_true(report.is_identical);
        }
        trd_trace_free(&trace);
    }
}

static void pool_works(struct trd_pool *pool) {
    struct job jobs[AFTERWARDS] = {{0}};
    for (int i = 0; i < AFTERWARDS; i++) {
        jobs[i].pool = pool;
        jobs[i].future = pool_give(pool, job_run, &jobs[i]);
        jobs[i].is_accepted = true;
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    jobs_check(jobs, AFTERWARDS); /* codel may have found some too late, on a slow machine */
}

/* Everything that may want something, with one or all of the requests refused. */
static bool scene(enum scarcity_kind kind, uint64_t at) {
    struct job jobs[JOBS + MANY] = {{0}};
    struct trd_error error;
    struct trd_pool *pool = NULL;
    scarcity_begin(kind, at);
    if (scarce(trd_pool_create(config, &pool, &error))) {
        assert_null(pool);
        assert_true(scarcity_end());
        return true;
    }
    for (int i = 0; i < JOBS + MANY; i++) {
        jobs[i].pool = pool;
    }
    for (int i = 0; i < JOBS; i++) {
        job_submit(&jobs[i], i);
    }
    jobs_submit_many(pool, &jobs[JOBS]);
    assert_int_equal(trd_pool_resize(pool, 1, WORKERS), 0);
    const int drained = kind == SCARCITY_ONE ? trd_pool_drain(pool, TRD_FOREVER) : 0;
    assert_int_equal(drained, 0);
    if (config->is_recording) {
        trace_everything(pool);
    }
    const bool was_refused = scarcity_end();
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    jobs_check(jobs, JOBS + MANY);
    pool_works(pool);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
    return was_refused;
}

static void every_request_may_be_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        config = &configs[i];
        const uint64_t refused = scarcity_sweep(scene);
        print_message("%s: %d requests were refused\n", config->policy ? config->policy : "fifo",
                      (int)refused);
        assert_true(refused > JOBS); /* in two ways: threads, records, segments, callbacks */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_may_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
