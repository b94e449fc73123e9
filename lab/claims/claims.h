/* claims.h - from a study's runs to what it found: comparisons, self-test, claims.
 *
 * A claim is a sentence put to the test: its rule is fixed here, before anything is measured, and
 * printed with its verdict. Pure functions over the model of results.
 */
#ifndef TREADLE_LAB_CLAIMS_H
#define TREADLE_LAB_CLAIMS_H

#include "lab/model/results.h"
#include "lab/stats/best_set.h"

/* The fact that says how many cores the study could use, as a decimal number. */
#define LAB_FACT_CORES "cores"

/* Adds to results whose cells, margin and facts are filled: the comparisons of every group, the
 * self-test, and a verdict for every claim of claims.def. Call once. 0, or -ENOMEM with some of it
 * added. */
int lab_analyse(struct lab_results *results);

#endif
