/* test_pool_cancel.c - cancelling, callbacks, resumable tasks. */
#include <treadle/treadle.h>

#include <stdatomic.h>
#include <string.h>

#include "tests/check.h"
#include "tests/live/hired.h"

static void a_queued_task_is_cancelled_a_running_or_done_one_not(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *running = pool_hold(pool, &held);
    struct trd_future *queued = pool_give(pool, same, pool);
    assert_int_equal(trd_future_cancel(running), -EBUSY);
    assert_int_equal(trd_future_cancel(queued), 0);
    assert_true(trd_future_is_done(queued));
    assert_int_equal(trd_future_wait(queued, TRD_FOREVER), -ECANCELED);
    assert_int_equal(trd_future_cancel(queued), -EALREADY);
    trd_future_unref(queued);
    assert_int_equal(trd_future_wait(running, 0), -ETIMEDOUT);
    gate_raise(&held.may_end);
    assert_int_equal(trd_future_wait(running, TRD_FOREVER), 0);
    assert_int_equal(trd_future_cancel(running), -EALREADY);
    trd_future_unref(running);
    assert_int_equal(pool_stats(pool)->cancelled, 1);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static void every_policy_gives_back_a_task_from_the_middle(void **state) {
    (void)state;
    enum { COUNT = 31 };
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        struct held held = HELD_INIT;
        struct trd_future *futures[COUNT];
        struct trd_pool *pool =
            pool_make(&(struct trd_pool_config){.workers_max = 1, .policy = (*policy)->name});
        struct trd_future *holder = pool_hold(pool, &held);
        for (int i = 0; i < COUNT; i++) {
            const struct trd_options options = {.client = (uint64_t)(i % 3), .priority = i % 5};
            assert_int_equal(trd_pool_submit(pool, same, pool, &options, &futures[i]), 0);
        }
        for (int i = 1; i < COUNT; i += 2) {
            assert_int_equal(trd_future_cancel(futures[i]), 0);
        }
        pool_release(&held, holder);
        for (int i = 0; i < COUNT; i++) {
            assert_int_equal(trd_future_wait(futures[i], TRD_FOREVER), i % 2 ? -ECANCELED : 0);
            trd_future_unref(futures[i]);
        }
        trd_pool_destroy(pool);
    }
}

struct letters {
    struct gate told;
    char text[16];
};

struct letter {
    struct letters *letters;
    char letter;
};

static void append_letter(void *context, struct trd_future *future) {
    struct letter *letter = context;
    assert_true(trd_future_is_done(future));
    letter->letters->text[strlen(letter->letters->text)] = letter->letter;
    gate_raise(&letter->letters->told);
}

static void callbacks_run_in_the_order_given(void **state) {
    (void)state;
    struct letters letters = {GATE_INIT, ""};
    struct letter each[4];
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *future = pool_hold(pool, &held);
    for (int i = 0; i < 4; i++) {
        each[i] = (struct letter){&letters, (char)('a' + i)};
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(trd_future_on_done(future, append_letter, &each[i]), 0);
    }
    assert_string_equal(letters.text, "");
    gate_raise(&held.may_end);
    gate_await(&letters.told, 3);
    assert_int_equal(trd_future_on_done(future, append_letter, &each[3]), 0);
    assert_string_equal(letters.text, "abcd"); /* the last one at once, on this thread */
    trd_future_unref(future);
    trd_pool_destroy(pool);
}

static void cancelling_calls_back_on_the_cancelling_thread(void **state) {
    (void)state;
    struct letters letters = {GATE_INIT, ""};
    struct letter letter = {&letters, 'x'};
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *future = pool_give(pool, same, pool);
    assert_int_equal(trd_future_on_done(future, append_letter, &letter), 0);
    assert_int_equal(trd_future_cancel(future), 0);
    assert_string_equal(letters.text, "x");
    trd_future_unref(future);
    pool_release(&held, holder);
    trd_pool_destroy(pool);
}

/* A callback that waits for a task which was queued behind the one that calls back. */
struct depending {
    struct trd_future *other;
    struct gate told;
    int answer;
};

static void wait_for_other(void *context, struct trd_future *future) {
    struct depending *depending = context;
    (void)future; /* it is done */
    depending->answer = trd_future_wait(depending->other, TRD_FOREVER);
    gate_raise(&depending->told);
}

