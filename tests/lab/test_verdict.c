/* test_verdict.c - pairing, the four verdicts, and best sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/stats/best_set.h"
#include "lab/stats/pairing.h"
#include "lab/stats/verdict.h"
#include "tests/lab/synthetic_study.h"

#include <math.h>
#include <string.h>

static struct lab_decision decided(const double *ratios, size_t count, double margin) {
    double differences[LAB_BLOCKS_MAX];
    struct lab_decision decision;
    for (size_t i = 0; i < count; i++)
        differences[i] = log(ratios[i]);
    lab_decide(differences, count, margin, &decision);
    return decision;
}

static void each_verdict_follows_from_its_interval(void **state) {
    (void)state;
    static const struct {
        enum lab_verdict_kind kind;
        double ratios[6];
    } rows[] = {
        {LAB_FASTER, {0.70, 0.72, 0.69, 0.71, 0.73, 0.70}},
        {LAB_SLOWER, {1.30, 1.32, 1.29, 1.31, 1.33, 1.30}},
        {LAB_FASTER_MAYBE_NEGLIGIBLE, {0.95, 0.96, 0.94, 0.95, 0.97, 0.93}},
        {LAB_SLOWER_MAYBE_NEGLIGIBLE, {1.05, 1.06, 1.30, 1.20, 1.07, 1.13}},
        {LAB_TIE, {1.01, 0.99, 1.02, 0.98, 1.00, 1.01}},
        {LAB_UNDECIDED, {0.80, 1.20, 0.85, 1.15, 1.02, 0.97}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lab_decision decision = decided(rows[i].ratios, 6, 0.10);
        assert_int_equal(decision.kind, rows[i].kind);
        assert_true(decision.low <= decision.ratio && decision.ratio <= decision.high);
        assert_true((decision.blocks_needed > 6) == (rows[i].kind == LAB_UNDECIDED));
    }
}

static void swapping_the_cells_turns_the_verdict_around(void **state) {
    (void)state;
    struct synthetic source = {.random = 77};
    for (int round = 0; round < 500; round++) {
        double forward[12], back[12];
        double shift = 0.1 * synthetic_normal(&source);
        for (size_t i = 0; i < 12; i++) {
            forward[i] = shift + 0.05 * synthetic_normal(&source);
            back[i] = -forward[i];
        }
        struct lab_decision one, other;
        lab_decide(forward, 12, 0.03, &one);
        lab_decide(back, 12, 0.03, &other);
        static const enum lab_verdict_kind turned[] = {
            [LAB_UNDECIDED] = LAB_UNDECIDED,
            [LAB_FASTER] = LAB_SLOWER,
            [LAB_SLOWER] = LAB_FASTER,
            [LAB_FASTER_MAYBE_NEGLIGIBLE] = LAB_SLOWER_MAYBE_NEGLIGIBLE,
            [LAB_SLOWER_MAYBE_NEGLIGIBLE] = LAB_FASTER_MAYBE_NEGLIGIBLE,
            [LAB_TIE] = LAB_TIE,
        };
        assert_int_equal(other.kind, turned[one.kind]);
        assert_true(fabs(one.ratio * other.ratio - 1) < 1e-12);
        assert_int_equal(lab_is_not_faster(&one), lab_is_not_slower(&other));
        assert_int_equal(one.b_faster, other.b_slower);
    }
}

static void a_margin_of_ten_percent_can_tie_what_three_percent_cannot(void **state) {
    (void)state;
    static const double ratios[] = {1.05, 0.96, 1.04, 0.95, 1.05, 0.97};
    assert_int_equal(decided(ratios, 6, 0.10).kind, LAB_TIE);
    struct lab_decision strict = decided(ratios, 6, 0.03);
    assert_int_equal(strict.kind, LAB_UNDECIDED);
    double excess = log(1.05 / 0.95) / 2 / log(1.03);
    assert_int_equal(strict.blocks_needed, (uint32_t)ceil(6 * excess * excess));
}

static void fewer_than_six_blocks_decide_nothing(void **state) {
    (void)state;
    static const double ratios[] = {0.5, 0.5, 0.5, 0.5, 0.5};
    struct lab_decision decision = decided(ratios, 5, 0.10);
    assert_int_equal(decision.kind, LAB_UNDECIDED);
    assert_int_equal(decision.blocks_needed, 6);
    assert_true(fabs(decision.ratio - 0.5) < 1e-12);
    assert_true(isnan(decision.low) && isnan(decision.high));
    assert_false(lab_is_not_faster(&decision) || lab_is_not_slower(&decision));
    assert_true(isnan(decided(ratios, 0, 0.10).ratio));
}

static void a_sign_count_that_disagrees_leaves_it_undecided(void **state) {
    (void)state;
    /* Twenty-one small losses, nineteen large wins: the ranks see a win, the count does not. */
    double ratios[40];
    for (size_t i = 0; i < 40; i++)
        ratios[i] = i < 21 ? 1.0001 : 0.5;
    struct lab_decision decision = decided(ratios, 40, 0.03);
    assert_true(decision.high < 1.0);
    assert_int_equal(decision.b_faster, 19);
    assert_int_equal(decision.kind, LAB_UNDECIDED);
}

