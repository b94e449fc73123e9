/* test_pool_schedules.c - a small pool under every interleaving of a few calls: doors, workers,
 * batches (staged_scenes.h). */
#include "tests/unit/staged_scenes.h"

static void in_order(int first, int second) {
    schedules_must(tasks[first].place < tasks[second].place);
}

static void submit_0_1(void) {
    submit(0);
    submit(1);
}

static void submit_0_to_3(void) {
    submit_0_1();
    submit(2);
    submit(3);
}

static void submit_2_3(void) {
    submit(2);
    submit(3);
}

static void each_in_order(void) {
    in_order(0, 1);
    in_order(2, 3);
}

static void all_in_order(void) {
    in_order(0, 1);
    in_order(1, 2);
    in_order(2, 3);
}

static void submit_0_and_tell(void) {
    submit(0);
    has_happened = true;
}

static void submit_2_when_told(void) {
    await();
    submit(2);
}

static void submit_1_then_0_and_tell(void) {
    submit(1);
    submit_0_and_tell();
}

static void submit_3_then_2_when_told(void) {
    submit(3);
    submit_2_when_told();
}

static void told_in_order(void) {
    in_order(0, 2);
}

static void submit_and_cancel_0(void) {
    submit(0);
    cancel(0);
}

static void submit_0_and_drain(void) {
    submit(0);
    schedules_must(trd_pool_drain(pool, TRD_FOREVER) == 0);
    schedules_must(tasks[0].ends == 1);
}

static void submit_and_count(void) {
    struct trd_stats stats;
    submit_0_1();
    schedules_must(trd_pool_stats(pool, &stats) == 0);
    schedules_must(stats.submitted >= 2);
}

static void submit_2(void) {
    submit(2);
}

static void submit_3(void) {
    submit(3);
}

/* Each task is taken in, whatever comes between, in the order of each thread and of those who tell
 * one another, and seen by whoever takes the lock afterwards. */
static void tasks_pass_doors(void **state) {
    (void)state;
    static const struct scene scenes[] = {
        {.workers = 1, .play = {submit_0_1, submit_2_3}, .after = each_in_order, .switches = 2},
        {.workers = 1, .play = {submit_0_to_3}, .after = all_in_order, .switches = 3}, /* full */
        {.workers = 1,
         .play = {submit_0_and_tell, submit_2_when_told, submit_3},
         .after = told_in_order,
         .switches = 1},
        {.workers = 1,
         .play = {submit_1_then_0_and_tell, submit_3_then_2_when_told},
         .after = told_in_order,
         .switches = 2},
        {.workers = 1, .play = {submit_and_cancel_0, submit_2_3}, .switches = 2},
        {.workers = 1, .play = {submit_0_and_drain, submit_2}, .switches = 1},
        {.workers = 1, .play = {submit_and_count, submit_2_3}, .switches = 1},
        /* With clocks that are wrong. */
        {.workers = 1,
         .play = {submit_0_1, submit_2_3},
         .skew_ns = {20, -20},
         .after = each_in_order,
         .switches = 2},
        {.workers = 1,
         .play = {submit_0_to_3},
         .skew_ns = {20},
         .after = all_in_order,
         .switches = 2},
        {.workers = 1, .play = {submit_and_cancel_0}, .skew_ns = {20}, .switches = 3},
        {.workers = 1, .play = {submit_0_and_drain}, .skew_ns = {20}, .switches = 3},
        {.workers = 1, .play = {submit_and_count}, .skew_ns = {20}, .switches = 3},
    };
    TRY_ALL(scenes);
}

static void shut_down_and_wait(void) {
    schedules_must(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true) == 0);
}

/* No task gets lost in a door that is closed, and no door that its thread, or its pool, leaves. */
static void doors_close(void **state) {
    (void)state;
    static const struct scene scenes[] = {
        {.workers = 1, .play = {submit_0_1, shut_down_draining}, .switches = 2},
        {.workers = 1, .play = {submit_0_1, shut_down_cancelling}, .switches = 2},
        {.workers = 1, .play = {submit_0_1, submit_2, shut_down_draining}, .switches = 1},
        {.workers = 1, .play = {submit_0_1, submit_2, shut_down_cancelling}, .switches = 1},
        {.workers = 1, .play = {submit_0_1, shut_down_draining}, .skew_ns = {20}, .switches = 2},
        {.workers = 1, .play = {submit_0_and_tell, destroy_when_told}, .switches = 2},
        {.workers = 1, .play = {submit_0_and_tell, submit_2}, .switches = 2},
    };
    TRY_ALL(scenes);
}

