/* test_pool_blocking.c - regions in which a worker waits: they nest, end with their task, and are
 * written down. */
#include <treadle/treadle.h>

#include <string.h>

#include "tests/check.h"
#include "tests/live/hired.h"

/* A task that enters `depth` regions and leaves `left` of them; in between it waits. */
struct sleeper {
    struct trd_pool *pool; /* as given to begin and end: NULL is this worker's */
    int depth, left;
    struct held held;
};

static void *sleep_in_region(void *arg) {
    struct sleeper *sleeper = arg;
    for (int i = 0; i < sleeper->depth; i++) {
        assert_int_equal(trd_pool_blocking_begin(sleeper->pool), 0);
    }
    (void)held_run(&sleeper->held);
    for (int i = 0; i < sleeper->left; i++) {
        assert_int_equal(trd_pool_blocking_end(sleeper->pool), 0);
    }
    return NULL;
}

static void regions_nest_and_the_outermost_counts(void **state) {
    (void)state;
    struct sleeper sleeper = {.depth = 3, .left = 3, .held = HELD_INIT};
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 2});
    sleeper.pool = pool;
    struct trd_future *future = pool_give(pool, sleep_in_region, &sleeper);
    gate_await(&sleeper.held.begun, 1);
    assert_int_equal(pool_stats(pool)->blocked, 1);
    assert_int_equal(pool_stats(pool)->busy, 1);
    pool_release(&sleeper.held, future);
    assert_int_equal(pool_stats(pool)->blocked, 0);
    trd_pool_destroy(pool);
}

static void what_a_task_leaves_open_ends_with_it(void **state) {
    (void)state;
    struct sleeper sleeper = {.depth = 2, .left = 1, .held = HELD_INIT};
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *future = pool_give(pool, sleep_in_region, &sleeper);
    gate_await(&sleeper.held.begun, 1);
    pool_release(&sleeper.held, future);
    assert_int_equal(pool_stats(pool)->blocked, 0);
    pool_release(&sleeper.held, pool_give(pool, sleep_in_region, &sleeper)); /* and begins anew */
    assert_int_equal(pool_stats(pool)->blocked, 0);
    trd_pool_destroy(pool);
}

static void *end_without_beginning(void *pool) {
    assert_int_equal(trd_pool_blocking_end(pool), -EINVAL);
    assert_int_equal(trd_pool_blocking_end(NULL), -EINVAL);
    return pool;
}

static void an_end_without_a_beginning_is_an_error(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *future = pool_give(pool, end_without_beginning, pool);
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    trd_future_unref(future);
    trd_pool_destroy(pool);
}

/* What is told to another pool than the worker's own, or on no worker, concerns nobody. */
static void *block_elsewhere(void *other) {
    assert_int_equal(trd_pool_blocking_begin(other), 0);
    assert_int_equal(pool_stats(other)->blocked, 0);
    assert_int_equal(trd_pool_blocking_end(other), 0);
    return other;
}

static void on_no_worker_of_the_pool_nothing_happens(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_pool *other = pool_make(&(struct trd_pool_config){.workers_max = 1});
    (void)block_elsewhere(pool);
    assert_int_equal(trd_pool_blocking_begin(NULL), 0);
    assert_int_equal(trd_pool_blocking_end(NULL), 0);
    struct trd_future *future = pool_give(pool, block_elsewhere, other);
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    trd_future_unref(future);
    trd_pool_destroy(other);
    trd_pool_destroy(pool);
}

static enum trd_outcome yield_inside(struct hired_task *task) {
    assert_int_equal(trd_pool_blocking_begin(NULL), 0);
    return task->runs < 3 ? TRD_OUTCOME_AGAIN : TRD_OUTCOME_DONE;
}

