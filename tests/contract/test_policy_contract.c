/* test_policy_contract.c - what every policy in the table must do, alone and as a part. */
#include "tests/check.h"
#include "tests/contract/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TESTS_MAX = 1024, NAME_MAX_BYTES = 128 };

static struct trd_policy_spec policy_spec(const char *text) {
    struct trd_policy_spec spec;
    struct trd_error error = {""};
    if (trd_policy_parse(text, &spec, &error)) {
        fail_msg("%s", error.message);
    }
    return spec;
}

static struct trd_sizer_spec sizer_spec(const char *text) {
    struct trd_sizer_spec spec;
    assert_int_equal(trd_sizer_parse(text, &spec, NULL), 0);
    return spec;
}

static void open_rig(struct rig *rig, void **state, uint64_t seed) {
    const struct trd_policy_spec policy = policy_spec(*state);
    const struct trd_sizer_spec sizer = sizer_spec("on_demand");
    rig_open(rig, &policy, &sizer, seed);
}

static void describes_itself(void **state) {
    const struct trd_policy_spec spec = policy_spec(*state);
    const struct trd_policy *policy = spec.policy;
    assert_true(strlen(policy->name) > 0 && strlen(policy->name) < 32);
    assert_int_equal(strspn(policy->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                     strlen(policy->name));
    assert_true(strlen(policy->summary) > 0 && strlen(policy->source) > 0);
    assert_non_null((void *)(uintptr_t)policy->push);
    assert_non_null((void *)(uintptr_t)policy->pop);
    assert_non_null((void *)(uintptr_t)policy->remove);
    assert_non_null((void *)(uintptr_t)policy->any);
    for (size_t i = 0; policy->params && policy->params[i].name; i++) {
        const struct trd_param *param = &policy->params[i];
        assert_true(i < TRD_PARAMS_MAX);
        assert_true(param->min <= param->fallback && param->fallback <= param->max);
        assert_true(strlen(param->summary) > 0);
    }
}

static void an_empty_policy_hands_out_nothing(void **state) {
    struct rig rig;
    open_rig(&rig, state, 1);
    rig_join(&rig, 0);
    assert_null(rig_next(&rig, 0));
    assert_non_null(rig_submit(&rig, 0, 0));
    assert_non_null(rig_next(&rig, 0));
    rig_finish(&rig, 0, TRD_OUTCOME_DONE);
    assert_null(rig_next(&rig, 0));
    rig_close(&rig);
}

/* Every task of a small queue, cancelled at every position, for every length up to 9. */
static void any_position_can_be_cancelled(void **state) {
    for (uint32_t length = 1; length <= 9; length++) {
        for (uint32_t victim = 0; victim < length; victim++) {
            struct rig rig;
            struct rig_task *tasks[9];
            open_rig(&rig, state, 1);
            for (uint32_t i = 0; i < length; i++) {
                tasks[i] = rig_submit(&rig, rig_client(&rig, i % 3), (int64_t)(i * 7 % 4));
                assert_non_null(tasks[i]);
            }
            rig_cancel(&rig, tasks[victim]);
            rig_cancel(&rig, tasks[victim]); /* too late the second time */
            rig_drain(&rig);
            rig_close(&rig);
        }
    }
}

static void tasks_of_many_clients_all_come_out(void **state) {
    enum { CLIENTS = 20000 };
    struct rig rig;
    open_rig(&rig, state, 1);
    for (uint32_t row = 1; row <= CLIENTS; row++) {
        assert_int_equal(trd__host_need_client(&rig.host, row), 0);
        trd__sched_client_open(&rig.host.sched, row, row);
    }
    struct trd_task *tasks = calloc(CLIENTS, sizeof *tasks);
    unsigned char *seen = calloc(CLIENTS, 1);
    rig.host.sched.recorder = NULL;
    for (uint32_t i = 0; i < CLIENTS; i++) {
        tasks[i].client_index = 1 + i;
        assert_int_equal(trd__sched_submit(&rig.host.sched, &tasks[i], TRD_WORKER_NONE, i), 0);
    }
    rig_join(&rig, 0);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        const struct trd_pop pop = trd__sched_next(&rig.host.sched, 0, CLIENTS);
        assert_int_equal(pop.fate, TRD_FATE_RUN);
        assert_int_equal(seen[pop.task - tasks]++, 0);
        trd__sched_finish(&rig.host.sched, pop.task, 0, TRD_OUTCOME_DONE, NULL, CLIENTS);
    }
    assert_null(trd__sched_next(&rig.host.sched, 0, CLIENTS).task);
    rig_close(&rig);
    free(tasks);
    free(seen);
}

