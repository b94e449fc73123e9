/* xoshiro.h - one step of the generator of <treadle/rng.h>, inlined for whoever draws in a loop. */
#ifndef TRD_BASE_XOSHIRO_H
#define TRD_BASE_XOSHIRO_H

#include <treadle/rng.h>

static inline uint64_t trd__rotate_left(uint64_t value, int by) {
    return (value << by) | (value >> (64 - by));
}

/** As trd_rng_next(). */
static inline uint64_t trd__xoshiro_next(struct trd_rng *rng) {
    uint64_t *s = rng->state;
    const uint64_t result = trd__rotate_left(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = trd__rotate_left(s[3], 45);
    return result;
}

/** As trd_rng_double(). */
static inline double trd__xoshiro_double(struct trd_rng *rng) {
    return (double)(int64_t)(trd__xoshiro_next(rng) >> 11) * 0x1.0p-53;
}

#endif
