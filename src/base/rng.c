/* rng.c - xoshiro256** and what is drawn from it. */
#include "base/xoshiro.h"

void trd_rng_init(struct trd_rng *rng, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        rng->state[i] = z ^ (z >> 31);
    }
}

uint64_t trd_rng_next(struct trd_rng *rng) {
    return trd__xoshiro_next(rng);
}

uint64_t trd_rng_below(struct trd_rng *rng, uint64_t bound) {
    __extension__ typedef unsigned __int128 wide;
    assert(bound > 0);
    wide product = (wide)trd__xoshiro_next(rng) * bound;
    if ((uint64_t)product < bound) {
        /* Only here can the number be one of those that would make some results more likely. */
        const uint64_t threshold = (0 - bound) % bound;
        while ((uint64_t)product < threshold) {
            product = (wide)trd__xoshiro_next(rng) * bound;
        }
    }
    return (uint64_t)(product >> 64);
}

double trd_rng_double(struct trd_rng *rng) {
    return trd__xoshiro_double(rng);
}

double trd_rng_exponential(struct trd_rng *rng, double mean) {
    return -mean * log1p(-trd_rng_double(rng));
}

void trd_rng_jump(struct trd_rng *rng) {
    static const uint64_t polynomial[4] = {
        UINT64_C(0x180ec6d33cfd0aba),
        UINT64_C(0xd5a61266f0c9392c),
        UINT64_C(0xa9582618e03fc9aa),
        UINT64_C(0x39abdc4529b1661c),
    };
    uint64_t sum[4] = {0};
    for (int word = 0; word < 4; word++) {
        for (int bit = 0; bit < 64; bit++) {
            if ((polynomial[word] >> bit) & 1) {
                for (int i = 0; i < 4; i++) {
                    sum[i] ^= rng->state[i];
                }
            }
            (void)trd_rng_next(rng); /* only the step is wanted */
        }
    }
    memcpy(rng->state, sum, sizeof sum);
}
