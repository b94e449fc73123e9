/* holm.c - Holm's step-down correction. */
#include "lab/stats/holm.h"

#include "lab/stats/quantile.h"

double lab_holm_cutoff(double *p, size_t count, double alpha) {
    double cutoff = -1;
    lab_sort(p, count);
    for (size_t i = 0; i < count && p[i] <= alpha / (double)(count - i); i++)
        cutoff = p[i];
    return cutoff;
}
