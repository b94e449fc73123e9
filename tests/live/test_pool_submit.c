/* test_pool_submit.c - submitting, futures, waiting, options. */
#include <treadle/treadle.h>

#include <stdatomic.h>
#include <string.h>

#include "tests/check.h"
#include "tests/live/gate.h"

static void a_future_gives_what_the_function_returned(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(NULL);
    int value = 0;
    struct trd_future *future = pool_give(pool, same, &value);
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    assert_true(trd_future_is_done(future));
    assert_ptr_equal(trd_future_result(future), &value);
    assert_int_equal(trd_future_cancel(future), -EALREADY);
    trd_future_unref(future);
    trd_future_unref(NULL);
    trd_pool_destroy(pool);
    trd_pool_destroy(NULL);
}

static void many_tasks_all_run_and_add_up(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    static struct trd_future *futures[COUNT];
    static int values[COUNT];
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 4});
    for (int i = 0; i < COUNT; i++) {
        futures[i] = pool_give(pool, same, &values[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(trd_future_wait(futures[i], TRD_FOREVER), 0);
        assert_ptr_equal(trd_future_result(futures[i]), &values[i]);
        trd_future_unref(futures[i]);
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    const struct trd_stats *stats = pool_stats(pool);
    assert_int_equal(stats->submitted, COUNT);
    assert_int_equal(stats->finished, COUNT);
    assert_int_equal(stats->wait_ns.count, COUNT);
    assert_int_equal(stats->run_ns.count, COUNT);
    assert_int_equal(stats->queued, 0);
    assert_true(stats->workers <= 4 && stats->workers >= 1);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static void waiting_ends_at_the_timeout(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *future = pool_hold(pool, &held);
    assert_false(trd_future_is_done(future));
    assert_null(trd_future_result(future));
    assert_int_equal(trd_future_wait(future, 0), -ETIMEDOUT);
    assert_int_equal(trd_future_wait(future, 1000), -ETIMEDOUT);
    pool_release(&held, future);
    trd_pool_destroy(pool);
}

static void *add_one(void *arg) {
    atomic_uint *count = arg;
    atomic_fetch_add(count, 1);
    return NULL;
}

static void a_task_without_a_future_runs(void **state) {
    (void)state;
    atomic_uint count = 0;
    struct trd_pool *pool = pool_make(NULL);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(trd_pool_submit(pool, add_one, &count, NULL, NULL), 0);
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(atomic_load(&count), 100);
    trd_pool_destroy(pool);
}

static void many_are_submitted_at_once(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    static struct trd_future *futures[COUNT];
    static void *args[COUNT];
    size_t accepted = 0;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 4});
    for (int i = 0; i < COUNT; i++) {
        args[i] = &args[i];
    }
    assert_int_equal(trd_pool_submit_many(pool, same, args, COUNT, NULL, futures, &accepted), 0);
    assert_int_equal(accepted, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(trd_future_wait(futures[i], TRD_FOREVER), 0);
        assert_ptr_equal(trd_future_result(futures[i]), args[i]);
        trd_future_unref(futures[i]);
    }
    atomic_uint count = 0;
    for (int i = 0; i < COUNT; i++) {
        args[i] = &count;
    }
    assert_int_equal(trd_pool_submit_many(pool, add_one, args, COUNT, NULL, NULL, NULL), 0);
    assert_int_equal(trd_pool_submit_many(pool, NULL, args, COUNT, NULL, NULL, &accepted), -EINVAL);
    assert_int_equal(accepted, 0);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(atomic_load(&count), COUNT);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static void a_future_outlives_its_pool(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(NULL);
    struct trd_future *future = trd_future_ref(pool_give(pool, same, &pool));
    trd_future_unref(future);
    trd_pool_destroy(pool);
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    assert_ptr_equal(trd_future_result(future), &pool);
    assert_int_equal(trd_future_cancel(future), -EALREADY);
    trd_future_unref(future);
}

struct order {
    struct gate *told;
    char *text; /* what ran, in order; one worker writes it */
    char letter;
};

static void *write_letter(void *arg) {
    const struct order *order = arg;
    order->text[strlen(order->text)] = order->letter;
    gate_raise(order->told);
    return NULL;
}

/* Queues letters with these options behind a held worker and returns the order in which they ran.
 */
static void run_in_order(const char *policy, const struct trd_options *options, char *text) {
    struct held held = HELD_INIT;
    struct gate told = GATE_INIT;
    struct order orders[4];
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 1, .policy = policy});
    struct trd_future *holder = pool_hold(pool, &held);
    for (int i = 0; i < 4; i++) {
        orders[i] = (struct order){&told, text, (char)('a' + i)};
        assert_int_equal(trd_pool_submit(pool, write_letter, &orders[i], &options[i], NULL), 0);
    }
    pool_release(&held, holder);
    gate_await(&told, 4);
    trd_pool_destroy(pool);
}

