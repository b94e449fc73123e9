/* test_stealing.c - work_stealing: whose tasks a worker takes, and in which order. */
#include "tests/check.h"
#include "tests/contract/stage.h"

#include "base/deque.h"

enum { WORKERS = 3, MANY = 2 * TRD_DEQUE_SLOTS };

/* Submitted by the task that `worker` runs; TRD_WORKER_NONE: from outside. */
static void submit(struct stage *stage, struct trd_task *task, uint32_t worker) {
    *task = (struct trd_task){0};
    assert_int_equal(trd__sched_submit(&stage->host.sched, task, worker, stage->now_ns), 0);
}

static void expect(struct stage *stage, uint32_t worker, struct trd_task *task) {
    assert_ptr_equal(trd__sched_next(&stage->host.sched, worker, stage->now_ns).task, task);
    if (task) {
        trd__sched_finish(&stage->host.sched, task, worker, TRD_OUTCOME_DONE, NULL, stage->now_ns);
    }
}

static void
a_worker_takes_its_newest_then_the_oldest_from_outside_then_another_s_oldest(void **state) {
    (void)state;
    struct stage stage;
    struct trd_task own[2], outside[2], other[3];
    stage_open(&stage, "work_stealing", WORKERS, 1);
    for (int i = 0; i < 2; i++) {
        submit(&stage, &own[i], 0);
        submit(&stage, &outside[i], TRD_WORKER_NONE);
    }
    for (int i = 0; i < 3; i++) {
        submit(&stage, &other[i], 2);
    }
    expect(&stage, 0, &own[1]);
    expect(&stage, 0, &own[0]);
    expect(&stage, 0, &outside[0]);
    expect(&stage, 0, &outside[1]);
    expect(&stage, 0, &other[0]);
    expect(&stage, 2, &other[2]); /* its owner works at the other end */
    expect(&stage, 1, &other[1]);
    expect(&stage, 1, NULL);
    stage_close(&stage);
}

/* The oldest make room, and are served like those from outside. */
static void a_full_deque_gives_its_oldest_away(void **state) {
    (void)state;
    static struct trd_task task[MANY];
    struct stage stage;
    stage_open(&stage, "work_stealing", WORKERS, 1);
    for (int i = 0; i < MANY; i++) {
        submit(&stage, &task[i], 0);
    }
    for (int i = 0; i < TRD_DEQUE_SLOTS; i++) {
        expect(&stage, 1, &task[i]); /* it finds them without stealing */
    }
    for (int i = 0; i < 60; i++) { /* fewer than between two looks at the shared queue */
        expect(&stage, 0, &task[MANY - 1 - i]);
    }
    for (int i = TRD_DEQUE_SLOTS; i < MANY - 60; i++) {
        expect(&stage, 1, &task[i]);
    }
    expect(&stage, 0, NULL);
    stage_close(&stage);
}

static void tasks_that_breed_tasks_do_not_starve_the_others(void **state) {
    (void)state;
    struct stage stage;
    struct trd_task outside, child[2];
    int turns = 0;
    stage_open(&stage, "work_stealing", 1, 1);
    submit(&stage, &outside, TRD_WORKER_NONE);
    submit(&stage, &child[0], 0);
    for (;; turns++) {
        struct trd_task *task = trd__sched_next(&stage.host.sched, 0, stage.now_ns).task;
        if (task == &outside) {
            break;
        }
        assert_true(turns < 64);
        submit(&stage, &child[task == &child[0]], 0);
        trd__sched_finish(&stage.host.sched, task, 0, TRD_OUTCOME_DONE, NULL, stage.now_ns);
    }
    trd__sched_finish(&stage.host.sched, &outside, 0, TRD_OUTCOME_DONE, NULL, stage.now_ns);
    assert_true(turns > 0);
    struct trd_task *last = trd__sched_any(&stage.host.sched);
    expect(&stage, 0, last);
    stage_close(&stage);
}

/* What a worker leaves behind is not lost, even if its index begins anew. */
static void what_a_worker_leaves_is_found_by_others(void **state) {
    (void)state;
    struct stage stage;
    struct trd_task task[4];
    stage_open(&stage, "work_stealing", WORKERS, 1);
    for (int i = 0; i < 4; i++) {
        submit(&stage, &task[i], 2);
    }
    assert_int_equal(trd__sched_cancel(&stage.host.sched, &task[1], stage.now_ns), 0);
    trd__sched_leave(&stage.host.sched, 2, stage.now_ns);
    trd__sched_join(&stage.host.sched, 2, stage.now_ns);
    assert_int_equal(trd__sched_cancel(&stage.host.sched, &task[2], stage.now_ns), 0);
    expect(&stage, 1, &task[0]);
    expect(&stage, 2, &task[3]);
    expect(&stage, 0, NULL);
    stage_close(&stage);
}

/* A task that yields lets the others go first. */
static void who_yields_goes_behind(void **state) {
    (void)state;
    struct stage stage;
    struct trd_task outside;
    stage_open(&stage, "work_stealing", 1, 1);
    const struct stage_task *yielding =
        stage_submit(&stage, (struct stage_spec){.client = 1, .flags = TRD_TASK_RESUMABLE});
    assert_ptr_equal(stage_take(&stage, 0), yielding);
    submit(&stage, &outside, TRD_WORKER_NONE);
    stage.now_ns += 1000;
    stage_finish(&stage, 0, TRD_OUTCOME_AGAIN);
    expect(&stage, 0, &outside);
    assert_ptr_equal(stage_take(&stage, 0), yielding);
    stage_close(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_worker_takes_its_newest_then_the_oldest_from_outside_then_another_s_oldest),
        cmocka_unit_test(a_full_deque_gives_its_oldest_away),
        cmocka_unit_test(tasks_that_breed_tasks_do_not_starve_the_others),
        cmocka_unit_test(what_a_worker_leaves_is_found_by_others),
        cmocka_unit_test(who_yields_goes_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