static void a_slice_ends_its_regions(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task task;
    struct gate told = GATE_INIT;
    hired_init(&hired);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .backend = &hired_backend, .backend_context = &hired});
    hired_task_init(&task, yield_inside, NULL);
    task.shell.task.flags |= TRD_TASK_RESUMABLE;
    task.told = &told;
    assert_int_equal(trd_pool_submit_task(pool, &task.shell.task), 0);
    gate_await(&told, 1);
    assert_int_equal(task.runs, 3);
    assert_int_equal(pool_stats(pool)->blocked, 0);
    trd_pool_destroy(pool);
    hired_check_end(&hired);
}

/* Tasks that wait inside a region until `count` of them are there. */
struct meeting {
    struct gate begun;
    uint64_t count;
};

static enum trd_outcome meet_in_region(struct hired_task *task) {
    struct meeting *meeting = task->arg;
    assert_int_equal(trd_pool_blocking_begin(NULL), 0);
    gate_raise(&meeting->begun);
    gate_await(&meeting->begun, meeting->count);
    assert_int_equal(trd_pool_blocking_end(NULL), 0);
    return TRD_OUTCOME_DONE;
}

static void each_blocked_worker_is_made_up_for_at_once(void **state) {
    (void)state;
    enum { COUNT = 20 };
    static struct hired hired;
    static struct hired_task tasks[COUNT];
    struct meeting meeting = {GATE_INIT, COUNT};
    hired_init(&hired);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 40,
                                                                .sizer = "compensate:running=1",
                                                                .backend = &hired_backend,
                                                                .backend_context = &hired});
    for (int i = 0; i < COUNT; i++) {
        hired_task_init(&tasks[i], meet_in_region, &meeting);
        assert_int_equal(trd_pool_submit_task(pool, &tasks[i].shell.task), 0);
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0); /* only if all of them are inside */
    gate_await(&hired.at_close, COUNT);                     /* those who were added leave again */
    assert_int_equal(pool_stats(pool)->workers, 1);
    assert_int_equal(pool_stats(pool)->workers_peak, COUNT + 1);
    assert_int_equal(pool_stats(pool)->blocked, 0);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
    hired_check_end(&hired);
}

/* How many recorded regions begin, if every one ends. */
static uint32_t count_regions(const struct trd_trace *trace) {
    uint32_t begun = 0, ended = 0;
    for (size_t i = 0; i < trace->count; i++) {
        if (trace->events[i].kind == TRD_EVENT_BLOCK) {
            begun += trace->events[i].answer == 1;
            ended += trace->events[i].answer == 0;
        }
    }
    assert_int_equal(begun, ended);
    return begun;
}

static void regions_are_recorded_and_replayed(void **state) {
    (void)state;
    struct sleeper sleepers[2] = {{.depth = 2, .left = 2, .held = HELD_INIT},
                                  {.depth = 2, .left = 0, .held = HELD_INIT}};
    struct trd_trace trace;
    struct trd_replay_report report;
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 2, .is_recording = true});
    for (int i = 0; i < 2; i++) {
        struct trd_future *future = pool_give(pool, sleep_in_region, &sleepers[i]);
        gate_await(&sleepers[i].held.begun, 1);
        pool_release(&sleepers[i].held, future);
    }
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    assert_int_equal(trd_pool_trace(pool, &trace), 0);
    trd_pool_destroy(pool);
    assert_int_equal(count_regions(&trace), 2);
    assert_int_equal(trd_sim_replay(&trace, &report, NULL), 0);
    assert_true(report.is_identical);
    trd_trace_free(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_nest_and_the_outermost_counts),
        cmocka_unit_test(what_a_task_leaves_open_ends_with_it),
        cmocka_unit_test(an_end_without_a_beginning_is_an_error),
        cmocka_unit_test(on_no_worker_of_the_pool_nothing_happens),
        cmocka_unit_test(a_slice_ends_its_regions),
        cmocka_unit_test(each_blocked_worker_is_made_up_for_at_once),
        cmocka_unit_test(regions_are_recorded_and_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
