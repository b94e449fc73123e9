/* test_pool_endings.c - a pool is ended in every state, in every way.
 *
 * A table of states, a table of ways, and every pair of them, for several sizers. Everything that
 * holds a state up waits for one gate, `open`. Whatever happens, each accepted task ends exactly
 * once, nobody hangs, and nothing is lost unless somebody asked for cancelling. */
#include <treadle/treadle.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "tests/check.h"
#include "tests/live/gate.h"

enum { JOBS_MAX = 16, USERS_MAX = 3, WORKERS = 2, YIELDS = 50 };

enum inside { INSIDE_NOTHING, INSIDE_TASK, INSIDE_CALLBACK };

struct stage;

/* A task, and what became of it. */
struct job {
    struct stage *stage;
    struct trd_future *future; /* NULL: it was refused */
    struct trd_future *other;  /* what it waits for */
    _Atomic uint32_t ended;
};

/* A pool in some state, and who uses it. */
struct stage {
    struct trd_pool *pool;
    struct gate begun, open;
    _Atomic bool is_open;
    _Atomic bool is_cancelling;  /* somebody asked for it */
    _Atomic enum inside inside;  /* from where it is to be shut down */
    _Atomic uint32_t shut_count; /* how often that was done */
    struct job jobs[JOBS_MAX];
    int job_count;
    pthread_t users[USERS_MAX];
    int user_count;
};

static int stage_shut(struct stage *stage, enum trd_shutdown how, bool is_waiting) {
    if (how == TRD_SHUTDOWN_CANCEL_PENDING) {
        atomic_store(&stage->is_cancelling, true);
    }
    return trd_pool_shutdown(stage->pool, how, is_waiting);
}

static void stage_release(struct stage *stage) {
    atomic_store(&stage->is_open, true);
    gate_raise(&stage->open);
}

/* Shuts down from here, if this is the place: on a worker it cannot wait for itself. */
static void stage_inside(struct stage *stage, enum inside place) {
    if (atomic_load(&stage->inside) != place) {
        return;
    }
    const bool is_worker = trd_pool_this_worker(stage->pool) != TRD_WORKER_NONE;
    const int answer = stage_shut(stage, TRD_SHUTDOWN_DRAIN, is_worker);
    assert_int_equal(answer, is_worker ? -EDEADLK : 0);
    assert_int_equal(trd_pool_drain(stage->pool, 0) == -EDEADLK, is_worker);
    assert_int_equal(trd_pool_submit(stage->pool, same, stage, NULL, NULL), -ESHUTDOWN);
    atomic_fetch_add(&stage->shut_count, 1);
}

static void *job_end(struct job *job) {
    stage_inside(job->stage, INSIDE_TASK);
    atomic_fetch_add(&job->ended, 1);
    return job;
}

static void *run_short(void *arg) {
    return job_end(arg);
}

static void *run_held(void *arg) {
    struct job *job = arg;
    gate_raise(&job->stage->begun);
    gate_await(&job->stage->open, 1);
    return job_end(job);
}

static void *run_waiting(void *arg) {
    struct job *job = arg;
    gate_raise(&job->stage->begun);
    const int answer = trd_future_wait(job->other, TRD_FOREVER);
    assert_true(answer == 0 || (answer == -ECANCELED && atomic_load(&job->stage->is_cancelling)));
    return job_end(job);
}

static void *run_blocking(void *arg) {
    struct job *job = arg;
    assert_int_equal(trd_pool_blocking_begin(NULL), 0);
    gate_raise(&job->stage->begun);
    gate_await(&job->stage->open, 1);
    return job_end(job); /* the engine closes the region */
}

static void *run_yielding(void *arg) {
    struct job *job = arg;
    gate_raise(&job->stage->begun);
    return atomic_load(&job->stage->is_open) ? job_end(job) : trd_again();
}

static void called_back(void *context, struct trd_future *future) {
    struct stage *stage = context;
    assert_true(trd_future_is_done(future));
    stage_inside(stage, INSIDE_CALLBACK);
}

static void called_back_held(void *context, struct trd_future *future) {
    struct stage *stage = context;
    gate_raise(&stage->begun);
    gate_await(&stage->open, 1);
    called_back(context, future);
}

