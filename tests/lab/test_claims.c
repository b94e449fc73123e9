/* test_claims.c - claims that set one executor against another: every verdict turns with the data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lab/claim_fixture.h"

#include <math.h>
#include <string.h>

/* The claim compares b with a; a takes a second, b takes as long as said here. */
static const struct row {
    const char *id, *kind, *workload, *a, *b;
    double as_claimed, reversed;
    enum lab_claim_verdict on_equal; /* when both take the same time */
} rows[] = {
    {"T1", "io", "http", "serial", "stdlib-threads", 0.3, 3.0, LAB_CLAIM_REFUTED},
    {"T2", "cpu", "prime", "serial", "stdlib-threads", 1.3, 0.5, LAB_CLAIM_SUPPORTED},
    {"T3", "cpu", "prime", "stdlib-threads", "stdlib-processes", 0.5, 2.0, LAB_CLAIM_REFUTED},
    {"T4", "overhead", "noop", "stdlib-threads", "stdlib-processes", 5, 0.5, LAB_CLAIM_REFUTED},
    {"T6", "mixed", "image", "stdlib-processes", "stdlib-threads", 0.7, 1.5, LAB_CLAIM_REFUTED},
    {"T7", "overhead", "startup", "stdlib-threads", "stdlib-processes", 9, 0.5, LAB_CLAIM_REFUTED},
};
enum { ROWS = sizeof rows / sizeof *rows };

static bool is_about_overhead(const struct row *row) {
    return strcmp(row->kind, "overhead") == 0;
}

static void start(struct claim_fixture *fixture, const struct row *row, double ratio) {
    claim_fixture_init(fixture, 2);
    claim_fixture_duel(fixture, row->kind, row->workload, row->a, 0.01, row->b, 0.01 * ratio);
}

/* A second case: another workload of the kind, or where there is but one, another interpreter. */
static void add_second(struct claim_fixture *fixture, const struct row *row, double ratio) {
    if (is_about_overhead(row))
        fixture->study.interpreter = "CPython 3.13.0t";
    claim_fixture_duel(fixture, row->kind, is_about_overhead(row) ? row->workload : "second",
                       row->a, 0.01, row->b, 0.01 * ratio);
}

static void the_effect_supports_and_its_reverse_refutes(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct claim_fixture fixture;
        start(&fixture, &rows[i], rows[i].as_claimed);
        const struct lab_claim_result *claim = claim_fixture_decide(&fixture, rows[i].id);
        assert_int_equal(claim->verdict, LAB_CLAIM_SUPPORTED);
        assert_string_equal(claim->where, rows[i].workload);
        assert_true(fabs(claim->effect / rows[i].as_claimed - 1) < 0.02);
        assert_true(claim->low <= claim->effect && claim->effect <= claim->high);
        assert_int_equal(claim->blocks, 6);
        claim_fixture_free(&fixture);
        start(&fixture, &rows[i], rows[i].reversed);
        assert_int_equal(claim_fixture_verdict(&fixture, rows[i].id), LAB_CLAIM_REFUTED);
    }
}

static void no_effect_is_an_answer_too(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct claim_fixture fixture;
        start(&fixture, &rows[i], 1.0);
        assert_int_equal(claim_fixture_verdict(&fixture, rows[i].id), rows[i].on_equal);
    }
}

static void yes_here_and_no_there_depends(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct claim_fixture fixture;
        start(&fixture, &rows[i], rows[i].as_claimed);
        add_second(&fixture, &rows[i], rows[i].reversed);
        const struct lab_claim_result *claim = claim_fixture_decide(&fixture, rows[i].id);
        assert_int_equal(claim->verdict, LAB_CLAIM_DEPENDS);
        assert_non_null(strstr(claim->detail, "depends on"));
        assert_non_null(
            strstr(claim->detail, is_about_overhead(&rows[i]) ? "interpreter" : "second"));
        assert_true(isnan(claim->effect));
        claim_fixture_free(&fixture);
    }
}

static void two_cases_that_agree_keep_the_verdict(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct claim_fixture fixture;
        start(&fixture, &rows[i], rows[i].as_claimed);
        add_second(&fixture, &rows[i], rows[i].as_claimed);
        assert_int_equal(claim_fixture_verdict(&fixture, rows[i].id), LAB_CLAIM_SUPPORTED);
        start(&fixture, &rows[i], rows[i].reversed);
        add_second(&fixture, &rows[i], rows[i].reversed);
        assert_int_equal(claim_fixture_verdict(&fixture, rows[i].id), LAB_CLAIM_REFUTED);
    }
}

