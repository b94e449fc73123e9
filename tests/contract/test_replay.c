/* test_replay.c - what a live pool decided, the simulator decides again: every policy and sizer,
 * several workers and submitters, clients, priorities, deadlines, cancels and changes of size.
 *
 * Which thread comes first is left to chance, so every run is another one; that the replay agrees
 * must hold for all of them. */
#include "tests/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <treadle/treadle.h>

enum { SUBMITTERS = 3, TASKS = 1500, CLIENTS = 40 };

struct stage {
    struct trd_pool *pool;
    uint64_t seed;
    _Atomic uint64_t ran;
};

/* A little work, so that the workers overlap. */
static void *work(void *arg) {
    struct stage *stage = arg;
    uint64_t value = atomic_fetch_add_explicit(&stage->ran, 1, memory_order_relaxed);
    for (int i = 0; i < 200; i++) {
        value = value * UINT64_C(6364136223846793005) + 1;
    }
    return value == 42 ? NULL : stage;
}

/* Submits, and cancels every tenth of its last tasks. */
static void *submitter(void *arg) {
    struct stage *stage = arg;
    struct trd_rng rng;
    struct trd_future *recent[10] = {NULL};
    trd_rng_init(&rng, stage->seed);
    for (int i = 0; i < TASKS; i++) {
        const struct trd_options options = {
            .priority = (int64_t)trd_rng_below(&rng, 5) - 2,
            .client = trd_rng_below(&rng, CLIENTS),
            .weight = (uint32_t)trd_rng_below(&rng, 3),
            .deadline_ns = 1 + trd_rng_below(&rng, 2 * TRD_NS_PER_MS),
            .is_dropped_late = i % 7 == 0,
            .cost_ns = trd_rng_below(&rng, 1000),
        };
        struct trd_future *future;
        if (trd_pool_submit(stage->pool, work, stage, &options, &future)) {
            continue; /* the queue is full: that is no event */
        }
        trd_future_unref(recent[i % 10]);
        recent[i % 10] = future;
        if (i % 10 == 9) {
            (void)trd_future_cancel(recent[trd_rng_below(&rng, 10)]); /* may be too late */
        }
    }
    for (int i = 0; i < 10; i++) {
        trd_future_unref(recent[i]);
    }
    return NULL;
}

static void record(const struct trd_pool_config *config, uint64_t seed, struct trd_trace *trace) {
    struct stage stages[SUBMITTERS];
    pthread_t threads[SUBMITTERS];
    struct trd_pool *pool;
    struct trd_stats stats;
    struct trd_error error = {""};
    if (trd_pool_create(config, &pool, &error)) {
        fail_msg("%s", error.message);
    }
    for (int i = 0; i < SUBMITTERS; i++) {
        stages[i].pool = pool;
        stages[i].seed = seed + (uint64_t)i;
        atomic_init(&stages[i].ran, 0);
        assert_int_equal(pthread_create(&threads[i], NULL, submitter, &stages[i]), 0);
    }
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(trd_pool_resize(pool, i % 2, 1 + i * 3 % 7), 0);
        assert_int_equal(trd_pool_stats(pool, &stats), 0); /* moves the clock, leaves no event */
    }
    for (int i = 0; i < SUBMITTERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(trd_pool_drain(pool, 60 * TRD_NS_PER_S), 0);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    assert_int_equal(trd_pool_trace(pool, trace), 0);
    trd_pool_destroy(pool);
}

static void check_identical(const struct trd_trace *trace) {
    struct trd_replay_report report;
    struct trd_error error = {""};
    if (trd_sim_replay(trace, &report, &error)) {
        fail_msg("%s", error.message);
    }
    if (!report.is_identical) {
        fail_msg("%s", report.difference.message);
    }
    assert_false(trace->is_truncated);
    assert_int_equal(report.event_count, trace->count);
    assert_true(report.submitted > TASKS);
}

