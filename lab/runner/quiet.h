/* quiet.h - is the machine quiet right now? */
#ifndef TREADLE_LAB_QUIET_H
#define TREADLE_LAB_QUIET_H

#include "lab/runner/noise.h"

#include <stdbool.h>

/* Looks for `seconds`, doing nothing. */
struct lab_noise_share lab_quiet_measure(double seconds);

/* Looks for half a second and says on stderr when others are busy. False: they are, and
 * `needs_quiet` says that this must not be. */
bool lab_quiet_now(bool needs_quiet);

#endif
