/* jain.h - Jain's index of fairness: (sum x)^2 / (n sum x^2); 1 when all are equal, 1/n when one
 * has it all.
 *
 * Source: Jain, Chiu & Hawe, "A quantitative measure of fairness and discrimination for resource
 * allocation in shared computer systems", DEC-TR-301 (1984).
 */
#ifndef TREADLE_LAB_JAIN_H
#define TREADLE_LAB_JAIN_H

#include <stddef.h>

/* Of shares >= 0; NaN when there are none or all are 0. */
double lab_jain(const double *shares, size_t count);

#endif
