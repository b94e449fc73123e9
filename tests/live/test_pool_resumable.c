/* test_pool_resumable.c - tasks that yield: policies order their slices, futures see one task. */
#include <treadle/treadle.h>

#include <string.h>

#include "tests/check.h"
#include "tests/live/gate.h"

enum { LOG_MAX = 256 };

/* What ran, in order; one worker writes. */
static char log_text[LOG_MAX];

/* A task of several slices, each of which writes its letter. */
struct sliced {
    char letter;
    int left;
};

static void *run_slice(void *arg) {
    struct sliced *sliced = arg;
    const size_t used = strlen(log_text);
    assert_true(used + 1 < LOG_MAX);
    log_text[used] = sliced->letter;
    log_text[used + 1] = '\0';
    return --sliced->left > 0 ? trd_again() : sliced;
}

/* Runs `count` sliced tasks, all queued before the first one starts, on one worker. */
static void run_in_order(const char *policy, struct sliced *sliced,
                         const struct trd_options *options, int count, const char *expected) {
    struct held held = HELD_INIT;
    struct trd_future *futures[8];
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 1, .policy = policy});
    struct trd_future *holder = pool_hold(pool, &held);
    memset(log_text, 0, sizeof log_text);
    for (int i = 0; i < count; i++) {
        assert_int_equal(trd_pool_submit(pool, run_slice, &sliced[i], &options[i], &futures[i]), 0);
    }
    pool_release(&held, holder);
    for (int i = 0; i < count; i++) {
        assert_int_equal(trd_future_wait(futures[i], TRD_FOREVER), 0);
        assert_ptr_equal(trd_future_result(futures[i]), &sliced[i]);
        trd_future_unref(futures[i]);
    }
    assert_string_equal(log_text, expected);
    assert_int_equal(pool_stats(pool)->finished, count + 1);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static void under_fifo_yielding_tasks_take_turns(void **state) {
    (void)state;
    struct sliced sliced[] = {{'a', 3}, {'b', 1}, {'c', 2}};
    const struct trd_options options[] = {
        {.is_resumable = true}, {.is_resumable = true}, {.is_resumable = true}};
    run_in_order("fifo", sliced, options, 3, "abcaca");
}

static void round_robin_gives_every_client_a_slice_in_turn(void **state) {
    (void)state;
    struct sliced sliced[] = {{'a', 4}, {'A', 2}, {'b', 3}, {'c', 1}};
    const struct trd_options options[] = {{.is_resumable = true, .client = 1},
                                          {.is_resumable = true, .client = 1},
                                          {.is_resumable = true, .client = 2},
                                          {.is_resumable = true, .client = 3}};
    run_in_order("round_robin", sliced, options, 4, "abcAbabAaa");
}

/* The hints are so far apart that what the slices really take makes no difference. */
static void srpt_runs_the_shortest_to_its_end(void **state) {
    (void)state;
    struct sliced sliced[] = {{'l', 2}, {'s', 3}, {'m', 2}};
    const struct trd_options options[] = {{.is_resumable = true, .cost_ns = 9000 * TRD_NS_PER_S},
                                          {.is_resumable = true, .cost_ns = 1000 * TRD_NS_PER_S},
                                          {.is_resumable = true, .cost_ns = 5000 * TRD_NS_PER_S}};
    run_in_order("srpt", sliced, options, 3, "sssmmll");
}

/* Yields for ever; raises a gate each time. */
static void *run_for_ever(void *begun) {
    gate_raise(begun);
    return trd_again();
}

/* A slice that waits for the gate's number 2 in its second run. */
struct stepper {
    struct gate begun, may_go_on;
    int runs;
};

static void *run_step(void *arg) {
    struct stepper *stepper = arg;
    stepper->runs++;
    gate_raise(&stepper->begun);
    gate_await(&stepper->may_go_on, (uint64_t)stepper->runs);
    return trd_again();
}

static void between_two_slices_a_task_can_be_cancelled(void **state) {
    (void)state;
    struct stepper stepper = {GATE_INIT, GATE_INIT, 0};
    struct held held = HELD_INIT;
    struct trd_future *yielding, *holder;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    const struct trd_options options = {.is_resumable = true};
    assert_int_equal(trd_pool_submit(pool, run_step, &stepper, &options, &yielding), 0);
    gate_await(&stepper.begun, 1);
    assert_int_equal(trd_future_cancel(yielding), -EBUSY); /* its slice runs */
    holder = pool_give(pool, held_run, &held);
    gate_raise(&stepper.may_go_on);
    gate_await(&held.begun, 1); /* the other one has the worker */
    assert_false(trd_future_is_done(yielding));
    assert_int_equal(trd_future_wait(yielding, 0), -ETIMEDOUT);
    assert_int_equal(trd_future_cancel(yielding), 0);
    assert_int_equal(trd_future_wait(yielding, 0), -ECANCELED);
    pool_release(&held, holder);
    assert_int_equal(stepper.runs, 1);
    trd_future_unref(yielding);
    trd_pool_destroy(pool);
}

static void shutting_down_cancels_what_has_yielded(void **state) {
    (void)state;
    struct gate begun = GATE_INIT;
    struct trd_future *yielding;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 2});
    const struct trd_options options = {.is_resumable = true};
    assert_int_equal(trd_pool_submit(pool, run_for_ever, &begun, &options, &yielding), 0);
    gate_await(&begun, 10);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_CANCEL_PENDING, true), 0);
    assert_int_equal(trd_future_wait(yielding, 0), -ECANCELED);
    trd_future_unref(yielding);
    trd_pool_destroy(pool);
}

static void a_submitter_runs_every_slice_himself(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct sliced sliced = {'x', 3};
    struct trd_future *future;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .pending_max = 1, .on_full = TRD_ON_FULL_CALLER_RUNS});
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *queued = pool_give(pool, same, NULL);
    const struct trd_options options = {.is_resumable = true};
    memset(log_text, 0, sizeof log_text);
    assert_int_equal(trd_pool_submit(pool, run_slice, &sliced, &options, &future), 0);
    assert_int_equal(trd_future_wait(future, 0), 0);
    assert_string_equal(log_text, "xxx");
    pool_release(&held, holder);
    assert_int_equal(trd_future_wait(queued, TRD_FOREVER), 0);
    trd_future_unref(queued);
    trd_future_unref(future);
    trd_pool_destroy(pool);
}

static void only_a_resumable_task_yields(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *future = pool_give(pool, same, trd_again());
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    assert_ptr_equal(trd_future_result(future), trd_again());
    trd_future_unref(future);
    trd_pool_destroy(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(under_fifo_yielding_tasks_take_turns),
        cmocka_unit_test(round_robin_gives_every_client_a_slice_in_turn),
        cmocka_unit_test(srpt_runs_the_shortest_to_its_end),
        cmocka_unit_test(between_two_slices_a_task_can_be_cancelled),
        cmocka_unit_test(shutting_down_cancels_what_has_yielded),
        cmocka_unit_test(a_submitter_runs_every_slice_himself),
        cmocka_unit_test(only_a_resumable_task_yields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
