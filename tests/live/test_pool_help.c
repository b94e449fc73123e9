/* test_pool_help.c - tasks that run out of turn: a waiting worker's, and those somebody takes. */
#include <treadle/treadle.h>

#include <stdatomic.h>

#include "tests/check.h"
#include "tests/live/hired.h"

/* A task that submits the next one and waits for it, `left` deep. */
struct link {
    struct trd_pool *pool;
    unsigned left;
    int answer; /* of the wait; that of the deepest failure comes up */
};

static void *run_link(void *arg) {
    struct link *link = arg;
    if (link->left == 0) {
        return NULL;
    }
    struct link next = {.pool = link->pool, .left = link->left - 1};
    struct trd_future *future = pool_give(link->pool, run_link, &next);
    link->answer = trd_future_wait(future, TRD_FOREVER);
    if (link->answer == -EDEADLK) {
        assert_int_equal(trd_future_cancel(future), 0); /* it refers to this stack */
    } else if (next.answer) {
        link->answer = next.answer;
    }
    trd_future_unref(future);
    return NULL;
}

static int run_links(uint32_t workers, unsigned count) {
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = workers});
    struct link link = {.pool = pool, .left = count};
    struct trd_future *future = pool_give(pool, run_link, &link);
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    trd_future_unref(future);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
    return link.answer;
}

static void one_worker_waits_for_what_waits_for_what_waits(void **state) {
    (void)state;
    assert_int_equal(run_links(1, 1), 0);
    assert_int_equal(run_links(1, TRD_HELP_DEPTH), 0);
}

static void too_deep_is_an_error_only_where_nobody_else_can_run_it(void **state) {
    (void)state;
    assert_int_equal(run_links(1, TRD_HELP_DEPTH + 1), -EDEADLK);
    assert_int_equal(run_links(2, TRD_HELP_DEPTH + 1), 0);
}

struct helper {
    struct trd_pool *pool;
    atomic_uint ran;
    int answers[4];
};

static void *count_up(void *arg) {
    struct helper *helper = arg;
    atomic_fetch_add(&helper->ran, 1);
    return NULL;
}

static void *help_until_none(void *arg) {
    struct helper *helper = arg;
    assert_int_equal(trd_pool_blocking_begin(NULL), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(trd_pool_submit(helper->pool, count_up, helper, NULL, NULL), 0);
    }
    for (int i = 0; i < 4; i++) {
        helper->answers[i] = trd_pool_help(i % 2 ? helper->pool : NULL);
    }
    assert_int_equal(pool_stats(helper->pool)->blocked, 1); /* its region is open again */
    assert_int_equal(trd_pool_blocking_end(NULL), 0);
    return NULL;
}

static void a_task_may_help(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct helper helper = {.pool = pool};
    struct trd_future *future = pool_give(pool, help_until_none, &helper);
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    assert_int_equal(atomic_load(&helper.ran), 2);
    assert_int_equal(helper.answers[0], 0);
    assert_int_equal(helper.answers[1], 0);
    assert_int_equal(helper.answers[2], -EAGAIN);
    assert_int_equal(helper.answers[3], -EAGAIN);
    assert_int_equal(trd_pool_help(pool), -EINVAL); /* no worker of it */
    assert_int_equal(trd_pool_help(NULL), -EINVAL);
    trd_future_unref(future);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(pool_stats(pool)->finished, 3);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static enum trd_outcome yield_once(struct hired_task *task) {
    return task->runs == 1 ? TRD_OUTCOME_AGAIN : TRD_OUTCOME_DONE;
}

static void who_waits_may_take_what_he_waits_for(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task tasks[3];
    static struct held held = HELD_INIT;
    hired_init(&hired);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .backend = &hired_backend, .backend_context = &hired});
    hired_task_init(&tasks[0], hired_held, &held);
    hired_task_init(&tasks[1], hired_nothing, NULL);
    hired_task_init(&tasks[2], yield_once, NULL);
    tasks[2].shell.task.flags |= TRD_TASK_RESUMABLE;
    size_t accepted = 0;
    struct trd_task *const all[] = {&tasks[0].shell.task, &tasks[1].shell.task,
                                    &tasks[2].shell.task};
    assert_int_equal(trd_pool_submit_tasks(pool, all, 3, &accepted), 0);
    assert_int_equal(accepted, 3);
    gate_await(&held.begun, 1);
    assert_int_equal(trd_pool_take_task(pool, all[0]), -EBUSY);
    assert_int_equal(trd_pool_take_task(pool, all[1]), 0);
    assert_int_equal(trd_pool_take_task(pool, all[1]), -EBUSY);
    assert_int_equal(trd_pool_cancel_task(pool, all[1]), -EBUSY);
    assert_int_equal(trd_pool_drain(pool, 1), -ETIMEDOUT);
    assert_int_equal(atomic_load(&tasks[1].completed_count), 0);
    trd_pool_finish_task(pool, all[1], TRD_OUTCOME_DONE);
    assert_int_equal(atomic_load(&tasks[1].completed_count), 1);
    assert_int_equal(trd_pool_take_task(pool, all[1]), -EALREADY);
    /* One that yields is queued again, and may be taken again. */
    for (int slice = 0; slice < 2; slice++) {
        assert_int_equal(trd_pool_take_task(pool, all[2]), 0);
        tasks[2].runs++;
        trd_pool_finish_task(pool, all[2], yield_once(&tasks[2]));
    }
    assert_int_equal(atomic_load(&tasks[2].completed_count), 1);
    assert_int_equal(pool_stats(pool)->finished, 2);
    assert_int_equal(pool_stats(pool)->busy, 1); /* on no worker */
    gate_raise(&held.may_end);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
    hired_check_end(&hired);
}

