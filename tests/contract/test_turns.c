/* test_turns.c - round_robin: clients that always have something queued get equal turns. */
#include "tests/check.h"
#include "tests/contract/rig.h"

enum { STEADY = 5, GUESTS = 4, ROUNDS = 20000 };

static void open_turns(struct rig *rig, uint64_t seed) {
    struct trd_policy_spec policy;
    struct trd_sizer_spec sizer;
    assert_int_equal(trd_policy_parse("round_robin", &policy, NULL), 0);
    assert_int_equal(trd_sizer_parse("fixed", &sizer, NULL), 0);
    rig_open(rig, &policy, &sizer, seed);
    rig_join(rig, 0);
}

/* Over any interval: the counts of two continuously backlogged clients differ by one at most. The
 * largest and smallest difference since the start, of each pair, bound it for all intervals. */
static void two_backlogged_clients_are_never_two_turns_apart(void **state) {
    (void)state;
    const uint64_t seed = rig_seed(3);
    struct rig rig;
    int served[RIG_CLIENTS + 1] = {0};
    int least[STEADY][STEADY] = {{0}}, most[STEADY][STEADY] = {{0}};
    print_message("seed %llu (TREADLE_TEST_SEED repeats it)\n", (unsigned long long)seed);
    open_turns(&rig, seed);
    for (uint32_t nth = 0; nth < STEADY; nth++) {
        const uint32_t row = rig_client(&rig, nth);
        const uint64_t appetite = 1 + trd_rng_below(&rig.rng, 20);
        for (uint64_t i = 0; i < appetite; i++) {
            assert_non_null(rig_submit(&rig, row, 0));
        }
    }
    for (int round = 0; round < ROUNDS; round++) {
        if (trd_rng_below(&rig.rng, 3) == 0) { /* guests come and go */
            const uint32_t nth = STEADY + (uint32_t)trd_rng_below(&rig.rng, GUESTS);
            assert_non_null(rig_submit(&rig, rig_client(&rig, nth), 0));
        }
        const struct rig_task *task = rig_next(&rig, 0);
        const uint32_t row = task->shell.task.client_index;
        served[row]++;
        if (row <= STEADY) { /* it has one more before this one ends: backlogged all the time */
            assert_non_null(rig_submit(&rig, row, 0));
        }
        rig_finish(&rig, 0, TRD_OUTCOME_DONE);
        for (int a = 0; a < STEADY; a++) {
            for (int b = 0; b < STEADY; b++) {
                const int apart = served[a + 1] - served[b + 1];
                least[a][b] = apart < least[a][b] ? apart : least[a][b];
                most[a][b] = apart > most[a][b] ? apart : most[a][b];
                assert_true(most[a][b] - least[a][b] <= 1);
            }
        }
    }
    rig_drain(&rig);
    rig_close(&rig);
}

/* A single queued task of a client does not stand behind the hundred of another. */
static void a_rare_client_waits_for_one_turn_only(void **state) {
    (void)state;
    struct rig rig;
    open_turns(&rig, 1);
    for (int i = 0; i < 100; i++) {
        assert_non_null(rig_submit(&rig, rig_client(&rig, 0), 0));
    }
    assert_non_null(rig_next(&rig, 0));
    rig_finish(&rig, 0, TRD_OUTCOME_DONE);
    const struct rig_task *rare = rig_submit(&rig, rig_client(&rig, 1), 0);
    assert_non_null(rig_next(&rig, 0));
    rig_finish(&rig, 0, TRD_OUTCOME_DONE);
    assert_ptr_equal(rig_next(&rig, 0), rare);
    rig_finish(&rig, 0, TRD_OUTCOME_DONE);
    rig_drain(&rig);
    rig_close(&rig);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_backlogged_clients_are_never_two_turns_apart),
        cmocka_unit_test(a_rare_client_waits_for_one_turn_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