/* One task waits for another. */
static void let_it_happen(struct staged_task *self) {
    (void)self; /* the same */
    has_happened = true;
}

static void let_0_wait_for_1(void) {
    tasks[0].act = wait_for_it;
    tasks[1].act = let_it_happen;
}

static void submit_0(void) {
    submit(0);
}

static void submit_1(void) {
    submit(1);
}

static void submit_5(struct staged_task *self) {
    (void)self; /* there is one child */
    submit(5);
}

static void let_0_submit_5(void) {
    tasks[0].act = submit_5;
}

static void shrink(void) {
    schedules_must(trd_pool_resize(pool, 0, 1) == 0);
}

/* No worker sleeps on while there is something that it could run. */
static void workers_wake_up(void **state) {
    (void)state;
    static const struct scene scenes[] = {
        {.workers = 2, .before = let_0_wait_for_1, .play = {submit_0, submit_1}, .switches = 1},
        {.workers = 2, .before = let_0_wait_for_1, .play = {submit_0_1}, .switches = 1},
        {.workers = 1, .before = let_0_submit_5, .play = {submit_0, submit_1}, .switches = 1},
        {.workers = 2, .play = {submit_0_1, submit_2}, .switches = 1},
        {.sizer = "on_demand", .workers = 2, .play = {submit_0, submit_1}, .switches = 1},
        {.sizer = "on_demand",
         .workers = 2,
         .before = let_0_wait_for_1,
         .play = {submit_0, submit_1},
         .switches = 1},
        /* Workers that have been idle for too long go, and come back. */
        {.workers = 1, .idle_ns = 100, .play = {submit_0, submit_1}, .switches = 1, .timeouts = 2},
        {.sizer = "on_demand",
         .workers = 1,
         .idle_ns = 100,
         .play = {submit_0_1},
         .switches = 1,
         .timeouts = 2},
        {.workers = 2,
         .idle_ns = 100,
         .before = let_0_wait_for_1,
         .play = {submit_0_1},
         .switches = 1,
         .timeouts = 1},
        {.sizer = "on_demand",
         .workers = 2,
         .idle_ns = 100,
         .before = let_0_wait_for_1,
         .play = {submit_0_1},
         .switches = 1,
         .timeouts = 1},
        {.workers = 2, .play = {submit_0_1, shrink}, .switches = 1},
        {.workers = 2, .spin_ns = 1, .play = {submit_0, submit_1}, .switches = 1},
    };
    TRY_ALL(scenes);
}

static void queue_4(void) {
    submit_0_to_3();
}

static void queue_3(void) {
    submit_0_1();
    submit(2);
}

static void queue_4_waiting(void) {
    let_0_wait_for_1();
    submit_0_to_3();
}

static void cancel_0_1(void) {
    cancel(0);
    cancel(1);
}

static void cancel_3_2(void) {
    cancel(3);
    cancel(2);
}

static void help(struct staged_task *self) {
    (void)self; /* it may find nothing */
    const int answer = trd_pool_help(NULL);
    schedules_must(answer == 0 || answer == -EAGAIN);
}

static void queue_4_helping(void) {
    tasks[0].act = help;
    submit_0_to_3();
}

/* What a worker has taken at once is run once, and is not held up by what does not end. */
static void batches_are_shared(void **state) {
    (void)state;
    static const struct scene scenes[] = {
        {.workers = 1, .has_batches = true, .before = queue_4, .play = {cancel_0_1}, .switches = 2},
        {.workers = 2,
         .has_batches = true,
         .before = queue_4,
         .play = {cancel_0_1, cancel_3_2},
         .switches = 1},
        {.workers = 2, .has_batches = true, .before = queue_4, .switches = 1},
        {.workers = 2, .has_batches = true, .before = queue_4_waiting, .switches = 1},
        {.workers = 2, .has_batches = true, .before = queue_4_helping, .switches = 1},
        {.workers = 1, .has_batches = true, .before = queue_4_helping, .switches = 1},
        {.workers = 2,
         .has_batches = true,
         .before = queue_4_waiting,
         .play = {shut_down_draining},
         .switches = 1},
        {.workers = 2,
         .has_batches = true,
         .before = queue_3,
         .play = {shut_down_and_wait},
         .switches = 2},
        {.workers = 2,
         .has_batches = true,
         .before = queue_4,
         .play = {shut_down_cancelling},
         .switches = 1},
        {.workers = 2, .has_batches = true, .before = queue_4, .play = {shrink}, .switches = 1},
    };
    TRY_ALL(scenes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_pass_doors),
        cmocka_unit_test(doors_close),
        cmocka_unit_test(workers_wake_up),
        cmocka_unit_test(batches_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
