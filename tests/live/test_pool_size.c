/* test_pool_size.c - workers come and go, fail to come, are named and undisturbed by signals. */
#include <treadle/treadle.h>

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tests/check.h"
#include "tests/live/hired.h"

/* Tasks that all have to run at once: each waits until `count` have begun. */
struct meeting {
    struct gate begun;
    uint64_t count;
};

static void *meet(void *arg) {
    struct meeting *meeting = arg;
    gate_raise(&meeting->begun);
    gate_await(&meeting->begun, meeting->count);
    return NULL;
}

/* Ends only when `count` tasks run at the same time. */
static void pool_meet(struct trd_pool *pool, uint64_t count) {
    struct meeting meeting = {GATE_INIT, count};
    struct trd_future *futures[HIRED_MAX];
    for (uint64_t i = 0; i < count; i++) {
        futures[i] = pool_give(pool, meet, &meeting);
    }
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(trd_future_wait(futures[i], TRD_FOREVER), 0);
        trd_future_unref(futures[i]);
    }
}

static void on_demand_starts_workers_as_tasks_come(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 6});
    assert_int_equal(pool_stats(pool)->workers, 0);
    pool_meet(pool, 1);
    assert_int_equal(pool_stats(pool)->workers, 1);
    pool_meet(pool, 6);
    assert_int_equal(pool_stats(pool)->workers, 6);
    trd_pool_destroy(pool);
}

static void fixed_has_all_workers_from_the_start(void **state) {
    (void)state;
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 5, .sizer = "fixed"});
    assert_int_equal(pool_stats(pool)->workers, 5);
    pool_meet(pool, 5);
    assert_int_equal(pool_stats(pool)->workers_peak, 5);
    trd_pool_destroy(pool);
}

static void workers_min_are_there_from_the_start(void **state) {
    (void)state;
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_min = 3, .workers_max = 5});
    assert_int_equal(pool_stats(pool)->workers, 3);
    trd_pool_destroy(pool);
    pool = pool_make(&(struct trd_pool_config){.workers_min = 40});
    assert_int_equal(pool_stats(pool)->workers, 40);
    trd_pool_destroy(pool);
}

/* Waits until so many workers have ended in all; then `workers` must be left. */
static void await_workers(struct hired *hired, uint64_t closed, struct trd_pool *pool,
                          uint32_t workers) {
    gate_await(&hired->at_close, closed);
    assert_int_equal(pool_stats(pool)->workers, workers);
}

static void the_size_follows_its_bounds_up_and_down(void **state) {
    (void)state;
    static struct hired hired;
    hired_init(&hired);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 2, .sizer = "fixed", .backend = &hired_backend, .backend_context = &hired});
    assert_int_equal(pool_stats(pool)->workers, 2);
    assert_int_equal(trd_pool_resize(pool, 1, 20), 0);
    assert_int_equal(pool_stats(pool)->workers, 20);
    assert_int_equal(trd_pool_resize(pool, 1, 3), 0);
    await_workers(&hired, 17, pool, 3);
    assert_int_equal(trd_pool_resize(pool, 1, 6), 0); /* slots are used again */
    assert_int_equal(pool_stats(pool)->workers, 6);
    assert_int_equal(atomic_load(&hired.spawned), 23);
    trd_pool_destroy(pool);
    hired_check_end(&hired);
}

static void a_higher_bound_brings_workers_for_all_that_waits(void **state) {
    (void)state;
    enum { TASKS = 5 };
    static struct held held[TASKS] = {HELD_INIT, HELD_INIT, HELD_INIT, HELD_INIT, HELD_INIT};
    static struct hired hired;
    static struct hired_task tasks[TASKS];
    hired_init(&hired);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .backend = &hired_backend, .backend_context = &hired});
    for (int i = 0; i < TASKS; i++) {
        hired_task_init(&tasks[i], hired_held, &held[i]);
        assert_int_equal(trd_pool_submit_task(pool, &tasks[i].shell.task), 0);
    }
    gate_await(&held[0].begun, 1);
    assert_int_equal(trd_pool_resize(pool, 0, 20), 0);
    for (int i = 1; i < TASKS; i++) {
        gate_await(&held[i].begun, 1); /* all run at once */
    }
    assert_int_equal(pool_stats(pool)->workers, TASKS); /* and nobody came for nothing */
    for (int i = 0; i < TASKS; i++) {
        gate_raise(&held[i].may_end);
    }
    trd_pool_destroy(pool);
    hired_check_end(&hired);
}

