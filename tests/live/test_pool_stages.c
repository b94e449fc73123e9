/* test_pool_stages.c - a task in its thread's door, queued, in a batch, running and ended: what
 * cancelling it does, and what the statistics say, for every policy. */
#include <treadle/treadle.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "pool/live.h"
#include "tests/check.h"
#include "tests/live/gate.h"

enum { TASKS = 5, PRODUCERS = 3, EACH = 400 };

/* Tasks of which the first that runs stays for a while. */
struct staged {
    struct held first;
    _Atomic int begun;
    struct trd_task_with_attr shells[TASKS];
    _Atomic int runs[TASKS];
};

struct staged_arg {
    struct staged *staged;
    int number;
};

static struct staged_arg args[TASKS];

static void run_staged(void *arg) {
    const struct staged_arg *own = arg;
    atomic_fetch_add(&own->staged->runs[own->number], 1);
    if (atomic_fetch_add(&own->staged->begun, 1) == 0) {
        (void)held_run(&own->staged->first);
    }
}

static struct trd_task *task_of(struct staged *staged, int number) {
    return &staged->shells[number].task;
}

static void submit_staged(struct trd_pool *pool, struct staged *staged) {
    for (int i = 0; i < TASKS; i++) {
        args[i] = (struct staged_arg){staged, i};
        staged->shells[i].task.flags = TRD_TASK_HAS_ATTR;
        staged->shells[i].task.payload.call.run = run_staged;
        staged->shells[i].task.payload.call.arg = &args[i];
        assert_int_equal(trd_pool_submit_task(pool, task_of(staged, i)), 0);
    }
}

static struct trd_pool *pool_of_one(const char *policy) {
    return pool_make(
        &(struct trd_pool_config){.policy = policy, .sizer = "fixed", .workers_max = 1});
}

/* As if tasks without a future had been short lately: the worker takes as many as there are. */
static void expect_short(struct trd_pool *pool) {
    trd__lock_take(&pool->lock);
    pool->silent_ns = 0;
    trd__lock_give(&pool->lock);
}

/* In a door: nobody has looked since, for the only worker is held. */
static void cancelled_in_its_door(const char *policy) {
    static struct staged staged;
    struct held held = HELD_INIT;
    staged = (struct staged){.first = HELD_INIT};
    struct trd_pool *pool = pool_of_one(policy);
    struct trd_future *holder = pool_hold(pool, &held);
    submit_staged(pool, &staged);
    for (int i = 0; i < TASKS; i += 2) {
        assert_int_equal(trd_pool_cancel_task(pool, task_of(&staged, i)), 0);
        assert_int_equal(trd_pool_cancel_task(pool, task_of(&staged, i)), -EALREADY);
    }
    gate_raise(&staged.first.may_end);
    pool_release(&held, holder);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    for (int i = 0; i < TASKS; i++) {
        assert_int_equal(atomic_load(&staged.runs[i]), i % 2);
        assert_int_equal(trd_pool_cancel_task(pool, task_of(&staged, i)), -EALREADY);
    }
    assert_int_equal(pool_stats(pool)->cancelled, (TASKS + 1) / 2);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

/* In a batch, behind one that runs. */
static void cancelled_in_a_batch(const char *policy) {
    static struct staged staged;
    struct held held = HELD_INIT;
    staged = (struct staged){.first = HELD_INIT};
    struct trd_pool *pool = pool_of_one(policy);
    struct trd_future *holder = pool_hold(pool, &held);
    submit_staged(pool, &staged);
    assert_int_equal(pool_stats(pool)->queued, TASKS);
    expect_short(pool);
    pool_release(&held, holder);
    gate_await(&staged.first.begun, 1);
    assert_int_equal(pool_stats(pool)->queued, TASKS - 1);
    pool_check_identity(pool);
    int cancelled = 0;
    for (int i = 0; i < TASKS; i++) {
        const bool is_running = atomic_load(&staged.runs[i]) == 1;
        const int answer = trd_pool_cancel_task(pool, task_of(&staged, i));
        assert_int_equal(answer, is_running ? -EBUSY : 0);
        cancelled += answer == 0;
    }
    assert_int_equal(cancelled, TASKS - 1);
    assert_int_equal(pool_stats(pool)->queued, 0);
    pool_check_identity(pool);
    gate_raise(&staged.first.may_end);
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(atomic_load(&staged.begun), 1);
    assert_int_equal(pool_stats(pool)->cancelled, TASKS - 1);
    assert_int_equal(pool_stats(pool)->finished, 2); /* with the one that held the worker */
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

/* With all that is pending, wherever it stands. */
static void cancelled_with_the_pool(const char *policy) {
    static struct staged staged;
    struct held held = HELD_INIT;
    staged = (struct staged){.first = HELD_INIT};
    struct trd_pool *pool = pool_of_one(policy);
    struct trd_future *holder = pool_hold(pool, &held);
    submit_staged(pool, &staged);
    expect_short(pool);
    pool_release(&held, holder);
    gate_await(&staged.first.begun, 1);
    struct trd_future *last = pool_give(pool, same, pool); /* in a door */
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_CANCEL_PENDING, false), 0);
    assert_int_equal(trd_future_wait(last, TRD_FOREVER), -ECANCELED);
    trd_future_unref(last);
    assert_int_equal(pool_stats(pool)->cancelled, TASKS);
    gate_raise(&staged.first.may_end);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    assert_int_equal(atomic_load(&staged.begun), 1);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static void a_task_is_cancelled_wherever_it_stands(void **state) {
    (void)state;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        cancelled_in_its_door((*policy)->name);
        cancelled_in_a_batch((*policy)->name);
        cancelled_with_the_pool((*policy)->name);
    }
}

