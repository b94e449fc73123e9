/* test_pool_full.c - what submit does when the queue is full. */
#include <treadle/treadle.h>

#include <pthread.h>
#include <stdatomic.h>

#include "tests/check.h"
#include "tests/live/hired.h"

static void a_full_pool_refuses(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .pending_max = 2, .on_full = TRD_ON_FULL_REFUSE});
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *first = pool_give(pool, same, pool);
    struct trd_future *second = pool_give(pool, same, pool);
    struct trd_future *third = first;
    assert_int_equal(trd_pool_submit(pool, same, pool, NULL, &third), -EAGAIN);
    assert_null(third);
    assert_int_equal(pool_stats(pool)->refused, 1);
    assert_int_equal(trd_future_cancel(first), 0);
    third = pool_give(pool, same, pool); /* a cancelled one leaves its place */
    pool_release(&held, holder);
    assert_int_equal(trd_future_wait(second, TRD_FOREVER), 0);
    assert_int_equal(trd_future_wait(third, TRD_FOREVER), 0);
    trd_future_unref(first);
    trd_future_unref(second);
    trd_future_unref(third);
    assert_int_equal(pool_stats(pool)->submitted, 4);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static void of_many_the_first_are_taken(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_future *futures[4];
    void *const args[4] = {NULL};
    size_t accepted = 9;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .pending_max = 2, .on_full = TRD_ON_FULL_REFUSE});
    struct trd_future *holder = pool_hold(pool, &held);
    assert_int_equal(trd_pool_submit_many(pool, same, args, 4, NULL, futures, &accepted), -EAGAIN);
    assert_int_equal(accepted, 2);
    assert_non_null(futures[1]);
    assert_null(futures[2]);
    assert_null(futures[3]);
    pool_release(&held, holder);
    trd_future_unref(futures[0]);
    trd_future_unref(futures[1]);
    trd_pool_destroy(pool);
}

static void waiting_for_room_ends_at_the_timeout(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 1, .pending_max = 1});
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *waits = pool_give(pool, same, pool), *late = waits;
    struct trd_task task = {.payload.call.run = NULL};
    const struct trd_options options = {.room_timeout_ns = 1000};
    assert_int_equal(trd_pool_submit(pool, same, pool, &options, &late), -ETIMEDOUT);
    assert_null(late);
    assert_int_equal(trd_pool_submit_task_within(pool, &task, 1000), -ETIMEDOUT);
    assert_int_equal(trd_pool_submit_task_within(pool, &task, 0), -ETIMEDOUT);
    assert_int_equal(trd_future_cancel(waits), 0);
    assert_int_equal(trd_pool_submit(pool, same, pool, &options, &late), 0);
    pool_release(&held, holder);
    assert_int_equal(trd_future_wait(late, TRD_FOREVER), 0);
    trd_future_unref(waits);
    trd_future_unref(late);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static void *this_thread(void *arg) {
    pthread_t *thread = arg;
    *thread = pthread_self();
    return arg;
}

static void the_caller_runs_what_does_not_fit(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    pthread_t thread;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .pending_max = 1, .on_full = TRD_ON_FULL_CALLER_RUNS});
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *waits = pool_give(pool, same, pool);
    struct trd_future *here = pool_give(pool, this_thread, &thread);
    assert_true(trd_future_is_done(here));
    assert_ptr_equal(trd_future_result(here), &thread);
    assert_true(pthread_equal(thread, pthread_self()));
    assert_false(trd_future_is_done(waits));
    assert_int_equal(trd_future_cancel(here), -EALREADY);
    assert_int_equal(pool_stats(pool)->caller_ran, 1);
    assert_int_equal(pool_stats(pool)->submitted, 2);
    pool_release(&held, holder);
    trd_future_unref(waits);
    trd_future_unref(here);
    trd_pool_destroy(pool);
}