static void a_busy_worker_leaves_after_its_task(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task tasks[2], more[20];
    static struct held held[2] = {HELD_INIT, HELD_INIT};
    hired_init(&hired);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 2, .sizer = "fixed", .backend = &hired_backend, .backend_context = &hired});
    for (int i = 0; i < 2; i++) {
        hired_task_init(&tasks[i], hired_held, &held[i]);
        assert_int_equal(trd_pool_submit_task(pool, &tasks[i].shell.task), 0);
    }
    gate_await(&held[0].begun, 1);
    gate_await(&held[1].begun, 1);
    for (int i = 0; i < 20; i++) {
        hired_task_init(&more[i], hired_nothing, NULL);
        assert_int_equal(trd_pool_submit_task(pool, &more[i].shell.task), 0);
    }
    assert_int_equal(trd_pool_resize(pool, 1, 1), 0);
    assert_int_equal(pool_stats(pool)->workers, 2);
    gate_raise(&held[0].may_end);
    await_workers(&hired, 1, pool, 1);
    assert_int_equal(pool_stats(pool)->queued, 20); /* the one that left took none of them */
    gate_raise(&held[1].may_end);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
    hired_check_end(&hired);
}

static void with_too_few_threads_the_pool_goes_on(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task tasks[50];
    hired_init(&hired);
    atomic_store(&hired.spawns_allowed, 2);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 6, .sizer = "fixed", .backend = &hired_backend, .backend_context = &hired});
    assert_int_equal(pool_stats(pool)->workers, 2);
    assert_int_equal(pool_stats(pool)->workers_wanted, 6);
    for (int i = 0; i < 50; i++) {
        hired_task_init(&tasks[i], hired_nothing, NULL);
        assert_int_equal(trd_pool_submit_task(pool, &tasks[i].shell.task), 0);
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(pool_stats(pool)->finished, 50);
    trd_pool_destroy(pool);
    hired_check_end(&hired);
}

static void without_any_thread_nothing_is_taken(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task task;
    struct trd_pool *pool = NULL;
    hired_init(&hired);
    atomic_store(&hired.spawns_allowed, 0);
    struct trd_pool_config config = {
        .workers_max = 2, .backend = &hired_backend, .backend_context = &hired, .workers_min = 1};
    assert_int_equal(trd_pool_create(&config, &pool, NULL), -EAGAIN);
    assert_null(pool);

    config.workers_min = 0;
    pool = pool_make(&config);
    hired_task_init(&task, hired_nothing, NULL);
    assert_int_equal(trd_pool_submit_task(pool, &task.shell.task), -EAGAIN);
    assert_int_equal(atomic_load(&task.completed_count), 0);
    assert_int_equal(pool_stats(pool)->submitted, 1); /* and taken back: */
    assert_int_equal(pool_stats(pool)->cancelled, 1);
    assert_int_equal(pool_stats(pool)->queued, 0);
    assert_int_equal(pool_stats(pool)->workers, 0);
    atomic_store(&hired.spawns_allowed, 1); /* better times */
    assert_int_equal(trd_pool_submit_task(pool, &task.shell.task), 0);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(atomic_load(&task.completed_count), 1);
    trd_pool_destroy(pool);
    hired_check_end(&hired);
}

static void *submit_one(void *arg) {
    struct hired *hired = arg;
    static struct hired_task first;
    hired_task_init(&first, hired_nothing, NULL);
    return (void *)(intptr_t)trd_pool_submit_task(hired->pool, &first.shell.task);
}

static void what_was_queued_behind_a_failed_start_is_not_lost(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task second, third;
    pthread_t thread;
    void *answer;
    hired_init(&hired);
    atomic_store(&hired.spawns_allowed, 0);
    atomic_store(&hired.spawn_awaits, 1);
    hired.pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .pending_max = 2, .backend = &hired_backend, .backend_context = &hired});
    assert_int_equal(pthread_create(&thread, NULL, submit_one, &hired), 0);
    gate_await(&hired.at_spawn, 1); /* the only worker is being started by the other thread */
    hired_task_init(&second, hired_nothing, NULL);
    assert_int_equal(trd_pool_submit_task(hired.pool, &second.shell.task), 0);
    gate_raise(&hired.may_spawn); /* and now that fails */
    assert_int_equal(pthread_join(thread, &answer), 0);
    assert_int_equal((intptr_t)answer, -EAGAIN);
    assert_int_equal(pool_stats(hired.pool)->queued, 1);
    assert_int_equal(trd_pool_drain(hired.pool, 1000), -ETIMEDOUT);
    hired_task_init(&third, hired_nothing, NULL);
    assert_int_equal(trd_pool_submit_task(hired.pool, &third.shell.task), -EAGAIN);
    atomic_store(&hired.spawns_allowed, 1);
    assert_int_equal(trd_pool_drain(hired.pool, TRD_FOREVER), 0);
    assert_int_equal(atomic_load(&third.completed_count), 0);
    assert_int_equal(atomic_load(&second.completed_count), 1);
    assert_int_equal(second.outcome, TRD_OUTCOME_DONE);
    trd_pool_destroy(hired.pool);
    hired_check_end(&hired);
}

