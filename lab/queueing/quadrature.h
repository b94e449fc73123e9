/* quadrature.h - integrals over sizes of tasks. Pure functions. */
#ifndef TREADLE_LAB_QUADRATURE_H
#define TREADLE_LAB_QUADRATURE_H

#include <stddef.h>

#include "lab/queueing/formulas.h"

typedef double lab_of_size(const void *context, double size);

/* E[of(S)] for S of the law `law`; `of` may jump where a law of the streams has an atom or an
 * end. */
double lab_integral_over_law(const struct lab_stream *streams, size_t count,
                             const struct trd_sim_time *law, lab_of_size *of, const void *context);

/* The integral of `of` from 0 to `size`; INFINITY: to where no law of the streams reaches. */
double lab_integral_up_to(const struct lab_stream *streams, size_t count, double size,
                          lab_of_size *of, const void *context);

/* Calls visit() with nodes and weights (in d log size) of a rule from log size `low` to `high`, in
 * panels of at most `panel`. */
typedef void lab_visit_node(void *context, double log_size, double weight);
void lab_quadrature_visit(double low, double high, double panel, lab_visit_node *visit,
                          void *context);

#endif
