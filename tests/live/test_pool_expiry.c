/* test_pool_expiry.c - tasks that are to be dropped late leave the queue at their deadline, though
 * every worker is busy. */
#include <treadle/treadle.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/live/hired.h"

/* Past soon, after all of them were submitted or before. */
static const struct trd_options soon = {.deadline_ns = 1000000, .is_dropped_late = true};
static const struct trd_options never = {.deadline_ns = 3600 * UINT64_C(1000000000),
                                         .is_dropped_late = true};

/* On any thread. */
static void demand(bool is_true, const char *what) {
    if (!is_true) {
        (void)fprintf(stderr, "not true: %s\n", what);
        abort();
    }
}
#define must(condition) demand((condition), #condition)

static void raise_gate(void *gate, struct trd_future *future) {
    (void)future; /* its outcome is looked at by the test */
    gate_raise(gate);
}

static void callbacks_and_waiters_hear_while_all_workers_are_busy(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct gate told = GATE_INIT;
    struct trd_future *late, *kept;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *holder = pool_hold(pool, &held);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(trd_pool_submit(pool, same, pool, &never, &kept), 0);
        assert_int_equal(trd_pool_submit(pool, same, pool, &soon, &late), 0);
        assert_int_equal(trd_future_on_done(late, raise_gate, &told), 0);
        gate_await(&told, i);
        assert_int_equal(trd_future_wait(late, 0), -ETIME);
        trd_future_unref(late);
        assert_int_equal(trd_pool_submit(pool, same, pool, &soon, &late), 0);
        assert_int_equal(trd_future_wait(late, TRD_FOREVER), -ETIME);
        assert_int_equal(trd_future_cancel(late), -EALREADY);
        trd_future_unref(late);
        assert_false(trd_future_is_done(kept));
        trd_future_unref(kept);
    }
    assert_int_equal(pool_stats(pool)->expired, 6);
    assert_int_equal(pool_stats(pool)->queued, 3);
    pool_check_identity(pool);
    pool_release(&held, holder);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(pool_stats(pool)->finished, 4);
    trd_pool_destroy(pool);
}

/* Tasks of the caller's memory, by a client's name and thus not by a door; every policy gives up
 * what is late. */
static void every_policy_lets_late_tasks_go(void **state) {
    (void)state;
    enum { TASKS = 300 };
    static const char *const policies[] = {"fifo", "priority", "edf", "drr", "sfq"};
    struct hired_task *tasks = calloc(TASKS + 1, sizeof *tasks);
    static struct hired hired;
    assert_non_null(tasks);
    for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
        struct held held = HELD_INIT;
        struct gate told = GATE_INIT;
        hired_init(&hired);
        struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1,
                                                                    .policy = policies[p],
                                                                    .backend = &hired_backend,
                                                                    .backend_context = &hired});
        hired_task_init(&tasks[TASKS], hired_held, &held);
        assert_int_equal(trd_pool_submit_task(pool, &tasks[TASKS].shell.task), 0);
        gate_await(&held.begun, 1);
        const uint64_t now_ns = trd_clock_now_ns();
        for (uint64_t i = 0; i < TASKS; i++) {
            hired_task_init(&tasks[i], hired_nothing, NULL);
            tasks[i].told = &told;
            tasks[i].shell.task.flags |= TRD_TASK_HAS_ATTR | TRD_TASK_DROP_LATE;
            tasks[i].shell.attr.client = i % 3;
            tasks[i].shell.attr.deadline_ns = now_ns + (i * 7919 % TASKS) * 100000;
            assert_int_equal(trd_pool_submit_task(pool, &tasks[i].shell.task), 0);
            if (i % 4 == 3) {
                (void)trd_pool_cancel_task(pool, &tasks[i - 1].shell.task); /* or it was too late */
            }
        }
        gate_await(&told, TASKS);
        assert_int_equal(pool_stats(pool)->queued, 0);
        assert_int_equal(pool_stats(pool)->expired + pool_stats(pool)->cancelled, TASKS);
        assert_in_range(pool_stats(pool)->expired, TASKS * 3 / 4, TASKS);
        pool_check_identity(pool);
        gate_raise(&held.may_end);
        trd_pool_destroy(pool);
    }
    free(tasks);
}