static void an_interpreters_lock_is_free_while_workers_wait(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task tasks[200];
    hired_init(&hired);
    hired.has_interpreter = true;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 4, .sizer = "fixed", .backend = &hired_backend, .backend_context = &hired});
    for (int round = 0; round < 20; round++) {
        /* Like a program that submits while it holds the interpreter. */
        assert_int_equal(pthread_mutex_lock(&hired.interpreter), 0);
        for (int i = 0; i < 200; i++) {
            hired_task_init(&tasks[i], hired_nothing, NULL);
            assert_int_equal(trd_pool_submit_task(pool, &tasks[i].shell.task), 0);
        }
        assert_int_equal(pthread_mutex_unlock(&hired.interpreter), 0);
        assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    }
    trd_pool_destroy(pool);
    assert_int_equal(atomic_load(&hired.completed[TRD_OUTCOME_DONE]), 4000);
    hired_check_end(&hired);
}

static void *read_name(void *arg) {
    /* Its own name and signal mask. */
    FILE *file = fopen("/proc/thread-self/comm", "r");
    assert_non_null(file);
    assert_non_null(fgets(arg, 32, file));
    assert_int_equal(fclose(file), 0);
    sigset_t blocked;
    assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &blocked), 0);
    const bool is_deaf = sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM);
    return is_deaf && !sigismember(&blocked, SIGSEGV) ? arg : NULL;
}

static void workers_have_names_and_take_no_signals(void **state) {
    (void)state;
    static const char *const names[][2] = {
        {"loom", "loom-0\n"}, {NULL, "treadle-0\n"}, {"a-rather-long-name", "a-rather-long-0\n"}};
    for (int i = 0; i < 3; i++) {
        char name[32] = "";
        struct trd_pool *pool =
            pool_make(&(struct trd_pool_config){.workers_max = 1, .name = names[i][0]});
        struct trd_future *future = pool_give(pool, read_name, name);
        assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
        assert_ptr_equal(trd_future_result(future), name);
        assert_string_equal(name, names[i][1]);
        trd_future_unref(future);
        trd_pool_destroy(pool);
    }
}

static void sizers_that_hear_of_starvation_let_a_blocked_pool_grow(void **state) {
    (void)state;
    for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer; sizer++) {
        if (!((*sizer)->causes & TRD_CAUSE_STARVED)) {
            continue;
        }
        struct trd_pool *pool =
            pool_make(&(struct trd_pool_config){.workers_max = 8, .sizer = (*sizer)->name});
        pool_meet(pool, 4); /* ends only when four run at once */
        pool_check_identity(pool);
        trd_pool_destroy(pool);
    }
}

/* Waits until there are `count` workers. */
static void await_size(struct trd_pool *pool, uint32_t count) {
    while (pool_stats(pool)->workers != count) {
        (void)sched_yield();
    }
}

static void idle_workers_leave_and_come_back_when_needed(void **state) {
    (void)state;
    static const char *const sizers[] = {"on_demand", "fixed", "gil_model"};
    for (size_t i = 0; i < sizeof sizers / sizeof sizers[0]; i++) {
        for (uint32_t fewest = 0; fewest < 3; fewest++) {
            struct trd_pool *pool = pool_make(&(struct trd_pool_config){
                .workers_min = fewest, .workers_max = 4, .sizer = sizers[i], .idle_ns = 100000});
            for (int round = 0; round < 20; round++) {
                pool_meet(pool, 3);
            }
            await_size(pool, fewest);
            pool_meet(pool, 3);
            assert_int_equal(trd_pool_resize(pool, 4, 4), 0);
            await_size(pool, 4);
            trd_pool_destroy(pool);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_demand_starts_workers_as_tasks_come),
        cmocka_unit_test(fixed_has_all_workers_from_the_start),
        cmocka_unit_test(workers_min_are_there_from_the_start),
        cmocka_unit_test(the_size_follows_its_bounds_up_and_down),
        cmocka_unit_test(a_higher_bound_brings_workers_for_all_that_waits),
        cmocka_unit_test(a_busy_worker_leaves_after_its_task),
        cmocka_unit_test(with_too_few_threads_the_pool_goes_on),
        cmocka_unit_test(without_any_thread_nothing_is_taken),
        cmocka_unit_test(what_was_queued_behind_a_failed_start_is_not_lost),
        cmocka_unit_test(an_interpreters_lock_is_free_while_workers_wait),
        cmocka_unit_test(workers_have_names_and_take_no_signals),
        cmocka_unit_test(sizers_that_hear_of_starvation_let_a_blocked_pool_grow),
        cmocka_unit_test(idle_workers_leave_and_come_back_when_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
