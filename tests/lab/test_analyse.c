/* test_analyse.c - a whole study analysed: which comparisons, what self-test, which claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/claims/claims.h"
#include "lab/stats/verdict.h"
#include "tests/lab/synthetic_study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void analysed(struct lab_results *results, uint64_t seed) {
    synthetic_study(results, seed);
    assert_int_equal(lab_analyse(results), 0);
}

static const struct lab_cell *cell_of(const struct lab_results *results, int64_t id) {
    const struct lab_cell *cell = lab_results_cell(results, id);
    assert_non_null(cell);
    return cell;
}

/* The comparison of b with a in the group, by executors, policies or variants; NULL: none. */
static const struct lab_comparison *find(const struct lab_results *results, const char *group,
                                         const char *a, const char *b, const char *metric) {
    for (size_t i = 0; i < results->comparison_count; i++) {
        const struct lab_comparison *comparison = &results->comparisons[i];
        const struct lab_cell *first = cell_of(results, comparison->a);
        const struct lab_cell *second = cell_of(results, comparison->b);
        bool is_policy = strcmp(first->part, "policies") == 0;
        bool is_selftest = strcmp(first->part, "selftest") == 0;
        const char *name_a = is_policy     ? first->policy
                             : is_selftest ? first->variant
                                           : first->executor;
        const char *name_b = is_policy     ? second->policy
                             : is_selftest ? second->variant
                                           : second->executor;
        if (strstr(first->group, group) && strcmp(name_a, a) == 0 && strcmp(name_b, b) == 0 &&
            strcmp(comparison->metric, metric) == 0)
            return comparison;
    }
    return NULL;
}

static void executors_are_compared_with_serial_and_pools_with_each_other(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"serial", "stdlib-threads"},          {"serial", "stdlib-processes"},
        {"serial", "treadle-threads"},         {"stdlib-threads", "stdlib-processes"},
        {"stdlib-threads", "treadle-threads"}, {"stdlib-processes", "treadle-threads"},
    };
    struct lab_results results;
    analysed(&results, 1);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_non_null(
            find(&results, "executors/http/python", pairs[i][0], pairs[i][1], "time per task"));
    assert_non_null(
        find(&results, "executors/http/native", "serial", "treadle-pool", "time per task"));
    const struct lab_comparison *comparison =
        find(&results, "executors/http/python", "serial", "stdlib-threads", "time per task");
    assert_int_equal(comparison->verdict, LAB_FASTER);
    assert_int_equal(comparison->blocks, 6);
    assert_int_equal(comparison->b_faster, 6);
    assert_true(fabs(comparison->margin - 0.10) < 1e-12);
    lab_results_free(&results);
}

static void cells_without_times_are_compared_with_nothing(void **state) {
    (void)state;
    struct lab_results results;
    analysed(&results, 2);
    for (size_t i = 0; i < results.comparison_count; i++) {
        const struct lab_comparison *comparison = &results.comparisons[i];
        const struct lab_cell *a = cell_of(&results, comparison->a);
        const struct lab_cell *b = cell_of(&results, comparison->b);
        assert_int_equal(a->outcome, LAB_OUTCOME_OK);
        assert_int_equal(b->outcome, LAB_OUTCOME_OK);
        assert_string_equal(a->group, b->group);
        assert_string_not_equal(a->part, "outcomes");
        assert_true(isfinite(comparison->ratio) && comparison->low <= comparison->high);
    }
    lab_results_free(&results);
}

static void every_size_meets_the_fastest_and_size_one_once(void **state) {
    (void)state;
    struct lab_results results;
    analysed(&results, 3);
    for (size_t i = 0; i < results.cell_count; i++) {
        const struct lab_cell *cell = &results.cells[i];
        if (strcmp(cell->part, "sizes") != 0)
            continue;
        size_t met = 0;
        for (size_t j = 0; j < results.comparison_count; j++) {
            const struct lab_comparison *one = &results.comparisons[j];
            met += one->a == cell->id || one->b == cell->id;
            bool is_own = one->a == cell->id || one->b == cell->id;
            assert_true(!is_own || strcmp(cell_of(&results, one->a)->executor,
                                          cell_of(&results, one->b)->executor) == 0);
            for (size_t k = 0; k < j; k++) {
                const struct lab_comparison *other = &results.comparisons[k];
                assert_false(one->a == other->b && one->b == other->a);
                assert_false(one->a == other->a && one->b == other->b &&
                             strcmp(one->metric, other->metric) == 0);
            }
        }
        assert_true(met >= 1);
    }
    lab_results_free(&results);
}