static void a_late_task_expires_when_it_is_taken(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_task_with_attr task = {.task = {.flags = TRD_TASK_HAS_ATTR | TRD_TASK_DROP_LATE},
                                      .attr = {.deadline_ns = 1}};
    assert_int_equal(trd_pool_submit_task(pool, &task.task), 0);
    assert_int_equal(trd_pool_take_task(pool, &task.task), -EALREADY);
    assert_int_equal(pool_stats(pool)->expired, 1);
    pool_release(&held, holder);
    trd_pool_destroy(pool);
}

/* A task in two slices, with a gate in front of each. */
struct slices {
    struct held first;
    unsigned runs;
    pthread_t second_ran_on;
};

static void *run_slices(void *arg) {
    struct slices *slices = arg;
    if (slices->runs++ == 0) {
        (void)held_run(&slices->first);
        return trd_again();
    }
    slices->second_ran_on = pthread_self();
    return NULL;
}

struct waiter {
    struct trd_future *awaited;
    struct gate waits;
    pthread_t thread;
};

static void *wait_for_it(void *arg) {
    struct waiter *waiter = arg;
    waiter->thread = pthread_self();
    gate_raise(&waiter->waits);
    assert_int_equal(trd_future_wait(waiter->awaited, TRD_FOREVER), 0);
    return NULL;
}

static void a_worker_that_waits_runs_the_slices_that_are_left(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 2});
    struct slices slices = {.first = HELD_INIT};
    struct held held = HELD_INIT;
    struct waiter waiter = {.waits = GATE_INIT};
    assert_int_equal(trd_pool_submit(pool, run_slices, &slices,
                                     &(struct trd_options){.is_resumable = true}, &waiter.awaited),
                     0);
    gate_await(&slices.first.begun, 1);
    struct trd_future *waits = pool_give(pool, wait_for_it, &waiter);
    gate_await(&waiter.waits, 1);
    struct trd_future *holder = pool_give(pool, held_run, &held); /* is before the second slice */
    gate_raise(&slices.first.may_end);
    gate_await(&held.begun, 1);
    assert_int_equal(trd_future_wait(waits, TRD_FOREVER), 0);
    assert_true(pthread_equal(slices.second_ran_on, waiter.thread));
    pool_release(&held, holder);
    trd_future_unref(waiter.awaited);
    trd_future_unref(waits);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static void taking_and_helping_are_recorded_and_replayed(void **state) {
    (void)state;
    static const char *const policies[] = {"fifo", "sfq", "drr", "codel/round_robin/edf", "mlfq"};
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        struct trd_trace trace;
        struct trd_replay_report report;
        struct trd_pool *pool = pool_make(&(struct trd_pool_config){
            .workers_max = 2, .policy = policies[i], .is_recording = true});
        struct link link = {.pool = pool, .left = 20};
        struct helper helper = {.pool = pool};
        struct trd_future *links = pool_give(pool, run_link, &link);
        struct trd_future *helps = pool_give(pool, help_until_none, &helper);
        assert_int_equal(trd_future_wait(links, TRD_FOREVER), 0);
        assert_int_equal(trd_future_wait(helps, TRD_FOREVER), 0);
        assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
        assert_int_equal(trd_pool_trace(pool, &trace), 0);
        assert_int_equal(trd_sim_replay(&trace, &report, NULL), 0);
        assert_true(report.is_identical);
        size_t taken = 0;
        for (size_t event = 0; event < trace.count; event++) {
            taken += trace.events[event].kind == TRD_EVENT_TAKE;
        }
        assert_true(taken > 0);
        trd_trace_free(&trace);
        trd_future_unref(links);
        trd_future_unref(helps);
        trd_pool_destroy(pool);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_worker_waits_for_what_waits_for_what_waits),
        cmocka_unit_test(too_deep_is_an_error_only_where_nobody_else_can_run_it),
        cmocka_unit_test(a_task_may_help),
        cmocka_unit_test(who_waits_may_take_what_he_waits_for),
        cmocka_unit_test(a_late_task_expires_when_it_is_taken),
        cmocka_unit_test(a_worker_that_waits_runs_the_slices_that_are_left),
        cmocka_unit_test(taking_and_helping_are_recorded_and_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
