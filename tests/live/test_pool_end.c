/* test_pool_end.c - drain and shutdown, in every state a pool may be in. */
#include <treadle/treadle.h>

#include <pthread.h>
#include <stdatomic.h>

#include "tests/check.h"
#include "tests/live/hired.h"

static void drain_waits_for_everything_or_the_timeout(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0); /* nothing was ever submitted */
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *queued = pool_give(pool, same, pool);
    assert_int_equal(trd_pool_drain(pool, 0), -ETIMEDOUT);
    assert_int_equal(trd_pool_drain(pool, 1000), -ETIMEDOUT);
    gate_raise(&held.may_end);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_true(trd_future_is_done(holder) && trd_future_is_done(queued));
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    trd_future_unref(holder);
    trd_future_unref(queued);
    trd_pool_destroy(pool);
}

static void a_shut_down_pool_runs_what_is_queued_and_takes_no_more(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_future *queued[10];
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *holder = pool_hold(pool, &held);
    for (int i = 0; i < 10; i++) {
        queued[i] = pool_give(pool, same, pool);
    }
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, false), 0);
    struct trd_future *late = holder;
    assert_int_equal(trd_pool_submit(pool, same, pool, NULL, &late), -ESHUTDOWN);
    assert_null(late);
    assert_int_equal(trd_future_wait(queued[9], 0), -ETIMEDOUT);
    pool_release(&held, holder);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(trd_future_wait(queued[i], 0), 0);
        trd_future_unref(queued[i]);
    }
    assert_int_equal(pool_stats(pool)->workers, 0);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static void shutdown_cancels_what_is_pending_while_workers_are_busy(void **state) {
    (void)state;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        struct held held = HELD_INIT;
        struct trd_future *queued[10];
        struct trd_pool *pool =
            pool_make(&(struct trd_pool_config){.workers_max = 1, .policy = (*policy)->name});
        struct trd_future *holder = pool_hold(pool, &held);
        for (int i = 0; i < 10; i++) {
            const struct trd_options options = {.client = (uint64_t)i % 4, .priority = i % 3};
            assert_int_equal(trd_pool_submit(pool, same, pool, &options, &queued[i]), 0);
        }
        assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_CANCEL_PENDING, false), 0);
        for (int i = 0; i < 10; i++) {
            assert_int_equal(trd_future_wait(queued[i], 0), -ECANCELED);
            trd_future_unref(queued[i]);
        }
        pool_release(&held, holder);
        assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
        assert_int_equal(pool_stats(pool)->cancelled, 10);
        pool_check_identity(pool);
        trd_pool_destroy(pool);
    }
}

static void a_draining_shutdown_may_turn_into_a_cancelling_one(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *queued = pool_give(pool, same, pool);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, false), 0);
    assert_false(trd_future_is_done(queued));
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_CANCEL_PENDING, false), 0);
    assert_int_equal(trd_future_wait(queued, 0), -ECANCELED);
    trd_future_unref(queued);
    pool_release(&held, holder);
    trd_pool_destroy(pool);
}

static void pools_end_without_a_task_and_without_a_worker(void **state) {
    (void)state;
    static const char *const sizers[] = {"on_demand", "fixed"};
    for (int i = 0; i < 8; i++) {
        struct trd_pool *pool =
            pool_make(&(struct trd_pool_config){.workers_max = 3, .sizer = sizers[i % 2]});
        const enum trd_shutdown how = i & 2 ? TRD_SHUTDOWN_DRAIN : TRD_SHUTDOWN_CANCEL_PENDING;
        if (i & 4) {
            assert_int_equal(trd_pool_shutdown(pool, how, true), 0);
            assert_int_equal(trd_pool_shutdown(pool, how, true), 0);
            assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
            assert_int_equal(trd_pool_resize(pool, 1, 5), 0);
            assert_int_equal(pool_stats(pool)->workers, 0);
        }
        trd_pool_destroy(pool);
    }
}

/* What a task is told that shuts down its own pool. */
struct inner {
    struct trd_pool *pool;
    int waiting, not_waiting, submit;
};

static void *shut_down_inside(void *arg) {
    struct inner *inner = arg;
    inner->waiting = trd_pool_shutdown(inner->pool, TRD_SHUTDOWN_DRAIN, true);
    inner->not_waiting = trd_pool_shutdown(inner->pool, TRD_SHUTDOWN_DRAIN, false);
    inner->submit = trd_pool_submit(inner->pool, same, inner, NULL, NULL);
    return inner;
}

static void a_task_may_shut_its_pool_down_but_not_wait_for_it(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 2});
    struct inner inner = {.pool = pool};
    struct trd_future *future = pool_give(pool, shut_down_inside, &inner);
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    assert_int_equal(inner.waiting, -EDEADLK);
    assert_int_equal(inner.not_waiting, 0);
    assert_int_equal(inner.submit, -ESHUTDOWN);
    trd_future_unref(future);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    trd_pool_destroy(pool);
}

static void *shut_down_from_outside(void *arg) {
    assert_int_equal(trd_pool_shutdown(arg, TRD_SHUTDOWN_DRAIN, true), 0);
    return NULL;
}

static void many_threads_may_wait_for_the_end(void **state) {
    (void)state;
    enum { THREADS = 4 };
    struct held held = HELD_INIT;
    pthread_t threads[THREADS];
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 4, .sizer = "fixed"});
    struct trd_future *holder = pool_hold(pool, &held);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, shut_down_from_outside, pool), 0);
    }
    pool_release(&held, holder);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    trd_pool_destroy(pool);
}

static void a_worker_that_cannot_be_opened_breaks_the_pool(void **state) {
    (void)state;
    static struct hired hired;
    static struct hired_task tasks[3];
    struct gate told = GATE_INIT;
    hired_init(&hired);
    atomic_store(&hired.open_code, -ENODEV);
    atomic_store(&hired.spawn_awaits, 1);
    gate_raise(&hired.may_spawn);
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 1, .backend = &hired_backend, .backend_context = &hired});
    hired_task_init(&tasks[0], hired_nothing, NULL);
    tasks[0].told = &told;
    const int first = trd_pool_submit_task(pool, &tasks[0].shell.task);
    assert_true(first == 0 || first == -ENOTRECOVERABLE); /* the worker may have been faster */
    if (first == 0) {
        gate_await(&told, 1);
        assert_int_equal(tasks[0].outcome, TRD_OUTCOME_CANCELLED);
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    hired_task_init(&tasks[1], hired_nothing, NULL);
    assert_int_equal(trd_pool_submit_task(pool, &tasks[1].shell.task), -ENOTRECOVERABLE);
    assert_int_equal(atomic_load(&tasks[1].completed_count), 0);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    trd_pool_destroy(pool);
    assert_int_equal(tasks[0].runs, 0);
    hired_check_end(&hired);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drain_waits_for_everything_or_the_timeout),
        cmocka_unit_test(a_shut_down_pool_runs_what_is_queued_and_takes_no_more),
        cmocka_unit_test(shutdown_cancels_what_is_pending_while_workers_are_busy),
        cmocka_unit_test(a_draining_shutdown_may_turn_into_a_cancelling_one),
        cmocka_unit_test(pools_end_without_a_task_and_without_a_worker),
        cmocka_unit_test(a_task_may_shut_its_pool_down_but_not_wait_for_it),
        cmocka_unit_test(many_threads_may_wait_for_the_end),
        cmocka_unit_test(a_worker_that_cannot_be_opened_breaks_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
