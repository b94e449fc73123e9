/* hodges_lehmann.c - Walsh averages and their median. */
#include "lab/stats/hodges_lehmann.h"

#include "lab/stats/quantile.h"

#include <math.h>

void lab_walsh_averages(const double *values, size_t count, struct lab_walsh *walsh) {
    walsh->count = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i; j < count; j++)
            walsh->average[walsh->count++] = values[i] / 2 + values[j] / 2;
    }
    lab_sort(walsh->average, walsh->count);
}

double lab_hodges_lehmann(const struct lab_walsh *walsh) {
    return lab_median(walsh->average, walsh->count);
}
