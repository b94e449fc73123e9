/* test_claims_outcomes.c - claims about what fails, crashes or hangs: every verdict turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lab/claim_fixture.h"

#include <math.h>
#include <string.h>

static const char *const ids[] = {"T5", "T10", "T11"};
enum { IDS = 3 };

static void add(struct claim_fixture *fixture, const char *id, const char *scenario,
                enum lab_outcome processes, enum lab_outcome threads) {
    synthetic_add_outcome(&fixture->study, id, scenario, "stdlib-threads", "", threads, "tangled");
    synthetic_add_outcome(&fixture->study, id, scenario, "stdlib-processes", "spawn", processes,
                          processes == LAB_OUTCOME_OK ? "" : "PicklingError");
}

static void start(struct claim_fixture *fixture, const char *id, enum lab_outcome processes,
                  enum lab_outcome threads) {
    claim_fixture_init(fixture, 2);
    add(fixture, id, "scenario", processes, threads);
}

static void a_failure_that_threads_do_not_share_supports(void **state) {
    (void)state;
    static const enum lab_outcome bad[] = {LAB_OUTCOME_FAILED, LAB_OUTCOME_CRASHED,
                                           LAB_OUTCOME_HUNG};
    for (size_t i = 0; i < IDS; i++) {
        for (size_t j = 0; j < 3; j++) {
            struct claim_fixture fixture;
            start(&fixture, ids[i], bad[j], LAB_OUTCOME_OK);
            const struct lab_claim_result *claim = claim_fixture_decide(&fixture, ids[i]);
            assert_int_equal(claim->verdict, LAB_CLAIM_SUPPORTED);
            assert_non_null(strstr(claim->detail, lab_outcome_name(bad[j])));
            assert_non_null(strstr(claim->detail, "PicklingError"));
            assert_string_equal(claim->where, "scenario spawn");
            assert_true(isnan(claim->effect) && isnan(claim->low) && isnan(claim->high));
            claim_fixture_free(&fixture);
        }
    }
}

static void completion_refutes(void **state) {
    (void)state;
    for (size_t i = 0; i < IDS; i++) {
        struct claim_fixture fixture;
        start(&fixture, ids[i], LAB_OUTCOME_OK, LAB_OUTCOME_OK);
        assert_int_equal(claim_fixture_verdict(&fixture, ids[i]), LAB_CLAIM_REFUTED);
    }
}

static void one_of_two_supports_what_can_happen_and_else_depends(void **state) {
    (void)state;
    for (size_t i = 0; i < IDS; i++) {
        struct claim_fixture fixture;
        start(&fixture, ids[i], LAB_OUTCOME_OK, LAB_OUTCOME_OK);
        add(&fixture, ids[i], "second", LAB_OUTCOME_HUNG, LAB_OUTCOME_OK);
        bool is_existential = strcmp(ids[i], "T5") == 0;
        assert_int_equal(claim_fixture_verdict(&fixture, ids[i]),
                         is_existential ? LAB_CLAIM_SUPPORTED : LAB_CLAIM_DEPENDS);
    }
}

static void a_failure_without_a_working_control_proves_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < IDS; i++) {
        struct claim_fixture fixture;
        start(&fixture, ids[i], LAB_OUTCOME_FAILED, LAB_OUTCOME_FAILED);
        assert_int_equal(claim_fixture_verdict(&fixture, ids[i]), LAB_CLAIM_UNDECIDED);
        claim_fixture_init(&fixture, 2);
        synthetic_add_outcome(&fixture.study, ids[i], "alone", "stdlib-processes", "",
                              LAB_OUTCOME_CRASHED, "signal 9");
        assert_int_equal(claim_fixture_verdict(&fixture, ids[i]), LAB_CLAIM_UNDECIDED);
    }
}

static void what_was_skipped_or_belongs_to_another_claim_is_not_tested(void **state) {
    (void)state;
    for (size_t i = 0; i < IDS; i++) {
        struct claim_fixture fixture;
        start(&fixture, ids[i], LAB_OUTCOME_SKIPPED, LAB_OUTCOME_OK);
        add(&fixture, ids[(i + 1) % IDS], "other", LAB_OUTCOME_FAILED, LAB_OUTCOME_OK);
        const struct lab_claim_result *claim = claim_fixture_decide(&fixture, ids[i]);
        assert_int_equal(claim->verdict, LAB_CLAIM_NOT_TESTED);
        assert_non_null(strstr(claim->detail, "skipped (PicklingError)"));
        claim_fixture_free(&fixture);
    }
}

static void a_long_reason_is_cut_at_a_character(void **state) {
    (void)state;
    char reason[4002] = "x"; /* the letter moves the cut by one byte */
    for (size_t i = 0; i < 2000; i++)
        memcpy(&reason[1 + 2 * i], "\xc3\xa9", 2); /* e with an accent */
    for (size_t shift = 0; shift < 2; shift++) {
        struct claim_fixture fixture;
        start(&fixture, "T5", LAB_OUTCOME_OK, LAB_OUTCOME_OK);
        synthetic_add_outcome(&fixture.study, "T5", "second", "stdlib-processes", "",
                              LAB_OUTCOME_FAILED, reason + shift);
        const struct lab_claim_result *claim = claim_fixture_decide(&fixture, "T5");
        const char *cut = strstr(claim->detail, "...)");
        assert_non_null(cut);
        assert_memory_equal(cut - 2, "\xc3\xa9", 2);
        assert_true(strlen(claim->detail) < 300);
        claim_fixture_free(&fixture);
    }
}

static void so_many_cases_that_the_text_is_full_do_not_break_it(void **state) {
    (void)state;
    struct claim_fixture fixture;
    claim_fixture_init(&fixture, 2);
    for (int i = 0; i < 200; i++)
        synthetic_add_outcome(&fixture.study, "T5", "sc\xc3\xa9nario", "stdlib-processes", "",
                              LAB_OUTCOME_FAILED, "no paper");
    const struct lab_claim_result *claim = claim_fixture_decide(&fixture, "T5");
    assert_int_equal(claim->verdict, LAB_CLAIM_UNDECIDED);
    assert_true(strlen(claim->detail) > 1000);
    assert_string_equal(claim->detail + strlen(claim->detail) - 3, "...");
    claim_fixture_free(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_that_threads_do_not_share_supports),
        cmocka_unit_test(completion_refutes),
        cmocka_unit_test(one_of_two_supports_what_can_happen_and_else_depends),
        cmocka_unit_test(a_failure_without_a_working_control_proves_nothing),
        cmocka_unit_test(what_was_skipped_or_belongs_to_another_claim_is_not_tested),
        cmocka_unit_test(a_long_reason_is_cut_at_a_character),
        cmocka_unit_test(so_many_cases_that_the_text_is_full_do_not_break_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