static void noise_or_too_few_blocks_leave_it_undecided(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct claim_fixture fixture;
        claim_fixture_init(&fixture, 2);
        fixture.study.blocks = 5;
        claim_fixture_duel(&fixture, rows[i].kind, rows[i].workload, rows[i].a, 0.01, rows[i].b,
                           0.01 * rows[i].as_claimed);
        assert_int_equal(claim_fixture_verdict(&fixture, rows[i].id), LAB_CLAIM_UNDECIDED);
        claim_fixture_init(&fixture, 2);
        fixture.study.noise = 0.5;
        fixture.study.random = 5;
        claim_fixture_duel(&fixture, rows[i].kind, rows[i].workload, rows[i].a, 0.01, rows[i].b,
                           0.01);
        assert_int_equal(claim_fixture_verdict(&fixture, rows[i].id), LAB_CLAIM_UNDECIDED);
        /* One case decided, the other not: nothing contradicts, nothing is shown everywhere. */
        start(&fixture, &rows[i], rows[i].as_claimed);
        fixture.study.blocks = 4;
        add_second(&fixture, &rows[i], rows[i].as_claimed);
        assert_int_equal(claim_fixture_verdict(&fixture, rows[i].id), LAB_CLAIM_UNDECIDED);
    }
}

static void an_effect_that_reaches_into_the_margin_is_not_enough(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        bool is_faster = rows[i].as_claimed < 1;
        struct claim_fixture fixture;
        if (strcmp(rows[i].id, "T2") == 0)
            continue; /* claims the absence of an effect */
        claim_fixture_init(&fixture, 2);
        fixture.study.noise = 0.03;
        claim_fixture_duel(&fixture, rows[i].kind, rows[i].workload, rows[i].a, 0.01, rows[i].b,
                           is_faster ? 0.01 / 1.10 : 0.01 * 1.10);
        assert_int_equal(claim_fixture_verdict(&fixture, rows[i].id), LAB_CLAIM_UNDECIDED);
    }
}

static void a_crash_is_never_a_time_and_its_reason_is_told(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct claim_fixture fixture;
        start(&fixture, &rows[i], rows[i].as_claimed);
        claim_fixture_spoil(&fixture, LAB_OUTCOME_CRASHED, "signal 11");
        const struct lab_claim_result *claim = claim_fixture_decide(&fixture, rows[i].id);
        assert_int_equal(claim->verdict, LAB_CLAIM_NOT_TESTED);
        assert_non_null(strstr(claim->detail, "crashed (signal 11)"));
        claim_fixture_free(&fixture);
        /* Another case decides; the crash is named all the same. */
        start(&fixture, &rows[i], rows[i].reversed);
        claim_fixture_spoil(&fixture, LAB_OUTCOME_SKIPPED, "no paper");
        add_second(&fixture, &rows[i], rows[i].as_claimed);
        claim = claim_fixture_decide(&fixture, rows[i].id);
        assert_int_equal(claim->verdict, LAB_CLAIM_SUPPORTED);
        assert_non_null(strstr(claim->detail, "skipped (no paper)"));
        claim_fixture_free(&fixture);
    }
}

static void nothing_measured_is_not_tested_and_says_what_it_needs(void **state) {
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct claim_fixture fixture;
        claim_fixture_init(&fixture, 2);
        /* The other lane, another kind and another executor are no evidence. */
        claim_fixture_duel(&fixture, "user", "mine", rows[i].a, 1, rows[i].b, 0.1);
        claim_fixture_duel(&fixture, rows[i].kind, rows[i].workload, rows[i].a, 1,
                           "treadle-threads", 0.1);
        const struct lab_claim_result *claim = claim_fixture_decide(&fixture, rows[i].id);
        assert_int_equal(claim->verdict, LAB_CLAIM_NOT_TESTED);
        assert_non_null(strstr(claim->detail, "needs "));
        claim_fixture_free(&fixture);
    }
}

static void claims_about_cores_need_two_of_them(void **state) {
    (void)state;
    for (size_t i = 1; i <= 2; i++) {
        struct claim_fixture fixture;
        claim_fixture_init(&fixture, 1);
        claim_fixture_duel(&fixture, "cpu", "prime", rows[i].a, 0.01, rows[i].b, 0.01);
        const struct lab_claim_result *claim = claim_fixture_decide(&fixture, rows[i].id);
        assert_int_equal(claim->verdict, LAB_CLAIM_NOT_TESTED);
        assert_non_null(strstr(claim->detail, "needs 2 cores, this machine has 1"));
        claim_fixture_free(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_effect_supports_and_its_reverse_refutes),
        cmocka_unit_test(no_effect_is_an_answer_too),
        cmocka_unit_test(yes_here_and_no_there_depends),
        cmocka_unit_test(two_cases_that_agree_keep_the_verdict),
        cmocka_unit_test(noise_or_too_few_blocks_leave_it_undecided),
        cmocka_unit_test(an_effect_that_reaches_into_the_margin_is_not_enough),
        cmocka_unit_test(a_crash_is_never_a_time_and_its_reason_is_told),
        cmocka_unit_test(nothing_measured_is_not_tested_and_says_what_it_needs),
        cmocka_unit_test(claims_about_cores_need_two_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