static void the_policy_decides_the_order(void **state) {
    (void)state;
    const struct trd_options options[4] = {
        {.priority = 1}, {.priority = 3, .client = 7}, {.priority = 2}, {.priority = 3}};
    char fifo[8] = "", lifo[8] = "", priority[8] = "", round_robin[8] = "";
    run_in_order("fifo", options, fifo);
    run_in_order("lifo", options, lifo);
    run_in_order("priority", options, priority);
    run_in_order("round_robin", options, round_robin);
    assert_string_equal(fifo, "abcd");
    assert_string_equal(lifo, "dcba");
    assert_string_equal(priority, "bdca");
    assert_string_equal(round_robin, "abcd");
}

static void a_late_task_expires_when_it_wants_to(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *dropped, *kept;
    const struct trd_options drop = {.deadline_ns = 1, .is_dropped_late = true};
    const struct trd_options keep = {.deadline_ns = 1};
    assert_int_equal(trd_pool_submit(pool, same, pool, &drop, &dropped), 0);
    assert_int_equal(trd_pool_submit(pool, same, pool, &keep, &kept), 0);
    pool_release(&held, holder);
    assert_int_equal(trd_future_wait(dropped, TRD_FOREVER), -ETIME);
    assert_null(trd_future_result(dropped));
    assert_int_equal(trd_future_wait(kept, TRD_FOREVER), 0);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(pool_stats(pool)->expired, 1);
    pool_check_identity(pool);
    trd_future_unref(dropped);
    trd_future_unref(kept);
    trd_pool_destroy(pool);
}

struct asked {
    struct trd_pool *pool;
    uint32_t answer;
};

static void *which_worker(void *arg) {
    struct asked *asked = arg;
    asked->answer = trd_pool_this_worker(asked->pool);
    return NULL;
}

static void a_worker_knows_its_index_and_its_pool(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_pool *other = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct asked own = {pool, 99}, foreign = {other, 99};
    struct trd_future *first = pool_give(pool, which_worker, &own);
    struct trd_future *second = pool_give(pool, which_worker, &foreign);
    assert_int_equal(trd_future_wait(first, TRD_FOREVER), 0);
    assert_int_equal(trd_future_wait(second, TRD_FOREVER), 0);
    assert_int_equal(own.answer, 0);
    assert_int_equal(foreign.answer, TRD_WORKER_NONE);
    assert_int_equal(trd_pool_this_worker(pool), TRD_WORKER_NONE);
    trd_future_unref(first);
    trd_future_unref(second);
    trd_pool_destroy(pool);
    trd_pool_destroy(other);
}

/* What tasks that wait for tasks are given. */
struct nested {
    struct trd_pool *pool;
    int forever, timed, drained;
};

static void *wait_for_another(void *arg) {
    struct nested *nested = arg;
    struct trd_future *future = pool_give(nested->pool, same, nested);
    nested->timed = trd_future_wait(future, TRD_NS_PER_S);
    nested->forever = trd_future_wait(future, TRD_FOREVER);
    nested->drained = trd_pool_drain(nested->pool, TRD_FOREVER);
    trd_future_unref(future);
    return NULL;
}

