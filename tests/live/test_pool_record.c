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
    uint64_t seed, clients, accepted;
    uint8_t slices[TASKS]; /* left for each task, in the lower half; in the upper, what it does */
};

enum { SLICES = 15, WAITS = 16 };

/* A slice of a task, in a blocking region or not. */
static void *run_slice(void *arg) {
    uint8_t *slices = arg;
    if (*slices & WAITS) {
        assert_int_equal(trd_pool_blocking_begin(NULL), 0); /* ends with the slice */
    }
    return --*slices & SLICES ? trd_again() : NULL;
}

/* What a task says of itself, by chance. */
static struct trd_options draw_options(struct trd_rng *rng, uint64_t clients) {
    const uint64_t dice = trd_rng_next(rng);
    return (struct trd_options){
        .client = dice % clients,
        .priority = (int64_t)(dice >> 8) % 5,
        .weight = (uint32_t)(dice >> 16) % 3,
        .deadline_ns = dice % 11 == 0 ? 1 : (dice >> 20) % TRD_NS_PER_S,
        .is_dropped_late = dice % 11 < 2,
        .cost_ns = dice >> 44,
        .is_resumable = true,
    };
}

static void *produce(void *arg) {
    struct producer *producer = arg;
    struct trd_rng rng;
    trd_rng_init(&rng, producer->seed);
    for (int i = 0; i < TASKS; i++) {
        const struct trd_options options = draw_options(&rng, producer->clients);
        const uint64_t dice = trd_rng_next(&rng);
        struct trd_future *future = NULL;
        producer->slices[i] = (uint8_t)(dice % 4 == 0 ? 1 + (dice >> 8) % 4 : 1);
        producer->slices[i] |= (dice >> 16) % 16 == 0 ? WAITS : 0;
        const int failed =
            trd_pool_submit(producer->pool, run_slice, &producer->slices[i], &options, &future);
        assert_true(failed == 0 || failed == -EAGAIN); /* some policies refuse */
        producer->accepted += failed == 0;
        if (future && dice % 5 == 0) {
            (void)trd_future_cancel(future); /* it may have run already */
        }
        if (dice % 97 == 0) {
            assert_int_equal(trd_pool_resize(producer->pool, 0, 1 + (uint32_t)(dice >> 20) % 6), 0);
        }
        trd_future_unref(future);
    }
    return NULL;
}

/* Works for a while and hands out the record. Returns how many tasks were accepted. */
static uint64_t pool_record(const char *policy, const char *sizer, uint64_t clients,
                            struct trd_trace *trace) {
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){
        .workers_max = 3, .policy = policy, .sizer = sizer, .seed = 99, .is_recording = true});
    static struct producer producers[PRODUCERS];
    pthread_t threads[PRODUCERS];
    uint64_t accepted = 0;
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.pool = pool, .seed = (uint64_t)i + 1, .clients = clients};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < PRODUCERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        accepted += producers[i].accepted;
    }
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    assert_int_equal(trd_pool_trace(pool, trace), 0);
    assert_int_equal(pool_stats(pool)->submitted, accepted);
    trd_pool_destroy(pool);
    return accepted;
}

/* Replays, and frees the trace. */
static void check_replay(struct trd_trace *trace, uint64_t accepted) {
    struct trd_replay_report report;
    struct trd_error error = {""};
    const int failed = trd_sim_replay(trace, &report, &error);
    if (failed || !report.is_identical) {
        fail_msg("%s, %s: %d %s, event %llu: %s", trace->policy, trace->sizer, failed,
                 error.message, (unsigned long long)report.first_difference,
                 report.difference.message);
    }
    assert_int_equal(report.submitted, accepted);
    trd_trace_free(trace);
}

/* How many events of a kind have such an answer. */
static size_t count_events(const struct trd_trace *trace, enum trd_event_kind kind, int answer) {
    size_t count = 0;
    for (size_t i = 0; i < trace->count; i++) {
        count += trace->events[i].kind == (uint8_t)kind && trace->events[i].answer == answer;
    }
    return count;
}

/* What a record held: a policy that drops much may leave little of it. */
struct seen {
    size_t yields, regions, bounds;
};

static void check_pair(const char *policy, const char *sizer, struct seen *seen) {
    struct trd_trace trace;
    const uint64_t accepted = pool_record(policy, sizer, 7, &trace);
    assert_false(trace.is_truncated);
    assert_true(trace.count >= 2 * accepted);
    assert_int_equal(trace.workers_max, 3);
    assert_int_equal(trace.seed, 99);
    seen->yields += count_events(&trace, TRD_EVENT_FINISH, TRD_OUTCOME_AGAIN);
    seen->regions += count_events(&trace, TRD_EVENT_BLOCK, 1);
    seen->bounds += count_events(&trace, TRD_EVENT_BOUNDS, 0);
    check_replay(&trace, accepted);
}

static void check_seen(const struct seen *seen) {
    assert_true(seen->yields > 0 && seen->regions > 0 && seen->bounds > 0);
}

static void every_policy_and_sizer_replays_identically(void **state) {
    (void)state;
    struct seen seen = {0};
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer; sizer++) {
            if (!((*policy)->flags & TRD_POLICY_CONCURRENT)) { /* else parity is not promised */
                check_pair((*policy)->name, (*sizer)->name, &seen);
            }
        }
    }
    check_seen(&seen);
}

static void compositions_replay_identically(void **state) {
    (void)state;
    struct seen seen = {0};
    static const char *const policies[] = {
        "codel",
        "bounded:max=20/round_robin/lifo",
        "none/drr/sjf",
        "codel:target=0.0001,interval=0.001/sfq/edf",
        "none/stride/priority",
        "none/lottery/fifo",
        "priority_aging:slope=0.1",
        "codel:target=0.0001/round_robin/priority",
    };
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        check_pair(policies[i], "on_demand", &seen);
        check_pair(policies[i], "compensate:running=1", &seen);
    }
    check_seen(&seen);
}

static void forgotten_clients_replay_identically(void **state) {
    (void)state;
    struct trd_trace trace;
    const uint64_t accepted = pool_record("round_robin", "on_demand", 1000000, &trace);
    size_t forgotten = 0;
    for (size_t i = 0; i < trace.count; i++) {
        forgotten += trace.events[i].kind == TRD_EVENT_FORGET;
    }
    assert_true(forgotten > 0);
    check_replay(&trace, accepted);
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
        cmocka_unit_test(compositions_replay_identically),
        cmocka_unit_test(forgotten_clients_replay_identically),
        cmocka_unit_test(a_record_may_be_taken_while_the_pool_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
