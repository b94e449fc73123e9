/* treadle.h - all of libtreadle's public interface. */
#ifndef TREADLE_TREADLE_H
#define TREADLE_TREADLE_H

#include <treadle/backend.h>
#include <treadle/clock.h>
#include <treadle/future.h>
#include <treadle/metrics.h>
#include <treadle/param.h>
#include <treadle/policy.h>
#include <treadle/pool.h>
#include <treadle/rng.h>
#include <treadle/sim.h>
#include <treadle/sizer.h>
#include <treadle/task.h>
#include <treadle/trace.h>

#define TREADLE_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/** The version of the library linked against, "major.minor.patch". */
const char *trd_version(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
