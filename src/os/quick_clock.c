/* quick_clock.c - measuring the length of a tick. */
#include "os/quick_clock.h"

#include <stdbool.h>

#include <treadle/clock.h>

/* So long must have passed for a tick's length to be known to 1 in 1000; so long the count is
 * believed; and when so long has passed, what was measured is of another time. */
static const uint64_t least_ns = 100 * TRD_NS_PER_US, believed_ns = TRD_NS_PER_MS,
                      most_ns = 4 * TRD_NS_PER_S;
/* A count and a time that are further apart do not belong together. */
static const uint64_t together_ticks = 2000;

/* A length of a tick that can be one: 0.01 to 100 ns, and about what it was before. */
static bool clock_is_likely(uint64_t rate, uint64_t before) {
    if (rate < (UINT64_C(1) << 32) / 100 || rate > UINT64_C(100) << 32) {
        return false;
    }
    const uint64_t off = rate > before ? rate - before : before - rate;
    return before == 0 || off < before / 64;
}

uint64_t trd__quick_clock_read(struct trd__quick_clock *clock, uint64_t ticks) {
    const uint64_t now_ns = trd_clock_now_ns();
    if (trd__ticks() - ticks > together_ticks) {
        clock->limit = 0; /* the thread was interrupted in between */
        return now_ns;
    }
    const uint64_t passed_ns = now_ns - clock->ns, passed = ticks - clock->ticks;
    if (clock->ns && passed_ns < least_ns) {
        return now_ns; /* too early to know more */
    }
    uint64_t rate = 0;
    if (clock->ns && passed_ns < most_ns && passed > 0) {
        rate = (uint64_t)((double)passed_ns / (double)passed * 4294967296.0);
    } else if (clock->ns && passed > 0) {
        rate = clock->rate; /* too late to measure it */
    }
    if (!clock_is_likely(rate, clock->rate)) {
        rate = 0;
    }
    *clock = (struct trd__quick_clock){.ns = now_ns, .ticks = ticks, .rate = rate};
    clock->limit = rate ? (believed_ns << 32) / rate : 0;
    return now_ns;
}
