/* clock.h - the engine's clock: CLOCK_MONOTONIC in nanoseconds.
 *
 * Only bodies read it; policies and sizers are told the time. Thread-safe, does not block.
 */
#ifndef TREADLE_CLOCK_H
#define TREADLE_CLOCK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

#define TRD_NS_PER_S UINT64_C(1000000000)
#define TRD_NS_PER_MS UINT64_C(1000000)
#define TRD_NS_PER_US UINT64_C(1000)

/** For timeouts: wait for ever. */
#define TRD_FOREVER UINT64_MAX

/** Nanoseconds of CLOCK_MONOTONIC. About 20 ns a call. */
uint64_t trd_clock_now_ns(void);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
