/* rng.c - xoshiro256** and what is drawn from it. */
#include <treadle/rng.h>

static uint64_t rotate_left(uint64_t value, int by) {
    return (value << by) | (value >> (64 - by));
}

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
    uint64_t *s = rng->state;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t trd_rng_below(struct trd_rng *rng, uint64_t bound) {
    assert(bound > 0);
    const uint64_t threshold = (0 - bound) % bound;
    for (;;) {
        __extension__ typedef unsigned __int128 wide;
        const wide product = (wide)trd_rng_next(rng) * bound;
        if ((uint64_t)product >= threshold) {
            return (uint64_t)(product >> 64);
        }
    }
}

double trd_rng_double(struct trd_rng *rng) {
    return (double)(trd_rng_next(rng) >> 11) * 0x1.0p-53;
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
