/* hodges_lehmann.h - the typical difference of paired blocks: the median of the Walsh averages.
 *
 * Source: Hodges & Lehmann, "Estimates of location based on rank tests", Ann. Math. Statist. 34
 * (1963). It gives up 4.5 % of the mean's efficiency on normal data and is not moved by single bad
 * blocks: up to 29 % of them may be arbitrary.
 */
#ifndef TREADLE_LAB_HODGES_LEHMANN_H
#define TREADLE_LAB_HODGES_LEHMANN_H

#include "lab/stats/pairing.h"

enum { LAB_WALSH_MAX = LAB_BLOCKS_MAX * (LAB_BLOCKS_MAX + 1) / 2 };

/* (x_i + x_j) / 2 for all i <= j, in ascending order. */
struct lab_walsh {
    double average[LAB_WALSH_MAX];
    size_t count;
};

/* `count` <= LAB_BLOCKS_MAX values, finite. O(count^2 log count). */
void lab_walsh_averages(const double *values, size_t count, struct lab_walsh *walsh);

/* The estimate; NaN when there are no values. */
double lab_hodges_lehmann(const struct lab_walsh *walsh);

#endif