static void identical_code_is_called_different_in_at_most_one_of_twenty(void **state) {
    (void)state;
    enum { STUDIES = 4000 };
    static const size_t blocks[] = {6, 24, 40};
    struct synthetic source = {.random = 31337};
    print_message("seed %llu\n", (unsigned long long)source.random);
    for (size_t row = 0; row < 3; row++) {
        size_t different = 0;
        for (size_t study = 0; study < STUDIES; study++) {
            double differences[40];
            struct lab_decision decision;
            for (size_t i = 0; i < blocks[row]; i++)
                differences[i] = 0.04 * synthetic_normal(&source);
            lab_decide(differences, blocks[row], 0.03, &decision);
            different += lab_is_different(decision.kind);
        }
        print_message("%zu blocks: %zu of %d\n", blocks[row], different, STUDIES);
        /* 5 % and four standard errors. */
        assert_true((double)different / STUDIES < 0.05 + 0.014);
    }
}

static void runs_are_paired_by_block_and_only_when_both_are_ok(void **state) {
    (void)state;
    struct lab_results results;
    lab_results_init(&results);
    struct lab_cell none = {.id = 1};
    lab_results_add_cell(&results, &none);
    lab_results_add_cell(&results, &none);
    struct lab_cell *a = &results.cells[0], *b = &results.cells[1];
    for (uint32_t block = 0; block < 6; block++) {
        struct lab_run run = {.block = block, .tasks = 10, .wall_s = block + 1.0};
        if (block != 4)
            lab_cell_add_run(a, &run);
        run.wall_s *= 2;
        run.is_noisy = block == 5;
        run.outcome = block == 1 ? LAB_OUTCOME_CRASHED : LAB_OUTCOME_OK;
        if (block != 0)
            lab_cell_add_run(b, &run);
    }
    struct lab_pairs pairs;
    lab_pair(a, b, lab_time_per_task, &pairs);
    assert_int_equal(pairs.count, 3);
    assert_int_equal(pairs.noisy_count, 1);
    for (size_t i = 0; i < 3; i++)
        assert_true(fabs(pairs.difference[i] - log(2)) < 1e-12);
    lab_results_free(&results);
}

static void latency_counts_from_the_intended_arrival(void **state) {
    (void)state;
    static struct lab_latency tasks[400];
    for (size_t i = 0; i < 400; i++)
        tasks[i] =
            (struct lab_latency){.intended_s = 1.0, .start_s = 5.0, .end_s = 2.0 + (double)i};
    struct lab_run run = {.latency = tasks, .latency_count = 400, .tasks = 400, .wall_s = 402};
    assert_true(fabs(lab_latency_mean(&run) - 200.5) < 1e-9);
    assert_true(fabs(lab_latency_p50(&run) - 200.5) < 1e-9);
    assert_true(fabs(lab_latency_p99(&run) - (1 + 0.99 * 399)) < 1e-9);
    assert_true(fabs(lab_completion_time(&run) - 402) < 1e-12);
    run.latency_count = 367;
    assert_true(isnan(lab_latency_p99(&run)));
    run.outcome = LAB_OUTCOME_FAILED;
    assert_true(isnan(lab_latency_mean(&run)) && isnan(lab_latency_p50(&run)));
}

/* A group of five sizes with these seconds by task; 0: crashed. */
static size_t ranked(uint32_t blocks, const double seconds[5], struct lab_results *results,
                     struct lab_rank *ranks, bool *is_corrected) {
    lab_results_init(results);
    results->margin = 0.10;
    struct synthetic study = {
        .results = results, .random = 5, .blocks = blocks, .noise = 0.01, .next_id = 1};
    for (uint32_t i = 0; i < 5; i++) {
        struct synthetic_cell cell = {.group = "g",
                                      .executor = "e",
                                      .workers = i + 1,
                                      .seconds = seconds[i] > 0 ? seconds[i] : 1};
        if (!(seconds[i] > 0))
            study.blocks = 0;
        synthetic_add(&study, &cell);
        study.blocks = blocks;
        cell.executor = "other";
        cell.seconds = 0.001;
        synthetic_add(&study, &cell);
    }
    return lab_best_set(results, "g", "e", NULL, ranks, is_corrected);
}

