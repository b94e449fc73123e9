/* test_signed_rank.c - order statistics, ranks and corrections, against published numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/stats/hodges_lehmann.h"
#include "lab/stats/holm.h"
#include "lab/stats/jain.h"
#include "lab/stats/quantile.h"
#include "lab/stats/signed_rank.h"
#include "tests/lab/synthetic_study.h"

#include <math.h>
#include <stdbool.h>

/* Hamilton depression scale, nine patients, second measurement less the first: Hollander & Wolfe,
 * "Nonparametric Statistical Methods", table 3.1; also the example of R's wilcox.test. */
static const double depression[] = {0.878 - 1.83, 0.647 - 0.50, 0.598 - 1.62,
                                    2.05 - 2.48,  1.06 - 1.68,  1.29 - 1.88,
                                    1.06 - 1.55,  3.14 - 3.06,  1.29 - 1.30};
enum { PATIENTS = sizeof depression / sizeof *depression };

static bool is_near(double value, double expected, double within) {
    return fabs(value - expected) <= within;
}

static void the_textbook_example_has_its_estimate_interval_and_p_value(void **state) {
    (void)state;
    struct lab_walsh walsh;
    double low, high;
    lab_walsh_averages(depression, PATIENTS, &walsh);
    assert_int_equal(walsh.count, 45);
    assert_true(is_near(lab_hodges_lehmann(&walsh), -0.46, 1e-9));
    assert_true(lab_signed_rank_interval(&walsh, PATIENTS, 0.95, &low, &high));
    assert_true(is_near(low, -0.786, 1e-9));
    assert_true(is_near(high, -0.010, 1e-9));
    assert_true(is_near(lab_signed_rank_p(depression, PATIENTS), 0.0390625, 1e-12));
}

static void the_exact_table_is_the_published_one(void **state) {
    (void)state;
    /* Largest rank sum that is significant at 5 %, two-sided, for 6 to 25 pairs. */
    static const size_t critical[] = {0,  2,  3,  5,  8,  10, 13, 17, 21, 25,
                                      29, 34, 40, 46, 52, 58, 65, 73, 81, 89};
    /* The same at 10 %, for 5 to 25 pairs. */
    static const size_t critical_10[] = {0,  2,  3,  5,  8,  10, 13, 17, 21, 25, 30,
                                         35, 41, 47, 53, 60, 67, 75, 83, 91, 100};
    for (size_t n = 6; n <= 25; n++)
        assert_int_equal(lab_signed_rank_k(n, 0.95), critical[n - 6] + 1);
    for (size_t n = 5; n <= 25; n++)
        assert_int_equal(lab_signed_rank_k(n, 0.90), critical_10[n - 5] + 1);
    for (size_t n = 0; n < 6; n++)
        assert_int_equal(lab_signed_rank_k(n, 0.95), 0);
}

static void beyond_the_table_the_normal_rank_is_at_most_one_lower(void **state) {
    (void)state;
    static const size_t published[][2] = {{26, 98}, {30, 137}, {40, 264}, {50, 434}};
    for (size_t i = 0; i < 4; i++) {
        size_t k = lab_signed_rank_k(published[i][0], 0.95);
        assert_in_range(k, published[i][1], published[i][1] + 1);
    }
}

static void six_blocks_give_the_whole_range_and_fewer_give_none(void **state) {
    (void)state;
    static const double six[] = {0.3, -0.1, 0.2, 0.9, 0.4, 0.5};
    struct lab_walsh walsh;
    double low, high;
    lab_walsh_averages(six, 6, &walsh);
    assert_true(lab_signed_rank_interval(&walsh, 6, 0.95, &low, &high));
    assert_true(is_near(low, -0.1, 0) && is_near(high, 0.9, 0));
    lab_walsh_averages(six, 5, &walsh);
    assert_false(lab_signed_rank_interval(&walsh, 5, 0.95, &low, &high));
    assert_true(isnan(low) && isnan(high));
    lab_walsh_averages(six, 0, &walsh);
    assert_true(isnan(lab_hodges_lehmann(&walsh)));
}

static void p_values_count_ties_and_leave_out_zeros(void **state) {
    (void)state;
    static const double positive[] = {1, 2, 3, 4, 5, 6};
    assert_true(is_near(lab_signed_rank_p(positive, 6), 2.0 / 64, 1e-15));
    /* Ranks 1.5, 1.5, 3, 4 with one of the tied negative: sums up to 1.5 have 3 of the 16 ways. */
    static const double tied[] = {1, -1, 2, 3, 0};
    assert_true(is_near(lab_signed_rank_p(tied, 5), 6.0 / 16, 1e-15));
    static const double zeros[] = {0, 0, 0};
    assert_true(is_near(lab_signed_rank_p(zeros, 3), 1, 0));
    static const double balanced[] = {1, -1, 2, -2};
    assert_true(is_near(lab_signed_rank_p(balanced, 4), 1, 1e-15));
}

static void the_normal_p_value_joins_the_exact_one(void **state) {
    (void)state;
    double values[26];
    for (size_t i = 0; i < 26; i++)
        values[i] = (i % 4 == 0 ? -1.0 : 1.0) * (double)(i + 1);
    double exact = lab_signed_rank_p(values, 25), normal = lab_signed_rank_p(values, 26);
    assert_true(exact > 0.01 && exact < 0.10);
    assert_true(is_near(normal, exact, 0.5 * exact));
}