static void policies_are_compared_with_fifo_on_latency_and_completion(void **state) {
    (void)state;
    static const char *const policies[] = {"lifo", "priority", "round_robin"};
    static const char *const metrics[] = {"mean latency", "p50 latency", "p99 latency",
                                          "completion time"};
    struct lab_results results;
    analysed(&results, 4);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 4; j++) {
            assert_non_null(find(&results, "policies/0.8", "fifo", policies[i], metrics[j]));
            assert_non_null(find(&results, "policies/1.1", "fifo", policies[i], metrics[j]));
        }
    }
    /* What everybody knows of LIFO under overload: most are served at once, a few wait forever. */
    assert_int_equal(find(&results, "policies/1.1", "fifo", "lifo", "p50 latency")->verdict,
                     LAB_FASTER);
    assert_int_equal(find(&results, "policies/1.1", "fifo", "lifo", "p99 latency")->verdict,
                     LAB_SLOWER);
    lab_results_free(&results);
}

static void the_selftest_counts_pairs_finds_the_planted_and_tells_the_noise(void **state) {
    (void)state;
    struct lab_results results;
    analysed(&results, 5);
    const struct lab_selftest *selftest = &results.selftest;
    assert_int_equal(selftest->aa_pairs, 4);
    assert_true(selftest->aa_different <= 1);
    assert_true(selftest->aa_spread >= 0 && selftest->aa_spread < 0.05);
    assert_true(selftest->planted_found);
    assert_true(selftest->planted_low < 1.05 && 1.05 < selftest->planted_high);
    assert_int_equal(selftest->noisy_blocks, 2);
    assert_int_equal(selftest->repeated_blocks, 3);
    assert_true(selftest->blocks > 100);
    assert_true(selftest->others_cpu > 0 && selftest->others_cpu < 0.05);
    lab_results_free(&results);
}

static void what_the_store_has_counted_stays(void **state) {
    (void)state;
    struct lab_results results;
    synthetic_study(&results, 5);
    results.selftest.blocks = 140;
    results.selftest.noisy_blocks = 7;
    results.selftest.repeated_blocks = 9;
    assert_int_equal(lab_analyse(&results), 0);
    assert_int_equal(results.selftest.blocks, 140);
    assert_int_equal(results.selftest.noisy_blocks, 7);
    assert_int_equal(results.selftest.repeated_blocks, 9);
    lab_results_free(&results);
}

static void add_pair(struct synthetic *study, const char *group, const char *a, const char *b,
                     double ratio) {
    struct synthetic_cell cell = {
        .part = "selftest", .group = group, .executor = "serial", .variant = a, .seconds = 0.01};
    synthetic_add(study, &cell);
    cell.variant = b;
    cell.seconds *= ratio;
    synthetic_add(study, &cell);
}

static void the_selftest_fails_when_it_should(void **state) {
    (void)state;
    struct lab_results results;
    lab_results_init(&results);
    results.margin = 0.10;
    struct synthetic study = {
        .results = &results, .random = 6, .blocks = 6, .noise = 0.002, .next_id = 1};
    add_pair(&study, "selftest/aa/1", "A", "B", 1.0);
    add_pair(&study, "selftest/aa/2", "A", "B", 1.08); /* a machine that favours B's place */
    add_pair(&study, "selftest/planted", "base", "+5%", 1.0);
    assert_int_equal(lab_analyse(&results), 0);
    assert_int_equal(results.selftest.aa_pairs, 2);
    assert_int_equal(results.selftest.aa_different, 1);
    assert_true(fabs(results.selftest.aa_spread - 0.08) < 0.01);
    assert_false(results.selftest.planted_found);
    assert_true(fabs(results.selftest.planted_ratio - 1) < 0.01);
    lab_results_free(&results);
}

static void an_empty_study_tests_nothing_and_says_so(void **state) {
    (void)state;
    struct lab_results results;
    lab_results_init(&results);
    results.margin = 0.03;
    assert_int_equal(lab_analyse(&results), 0);
    assert_int_equal(results.comparison_count, 0);
    assert_int_equal(results.claim_count, 11);
    for (size_t i = 0; i < results.claim_count; i++) {
        assert_int_equal(results.claims[i].verdict, LAB_CLAIM_NOT_TESTED);
        assert_true(strncmp(results.claims[i].detail, "needs ", 6) == 0);
    }
    assert_true(isnan(results.selftest.aa_spread) && isnan(results.selftest.planted_ratio));
    assert_true(isnan(results.selftest.others_cpu) && isnan(results.selftest.steal));
    lab_results_free(&results);
}

static void claims_come_in_order_with_text_rule_and_detail(void **state) {
    (void)state;
    static const char *const ids[] = {"T1", "T2", "T3", "T4",  "T5", "T6",
                                      "T7", "T8", "T9", "T10", "T11"};
    struct lab_results results;
    analysed(&results, 7);
    assert_int_equal(results.claim_count, 11);
    for (size_t i = 0; i < 11; i++) {
        assert_string_equal(results.claims[i].id, ids[i]);
        assert_true(results.claims[i].text[0] && results.claims[i].rule[0]);
        assert_true(results.claims[i].detail[0]);
    }
    lab_results_free(&results);
}

