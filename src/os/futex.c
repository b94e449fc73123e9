/* futex.c - sleeping on a word, with the kernel's help. */
#define _GNU_SOURCE
#include "os/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <treadle/clock.h>

int trd__futex_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns) {
    struct timespec deadline = {
        .tv_sec = (time_t)(deadline_ns / TRD_NS_PER_S),
        .tv_nsec = (long)(deadline_ns % TRD_NS_PER_S),
    };
    /* With the bit set, the deadline is absolute. */
    const long failed =
        syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                deadline_ns == TRD_FOREVER ? NULL : &deadline, NULL, FUTEX_BITSET_MATCH_ANY);
    return failed && errno == ETIMEDOUT ? -ETIMEDOUT : 0;
}

void trd__futex_wake(_Atomic uint32_t *word, uint32_t count) {
    const uint32_t most = count > INT_MAX ? INT_MAX : count;
    /* Waking can only fail when the memory is gone: then nobody waits. */
    (void)syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, most, NULL, NULL, 0);
}

uint64_t trd__deadline_ns(uint64_t now_ns, uint64_t timeout_ns) {
    const uint64_t latest = (uint64_t)INT64_MAX; /* what the kernel takes */
    if (timeout_ns > latest || now_ns > latest - timeout_ns) {
        return TRD_FOREVER;
    }
    return now_ns + timeout_ns;
}
