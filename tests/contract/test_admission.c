/* test_admission.c - who comes in, and who expires: bounded and codel. */
#include "tests/check.h"
#include "tests/contract/stage.h"

#include <stdlib.h>

#include <treadle/metrics.h>
#include <treadle/sim.h>

#define MS UINT64_C(1000000)

/* What codel's defaults say. */
enum { TARGET_MS = 5, INTERVAL_MS = 100 };

static int offer(struct stage *stage, struct trd_task *task) {
    *task = (struct trd_task){0};
    return trd__sched_submit(&stage->host.sched, task, TRD_WORKER_NONE, stage->now_ns);
}

static void bounded_refuses_exactly_what_finds_so_many_waiting(void **state) {
    (void)state;
    struct stage stage;
    struct trd_task task[6];
    stage_open(&stage, "bounded:max=3/round_robin/fifo", 1, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(offer(&stage, &task[i]), 0);
    }
    assert_int_equal(offer(&stage, &task[3]), -EAGAIN);
    assert_int_equal(task[3].state, TRD_TASK_NEW);
    assert_int_equal(trd__sched_cancel(&stage.host.sched, &task[1], stage.now_ns), 0);
    assert_int_equal(offer(&stage, &task[3]), 0);
    assert_int_equal(offer(&stage, &task[4]), -EAGAIN);
    assert_ptr_equal(trd__sched_next(&stage.host.sched, 0, stage.now_ns).task, &task[0]);
    assert_int_equal(offer(&stage, &task[4]), 0); /* one that runs does not wait */
    assert_int_equal(offer(&stage, &task[5]), -EAGAIN);
    trd__sched_finish(&stage.host.sched, &task[0], 0, TRD_OUTCOME_DONE, NULL, stage.now_ns);
    for (int i = 0; i < 3; i++) {
        struct trd_task *next = trd__sched_next(&stage.host.sched, 0, stage.now_ns).task;
        trd__sched_finish(&stage.host.sched, next, 0, TRD_OUTCOME_DONE, NULL, stage.now_ns);
    }
    stage_close(&stage);
}

static void bounded_by_nothing_refuses_everything(void **state) {
    (void)state;
    struct stage stage;
    struct trd_task task;
    stage_open(&stage, "bounded:max=0", 1, 1);
    assert_int_equal(offer(&stage, &task), -EAGAIN);
    stage_close(&stage);
}

/* It was admitted when it came; what it has begun it may end. */
static void a_task_that_has_begun_is_neither_counted_nor_refused(void **state) {
    (void)state;
    struct stage stage;
    struct trd_task task[2];
    const struct stage_spec resumable = {.client = 1, .flags = TRD_TASK_RESUMABLE};
    stage_open(&stage, "bounded:max=1", 1, 1);
    (void)stage_submit(&stage, resumable);
    (void)stage_take(&stage, 0);
    assert_int_equal(offer(&stage, &task[0]), 0);
    stage.now_ns += MS;
    stage_finish(&stage, 0, TRD_OUTCOME_AGAIN); /* it finds the queue full, and stands in it */
    assert_ptr_equal(trd__sched_next(&stage.host.sched, 0, stage.now_ns).task, &task[0]);
    assert_int_equal(offer(&stage, &task[1]), 0); /* one waits, but has begun */
    trd__sched_finish(&stage.host.sched, &task[0], 0, TRD_OUTCOME_DONE, NULL, stage.now_ns);
    assert_int_equal(trd__sched_cancel(&stage.host.sched, &task[1], stage.now_ns), 0);
    assert_non_null(stage_take(&stage, 0));
    stage_close(&stage);
}

/* Who has left a fifo: when, and how long he had waited. */
struct departure {
    uint64_t now_ns, delay_ns;
};

/* The rule told in the plainest way: look back over the interval. */
static bool has_proof_of_calm(const struct departure *departures, size_t count, uint64_t now_ns,
                              uint64_t emptied_ns) {
    bool is_calm = now_ns - emptied_ns <= INTERVAL_MS * MS;
    for (size_t i = count; i-- > 0 && now_ns - departures[i].now_ns <= INTERVAL_MS * MS;) {
        is_calm = is_calm || departures[i].delay_ns <= TARGET_MS * MS;
    }
    return is_calm;
}

