/* holm.h - many tests at once, family-wise error kept at alpha: Holm's step-down correction.
 *
 * Source: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6
 * (1979). Needs no assumption on how the tests depend on each other.
 */
#ifndef TREADLE_LAB_HOLM_H
#define TREADLE_LAB_HOLM_H

#include <stddef.h>

/* Sorts the p-values in place and returns the largest that is rejected: every test with a p-value
 * up to it is. Negative when none is. */
double lab_holm_cutoff(double *p, size_t count, double alpha);

#endif
