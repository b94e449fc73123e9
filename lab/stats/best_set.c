/* best_set.c - which cells of a group are best, as far as the study can tell. */
#include "lab/stats/best_set.h"

#include "lab/stats/holm.h"
#include "lab/stats/pairing.h"
#include "lab/stats/signed_rank.h"
#include "lab/stats/verdict.h"

#include <math.h>
#include <string.h>

enum { PAIRS_MAX = LAB_GROUP_MAX * (LAB_GROUP_MAX - 1) / 2 };

static const double family_error = 0.05;

/* All pairs of the ranked cells, the second against the first: (0,1), (0,2), (1,2), (0,3), ... */
struct pairwise {
    double shift[PAIRS_MAX]; /* Hodges-Lehmann of ln(second / first); NaN: no common block */
    double p[PAIRS_MAX];
    bool is_beyond[PAIRS_MAX]; /* different beyond the margin */
    size_t count, blocks_max;
    size_t family; /* pairs that share blocks: the tests that are made */
};

static size_t pair_index(size_t first, size_t second) {
    return second * (second - 1) / 2 + first;
}

static void compare_all(const struct lab_rank *ranks, size_t count, double margin,
                        struct pairwise *all) {
    struct lab_pairs pairs;
    struct lab_decision decision;
    *all = (struct pairwise){.count = 0};
    for (size_t second = 1; second < count; second++) {
        for (size_t first = 0; first < second; first++) {
            lab_pair(ranks[first].cell, ranks[second].cell, lab_time_per_task, &pairs);
            lab_decide(pairs.difference, pairs.count, margin, &decision);
            all->shift[all->count] = log(decision.ratio);
            all->p[all->count] = lab_signed_rank_p(pairs.difference, pairs.count);
            all->is_beyond[all->count] = decision.kind == LAB_FASTER || decision.kind == LAB_SLOWER;
            all->count++;
            all->family += pairs.count > 0;
            if (pairs.count > all->blocks_max)
                all->blocks_max = pairs.count;
        }
    }
}

/* ln of the second's time against the first's. */
static double shift_of(const struct pairwise *all, size_t first, size_t second) {
    if (first == second)
        return 0;
    return first < second ? all->shift[pair_index(first, second)]
                          : -all->shift[pair_index(second, first)];
}

/* The cell that is fastest against the others on average. */
static size_t fastest_of(const struct lab_rank *ranks, size_t count, const struct pairwise *all) {
    size_t fastest = count;
    double lowest = INFINITY;
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t j = 0; j < count; j++) {
            double shift = shift_of(all, j, i);
            sum += isnan(shift) ? 0 : shift;
        }
        if (!isnan(ranks[i].relative) && sum < lowest) {
            lowest = sum;
            fastest = i;
        }
    }
    return fastest;
}

/* Whether the smallest p-value that so many blocks can give would pass the correction. */
static bool is_correctable(const struct pairwise *all) {
    return ldexp(2, -(int)all->blocks_max) <= family_error / (double)all->family;
}

static void keep_best(struct lab_rank *ranks, size_t count, const struct pairwise *all,
                      bool is_corrected) {
    double p[PAIRS_MAX];
    size_t tests = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (!isnan(all->shift[i]))
            p[tests++] = all->p[i];
    }
    double cutoff = lab_holm_cutoff(p, tests, family_error);
    for (size_t i = 0; i < count; i++)
        ranks[i].is_best = !isnan(ranks[i].relative);
    for (size_t second = 1; second < count; second++) {
        for (size_t first = 0; first < second; first++) {
            size_t pair = pair_index(first, second);
            bool is_shown = is_corrected ? all->p[pair] <= cutoff : all->is_beyond[pair];
            if (is_shown)
                ranks[all->shift[pair] > 0 ? second : first].is_best = false;
        }
    }
}

static bool has_times(const struct lab_cell *cell) {
    for (size_t i = 0; i < cell->run_count; i++) {
        if (!isnan(lab_time_per_task(&cell->runs[i])))
            return true;
    }
    return false;
}

void lab_rank_cells(struct lab_rank *ranks, size_t count, double margin, bool *is_corrected) {
    struct pairwise all;
    for (size_t i = 0; i < count; i++)
        ranks[i].relative = has_times(ranks[i].cell) ? 1 : NAN;
    compare_all(ranks, count, margin, &all);
    bool is_holm = is_correctable(&all);
    if (is_corrected)
        *is_corrected = is_holm;
    keep_best(ranks, count, &all, is_holm);
    size_t fastest = fastest_of(ranks, count, &all);
    for (size_t i = 0; i < count && fastest < count; i++) {
        ranks[i].relative *= exp(shift_of(&all, fastest, i));
        ranks[i].is_best = i == fastest || (ranks[i].is_best && !isnan(ranks[i].relative));
    }
}

static bool is_meant(const char *value, const char *wanted) {
    return !wanted || strcmp(value, wanted) == 0;
}

size_t lab_best_set(const struct lab_results *results, const char *group, const char *executor,
                    const char *variant, struct lab_rank ranks[LAB_GROUP_MAX], bool *is_corrected) {
    size_t count = 0;
    for (size_t i = 0; i < results->cell_count && count < LAB_GROUP_MAX; i++) {
        const struct lab_cell *cell = &results->cells[i];
        if (is_meant(cell->group, group) && is_meant(cell->executor, executor) &&
            is_meant(cell->variant, variant))
            ranks[count++] = (struct lab_rank){.cell = cell};
    }
    lab_rank_cells(ranks, count, results->margin, is_corrected);
    return count;
}