static void a_callback_may_wait_for_what_is_queued(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct held held[2] = {HELD_INIT, HELD_INIT};
        struct depending depending = {NULL, GATE_INIT, 1};
        struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 2});
        struct trd_future *first = pool_hold(pool, &held[0]);
        struct trd_future *second = pool_hold(pool, &held[1]);
        depending.other = pool_give(pool, same, pool);
        assert_int_equal(trd_future_on_done(first, wait_for_other, &depending), 0);
        /* The first worker must not take the queued task before it calls back. */
        pool_release(&held[0], first);
        pool_release(&held[1], second);
        gate_await(&depending.told, 1);
        assert_int_equal(depending.answer, 0);
        trd_future_unref(depending.other);
        trd_pool_destroy(pool);
    }
}

static enum trd_outcome three_slices(struct hired_task *task) {
    return task->runs < 3 ? TRD_OUTCOME_AGAIN : TRD_OUTCOME_DONE;
}

static void a_resumable_task_runs_in_slices_and_completes_once(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task tasks[20];
    struct gate told = GATE_INIT;
    hired_init(&hired);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 3, .backend = &hired_backend, .backend_context = &hired});
    for (int i = 0; i < 20; i++) {
        hired_task_init(&tasks[i], three_slices, NULL);
        tasks[i].shell.task.flags |= TRD_TASK_RESUMABLE;
        tasks[i].told = &told;
        assert_int_equal(trd_pool_submit_task(pool, &tasks[i].shell.task), 0);
    }
    gate_await(&told, 20);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(tasks[i].runs, 3);
        assert_int_equal(atomic_load(&tasks[i].completed_count), 1);
        assert_int_equal(tasks[i].outcome, TRD_OUTCOME_DONE);
    }
    assert_int_equal(pool_stats(pool)->submitted, 20);
    assert_int_equal(pool_stats(pool)->finished, 20);
    trd_pool_destroy(pool);
    hired_check_end(&hired);
}

static enum trd_outcome yield_for_ever(struct hired_task *task) {
    gate_raise(task->arg);
    return TRD_OUTCOME_AGAIN;
}

static void shutdown_cancels_a_task_that_always_yields(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task task;
    struct gate begun = GATE_INIT;
    hired_init(&hired);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .backend = &hired_backend, .backend_context = &hired});
    hired_task_init(&task, yield_for_ever, &begun);
    task.shell.task.flags |= TRD_TASK_RESUMABLE;
    assert_int_equal(trd_pool_submit_task(pool, &task.shell.task), 0);
    gate_await(&begun, 10);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_CANCEL_PENDING, true), 0);
    assert_int_equal(atomic_load(&task.completed_count), 1);
    assert_int_equal(task.outcome, TRD_OUTCOME_CANCELLED);
    trd_pool_destroy(pool);
    hired_check_end(&hired);
}

static void cancel_task_knows_where_a_task_stands(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task busy, queued;
    static struct held held = HELD_INIT;
    hired_init(&hired);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .backend = &hired_backend, .backend_context = &hired});
    hired_task_init(&busy, hired_held, &held);
    hired_task_init(&queued, hired_nothing, NULL);
    assert_int_equal(trd_pool_submit_task(pool, &busy.shell.task), 0);
    gate_await(&held.begun, 1);
    assert_int_equal(trd_pool_submit_task(pool, &queued.shell.task), 0);
    assert_int_equal(trd_pool_cancel_task(pool, &busy.shell.task), -EBUSY);
    assert_int_equal(trd_pool_cancel_task(pool, &queued.shell.task), 0);
    assert_int_equal(queued.outcome, TRD_OUTCOME_CANCELLED);
    assert_int_equal(queued.runs, 0);
    assert_int_equal(trd_pool_cancel_task(pool, &queued.shell.task), -EALREADY);
    /* A completed task may be submitted again. */
    assert_int_equal(trd_pool_submit_task(pool, &queued.shell.task), 0);
    gate_raise(&held.may_end);
    trd_pool_destroy(pool);
    assert_int_equal(queued.runs, 1);
    assert_int_equal(atomic_load(&queued.completed_count), 2);
    hired_check_end(&hired);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queued_task_is_cancelled_a_running_or_done_one_not),
        cmocka_unit_test(every_policy_gives_back_a_task_from_the_middle),
        cmocka_unit_test(callbacks_run_in_the_order_given),
        cmocka_unit_test(cancelling_calls_back_on_the_cancelling_thread),
        cmocka_unit_test(a_callback_may_wait_for_what_is_queued),
        cmocka_unit_test(a_resumable_task_runs_in_slices_and_completes_once),
        cmocka_unit_test(shutdown_cancels_a_task_that_always_yields),
        cmocka_unit_test(cancel_task_knows_where_a_task_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
