/* quick_clock.h - the engine's clock for whoever asks at every task, at less than half its price.
 *
 * Between two readings of the real clock, at most a millisecond apart, it counts the processor's
 * ticks, whose length it has measured between earlier readings. So whatever happens to the ticks
 * (a virtual machine that moves, processors that disagree), the time is wrong by a millisecond at
 * most, and not for longer; when they are well behaved, by some 0.1 us. Where there is no cheap
 * counter, or no trust in it, it is the real clock. */
#ifndef TRD_OS_QUICK_CLOCK_H
#define TRD_OS_QUICK_CLOCK_H

#include <stdint.h>

/** One thread's. All zero at first. */
struct trd__quick_clock {
    uint64_t ns, ticks; /* of the last reading of the real clock */
    uint64_t rate;      /* ns a tick, times 2^32; 0: not known */
    uint64_t limit;     /* so many ticks after that, the real clock is read again */
};

/** The rest of trd__quick_clock_now_ns(). */
uint64_t trd__quick_clock_read(struct trd__quick_clock *clock, uint64_t ticks);

static inline uint64_t trd__ticks(void) {
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ __volatile__("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return 0; /* never moves, so its rate is never known */
#endif
}

/** As trd_clock_now_ns(). */
static inline uint64_t trd__quick_clock_now_ns(struct trd__quick_clock *clock) {
    const uint64_t ticks = trd__ticks(), passed = ticks - clock->ticks;
    if (passed < clock->limit) {
        return clock->ns + (passed * clock->rate >> 32);
    }
    return trd__quick_clock_read(clock, ticks);
}

#endif
