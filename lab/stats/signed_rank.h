/* signed_rank.h - Wilcoxon's signed-rank test, and the interval that belongs to it.
 *
 * Up to 25 blocks the distribution is exact: every one of the 2^n ways to give the ranks signs is
 * counted, tied ranks included. Beyond, it is taken as normal, with the correction for continuity.
 *
 * Sources: Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945);
 * Tukey's interval from Walsh averages, as in Hollander & Wolfe, "Nonparametric Statistical
 * Methods", 2nd ed. (1999), section 3.3.
 */
#ifndef TREADLE_LAB_SIGNED_RANK_H
#define TREADLE_LAB_SIGNED_RANK_H

#include "lab/stats/hodges_lehmann.h"

#include <stdbool.h>

/* Rank k, from 1, of the Walsh average that begins the interval w(k) ... w(M+1-k) of at least the
 * given level; 0 when so few blocks cannot give one (under 6 for 0.95, under 5 for 0.90). */
size_t lab_signed_rank_k(size_t count, double level);

/* The interval around the Hodges-Lehmann estimate, from the Walsh averages of `count` values.
 * False, and NaN, when there are too few. */
bool lab_signed_rank_interval(const struct lab_walsh *walsh, size_t count, double level,
                              double *low, double *high);

/* Two-sided p-value of "these values are symmetric about 0". Values of 0 are left out, as Wilcoxon
 * did. 1 when nothing remains. */
double lab_signed_rank_p(const double *values, size_t count);

#endif