/* Submits; from here or from a user's thread, which have jobs of their own. */
static int job_give(struct job *job, struct stage *stage, void *(*run)(void *arg),
                    const struct trd_options *options) {
    job->stage = stage;
    const int answer = trd_pool_submit(stage->pool, run, job, options, &job->future);
    if (answer == 0) {
        assert_int_equal(trd_future_on_done(job->future, called_back, stage), 0);
    }
    return answer;
}

static struct job *stage_give(struct stage *stage, void *(*run)(void *arg),
                              const struct trd_options *options) {
    struct job *job = &stage->jobs[stage->job_count++];
    assert_int_equal(job_give(job, stage, run, options), 0);
    return job;
}

static void stage_user(struct stage *stage, void *(*run)(void *arg), void *arg) {
    pthread_t *user = &stage->users[stage->user_count++];
    assert_int_equal(pthread_create(user, NULL, run, arg), 0);
}

/* ---- the states ---- */

static void enter_unused(struct stage *stage) {
    (void)stage; /* as it was made */
}

static void enter_idle(struct stage *stage) {
    for (int i = 0; i < 3; i++) {
        (void)stage_give(stage, run_short, NULL); /* it is checked at the end */
    }
    assert_int_equal(trd_pool_drain(stage->pool, TRD_FOREVER), 0);
}

static void enter_busy(struct stage *stage) {
    for (int i = 0; i < WORKERS; i++) {
        (void)stage_give(stage, run_held, NULL); /* as above */
    }
    gate_await(&stage->begun, WORKERS);
}

static void enter_queued(struct stage *stage) {
    enter_busy(stage);
    for (int i = 0; i < 10; i++) {
        const struct trd_options options = {.client = (uint64_t)i % 3, .priority = i % 2};
        (void)stage_give(stage, run_short, &options); /* as above */
    }
}

static void *submit_blocked(void *arg) {
    struct job *job = arg;
    gate_raise(&job->stage->begun);
    const int answer = job_give(job, job->stage, run_short, NULL);
    assert_true(answer == 0 || answer == -ESHUTDOWN);
    return NULL;
}

/* The pool's bound is 2. Whether they block already, only the threads know: give them time. */
static void enter_blocked(struct stage *stage) {
    enter_busy(stage);
    (void)stage_give(stage, run_short, NULL); /* as above */
    (void)stage_give(stage, run_short, NULL); /* as above */
    for (int i = 0; i < USERS_MAX; i++) {
        struct job *job = &stage->jobs[stage->job_count++];
        job->stage = stage;
        stage_user(stage, submit_blocked, job);
    }
    gate_await(&stage->begun, WORKERS + USERS_MAX);
    for (int i = 0; i < YIELDS; i++) {
        (void)sched_yield(); /* always succeeds */
    }
}

static void enter_waiting(struct stage *stage) {
    struct job *held = stage_give(stage, run_held, NULL);
    struct job *waiting = &stage->jobs[stage->job_count++];
    waiting->other = held->future;
    assert_int_equal(job_give(waiting, stage, run_waiting, NULL), 0);
    gate_await(&stage->begun, 2);
    struct job *queued = stage_give(stage, run_short, NULL);
    (void)queued; /* behind two that wait, one for the other */
}

static void *resize_all_the_time(void *arg) {
    struct stage *stage = arg;
    gate_raise(&stage->begun);
    for (uint32_t i = 0; !atomic_load(&stage->is_open); i++) {
        assert_int_equal(trd_pool_resize(stage->pool, i % 2, 1 + i % 4), 0);
    }
    return NULL;
}

static void enter_resizing(struct stage *stage) {
    (void)stage_give(stage, run_held, NULL); /* as above */
    stage_user(stage, resize_all_the_time, stage);
    gate_await(&stage->begun, 2);
    (void)stage_give(stage, run_short, NULL); /* as above */
}

static void enter_callback(struct stage *stage) {
    static struct held held;
    held = (struct held)HELD_INIT;
    struct trd_future *future = pool_give(stage->pool, held_run, &held);
    gate_await(&held.begun, 1);
    assert_int_equal(trd_future_on_done(future, called_back_held, stage), 0);
    trd_future_unref(future);
    gate_raise(&held.may_end);
    gate_await(&stage->begun, 1);
    (void)stage_give(stage, run_short, NULL); /* as above */
}