static void a_place_in_a_full_queue_is_free_at_the_deadline(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_future *late, *next;
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 1, .pending_max = 1});
    struct trd_future *holder = pool_hold(pool, &held);
    assert_int_equal(trd_pool_submit(pool, same, pool, &soon, &late), 0);
    assert_int_equal(trd_pool_submit(pool, same, pool, NULL, &next), 0); /* waits for room */
    assert_int_equal(trd_future_wait(late, TRD_FOREVER), -ETIME);
    pool_release(&held, holder);
    assert_int_equal(trd_future_wait(next, TRD_FOREVER), 0);
    trd_future_unref(late);
    trd_future_unref(next);
    trd_pool_destroy(pool);
}

/* Lets the thread that tells of late tasks do something. */
struct teller {
    pthread_t home;
    void (*act)(void *arg);
    void *arg;
    bool has_acted;
    struct gate told;
};

static void tell(void *context, struct trd_future *future) {
    struct teller *teller = context;
    (void)future; /* its outcome is looked at elsewhere */
    if (!pthread_equal(pthread_self(), teller->home)) {
        teller->act(teller->arg);
        teller->has_acted = true;
    }
    gate_raise(&teller->told);
}

static void let_it_act(struct trd_pool *pool, void (*act)(void *arg), void *arg) {
    struct teller teller = {.home = pthread_self(), .act = act, .arg = arg, .told = GATE_INIT};
    struct trd_options options = soon;
    /* What is late before it has a callback tells this thread. */
    for (uint64_t i = 1; !teller.has_acted; i++) {
        struct trd_future *late;
        options.deadline_ns *= 2;
        assert_int_equal(trd_pool_submit(pool, same, pool, &options, &late), 0);
        assert_int_equal(trd_future_on_done(late, tell, &teller), 0);
        gate_await(&teller.told, i);
        trd_future_unref(late);
    }
}

static void end_pool(void *pool) {
    must(trd_pool_drain(pool, TRD_FOREVER) == -EDEADLK);
    must(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, false) == 0);
}

static void a_callback_may_shut_down_and_not_drain(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *holder = pool_hold(pool, &held);
    let_it_act(pool, end_pool, pool);
    assert_int_equal(trd_pool_submit(pool, same, pool, NULL, NULL), -ESHUTDOWN);
    pool_release(&held, holder);
    trd_pool_destroy(pool);
}

static void fork_here(void *child) {
    *(pid_t *)child = fork();
}

/* The child consists of the thread that told of the late task; nothing is left for it to do. */
static void a_callback_may_fork(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *holder = pool_hold(pool, &held);
    pid_t child = -1;
    let_it_act(pool, fork_here, &child);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status)); /* a sanitizer may look at what it leaves behind */
    pool_release(&held, holder);
    trd_pool_destroy(pool);
}

static void pools_end_with_deadlines_to_come(void **state) {
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct held held = HELD_INIT;
        struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
        struct trd_future *futures[4], *holder = pool_hold(pool, &held);
        for (int i = 0; i < 4; i++) {
            const struct trd_options drop = {.deadline_ns = i % 2 ? 1 : UINT64_MAX,
                                             .is_dropped_late = true};
            assert_int_equal(trd_pool_submit(pool, same, pool, i < 2 ? &drop : &never, &futures[i]),
                             0);
        }
        gate_raise(&held.may_end);
        const enum trd_shutdown how = round % 2 ? TRD_SHUTDOWN_DRAIN : TRD_SHUTDOWN_CANCEL_PENDING;
        assert_int_equal(trd_pool_shutdown(pool, how, true), 0);
        for (int i = 0; i < 4; i++) {
            assert_true(trd_future_is_done(futures[i])); /* a late one, too */
            trd_future_unref(futures[i]);
        }
        trd_future_unref(holder);
        trd_pool_destroy(pool);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callbacks_and_waiters_hear_while_all_workers_are_busy),
        cmocka_unit_test(every_policy_lets_late_tasks_go),
        cmocka_unit_test(a_place_in_a_full_queue_is_free_at_the_deadline),
        cmocka_unit_test(a_callback_may_shut_down_and_not_drain),
        cmocka_unit_test(a_callback_may_fork),
        cmocka_unit_test(pools_end_with_deadlines_to_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
