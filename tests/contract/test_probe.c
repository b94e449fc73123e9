/* test_probe.c - the engine's side of the contract, seen by a policy that uses all of it. */
#include "tests/check.h"
#include "tests/contract/probe_policy.h"
#include "tests/contract/rig.h"

static struct probe_state *open_probe(struct rig *rig, uint64_t seed) {
    const struct trd_policy_spec policy = {.policy = &probe_policy};
    struct trd_sizer_spec sizer;
    assert_int_equal(trd_sizer_parse("on_demand", &sizer, NULL), 0);
    rig_open(rig, &policy, &sizer, seed);
    rig->is_work_conserving = false;
    rig->may_refuse = rig->may_expire = rig->is_resuming = true;
    return rig->host.state; /* the policy's record comes first in the engine's memory */
}

static void every_op_is_called_as_the_contract_says(void **state) {
    (void)state;
    const uint64_t first = rig_seed(99);
    for (uint64_t seed = first; seed < first + 10; seed++) {
        struct rig rig;
        const struct probe_state *seen = open_probe(&rig, seed);
        print_message("seed %llu (TREADLE_TEST_SEED repeats it)\n", (unsigned long long)seed);
        rig_random(&rig, 20000);
        while (rig.queued > 0) { /* a pop may say none though tasks are queued */
            rig_drain_some(&rig);
        }
        rig_drain(&rig);
        assert_int_equal(seen->opened, 1);
        assert_int_equal(seen->queued, 0);
        assert_int_equal(seen->refused, rig.refused);
        assert_true(seen->refused > 0 && seen->expired > 0 && seen->steals > 0);
        assert_true(seen->held_back > 0 && seen->joined > 1 && seen->left > 1);
        assert_true(seen->expired <= rig.expired);
        assert_true(rig.forgotten > 0);
        rig_close(&rig);
    }
}

/* A refused task was not taken: the same memory may be offered again. */
static void a_refused_task_can_be_offered_again(void **state) {
    (void)state;
    struct rig rig;
    open_probe(&rig, 1);
    rig_join(&rig, 0);
    for (int i = 0; i < PROBE_CLASS_MAX; i++) {
        assert_non_null(rig_submit(&rig, 0, 0));
    }
    assert_null(rig_submit(&rig, 0, 0));
    struct trd_task *refused = &rig.tasks[rig.task_count - 1]->shell.task;
    assert_int_equal(refused->state, TRD_TASK_NEW);
    assert_non_null(rig_next(&rig, 0));
    rig_finish(&rig, 0, TRD_OUTCOME_DONE);
    rig.host.sched.recorder = NULL;
    assert_int_equal(trd__sched_submit(&rig.host.sched, refused, TRD_WORKER_NONE, rig.now_ns), 0);
    assert_int_equal(trd__sched_cancel(&rig.host.sched, refused, rig.now_ns), 0);
    rig.host.sched.recorder = &rig.recorder;
    rig_drain(&rig);
    rig_close(&rig);
}

/* A resumable task adds up what it has had, and starts from nothing in its next life. Its deadline
 * is for the start: between two slices it is not late. */
static void attained_service_adds_up_over_slices(void **state) {
    (void)state;
    struct rig rig;
    struct trd_policy_spec policy;
    struct trd_sizer_spec sizer;
    struct trd_task_with_attr task = {
        .task = {.flags = TRD_TASK_HAS_ATTR | TRD_TASK_RESUMABLE | TRD_TASK_DROP_LATE}};
    assert_int_equal(trd_policy_parse("fifo", &policy, NULL), 0);
    assert_int_equal(trd_sizer_parse("fixed", &sizer, NULL), 0);
    rig_open(&rig, &policy, &sizer, 1);
    rig_join(&rig, 0);
    struct trd_sched *sched = &rig.host.sched;
    struct trd_histogram wait = {0}, run = {0};
    sched->recorder = NULL;
    sched->config.wait = &wait;
    sched->config.run = &run;
    uint64_t now_ns = 10000;
    for (int life = 0; life < 2; life++) {
        task.attr.deadline_ns = now_ns + 50;
        assert_int_equal(trd__sched_submit(sched, &task.task, TRD_WORKER_NONE, now_ns), 0);
        for (int slice = 0; slice < 3; slice++) {
            assert_ptr_equal(trd__sched_next(sched, 0, now_ns).task, &task);
            now_ns += 100;
            trd__sched_finish(sched, &task.task, 0,
                              slice < 2 ? TRD_OUTCOME_AGAIN : TRD_OUTCOME_DONE, NULL, now_ns);
        }
        assert_int_equal(task.attr.attained_ns, 300);
    }
    assert_int_equal(sched->finished, 2);
    assert_int_equal(wait.count, 2); /* a wait is counted once a life */
    assert_int_equal(run.sum, 600);
    rig_close(&rig);
}

/* Calls that leave no event move the clock; the record must hold the time that counted. */
static void the_record_keeps_the_time_that_counted(void **state) {
    (void)state;
    struct rig rig;
    struct trd_policy_spec policy;
    struct trd_sizer_spec sizer;
    struct trd_stats stats;
    assert_int_equal(trd_policy_parse("fifo", &policy, NULL), 0);
    assert_int_equal(trd_sizer_parse("fixed", &sizer, NULL), 0);
    rig_open(&rig, &policy, &sizer, 1);
    assert_non_null(rig_submit(&rig, 0, 0));
    trd__sched_stats(&rig.host.sched, &stats, 50000);
    assert_non_null(rig_submit(&rig, 0, 0)); /* by a clock that is behind */
    assert_int_equal(rig.tasks[1]->shell.task.submit_ns, 50000);
    assert_int_equal(rig.recorder.events[1].now_ns, 50000);
    rig_drain(&rig);
    rig_close(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_is_called_as_the_contract_says),
        cmocka_unit_test(a_refused_task_can_be_offered_again),
        cmocka_unit_test(attained_service_adds_up_over_slices),
        cmocka_unit_test(the_record_keeps_the_time_that_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
