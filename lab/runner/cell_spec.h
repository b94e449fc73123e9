/* cell_spec.h - the first line of the cell protocol: what a child is to run. */
#ifndef TREADLE_LAB_SPEC_H
#define TREADLE_LAB_SPEC_H

#include "lab/runner/cell_run.h"

#include <stdint.h>

/* One line of JSON with its newline, to be freed; NULL when memory is short. */
char *lab_spec_line(const struct lab_bench *bench, const struct lab_plan_cell *cell, uint64_t seed);

/* The lane the cell runs in, or NULL. */
const struct lab_lane *lab_spec_lane(const struct lab_bench *bench,
                                     const struct lab_plan_cell *cell);

#endif
