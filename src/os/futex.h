/* futex.h - sleeping on a 32-bit word until somebody wakes it. Linux only. */
#ifndef TRD_OS_FUTEX_H
#define TRD_OS_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/** Sleeps while `*word` is `expected`, at most until `deadline_ns` (monotonic; TRD_FOREVER). May
 * return early without a reason. 0, or -ETIMEDOUT. */
int trd__futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns);
/** Wakes at most `count` sleepers. Uses the address only and never reads the word, so the memory
 * may be gone already: then it wakes nobody, or somebody without a reason. */
void trd__futex_wake(_Atomic uint32_t *word, uint32_t count);

/** `now_ns` + `timeout_ns`, or TRD_FOREVER when that is later than any clock will be. */
uint64_t trd__deadline_ns(uint64_t now_ns, uint64_t timeout_ns);

#endif