static size_t count_kind(const struct trd_trace *trace, enum trd_event_kind kind) {
    size_t count = 0;
    for (size_t i = 0; i < trace->count; i++) {
        count += trace->events[i].kind == (uint8_t)kind;
    }
    return count;
}

static void every_policy_and_sizer_replays_identically(void **state) {
    (void)state;
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer; sizer++) {
            const struct trd_pool_config config = {.policy = (*policy)->name,
                                                   .sizer = (*sizer)->name,
                                                   .workers_max = 4,
                                                   .seed = 5,
                                                   .is_recording = true};
            struct trd_trace trace;
            record(&config, 100, &trace);
            print_message("%s, %s: %zu events, %zu cancels, %zu joins\n", (*policy)->name,
                          (*sizer)->name, trace.count, count_kind(&trace, TRD_EVENT_CANCEL),
                          count_kind(&trace, TRD_EVENT_JOIN));
            check_identical(&trace);
            trd_trace_free(&trace);
        }
    }
}

static void a_bounded_queue_replays_identically(void **state) {
    (void)state;
    const struct trd_pool_config config = {.policy = "priority",
                                           .workers_max = 2,
                                           .pending_max = 8,
                                           .on_full = TRD_ON_FULL_BLOCK,
                                           .is_recording = true};
    struct trd_trace trace;
    record(&config, 200, &trace);
    check_identical(&trace);
    trd_trace_free(&trace);
}

static void a_trace_survives_the_way_through_a_file(void **state) {
    (void)state;
    const struct trd_pool_config config = {
        .policy = "round_robin", .sizer = "adaptive:idle=0.25", .is_recording = true};
    char path[] = "/tmp/treadle-trace-XXXXXX";
    const int file = mkstemp(path);
    struct trd_trace trace, again;
    struct trd_error error = {""};
    assert_true(file >= 0);
    assert_int_equal(close(file), 0);
    record(&config, 300, &trace);
    assert_int_equal(trd_trace_save(&trace, path), 0);
    const int failed = trd_trace_load(&again, path, &error);
    (void)unlink(path); /* whatever came of it */
    if (failed) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(again.count, trace.count);
    assert_memory_equal(again.events, trace.events, trace.count * sizeof *trace.events);
    assert_string_equal(again.policy, trace.policy);
    assert_string_equal(again.sizer, trace.sizer);
    check_identical(&again);
    trd_trace_free(&trace);
    trd_trace_free(&again);
}

/* A difference is found where it is. */
static void a_changed_record_differs_at_the_changed_event(void **state) {
    (void)state;
    const struct trd_pool_config config = {
        .policy = "lifo", .workers_max = 2, .is_recording = true};
    struct trd_trace trace;
    struct trd_replay_report report;
    record(&config, 400, &trace);
    size_t at = 0;
    for (size_t i = 0; i < trace.count; i++) {
        const struct trd_event *event = &trace.events[i];
        if (event->kind == TRD_EVENT_NEXT && event->answer == TRD_FATE_RUN && i > 500) {
            at = i;
            break;
        }
    }
    assert_true(at > 0);
    trace.events[at].sequence ^= 1;
    assert_int_equal(trd_sim_replay(&trace, &report, NULL), 0);
    assert_false(report.is_identical);
    assert_int_equal(report.first_difference, at + 1);
    (void)snprintf(trace.policy, sizeof trace.policy, "fifo");
    trace.events[at].sequence ^= 1;
    assert_int_equal(trd_sim_replay(&trace, &report, NULL), 0);
    assert_false(report.is_identical); /* another policy decides otherwise */
    trd_trace_free(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_and_sizer_replays_identically),
        cmocka_unit_test(a_bounded_queue_replays_identically),
        cmocka_unit_test(a_trace_survives_the_way_through_a_file),
        cmocka_unit_test(a_changed_record_differs_at_the_changed_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
