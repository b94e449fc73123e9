/* twin.h - the digital twin of a cell under open load: its own arrivals in the simulator, and the
 * formula of the steady state where there is one.
 */
#ifndef TREADLE_LAB_TWIN_H
#define TREADLE_LAB_TWIN_H

#include "lab/model/results.h"

/* Gives a twin to every cell under open load that was run by Treadle under a policy which this
 * build knows: each of its runs' arrivals, with the times its tasks really took (dropped ones: what
 * they asked for), go through the same policy on as many virtual workers. What differs from the
 * live latencies is then the cost of handing tasks over, not the schedule. 0 or -ENOMEM. About a
 * microsecond a task. */
int lab_twin_all(struct lab_results *results);

/* formula.c: what theory says of this cell's steady state; false: no formula is known for it. */
bool lab_formula_find(const struct lab_cell *cell, struct lab_formula *formula);
/* formula.c: the response time that a share `p` (0 to 1) of the tasks does not exceed; NaN unless
 * the distribution is known. */
double lab_formula_quantile(const struct lab_formula *formula, double p);

#endif
