/* signed_rank.c - Wilcoxon's signed-rank test: exact up to 25 blocks, normal beyond.
 *
 * Ranks are doubled throughout, so that the mid-ranks of ties are whole numbers too.
 */
#include "lab/stats/signed_rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_MAX = 25, SUM_MAX = EXACT_MAX * (EXACT_MAX + 1) };

/* P(W = sum / 2) for every sum of doubled ranks, W being the sum of the ranks that got a plus. */
static void exact_distribution(const unsigned *ranks, size_t count, double density[SUM_MAX + 1]) {
    size_t reached = 0;
    memset(density, 0, (SUM_MAX + 1) * sizeof *density);
    density[0] = 1;
    for (size_t i = 0; i < count; i++) {
        /* With or without this rank, each with probability one half. */
        reached += ranks[i];
        for (size_t sum = reached + 1; sum-- > 0;) {
            double with = sum >= ranks[i] ? density[sum - ranks[i]] : 0;
            density[sum] = (density[sum] + with) / 2;
        }
    }
}

/* The z with P(Z <= z) = p, for p in (0.5, 1): by bisection of the error function. */
static double normal_quantile(double p) {
    double low = 0, high = 40;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (erfc(middle / sqrt(2)) / 2 > 1 - p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

static size_t exact_k(size_t count, double tail) {
    unsigned ranks[EXACT_MAX];
    double density[SUM_MAX + 1];
    for (size_t i = 0; i < count; i++)
        ranks[i] = 2 * (unsigned)(i + 1);
    exact_distribution(ranks, count, density);
    /* The largest k with P(W <= k - 1) <= tail. */
    double sum = density[0];
    size_t k = 0;
    while (sum <= tail)
        sum += density[2 * ++k];
    return k;
}

size_t lab_signed_rank_k(size_t count, double level) {
    double tail = (1 - level) / 2;
    if (count <= EXACT_MAX)
        return exact_k(count, tail);
    double n = (double)count;
    double spread = sqrt(n * (n + 1) * (2 * n + 1) / 24);
    double k = floor(n * (n + 1) / 4 - normal_quantile(1 - tail) * spread - 0.5) + 1;
    return k < 1 ? 0 : (size_t)k;
}

bool lab_signed_rank_interval(const struct lab_walsh *walsh, size_t count, double level,
                              double *low, double *high) {
    size_t k = lab_signed_rank_k(count, level);
    *low = k > 0 ? walsh->average[k - 1] : NAN;
    *high = k > 0 ? walsh->average[walsh->count - k] : NAN;
    return k > 0;
}

static int by_size(const void *left, const void *right) {
    const double a = fabs(*(const double *)left), b = fabs(*(const double *)right);
    return (a > b) - (a < b);
}

/* Doubled ranks of values sorted by size; ties share the middle of their places. */
static void rank(const double *sorted, size_t count, unsigned *ranks) {
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && fabs(sorted[end]) == fabs(sorted[first]);)
            end++;
        for (size_t i = first; i < end; i++)
            ranks[i] = (unsigned)(first + 1 + end);
    }
}

static double exact_tail(const unsigned *ranks, size_t count, unsigned limit) {
    double density[SUM_MAX + 1], sum = 0;
    exact_distribution(ranks, count, density);
    for (size_t i = 0; i <= limit; i++)
        sum += density[i];
    return sum;
}

static double normal_tail(const unsigned *ranks, size_t count, unsigned limit) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < count; i++) {
        double rank_value = ranks[i] / 2.0;
        mean += rank_value / 2;
        variance += rank_value * rank_value / 4;
    }
    return erfc((mean - limit / 2.0 - 0.5) / sqrt(variance) / sqrt(2)) / 2;
}

double lab_signed_rank_p(const double *values, size_t count) {
    double sorted[LAB_BLOCKS_MAX];
    unsigned ranks[LAB_BLOCKS_MAX], plus = 0, minus = 0;
    size_t used = 0;
    for (size_t i = 0; i < count && used < LAB_BLOCKS_MAX; i++) {
        if (values[i] < 0 || values[i] > 0)
            sorted[used++] = values[i];
    }
    if (used == 0)
        return 1;
    qsort(sorted, used, sizeof *sorted, by_size);
    rank(sorted, used, ranks);
    for (size_t i = 0; i < used; i++)
        *(sorted[i] > 0 ? &plus : &minus) += ranks[i];
    unsigned smaller = plus < minus ? plus : minus;
    double tail =
        used <= EXACT_MAX ? exact_tail(ranks, used, smaller) : normal_tail(ranks, used, smaller);
    return fmin(1, 2 * tail);
}