/* A worker that waits for its child does not wait for a clock to agree that it was submitted. */
static void *wait_for_child(void *pool) {
    struct trd_future *child = pool_give(pool, same, pool);
    assert_int_equal(trd_future_wait(child, TRD_FOREVER), 0);
    trd_future_unref(child);
    return pool;
}

static void what_was_submitted_is_seen_at_once(void **state) {
    (void)state;
    struct trd_pool *pool = pool_of_one("fifo");
    for (uint64_t i = 0; i < 3000; i++) {
        struct trd_future *future = pool_give(pool, i % 3 ? same : wait_for_child, pool);
        if (i % 3 == 1) {
            const int answer = trd_future_cancel(future);
            assert_true(answer == 0 || answer == -EBUSY || trd_future_is_done(future));
        } else if (i % 3 == 2) {
            assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
            assert_true(trd_future_is_done(future));
        }
        assert_true(pool_stats(pool)->submitted >= i + 1);
        const int answer = trd_future_wait(future, TRD_FOREVER);
        assert_true(answer == 0 || answer == -ECANCELED);
        trd_future_unref(future);
    }
    trd_pool_destroy(pool);
}

/* While one task of a batch waits for another, the pool shuts down. */
static void *wait_for_it(void *gate) {
    gate_await(gate, 1);
    return NULL;
}

static void *let_it_happen(void *gate) {
    gate_raise(gate);
    return NULL;
}

static void a_batch_is_shared_while_the_pool_drains(void **state) {
    (void)state;
    struct held holds[2] = {HELD_INIT, HELD_INIT};
    struct gate it = GATE_INIT;
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.sizer = "fixed", .workers_max = 2});
    struct trd_future *holders[2] = {pool_hold(pool, &holds[0]), pool_hold(pool, &holds[1])};
    assert_int_equal(trd_pool_submit(pool, wait_for_it, &it, NULL, NULL), 0);
    assert_int_equal(trd_pool_submit(pool, let_it_happen, &it, NULL, NULL), 0);
    assert_int_equal(trd_pool_submit(pool, same, &it, NULL, NULL), 0);
    expect_short(pool);
    pool_release(&holds[0], holders[0]); /* takes two of the three, and waits in the first */
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, false), 0);
    pool_release(&holds[1], holders[1]);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    assert_int_equal(gate_number(&it), 1);
    trd_pool_destroy(pool);
}

struct producer {
    struct trd_pool *pool;
    uint64_t seed, accepted, cancelled;
};

/* Of every kind, and some cancelled at once. */
static void *produce(void *arg) {
    struct producer *producer = arg;
    struct trd_rng rng;
    trd_rng_init(&rng, producer->seed);
    for (int i = 0; i < EACH; i++) {
        const uint64_t dice = trd_rng_next(&rng);
        const struct trd_options options = {.client = dice % 3, .priority = (int64_t)(dice % 5)};
        struct trd_future *future = NULL;
        assert_int_equal(trd_pool_submit(producer->pool, same, producer,
                                         dice & 16 ? &options : NULL, dice & 32 ? &future : NULL),
                         0);
        producer->accepted++;
        if (future) {
            producer->cancelled += dice & 64 && trd_future_cancel(future) == 0;
            trd_future_unref(future);
        }
    }
    return NULL;
}

static void at_rest_the_books_are_right(void **state) {
    (void)state;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        struct producer producers[PRODUCERS];
        pthread_t threads[PRODUCERS];
        uint64_t accepted = 0, cancelled = 0;
        struct trd_pool *pool = pool_make(&(struct trd_pool_config){
            .policy = (*policy)->name, .sizer = "fixed", .workers_max = 2});
        expect_short(pool);
        for (uint64_t i = 0; i < PRODUCERS; i++) {
            producers[i] = (struct producer){.pool = pool, .seed = i};
            assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
        }
        for (int i = 0; i < PRODUCERS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            accepted += producers[i].accepted;
            cancelled += producers[i].cancelled;
        }
        assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
        const struct trd_stats *stats = pool_stats(pool);
        assert_int_equal(stats->submitted, accepted);
        assert_int_equal(stats->cancelled, cancelled);
        assert_int_equal(stats->finished, accepted - cancelled);
        assert_int_equal(stats->queued, 0);
        assert_int_equal(stats->busy, 0);
        trd_pool_destroy(pool);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_is_cancelled_wherever_it_stands),
        cmocka_unit_test(what_was_submitted_is_seen_at_once),
        cmocka_unit_test(a_batch_is_shared_while_the_pool_drains),
        cmocka_unit_test(at_rest_the_books_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