static void a_worker_runs_itself_what_it_waits_for(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct nested nested = {.pool = pool, .timed = 1, .forever = 1};
    struct trd_future *future = pool_give(pool, wait_for_another, &nested);
    assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
    assert_int_equal(nested.timed, 0);
    assert_int_equal(nested.forever, 0);
    assert_int_equal(nested.drained, -EDEADLK);
    trd_future_unref(future);
    trd_pool_destroy(pool);
}

static void a_worker_may_wait_while_another_can_run_it(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 2});
    struct nested nested = {.pool = pool};
    for (int i = 0; i < 50; i++) {
        struct trd_future *future = pool_give(pool, wait_for_another, &nested);
        assert_int_equal(trd_future_wait(future, TRD_FOREVER), 0);
        assert_int_equal(nested.forever, 0);
        trd_future_unref(future);
    }
    trd_pool_destroy(pool);
}

static void all_workers_may_wait_for_what_is_queued(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 2});
    struct nested nested[8];
    struct trd_future *futures[8];
    for (int i = 0; i < 8; i++) {
        nested[i] = (struct nested){.pool = pool, .forever = 1};
        futures[i] = pool_give(pool, wait_for_another, &nested[i]);
    }
    for (int i = 0; i < 8; i++) {
        assert_int_equal(trd_future_wait(futures[i], TRD_FOREVER), 0);
        assert_int_equal(nested[i].forever, 0);
        trd_future_unref(futures[i]);
    }
    trd_pool_destroy(pool);
}

static void wrong_configurations_say_what_is_wrong(void **state) {
    (void)state;
    const struct trd_backend empty = {.name = "empty"};
    const struct trd_pool_config wrong[] = {
        {.policy = "fastest"},       {.sizer = "largest"},
        {.policy = "fifo:x=1"},      {.workers_min = 5, .workers_max = 4},
        {.workers_max = UINT32_MAX}, {.on_full = (enum trd_on_full)9},
        {.backend = &empty},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct trd_pool *pool = NULL;
        struct trd_error error = {""};
        assert_int_equal(trd_pool_create(&wrong[i], &pool, &error), -EINVAL);
        assert_int_equal(trd_pool_create(&wrong[i], &pool, NULL), -EINVAL);
        assert_null(pool);
        assert_true(strlen(error.message) > 0);
    }
}

static void wrong_arguments_are_refused_and_take_nothing(void **state) {
    (void)state;
    struct trd_pool *pool = pool_make(NULL);
    struct trd_future *future = (struct trd_future *)(void *)&pool;
    assert_int_equal(trd_pool_submit(pool, NULL, NULL, NULL, &future), -EINVAL);
    struct trd_task task = {.flags = TRD_TASK_RESUMABLE};
    assert_int_equal(trd_pool_submit_task(pool, &task), -EINVAL);
    assert_int_equal(trd_pool_cancel_task(pool, &task), -EALREADY);
    assert_int_equal(trd_pool_work(pool, 0), -EINVAL);
    assert_int_equal(trd_pool_resize(pool, 2, 1), -EINVAL);
    assert_int_equal(trd_pool_resize(pool, 0, 0), -EINVAL);
    struct trd_trace trace;
    assert_int_equal(trd_pool_trace(pool, &trace), -EINVAL);
    assert_int_equal(pool_stats(pool)->submitted, 0);
    trd_pool_destroy(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_future_gives_what_the_function_returned),
        cmocka_unit_test(many_tasks_all_run_and_add_up),
        cmocka_unit_test(waiting_ends_at_the_timeout),
        cmocka_unit_test(a_task_without_a_future_runs),
        cmocka_unit_test(many_are_submitted_at_once),
        cmocka_unit_test(a_future_outlives_its_pool),
        cmocka_unit_test(the_policy_decides_the_order),
        cmocka_unit_test(a_late_task_expires_when_it_wants_to),
        cmocka_unit_test(a_worker_knows_its_index_and_its_pool),
        cmocka_unit_test(a_worker_runs_itself_what_it_waits_for),
        cmocka_unit_test(a_worker_may_wait_while_another_can_run_it),
        cmocka_unit_test(all_workers_may_wait_for_what_is_queued),
        cmocka_unit_test(wrong_configurations_say_what_is_wrong),
        cmocka_unit_test(wrong_arguments_are_refused_and_take_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
