/* test_pool_record.c - what a pool records, the simulator repeats with the same answers. */
#include <treadle/treadle.h>

#include <pthread.h>
#include <string.h>

#include "tests/check.h"
#include "tests/live/gate.h"

enum { PRODUCERS = 2, TASKS = 1500 };

/* A thread that submits for several clients and cancels some of it. */
struct producer {
    struct trd_pool *pool;
    uint64_t seed, clients;
};

static void *produce(void *arg) {
    struct producer *producer = arg;
    struct trd_rng rng;
    trd_rng_init(&rng, producer->seed);
    for (int i = 0; i < TASKS; i++) {
        const uint64_t dice = trd_rng_next(&rng);
        const struct trd_options options = {
            .client = dice % producer->clients,
            .priority = (int64_t)(dice >> 8) % 5,
            .weight = (uint32_t)(dice >> 16) % 3,
            .deadline_ns = dice % 11 == 0 ? 1 : 0,
            .is_dropped_late = true,
            .cost_ns = dice >> 40,
        };
        struct trd_future *future = NULL;
        assert_int_equal(trd_pool_submit(producer->pool, same, &rng, &options, &future), 0);
        if (dice % 5 == 0) {
            (void)trd_future_cancel(future); /* it may have run already */
        }
        if (dice % 97 == 0) {
            assert_int_equal(trd_pool_resize(producer->pool, 0, 1 + (uint32_t)(dice >> 20) % 6), 0);
        }
        trd_future_unref(future);
    }
    return NULL;
}

/* Works for a while and hands out the record. */
static void pool_record(const char *policy, const char *sizer, uint64_t clients,
                        struct trd_trace *trace) {
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 3, .policy = policy, .sizer = sizer, .seed = 99, .is_recording = true});
    struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){pool, (uint64_t)i + 1, clients};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < PRODUCERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    assert_int_equal(trd_pool_trace(pool, trace), 0);
    assert_int_equal(pool_stats(pool)->submitted, PRODUCERS * TASKS);
    trd_pool_destroy(pool);
}

/* Replays, and frees the trace. */
static void check_replay(struct trd_trace *trace) {
    struct trd_replay_report report;
    struct trd_error error = {""};
    const int failed = trd_sim_replay(trace, &report, &error);
    if (failed || !report.is_identical) {
        fail_msg("%s, %s: %d %s, event %llu: %s", trace->policy, trace->sizer, failed,
                 error.message, (unsigned long long)report.first_difference,
                 report.difference.message);
    }
    assert_int_equal(report.submitted, PRODUCERS * TASKS);
    trd_trace_free(trace);
}

static void every_policy_and_sizer_replays_identically(void **state) {
    (void)state;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer; sizer++) {
            struct trd_trace trace;
            if ((*policy)->flags & TRD_POLICY_CONCURRENT) {
                continue; /* parity is not promised */
            }
            pool_record((*policy)->name, (*sizer)->name, 7, &trace);
            assert_false(trace.is_truncated);
            assert_true(trace.count >= 2 * PRODUCERS * TASKS);
            assert_int_equal(trace.workers_max, 3);
            assert_int_equal(trace.seed, 99);
            check_replay(&trace);
        }
    }
}

static void forgotten_clients_replay_identically(void **state) {
    (void)state;
    struct trd_trace trace;
    pool_record("round_robin", "on_demand", 1000000, &trace);
    size_t forgotten = 0;
    for (size_t i = 0; i < trace.count; i++) {
        forgotten += trace.events[i].kind == TRD_EVENT_FORGET;
    }
    assert_true(forgotten > 0);
    check_replay(&trace);
}

static void a_record_may_be_taken_while_the_pool_works(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_trace trace;
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 1, .is_recording = true});
    struct trd_future *holder = pool_hold(pool, &held);
    assert_int_equal(trd_pool_trace(pool, &trace), 0);
    assert_int_equal(trace.count, 3); /* the first worker finds the task in the queue */
    assert_int_equal(trace.events[0].kind, TRD_EVENT_SUBMIT);
    assert_int_equal(trace.events[1].kind, TRD_EVENT_JOIN);
    assert_int_equal(trace.events[2].kind, TRD_EVENT_NEXT);
    assert_int_equal(trace.events[2].answer, TRD_FATE_RUN);
    assert_int_equal(trace.events[2].sequence, 1);
    assert_string_equal(trace.policy, "fifo");
    trd_trace_free(&trace);
    assert_null(trace.events);
    pool_release(&held, holder);
    trd_pool_destroy(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_and_sizer_replays_identically),
        cmocka_unit_test(forgotten_clients_replay_identically),
        cmocka_unit_test(a_record_may_be_taken_while_the_pool_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