static void enter_blocking(struct stage *stage) {
    (void)stage_give(stage, run_blocking, NULL); /* as above */
    (void)stage_give(stage, run_blocking, NULL); /* as above */
    gate_await(&stage->begun, 2);
    (void)stage_give(stage, run_short, NULL); /* as above */
}

static void enter_yielding(struct stage *stage) {
    static const struct trd_options resumable = {.is_resumable = true};
    for (int i = 0; i < 3; i++) {
        (void)stage_give(stage, run_yielding, &resumable); /* as above */
    }
    gate_await(&stage->begun, YIELDS);
}

static void *drain(void *arg) {
    struct stage *stage = arg;
    gate_raise(&stage->begun);
    assert_int_equal(trd_pool_drain(stage->pool, TRD_FOREVER), 0);
    return NULL;
}

static void enter_draining(struct stage *stage) {
    enter_queued(stage);
    stage_user(stage, drain, stage);
    gate_await(&stage->begun, WORKERS + 1);
}

static const struct {
    const char *name;
    void (*enter)(struct stage *stage);
    uint64_t pending_max;
} states[] = {
    {"unused", enter_unused, 0},     {"idle", enter_idle, 0},
    {"busy", enter_busy, 0},         {"queued", enter_queued, 0},
    {"blocked", enter_blocked, 2},   {"waiting", enter_waiting, 0},
    {"resizing", enter_resizing, 0}, {"in a callback", enter_callback, 0},
    {"blocking", enter_blocking, 0}, {"yielding", enter_yielding, 0},
    {"draining", enter_draining, 0},
};

/* ---- the ways ---- */

static void *release(void *arg) {
    stage_release(arg);
    return NULL;
}

/* With the state kept up until everybody was told. */
static void by_telling(struct stage *stage, enum trd_shutdown first, enum trd_shutdown second) {
    assert_int_equal(stage_shut(stage, first, false), 0);
    assert_int_equal(stage_shut(stage, second, false), 0);
    stage_release(stage);
}

static void by_draining(struct stage *stage) {
    by_telling(stage, TRD_SHUTDOWN_DRAIN, TRD_SHUTDOWN_DRAIN);
}

static void by_cancelling(struct stage *stage) {
    by_telling(stage, TRD_SHUTDOWN_CANCEL_PENDING, TRD_SHUTDOWN_DRAIN);
}

static void by_draining_then_cancelling(struct stage *stage) {
    by_telling(stage, TRD_SHUTDOWN_DRAIN, TRD_SHUTDOWN_CANCEL_PENDING);
}

/* With the state given up while somebody waits already. */
static void by_waiting(struct stage *stage, enum trd_shutdown how) {
    pthread_t releaser;
    assert_int_equal(pthread_create(&releaser, NULL, release, stage), 0);
    assert_int_equal(stage_shut(stage, how, true), 0);
    assert_int_equal(pthread_join(releaser, NULL), 0);
}

static void by_waiting_for_the_drain(struct stage *stage) {
    by_waiting(stage, TRD_SHUTDOWN_DRAIN);
}

static void by_waiting_and_cancelling(struct stage *stage) {
    by_waiting(stage, TRD_SHUTDOWN_CANCEL_PENDING);
}

static void *shut_draining(void *arg) {
    assert_int_equal(stage_shut(arg, TRD_SHUTDOWN_DRAIN, true), 0);
    return NULL;
}

static void *shut_cancelling(void *arg) {
    assert_int_equal(stage_shut(arg, TRD_SHUTDOWN_CANCEL_PENDING, true), 0);
    return NULL;
}

static void by_many_at_once(struct stage *stage) {
    enum { ENDERS = 4 };
    pthread_t enders[ENDERS];
    for (int i = 0; i < ENDERS; i++) {
        assert_int_equal(
            pthread_create(&enders[i], NULL, i % 2 ? shut_cancelling : shut_draining, stage), 0);
    }
    stage_release(stage);
    for (int i = 0; i < ENDERS; i++) {
        assert_int_equal(pthread_join(enders[i], NULL), 0);
    }
}