static void the_best_set_holds_all_that_cannot_be_told_from_the_best(void **state) {
    (void)state;
    static const double seconds[5] = {2.0, 1.0, 1.01, 1.3, 0};
    static const bool expected[5] = {false, true, true, false, false};
    for (uint32_t blocks = 6; blocks <= 24; blocks += 18) {
        struct lab_results results;
        struct lab_rank ranks[LAB_GROUP_MAX];
        bool is_corrected;
        double close[5];
        memcpy(close, seconds, sizeof close);
        close[2] = blocks == 6 ? 1.01 : 1.0;
        assert_int_equal(ranked(blocks, close, &results, ranks, &is_corrected), 5);
        assert_int_equal(is_corrected, blocks == 24);
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(ranks[i].is_best, expected[i]);
        assert_true(fabs(ranks[0].relative - 2) < 0.05);
        assert_true(fabs(ranks[1].relative - 1) < 0.02);
        assert_true(isnan(ranks[4].relative));
        lab_results_free(&results);
    }
}

static void with_blocks_enough_a_small_difference_leaves_the_best_set(void **state) {
    (void)state;
    static const double seconds[5] = {1.0, 1.05, 1.06, 1.07, 1.08};
    struct lab_results results;
    struct lab_rank ranks[LAB_GROUP_MAX];
    (void)ranked(24, seconds, &results, ranks, NULL);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(ranks[i].is_best, i == 0);
    lab_results_free(&results);
    (void)ranked(6, seconds, &results, ranks, NULL);
    for (size_t i = 0; i < 5; i++)
        assert_true(ranks[i].is_best);
    lab_results_free(&results);
}

static void the_correction_is_made_as_soon_as_a_p_value_can_pass_it(void **state) {
    (void)state;
    /* Ten pairs: 2 / 2^9 is below 0.05 / 10, and 2 / 2^8 is not. Six pairs without the crashed. */
    static const double all[5] = {1, 1, 1, 1, 1}, one_crashed[5] = {1, 1, 1, 1, 0};
    static const struct {
        const double *seconds;
        uint32_t blocks;
        bool is_corrected;
    } cases[] = {{all, 8, false}, {all, 9, true}, {one_crashed, 7, false}, {one_crashed, 8, true}};
    for (size_t i = 0; i < 4; i++) {
        struct lab_results results;
        struct lab_rank ranks[LAB_GROUP_MAX];
        bool is_corrected;
        (void)ranked(cases[i].blocks, cases[i].seconds, &results, ranks, &is_corrected);
        assert_int_equal(is_corrected, cases[i].is_corrected);
        lab_results_free(&results);
    }
}

static void identical_cells_all_stay_in_the_best_set(void **state) {
    (void)state;
    enum { STUDIES = 1000 };
    size_t broken = 0;
    struct synthetic study = {.random = 271828, .blocks = 24, .noise = 0.03};
    print_message("seed %llu\n", (unsigned long long)study.random);
    for (int i = 0; i < STUDIES; i++) {
        struct lab_results results;
        struct lab_rank ranks[LAB_GROUP_MAX];
        lab_results_init(&results);
        results.margin = 0.03;
        study.results = &results;
        struct synthetic_cell cell = {.group = "g", .executor = "e", .seconds = 0.01};
        for (int j = 0; j < 5; j++)
            synthetic_add(&study, &cell);
        size_t count = lab_best_set(&results, "g", NULL, NULL, ranks, NULL), best = 0;
        for (size_t j = 0; j < count; j++)
            best += ranks[j].is_best;
        broken += best != 5;
        lab_results_free(&results);
    }
    print_message("%zu of %d families\n", broken, STUDIES);
    /* 5 % and three standard errors. */
    assert_true((double)broken / STUDIES < 0.05 + 0.021);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_verdict_follows_from_its_interval),
        cmocka_unit_test(swapping_the_cells_turns_the_verdict_around),
        cmocka_unit_test(a_margin_of_ten_percent_can_tie_what_three_percent_cannot),
        cmocka_unit_test(fewer_than_six_blocks_decide_nothing),
        cmocka_unit_test(a_sign_count_that_disagrees_leaves_it_undecided),
        cmocka_unit_test(identical_code_is_called_different_in_at_most_one_of_twenty),
        cmocka_unit_test(runs_are_paired_by_block_and_only_when_both_are_ok),
        cmocka_unit_test(latency_counts_from_the_intended_arrival),
        cmocka_unit_test(the_best_set_holds_all_that_cannot_be_told_from_the_best),
        cmocka_unit_test(with_blocks_enough_a_small_difference_leaves_the_best_set),
        cmocka_unit_test(the_correction_is_made_as_soon_as_a_p_value_can_pass_it),
        cmocka_unit_test(identical_cells_all_stay_in_the_best_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