/* A queue that random bursts fill and random work empties, at loads from calm to hopeless. */
static void codel_expires_who_is_too_late_when_nobody_was_in_time_for_an_interval(void **state) {
    (void)state;
    enum { CALLS = 40000 };
    static struct departure departures[CALLS];
    static struct trd_task tasks[CALLS];
    size_t count = 0, kept = 0, expired = 0;
    uint64_t emptied_ns = 0;
    struct stage stage;
    stage_open(&stage, "codel/none/fifo", 1, stage_seed(3));
    for (int call = 0; call < CALLS; call++) {
        const uint64_t load = 30 + 10 * (uint64_t)(call / 2000 % 5); /* % of submits */
        stage.now_ns += trd_rng_below(&stage.rng, 2 * MS);
        if (trd_rng_below(&stage.rng, 100) < load) {
            emptied_ns = stage.host.sched.queued ? emptied_ns : stage.now_ns;
            assert_int_equal(offer(&stage, &tasks[call]), 0);
            continue;
        }
        const struct trd_pop pop = trd__sched_next(&stage.host.sched, 0, stage.now_ns);
        if (!pop.task) {
            continue;
        }
        const uint64_t delay_ns = stage.now_ns - pop.task->submit_ns;
        emptied_ns = stage.host.sched.queued ? emptied_ns : stage.now_ns;
        departures[count++] = (struct departure){stage.now_ns, delay_ns};
        const bool is_calm = has_proof_of_calm(departures, count, stage.now_ns, emptied_ns);
        const bool must_expire = !is_calm && delay_ns > 2 * TARGET_MS * MS;
        assert_int_equal(pop.fate == TRD_FATE_EXPIRE, must_expire);
        expired += must_expire;
        kept += !must_expire && delay_ns > 2 * TARGET_MS * MS;
        if (pop.fate == TRD_FATE_RUN) {
            trd__sched_finish(&stage.host.sched, pop.task, 0, TRD_OUTCOME_DONE, NULL, stage.now_ns);
        }
    }
    assert_true(expired > 100 && kept > 100); /* both sides of the rule were seen */
    for (struct trd_task *rest; (rest = trd__sched_any(&stage.host.sched));) {
        assert_int_equal(trd__sched_cancel(&stage.host.sched, rest, stage.now_ns), 0);
    }
    stage_close(&stage);
}

/* The newest run, and still the overtaken are told no while the rush goes on. */
static void codel_finds_those_whom_lifo_lets_lie(void **state) {
    (void)state;
    struct stage stage;
    stage_open(&stage, "codel/none/lifo", 1, 1);
    for (int i = 0; i < 50; i++) {
        (void)stage_submit(&stage, (struct stage_spec){.client = 1});
    }
    for (int i = 0; i < 200; i++) { /* a new one every millisecond, and it runs at once */
        stage.now_ns += MS;
        const struct stage_task *newest = stage_submit(&stage, (struct stage_spec){.client = 1});
        assert_ptr_equal(stage_take(&stage, 0), newest);
        stage_finish(&stage, 0, TRD_OUTCOME_DONE);
        assert_int_equal(stage.expired, i + 1 <= TARGET_MS + INTERVAL_MS ? 0 : 50);
    }
    stage_close(&stage);
}

struct overload {
    double goodput; /* of the capacity */
    double p99_ms;  /* wait of those that ran */
    uint64_t expired;
};

/* Exponential milliseconds on `workers`; clients who stay for 50 ms. */
static struct overload run(const char *policy, uint32_t workers, double load) {
    const struct trd_sim_client client = {.share = 1,
                                          .service = {TRD_SIM_EXPONENTIAL, .mean_ns = 1e6},
                                          .timeout = {TRD_SIM_DETERMINISTIC, .mean_ns = 50e6}};
    const struct trd_sim_config config = {
        .policy = policy,
        .workers_min = workers,
        .workers_max = workers,
        .rate_per_s = load * workers * 1000,
        .clients = &client,
        .client_count = 1,
        .task_count = 100000,
        .warmup_count = 20000,
        .allows_overload = true,
        .seed = 7,
    };
    struct trd_sim_report report;
    struct trd_error error = {""};
    if (trd_sim_run(&config, &report, &error)) {
        fail_msg("%s", error.message);
    }
    const struct overload overload = {
        .goodput = report.total.goodput_per_s / (workers * 1000.0),
        .p99_ms = (double)trd_histogram_quantile(&report.total.wait, 0.99) / 1e6,
        .expired = report.expired,
    };
    print_message("%s, %u workers, load %g: goodput %.3f, p99 of waits %.1f ms, %llu expired\n",
                  policy, (unsigned)workers, load, overload.goodput, overload.p99_ms,
                  (unsigned long long)overload.expired);
    trd_sim_report_free(&report);
    return overload;
}

static void without_an_overload_nothing_expires(void **state) {
    (void)state;
    assert_int_equal(run("codel/none/fifo", 4, 0.7).expired, 0);
    assert_int_equal(run("codel", 32, 0.8).expired, 0);
}

/* Twice the target, and a service time more. */
static void a_standing_queue_is_cut_to_twice_the_target(void **state) {
    (void)state;
    assert_true(run("codel/none/fifo", 32, 1.2).p99_ms <= 2 * TARGET_MS + 1);
    assert_true(run("codel", 32, 1.2).p99_ms <= 2 * TARGET_MS + 1);
}

static void codel_keeps_the_goodput_that_fifo_loses(void **state) {
    (void)state;
    assert_true(run("fifo", 4, 1.5).goodput < 0.01);
    assert_true(run("codel", 4, 1.5).goodput >= 0.9);
    assert_true(run("codel/none/fifo", 4, 1.5).goodput >= 0.9);
    assert_true(run("adaptive_lifo", 4, 1.5).goodput >= 0.9);
    assert_true(run("codel", 4, 3.0).goodput >= 0.9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounded_refuses_exactly_what_finds_so_many_waiting),
        cmocka_unit_test(bounded_by_nothing_refuses_everything),
        cmocka_unit_test(a_task_that_has_begun_is_neither_counted_nor_refused),
        cmocka_unit_test(codel_expires_who_is_too_late_when_nobody_was_in_time_for_an_interval),
        cmocka_unit_test(codel_finds_those_whom_lifo_lets_lie),
        cmocka_unit_test(without_an_overload_nothing_expires),
        cmocka_unit_test(a_standing_queue_is_cut_to_twice_the_target),
        cmocka_unit_test(codel_keeps_the_goodput_that_fifo_loses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