/* A forgotten client's row is given to another one, whose tasks behave as a new client's. A policy
 * may hold on to an idle client while others are there, but when all are idle it lets all go. */
static void a_row_can_be_forgotten_and_used_again(void **state) {
    const struct trd_policy *policy = policy_spec(*state).policy;
    struct rig rig;
    open_rig(&rig, state, 1);
    rig_join(&rig, 0);
    for (uint32_t life = 1; life <= 50; life++) {
        for (uint32_t nth = 0; nth < 6; nth++) {
            assert_non_null(rig_submit(&rig, rig_client(&rig, nth), 0));
        }
        for (int i = 0; i < 6; i++) {
            const uint32_t forgotten = rig_forget(&rig);
            assert_true(policy->may_forget || forgotten == (uint32_t)(i < 1 ? 0 : 1));
            assert_non_null(rig_next(&rig, 0));
            rig_finish(&rig, 0, TRD_OUTCOME_DONE);
        }
        (void)rig_forget(&rig); /* those that are left */
        assert_int_equal(rig.forgotten, 6 * life);
    }
    rig_close(&rig);
}

static void random_calls_agree_with_a_plain_array(void **state) {
    const uint64_t first = rig_seed(20240501);
    for (uint64_t seed = first; seed < first + 10; seed++) {
        struct rig rig;
        print_message("seed %llu (TREADLE_TEST_SEED repeats it)\n", (unsigned long long)seed);
        open_rig(&rig, state, seed);
        rig.may_expire = true;
        rig_random(&rig, 10000);
        rig_drain(&rig);
        rig_replay(&rig);
        rig_close(&rig);
    }
}

static void resumable_tasks_come_back_through_push(void **state) {
    struct rig rig;
    open_rig(&rig, state, rig_seed(7));
    rig.is_resuming = true;
    rig_random(&rig, 20000);
    rig_drain(&rig);
    rig_replay(&rig);
    rig_close(&rig);
}

static void every_sizer_replays_as_well(void **state) {
    const struct trd_policy_spec policy = policy_spec(*state);
    for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer; sizer++) {
        struct rig rig;
        const struct trd_sizer_spec spec = sizer_spec((*sizer)->name);
        rig_open(&rig, &policy, &spec, rig_seed(11));
        rig_random(&rig, 5000);
        rig_drain(&rig);
        rig_replay(&rig);
        rig_close(&rig);
    }
}

/* In each test, *state is the policy's specification. */
static const struct CMUnitTest contract[] = {
    cmocka_unit_test(describes_itself),
    cmocka_unit_test(an_empty_policy_hands_out_nothing),
    cmocka_unit_test(any_position_can_be_cancelled),
    cmocka_unit_test(tasks_of_many_clients_all_come_out),
    cmocka_unit_test(a_row_can_be_forgotten_and_used_again),
    cmocka_unit_test(random_calls_agree_with_a_plain_array),
    cmocka_unit_test(resumable_tasks_come_back_through_push),
    cmocka_unit_test(every_sizer_replays_as_well),
};

static struct CMUnitTest tests[TESTS_MAX];
static size_t test_count;

/* The whole contract for the policy that is written so. */
static void add(const char *before, const char *part, const char *behind) {
    static char texts[TESTS_MAX][NAME_MAX_BYTES], names[TESTS_MAX][NAME_MAX_BYTES];
    char *text = texts[test_count];
    (void)snprintf(text, NAME_MAX_BYTES, "%s%s%s", before, part, behind);
    for (size_t i = 0; i < sizeof contract / sizeof contract[0] && test_count < TESTS_MAX; i++) {
        (void)snprintf(names[test_count], NAME_MAX_BYTES, "%s_%s", text, contract[i].name);
        tests[test_count] = contract[i];
        tests[test_count].name = names[test_count];
        tests[test_count++].initial_state = text;
    }
}

int main(void) {
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        add("", (*policy)->name, "");
        if ((*policy)->flags & TRD_POLICY_FAIRNESS) {
            add("codel/", (*policy)->name, "/edf");
        }
        if ((*policy)->flags & TRD_POLICY_ORDER) {
            add("round_robin/", (*policy)->name, "");
        } else {
            add("bounded:max=30000/none/", (*policy)->name, "");
        }
    }
    return _cmocka_run_group_tests("policy contract", tests, test_count, NULL, NULL);
}
