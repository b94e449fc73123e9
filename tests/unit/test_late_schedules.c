/* test_late_schedules.c - late tasks leave a small pool under every interleaving of a few calls,
 * while its worker is busy (staged_scenes.h). */
#include "tests/unit/staged_scenes.h"

/* It has left the queue, or was never in it. Perhaps it is not complete. */
static bool is_over(int number) {
    return tasks[number].task.state == TRD_TASK_EXPIRED || tasks[number].ends ||
           tasks[number].answer == -ESHUTDOWN;
}

static bool are_1_2_over(void *unused) {
    (void)unused; /* they are everybody's */
    return is_over(1) && is_over(2);
}

static void wait_for_1_2(struct staged_task *self) {
    (void)self;                                       /* one waits */
    (void)schedules_await(are_1_2_over, NULL, false); /* for ever */
}

/* The only worker is busy until 1 and 2 are over. */
static void queue_0_waiting(void) {
    tasks[0].act = wait_for_1_2;
    submit(0);
}

static void submit_due(int number, uint64_t after_ms) {
    tasks[number].task.flags = TRD_TASK_HAS_ATTR | TRD_TASK_DROP_LATE;
    tasks[number].attr.deadline_ns = staged_time_ns + after_ms * TRD_NS_PER_MS;
    submit(number);
}

static void submit_late_1(void) {
    submit_due(1, 20);
}

static void submit_late_2(void) {
    submit_due(2, 10);
}

static void submit_late_1_2(void) {
    submit_late_1();
    submit_late_2();
}

static void submit_late_2_1(void) {
    submit_late_2();
    submit_late_1();
}

static void submit_late_1_2_and_tell(void) {
    submit_late_1_2();
    has_happened = true;
}

/* Whoever shuts down and waits finds that all have been completed. */
static void shut_down_when_told(void) {
    await();
    schedules_must(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true) == 0);
    schedules_must(tasks[1].ends && tasks[2].ends);
}

/* 1 runs, long before it is late, while its pool shuts down. */
static void queue_0_for_long(void) {
    tasks[0].act = wait_for_it;
    submit(0);
}

/* The pool's own thread does not stay until its memory goes. */
static void submit_late_1_and_end(void) {
    submit_late_1();
    shut_down_draining();
    has_happened = true;
    schedules_must(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true) == 0);
    (void)schedules_await(staged_is_over, &staged_threads[0].number, false); /* for ever */
}

static void cancel_2_1(void) {
    await();
    cancel(2);
    cancel(1);
}

/* No deadline is forgotten while the workers are busy, and the thread for them ends. */
static void late_tasks_leave(void **state) {
    (void)state;
    static const struct scene scenes[] = {
        {.play = {submit_late_1, submit_late_2}, .switches = 1},
        {.play = {submit_late_1_2}, .switches = 2},
        {.play = {submit_late_2_1}, .switches = 2},
        {.play = {submit_late_1_2, shut_down_draining}, .switches = 1},
        {.play = {submit_late_1_2, shut_down_cancelling}, .switches = 1},
        {.play = {submit_late_1_2_and_tell, destroy_when_told}, .switches = 1},
        {.play = {submit_late_1_2_and_tell, shut_down_when_told}, .switches = 1},
        {.play = {submit_late_1_2_and_tell, cancel_2_1}, .switches = 1},
    };
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        struct scene held = scenes[i];
        held.workers = 1;
        held.before = queue_0_waiting;
        held.is_until_late = true;
        held.timeouts = 8; /* more than the thread needs */
        try_all(&held);
    }
    static const struct scene timely = {
        .workers = 1, .before = queue_0_for_long, .play = {submit_late_1_and_end}, .switches = 2};
    try_all(&timely);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_tasks_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
