/* lane_fixture.h - lanes made up for tests, as `--list` would describe them. */
#ifndef TREADLE_TESTS_LANE_FIXTURE_H
#define TREADLE_TESTS_LANE_FIXTURE_H

#include "lab/plan/catalogue.h"

#include <stdbool.h>

/* An interpreter with every workload and executor of the study; with or without torchvision and
 * Treadle's extension. Fails the test when memory is short. */
void lane_fixture_python(struct lab_lane *lane, const char *label, bool has_torch,
                         bool has_extension);
/* The native lane: http and fibonacci. */
void lane_fixture_native(struct lab_lane *lane);

#endif
