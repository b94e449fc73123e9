/* quantile.c - order statistics. */
#include "lab/stats/quantile.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void lab_sort(double *values, size_t count) {
    if (count > 1)
        qsort(values, count, sizeof *values, by_value);
}

static double interpolated(const double *sorted, size_t count, double p) {
    double place = p * (double)(count - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < count ? below + 1 : below;
    double weight = place - (double)below;
    return sorted[below] * (1 - weight) + sorted[above] * weight;
}

double lab_median(const double *sorted, size_t count) {
    return count == 0 ? NAN : interpolated(sorted, count, 0.5);
}

bool lab_quantile_is_supported(size_t count, double p) {
    return p > 0 && p < 1 && (double)count >= log(0.025) / log(p);
}

double lab_quantile(const double *sorted, size_t count, double p) {
    return lab_quantile_is_supported(count, p) ? interpolated(sorted, count, p) : NAN;
}