/* A heavy-tailed draw, symmetric about 0: the logarithm of a ratio of exponentials. */
static double logistic(struct synthetic *source) {
    double u = synthetic_uniform(source);
    return log(u / (1 - u));
}

static double covered(size_t blocks, double (*draw)(struct synthetic *), struct synthetic *source) {
    enum { STUDIES = 4000 };
    size_t hits = 0;
    for (size_t study = 0; study < STUDIES; study++) {
        double values[LAB_BLOCKS_MAX], low, high;
        struct lab_walsh walsh;
        for (size_t i = 0; i < blocks; i++)
            values[i] = 0.2 + 0.05 * draw(source);
        lab_walsh_averages(values, blocks, &walsh);
        assert_true(lab_signed_rank_interval(&walsh, blocks, 0.95, &low, &high));
        hits += low <= 0.2 && 0.2 <= high;
    }
    return (double)hits / STUDIES;
}

static void intervals_cover_the_truth_as_often_as_they_say(void **state) {
    (void)state;
    static const size_t blocks[] = {6, 8, 13, 24, 30};
    struct synthetic source = {.random = 20240601};
    print_message("seed %llu\n", (unsigned long long)source.random);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        double normal = covered(blocks[i], synthetic_normal, &source);
        double heavy = covered(blocks[i], logistic, &source);
        print_message("%zu blocks: %.3f normal, %.3f heavy-tailed\n", blocks[i], normal, heavy);
        /* 0.95 less four standard errors of 4000 studies; exact tables are at least 0.95. */
        assert_true(normal > 0.936 && normal < 0.985);
        assert_true(heavy > 0.936 && heavy < 0.985);
    }
}

static void the_estimate_is_not_moved_by_single_bad_blocks(void **state) {
    (void)state;
    static const double values[] = {0.01, -0.01, 0.02, 0.00, 5.0, -0.02, 0.01, 9.0};
    struct lab_walsh walsh;
    lab_walsh_averages(values, 8, &walsh);
    assert_true(fabs(lab_hodges_lehmann(&walsh)) < 0.02);
}

static void quantiles_are_given_only_where_the_sample_supports_them(void **state) {
    (void)state;
    static const struct {
        double p;
        size_t fewest;
    } rules[] = {{0.5, 6}, {0.9, 36}, {0.99, 368}, {0.999, 3688}};
    for (size_t i = 0; i < 4; i++) {
        assert_true(lab_quantile_is_supported(rules[i].fewest, rules[i].p));
        assert_false(lab_quantile_is_supported(rules[i].fewest - 1, rules[i].p));
    }
    double values[368];
    for (size_t i = 0; i < 368; i++)
        values[i] = (double)(i + 1);
    assert_true(is_near(lab_quantile(values, 368, 0.99), 1 + 0.99 * 367, 1e-9));
    assert_true(isnan(lab_quantile(values, 367, 0.99)));
    assert_true(is_near(lab_median(values, 4), 2.5, 0));
    assert_true(isnan(lab_median(values, 0)));
    assert_false(lab_quantile_is_supported(1000000, 1.0));
}

static void holm_rejects_step_by_step(void **state) {
    (void)state;
    double some[] = {0.01, 0.04, 0.03, 0.005};
    assert_true(is_near(lab_holm_cutoff(some, 4, 0.05), 0.01, 0));
    double all[] = {0.03, 0.01, 0.02};
    assert_true(is_near(lab_holm_cutoff(all, 3, 0.05), 0.03, 0));
    double none[] = {0.02, 0.03, 0.04};
    assert_true(lab_holm_cutoff(none, 3, 0.05) < 0);
    assert_true(lab_holm_cutoff(none, 0, 0.05) < 0);
}

static void jains_index_goes_from_one_over_n_to_one(void **state) {
    (void)state;
    static const double equal[] = {2, 2, 2}, one[] = {7, 0, 0}, mixed[] = {1, 2, 3};
    assert_true(is_near(lab_jain(equal, 3), 1, 1e-15));
    assert_true(is_near(lab_jain(one, 3), 1.0 / 3, 1e-15));
    assert_true(is_near(lab_jain(mixed, 3), 36.0 / 42, 1e-15));
    assert_true(isnan(lab_jain(one + 1, 2)));
    assert_true(isnan(lab_jain(one, 0)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_textbook_example_has_its_estimate_interval_and_p_value),
        cmocka_unit_test(the_exact_table_is_the_published_one),
        cmocka_unit_test(beyond_the_table_the_normal_rank_is_at_most_one_lower),
        cmocka_unit_test(six_blocks_give_the_whole_range_and_fewer_give_none),
        cmocka_unit_test(p_values_count_ties_and_leave_out_zeros),
        cmocka_unit_test(the_normal_p_value_joins_the_exact_one),
        cmocka_unit_test(intervals_cover_the_truth_as_often_as_they_say),
        cmocka_unit_test(the_estimate_is_not_moved_by_single_bad_blocks),
        cmocka_unit_test(quantiles_are_given_only_where_the_sample_supports_them),
        cmocka_unit_test(holm_rejects_step_by_step),
        cmocka_unit_test(jains_index_goes_from_one_over_n_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
