/* selftest.c - how far this study can be trusted: identical code, a planted difference, noise. */
#include "lab/claims/compare.h"

#include "lab/stats/quantile.h"
#include "lab/stats/verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void judge_identical(struct lab_selftest *selftest,
                            const struct lab_comparison *comparison) {
    selftest->aa_pairs++;
    selftest->aa_different += lab_is_different(comparison->verdict);
    selftest->aa_spread = fmax(selftest->aa_spread, fabs(comparison->ratio - 1));
}

static void judge_planted(struct lab_selftest *selftest, const struct lab_comparison *comparison) {
    selftest->planted_found =
        comparison->verdict == LAB_SLOWER || comparison->verdict == LAB_SLOWER_MAYBE_NEGLIGIBLE;
    selftest->planted_ratio = comparison->ratio;
    selftest->planted_low = comparison->low;
    selftest->planted_high = comparison->high;
}

static void judge_comparisons(struct lab_results *results) {
    for (size_t i = 0; i < results->comparison_count; i++) {
        const struct lab_comparison *comparison = &results->comparisons[i];
        const struct lab_cell *cell = lab_results_cell(results, comparison->a);
        if (!cell || strcmp(cell->part, "selftest") != 0)
            continue;
        if (strcmp(cell->variant, "A") == 0)
            judge_identical(&results->selftest, comparison);
        else
            judge_planted(&results->selftest, comparison);
    }
}

static const struct lab_run *run_of(const struct lab_cell *cell, uint32_t block) {
    for (size_t i = 0; i < cell->run_count; i++) {
        if (cell->runs[i].block == block)
            return &cell->runs[i];
    }
    return NULL;
}

/* Counts the block of which this run is the first; a block is noisy, or repeated, if any of its
 * runs is. */
static void count_block(struct lab_results *results, size_t cell_index, uint32_t block) {
    bool is_noisy = false, is_repeated = false;
    for (size_t i = 0; i < results->cell_count; i++) {
        if (strcmp(results->cells[i].group, results->cells[cell_index].group) != 0)
            continue;
        const struct lab_run *run = run_of(&results->cells[i], block);
        if (run && i < cell_index)
            return;
        is_noisy = is_noisy || (run && run->is_noisy);
        is_repeated = is_repeated || (run && run->attempt > 0);
    }
    results->selftest.blocks++;
    results->selftest.noisy_blocks += is_noisy;
    results->selftest.repeated_blocks += is_repeated;
}

static void count_blocks(struct lab_results *results) {
    for (size_t i = 0; i < results->cell_count; i++) {
        for (size_t j = 0; j < results->cells[i].run_count; j++)
            count_block(results, i, results->cells[i].runs[j].block);
    }
}

static double others_cpu_of(const struct lab_run *run) {
    return run->others_cpu;
}

static double steal_of(const struct lab_run *run) {
    return run->steal;
}

/* The median over all counted runs that know; NaN when none does. */
static int median_of_runs(const struct lab_results *results,
                          double (*field)(const struct lab_run *run), double *median) {
    size_t runs = 0, known = 0;
    for (size_t i = 0; i < results->cell_count; i++)
        runs += results->cells[i].run_count;
    double *values = calloc(runs + 1, sizeof *values);
    if (!values)
        return -ENOMEM;
    for (size_t i = 0; i < results->cell_count; i++) {
        for (size_t j = 0; j < results->cells[i].run_count; j++) {
            double value = field(&results->cells[i].runs[j]);
            if (!isnan(value))
                values[known++] = value;
        }
    }
    lab_sort(values, known);
    *median = lab_median(values, known);
    free(values);
    return 0;
}

int lab_judge_selftest(struct lab_results *results) {
    judge_comparisons(results);
    if (results->selftest.blocks == 0)
        count_blocks(results);
    int error = median_of_runs(results, others_cpu_of, &results->selftest.others_cpu);
    return error ? error : median_of_runs(results, steal_of, &results->selftest.steal);
}
