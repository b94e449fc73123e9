/* test_claims_sizes.c - claims about pool sizes: every verdict turns with the data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lab/claim_fixture.h"

#include <math.h>
#include <string.h>

/* Seconds by task at sizes 1, 2, 4, 8. */
static const double waits[4] = {8.0e-3, 4.0e-3, 2.0e-3, 1.0e-3};
static const double two_cores[4] = {8.0e-3, 4.0e-3, 4.6e-3, 5.2e-3};
static const double two_cores_flat[4] = {8.0e-3, 4.0e-3, 4.02e-3, 4.05e-3};
static const double behind_a_lock[4] = {8.0e-3, 8.01e-3, 8.03e-3, 8.02e-3};
static const double crowded[4] = {8.0e-3, 9.6e-3, 11.0e-3, 13.0e-3};
static const double four_is_best[4] = {8.0e-3, 4.0e-3, 3.0e-3, 4.5e-3};

static const char ours[] = "treadle-threads", processes[] = "stdlib-processes";

static void size_by_workload_follows_the_best_sets(void **state) {
    (void)state;
    static const struct {
        const double *first, *second;
        enum lab_claim_verdict verdict;
    } cases[] = {
        {waits, two_cores, LAB_CLAIM_SUPPORTED},
        {waits, crowded, LAB_CLAIM_SUPPORTED},
        {two_cores, four_is_best, LAB_CLAIM_SUPPORTED},
        {two_cores, two_cores, LAB_CLAIM_REFUTED},
        {waits, behind_a_lock, LAB_CLAIM_REFUTED}, /* 8 is best here and as good there */
        {two_cores_flat, behind_a_lock, LAB_CLAIM_REFUTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct claim_fixture fixture;
        claim_fixture_init(&fixture, 2);
        claim_fixture_sizes(&fixture, "io", "first", ours, cases[i].first);
        claim_fixture_sizes(&fixture, "cpu", "second", ours, cases[i].second);
        assert_int_equal(claim_fixture_verdict(&fixture, "T8"), cases[i].verdict);
    }
}

static void size_by_workload_tells_the_sets_and_the_price(void **state) {
    (void)state;
    struct claim_fixture fixture;
    claim_fixture_init(&fixture, 2);
    claim_fixture_sizes(&fixture, "io", "first", ours, waits);
    claim_fixture_sizes(&fixture, "cpu", "second", ours, two_cores);
    const struct lab_claim_result *claim = claim_fixture_decide(&fixture, "T8");
    assert_non_null(strstr(claim->detail, "first best at 8, second best at 2"));
    /* The dearest exchange: the waiting workload at two workers takes four times as long. */
    assert_true(fabs(claim->effect - 4) < 0.1);
    assert_true(claim->low < claim->effect && claim->effect < claim->high);
    claim_fixture_free(&fixture);
}

static void sizes_that_may_be_best_for_both_cost_nothing(void **state) {
    (void)state;
    struct claim_fixture fixture;
    claim_fixture_init(&fixture, 2);
    claim_fixture_sizes(&fixture, "io", "first", ours, waits);
    claim_fixture_sizes(&fixture, "cpu", "second", ours, behind_a_lock);
    const struct lab_claim_result *claim = claim_fixture_decide(&fixture, "T8");
    assert_non_null(strstr(claim->detail, "first best at 8, second best at 1 to 8"));
    assert_true(fabs(claim->effect - 1) < 0.02);
    claim_fixture_free(&fixture);
}

static void size_by_workload_depends_when_executors_differ(void **state) {
    (void)state;
    struct claim_fixture fixture;
    claim_fixture_init(&fixture, 2);
    claim_fixture_sizes(&fixture, "io", "first", ours, waits);
    claim_fixture_sizes(&fixture, "cpu", "second", ours, crowded);
    claim_fixture_sizes(&fixture, "io", "first", processes, two_cores);
    claim_fixture_sizes(&fixture, "cpu", "second", processes, two_cores);
    const struct lab_claim_result *claim = claim_fixture_decide(&fixture, "T8");
    assert_int_equal(claim->verdict, LAB_CLAIM_DEPENDS);
    assert_non_null(strstr(claim->detail, "depends on the executor"));
    claim_fixture_free(&fixture);
}

static void size_by_workload_is_undecided_when_no_size_is_shown_to_serve_all(void **state) {
    (void)state;
    /* At 8 the second is slower, but not by more than the margin for sure. */
    static const double nearly[4] = {4.0e-3, 4.0e-3, 4.1e-3, 4.4e-3};
    struct claim_fixture fixture;
    claim_fixture_init(&fixture, 2);
    fixture.study.noise = 0.02;
    claim_fixture_sizes(&fixture, "io", "first", ours, waits);
    claim_fixture_sizes(&fixture, "cpu", "second", ours, nearly);
    assert_int_equal(claim_fixture_verdict(&fixture, "T8"), LAB_CLAIM_UNDECIDED);
    claim_fixture_init(&fixture, 2);
    fixture.study.blocks = 3;
    claim_fixture_sizes(&fixture, "io", "first", ours, waits);
    claim_fixture_sizes(&fixture, "cpu", "second", ours, two_cores);
    assert_int_equal(claim_fixture_verdict(&fixture, "T8"), LAB_CLAIM_UNDECIDED);
}

static void size_by_workload_needs_two_workloads(void **state) {
    (void)state;
    struct claim_fixture fixture;
    claim_fixture_init(&fixture, 2);
    claim_fixture_sizes(&fixture, "io", "first", ours, waits);
    claim_fixture_sizes(&fixture, "cpu", "second", processes, two_cores);
    assert_int_equal(claim_fixture_verdict(&fixture, "T8"), LAB_CLAIM_NOT_TESTED);
}

static void size_is_cores_follows_the_sizes(void **state) {
    (void)state;
    static const struct {
        const double *seconds;
        enum lab_claim_verdict verdict;
    } cases[] = {
        {two_cores, LAB_CLAIM_SUPPORTED},   {two_cores_flat, LAB_CLAIM_SUPPORTED},
        {behind_a_lock, LAB_CLAIM_REFUTED}, {crowded, LAB_CLAIM_REFUTED},
        {four_is_best, LAB_CLAIM_REFUTED},  {waits, LAB_CLAIM_REFUTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct claim_fixture fixture;
        claim_fixture_init(&fixture, 2);
        claim_fixture_sizes(&fixture, "cpu", "prime", processes, cases[i].seconds);
        assert_int_equal(claim_fixture_verdict(&fixture, "T9"), cases[i].verdict);
    }
}

static void size_is_cores_is_about_this_machines_cores(void **state) {
    (void)state;
    struct claim_fixture fixture;
    claim_fixture_init(&fixture, 4);
    claim_fixture_sizes(&fixture, "cpu", "prime", processes, four_is_best);
    const struct lab_claim_result *claim = claim_fixture_decide(&fixture, "T9");
    assert_int_equal(claim->verdict, LAB_CLAIM_SUPPORTED);
    assert_string_equal(claim->where, "prime by stdlib-processes");
    assert_true(fabs(claim->effect - 3.0 / 8.0) < 0.01);
    claim_fixture_free(&fixture);
    claim_fixture_init(&fixture, 4);
    claim_fixture_sizes(&fixture, "cpu", "prime", processes, two_cores);
    assert_int_equal(claim_fixture_verdict(&fixture, "T9"), LAB_CLAIM_REFUTED);
}

static void size_is_cores_depends_when_threads_share_a_lock(void **state) {
    (void)state;
    struct claim_fixture fixture;
    claim_fixture_init(&fixture, 2);
    claim_fixture_sizes(&fixture, "cpu", "prime", ours, behind_a_lock);
    claim_fixture_sizes(&fixture, "cpu", "prime", processes, two_cores);
    assert_int_equal(claim_fixture_verdict(&fixture, "T9"), LAB_CLAIM_DEPENDS);
}

static void size_is_cores_is_undecided_under_noise(void **state) {
    (void)state;
    struct claim_fixture fixture;
    claim_fixture_init(&fixture, 2);
    fixture.study.blocks = 5;
    claim_fixture_sizes(&fixture, "cpu", "prime", processes, two_cores);
    assert_int_equal(claim_fixture_verdict(&fixture, "T9"), LAB_CLAIM_UNDECIDED);
    /* Four workers might be a tenth faster than two, or not. */
    static const double close[4] = {8.0e-3, 4.0e-3, 3.65e-3, 5.0e-3};
    claim_fixture_init(&fixture, 2);
    fixture.study.noise = 0.03;
    claim_fixture_sizes(&fixture, "cpu", "prime", processes, close);
    assert_int_equal(claim_fixture_verdict(&fixture, "T9"), LAB_CLAIM_UNDECIDED);
}

static void size_is_cores_needs_that_size_and_a_smaller_one(void **state) {
    (void)state;
    static const double without_two[4] = {8.0e-3, 0, 4.6e-3, 5.2e-3};
    static const double without_one[4] = {0, 4.0e-3, 4.6e-3, 5.2e-3};
    const double *const families[] = {without_two, without_one};
    for (size_t i = 0; i < 2; i++) {
        struct claim_fixture fixture;
        claim_fixture_init(&fixture, 2);
        claim_fixture_sizes(&fixture, "cpu", "prime", processes, families[i]);
        claim_fixture_sizes(&fixture, "io", "http", processes, two_cores);
        assert_int_equal(claim_fixture_verdict(&fixture, "T9"), LAB_CLAIM_NOT_TESTED);
    }
    for (uint32_t cores = 0; cores < 2; cores++) {
        struct claim_fixture fixture;
        claim_fixture_init(&fixture, cores);
        claim_fixture_sizes(&fixture, "cpu", "prime", processes, two_cores);
        assert_int_equal(claim_fixture_verdict(&fixture, "T9"), LAB_CLAIM_NOT_TESTED);
    }
}

static void adaptive_pools_and_crashed_sizes_are_no_sizes(void **state) {
    (void)state;
    struct claim_fixture fixture;
    claim_fixture_init(&fixture, 2);
    claim_fixture_sizes(&fixture, "cpu", "prime", processes, two_cores);
    struct synthetic_cell adaptive = {.part = "sizes",
                                      .group = "sizes/prime/CPython 3.11.2",
                                      .workload = "prime",
                                      .kind = "cpu",
                                      .executor = processes,
                                      .sizer = "adaptive",
                                      .workers = 32,
                                      .seconds = 1.0e-3};
    synthetic_add(&fixture.study, &adaptive);
    adaptive.sizer = "fixed";
    synthetic_add(&fixture.study, &adaptive);
    claim_fixture_spoil(&fixture, LAB_OUTCOME_HUNG, "over its time limit");
    assert_int_equal(claim_fixture_verdict(&fixture, "T9"), LAB_CLAIM_SUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_by_workload_follows_the_best_sets),
        cmocka_unit_test(size_by_workload_tells_the_sets_and_the_price),
        cmocka_unit_test(sizes_that_may_be_best_for_both_cost_nothing),
        cmocka_unit_test(size_by_workload_depends_when_executors_differ),
        cmocka_unit_test(size_by_workload_is_undecided_when_no_size_is_shown_to_serve_all),
        cmocka_unit_test(size_by_workload_needs_two_workloads),
        cmocka_unit_test(size_is_cores_follows_the_sizes),
        cmocka_unit_test(size_is_cores_is_about_this_machines_cores),
        cmocka_unit_test(size_is_cores_depends_when_threads_share_a_lock),
        cmocka_unit_test(size_is_cores_is_undecided_under_noise),
        cmocka_unit_test(size_is_cores_needs_that_size_and_a_smaller_one),
        cmocka_unit_test(adaptive_pools_and_crashed_sizes_are_no_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