static void the_caller_runs_tasks_of_its_own_memory(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task tasks[3];
    static struct held held = HELD_INIT;
    hired_init(&hired);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1,
                                                                .pending_max = 1,
                                                                .on_full = TRD_ON_FULL_CALLER_RUNS,
                                                                .backend = &hired_backend,
                                                                .backend_context = &hired});
    hired_task_init(&tasks[0], hired_held, &held);
    assert_int_equal(trd_pool_submit_task(pool, &tasks[0].shell.task), 0);
    gate_await(&held.begun, 1);
    for (int i = 1; i < 3; i++) {
        hired_task_init(&tasks[i], hired_nothing, NULL);
        assert_int_equal(trd_pool_submit_task(pool, &tasks[i].shell.task), 0);
    }
    assert_int_equal(atomic_load(&hired.caller_runs), 1);
    assert_int_equal(tasks[2].completed_count, 1);
    assert_int_equal(trd_pool_cancel_task(pool, &tasks[2].shell.task), -EALREADY);
    gate_raise(&held.may_end);
    trd_pool_destroy(pool);
    assert_int_equal(tasks[1].completed_count, 1);
    hired_check_end(&hired);
}

/* A thread that submits to a full pool. */
struct submitter {
    struct trd_pool *pool;
    struct gate begun, ended;
    atomic_int answer;
};

static void *submitter_main(void *arg) {
    struct submitter *submitter = arg;
    gate_raise(&submitter->begun);
    atomic_store(&submitter->answer, trd_pool_submit(submitter->pool, same, submitter, NULL, NULL));
    gate_raise(&submitter->ended);
    return NULL;
}

static void submit_waits_for_room(void **state) {
    (void)state;
    enum { SUBMITTERS = 4 };
    struct held held = HELD_INIT;
    struct submitter submitters[SUBMITTERS];
    pthread_t threads[SUBMITTERS];
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .pending_max = 1, .on_full = TRD_ON_FULL_BLOCK});
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *waits = pool_give(pool, same, pool);
    for (int i = 0; i < SUBMITTERS; i++) {
        submitters[i] = (struct submitter){pool, GATE_INIT, GATE_INIT, 1};
        assert_int_equal(pthread_create(&threads[i], NULL, submitter_main, &submitters[i]), 0);
        gate_await(&submitters[i].begun, 1);
    }
    for (int i = 0; i < SUBMITTERS; i++) {
        assert_int_equal(gate_number(&submitters[i].ended), 0);
    }
    pool_release(&held, holder);
    for (int i = 0; i < SUBMITTERS; i++) {
        gate_await(&submitters[i].ended, 1);
        assert_int_equal(atomic_load(&submitters[i].answer), 0);
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(pool_stats(pool)->finished, 2 + SUBMITTERS);
    assert_true(pool_stats(pool)->queued_peak <= 1);
    trd_future_unref(waits);
    trd_pool_destroy(pool);
}

static void cancelling_makes_room_and_shutdown_ends_the_wait(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct submitter one = {NULL, GATE_INIT, GATE_INIT, 1}, two = one;
    pthread_t threads[2];
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .pending_max = 1, .on_full = TRD_ON_FULL_BLOCK});
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *waits = pool_give(pool, same, pool);
    one.pool = two.pool = pool;
    assert_int_equal(pthread_create(&threads[0], NULL, submitter_main, &one), 0);
    assert_int_equal(trd_future_cancel(waits), 0);
    gate_await(&one.ended, 1);
    assert_int_equal(atomic_load(&one.answer), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, submitter_main, &two), 0);
    gate_await(&two.begun, 1);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, false), 0);
    gate_await(&two.ended, 1);
    assert_int_equal(atomic_load(&two.answer), -ESHUTDOWN);
    pool_release(&held, holder);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    trd_future_unref(waits);
    trd_pool_destroy(pool);
}

static void *submit_inside(void *arg) {
    (void)submitter_main(arg); /* fills the one place */
    (void)submitter_main(arg);
    return NULL;
}

static void blocking_inside_a_worker_is_an_error(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .pending_max = 1, .on_full = TRD_ON_FULL_BLOCK});
    struct submitter submitter = {pool, GATE_INIT, GATE_INIT, 1};
    struct trd_future *future = pool_give(pool, submit_inside, &submitter);
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    assert_int_equal(atomic_load(&submitter.answer), -EDEADLK);
    trd_future_unref(future);
    trd_pool_destroy(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_pool_refuses),
        cmocka_unit_test(of_many_the_first_are_taken),
        cmocka_unit_test(waiting_for_room_ends_at_the_timeout),
        cmocka_unit_test(the_caller_runs_what_does_not_fit),
        cmocka_unit_test(the_caller_runs_tasks_of_its_own_memory),
        cmocka_unit_test(submit_waits_for_room),
        cmocka_unit_test(cancelling_makes_room_and_shutdown_ends_the_wait),
        cmocka_unit_test(blocking_inside_a_worker_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
