/* quantile.h - order statistics, and when a sample is large enough for a quantile to be printed.
 *
 * A quantile p is supported by n values when n >= ln 0.025 / ln p: then the largest value lies
 * above the true quantile with a probability of at least 97.5 %, so the quantile has an upper
 * confidence bound inside the sample (p50: 6 values, p90: 36, p99: 368, p99.9: 3 688). Source: the
 * exact binomial interval for quantiles, David & Nagaraja, "Order Statistics", 3rd ed. (2003),
 * section 7.1. Between order statistics it interpolates as Hyndman & Fan's type 7 does, "Sample
 * quantiles in statistical packages", The American Statistician 50 (1996).
 */
#ifndef TREADLE_LAB_QUANTILE_H
#define TREADLE_LAB_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>

/* Ascending; no NaN among the values. */
void lab_sort(double *values, size_t count);

/* Of values in ascending order; NaN when there are none. */
double lab_median(const double *sorted, size_t count);

/* 0 < p < 1. */
bool lab_quantile_is_supported(size_t count, double p);

/* Of values in ascending order; NaN unless supported. */
double lab_quantile(const double *sorted, size_t count, double p);

#endif