/* Those that run, and those that come, do it; or the callbacks of those that end. */
static void by_something_inside(struct stage *stage, enum inside inside) {
    struct job *last = &stage->jobs[stage->job_count++];
    atomic_store(&stage->inside, inside);
    stage_release(stage);
    const int answer = job_give(last, stage, run_short, NULL);
    assert_true(answer == 0 || answer == -ESHUTDOWN);
    assert_int_equal(trd_pool_drain(stage->pool, TRD_FOREVER), 0);
    assert_true(atomic_load(&stage->shut_count) > 0);
}

static void by_a_task(struct stage *stage) {
    by_something_inside(stage, INSIDE_TASK);
}

static void by_a_callback(struct stage *stage) {
    by_something_inside(stage, INSIDE_CALLBACK);
}

/* Only users have to be gone before: futures need not. */
static void by_destroying(struct stage *stage) {
    if (stage->user_count > 0) {
        assert_int_equal(stage_shut(stage, TRD_SHUTDOWN_DRAIN, false), 0);
        stage_release(stage);
        return; /* the rest is done for every way */
    }
    pthread_t releaser;
    assert_int_equal(pthread_create(&releaser, NULL, release, stage), 0);
    trd_pool_destroy(stage->pool);
    stage->pool = NULL;
    assert_int_equal(pthread_join(releaser, NULL), 0);
}

static const struct {
    const char *name;
    void (*end)(struct stage *stage);
} ways[] = {
    {"draining", by_draining},
    {"cancelling", by_cancelling},
    {"draining, then cancelling", by_draining_then_cancelling},
    {"waiting for the drain", by_waiting_for_the_drain},
    {"waiting and cancelling", by_waiting_and_cancelling},
    {"many at once", by_many_at_once},
    {"a task", by_a_task},
    {"a callback", by_a_callback},
    {"destroying", by_destroying},
};

/* ---- what must hold ---- */

static void stage_check_pool(struct stage *stage) {
    assert_int_equal(trd_pool_shutdown(stage->pool, TRD_SHUTDOWN_DRAIN, true), 0);
    assert_int_equal(trd_pool_submit(stage->pool, same, stage, NULL, NULL), -ESHUTDOWN);
    assert_int_equal(trd_pool_drain(stage->pool, TRD_FOREVER), 0);
    assert_int_equal(trd_pool_resize(stage->pool, 1, 3), 0);
    const struct trd_stats *stats = pool_stats(stage->pool);
    assert_int_equal(stats->workers, 0);
    assert_int_equal(stats->queued + stats->busy + stats->blocked, 0);
    pool_check_identity(stage->pool);
    trd_pool_destroy(stage->pool);
}

static void stage_check_jobs(struct stage *stage) {
    for (int i = 0; i < stage->job_count; i++) {
        struct job *job = &stage->jobs[i];
        if (!job->future) {
            assert_int_equal(atomic_load(&job->ended), 0);
            continue;
        }
        const int answer = trd_future_wait(job->future, 0);
        assert_true(answer == 0 || (answer == -ECANCELED && atomic_load(&stage->is_cancelling)));
        assert_int_equal(atomic_load(&job->ended), answer == 0);
        assert_int_equal(trd_future_cancel(job->future), -EALREADY);
        trd_future_unref(job->future);
    }
}

static void end_in(size_t state, size_t way, const char *sizer) {
    static struct stage stage;
    stage = (struct stage){.begun = GATE_INIT, .open = GATE_INIT};
    stage.pool = pool_make(&(struct trd_pool_config){.workers_min = WORKERS,
                                                     .workers_max = WORKERS,
                                                     .sizer = sizer,
                                                     .pending_max = states[state].pending_max});
    states[state].enter(&stage);
    ways[way].end(&stage);
    for (int i = 0; i < stage.user_count; i++) {
        assert_int_equal(pthread_join(stage.users[i], NULL), 0);
    }
    if (stage.pool) {
        stage_check_pool(&stage);
    }
    stage_check_jobs(&stage);
}

static void every_state_ends_in_every_way(void **state) {
    (void)state;
    static const char *const sizers[] = {"fixed", "on_demand", "gil_model", "compensate"};
    for (size_t i = 0; i < sizeof sizers / sizeof sizers[0]; i++) {
        for (size_t j = 0; j < sizeof states / sizeof states[0]; j++) {
            for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
                /* Told before, for what hangs or fails in another thread. */
                print_message("%s, %s, by %s\n", sizers[i], states[j].name, ways[k].name);
                end_in(j, k, sizers[i]);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_ends_in_every_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