static void the_verdicts_of_a_clear_study_do_not_hang_on_the_seed(void **state) {
    (void)state;
    static const enum lab_claim_verdict expected[11] = {
        LAB_CLAIM_DEPENDS,   LAB_CLAIM_DEPENDS,    LAB_CLAIM_DEPENDS,   LAB_CLAIM_SUPPORTED,
        LAB_CLAIM_SUPPORTED, LAB_CLAIM_SUPPORTED,  LAB_CLAIM_SUPPORTED, LAB_CLAIM_UNDECIDED,
        LAB_CLAIM_DEPENDS,   LAB_CLAIM_NOT_TESTED, LAB_CLAIM_DEPENDS,
    };
    for (uint64_t seed = 100; seed < 110; seed++) {
        struct lab_results results;
        analysed(&results, seed);
        for (size_t i = 0; i < 11; i++) {
            /* T8 is made so that it hangs in the balance. */
            if (i != 7)
                assert_int_equal(results.claims[i].verdict, expected[i]);
        }
        lab_results_free(&results);
    }
}

/* Every cell of a study made identical: whatever is called different is a false alarm. */
static void a_study_of_identical_cells_finds_few_differences(void **state) {
    (void)state;
    static const char *const executors[] = {"serial", "stdlib-threads", "stdlib-processes",
                                            "treadle-threads"};
    uint64_t seed = 4242;
    size_t different = 0, made = 0;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 150; round++) {
        struct lab_results results;
        lab_results_init(&results);
        results.margin = 0.03;
        struct synthetic study = {
            .results = &results, .random = seed, .blocks = 12, .noise = 0.04, .next_id = 1};
        for (size_t i = 0; i < 4; i++) {
            struct synthetic_cell cell = {.part = "executors",
                                          .group = "executors/prime/python/x",
                                          .workload = "prime",
                                          .kind = "cpu",
                                          .executor = executors[i],
                                          .seconds = 0.004};
            synthetic_add(&study, &cell);
        }
        seed = study.random;
        assert_int_equal(lab_analyse(&results), 0);
        for (size_t i = 0; i < results.comparison_count; i++)
            different += lab_is_different(results.comparisons[i].verdict);
        made += results.comparison_count;
        lab_results_free(&results);
    }
    print_message("%zu of %zu comparisons\n", different, made);
    assert_int_equal(made, 150 * 6);
    /* 5 % and three standard errors of 900 comparisons, of which six share four cells. */
    assert_true((double)different / (double)made < 0.05 + 0.03);
}

static void best_sets_of_the_study_are_as_it_was_made(void **state) {
    (void)state;
    struct lab_results results;
    struct lab_rank ranks[LAB_GROUP_MAX];
    analysed(&results, 8);
    size_t count =
        lab_best_set(&results, "sizes/http/CPython 3.11.2", "treadle-threads", "", ranks, NULL);
    assert_int_equal(count, 6);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(ranks[i].is_best, ranks[i].cell->workers == 32);
    count = lab_best_set(&results, "executors/classify/per-worker/python/CPython 3.11.2", NULL,
                         NULL, ranks, NULL);
    assert_int_equal(count, 4);
    assert_false(ranks[0].is_best);
    assert_true(ranks[1].is_best && ranks[3].is_best);
    assert_false(ranks[2].is_best); /* crashed */
    assert_true(isnan(ranks[2].relative));
    assert_int_equal(lab_best_set(&results, "no such group", NULL, NULL, ranks, NULL), 0);
    lab_results_free(&results);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(executors_are_compared_with_serial_and_pools_with_each_other),
        cmocka_unit_test(cells_without_times_are_compared_with_nothing),
        cmocka_unit_test(every_size_meets_the_fastest_and_size_one_once),
        cmocka_unit_test(policies_are_compared_with_fifo_on_latency_and_completion),
        cmocka_unit_test(the_selftest_counts_pairs_finds_the_planted_and_tells_the_noise),
        cmocka_unit_test(what_the_store_has_counted_stays),
        cmocka_unit_test(the_selftest_fails_when_it_should),
        cmocka_unit_test(an_empty_study_tests_nothing_and_says_so),
        cmocka_unit_test(claims_come_in_order_with_text_rule_and_detail),
        cmocka_unit_test(the_verdicts_of_a_clear_study_do_not_hang_on_the_seed),
        cmocka_unit_test(a_study_of_identical_cells_finds_few_differences),
        cmocka_unit_test(best_sets_of_the_study_are_as_it_was_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
