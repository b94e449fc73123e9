/* fuzz_main.c - drives a fuzz target without libFuzzer: seeded mutations of its good input.
 *
 * Arguments: the number of inputs and the seed (both optional). */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <treadle/rng.h>

enum { SEED_MAX = 1 << 16, INPUTS = 3000 };

/* One change: a bit, a byte, a number, a piece moved, or the end cut off. */
static size_t mutate(struct trd_rng *rng, uint8_t *data, size_t size) {
    const uint64_t words[] = {0, 1, UINT64_MAX, UINT32_MAX, INT32_MAX, trd_rng_next(rng)};
    const uint64_t word = words[trd_rng_below(rng, 6)];
    const size_t at = size ? trd_rng_below(rng, size) : 0;
    const size_t left = size - at;
    switch (trd_rng_below(rng, 6)) {
    case 0:
        data[at] ^= (uint8_t)(1u << trd_rng_below(rng, 8));
        return size;
    case 1:
        data[at] = (uint8_t)trd_rng_next(rng);
        return size;
    case 2:
    case 3:
        memcpy(data + at, &word, left < sizeof word ? left : sizeof word);
        return size;
    case 4:
        memmove(data + trd_rng_below(rng, at + 1), data + at, left);
        return size;
    default:
        return trd_rng_below(rng, 8) ? size : at;
    }
}

int main(int argc, char **argv) {
    const unsigned long long inputs = argc > 1 ? strtoull(argv[1], NULL, 10) : INPUTS;
    const unsigned long long seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    static uint8_t good[SEED_MAX], data[SEED_MAX];
    struct trd_rng rng;
    const size_t good_size = fuzz_seed(good, sizeof good);
    trd_rng_init(&rng, seed);
    for (unsigned long long i = 0; i < inputs; i++) {
        size_t size = good_size;
        memcpy(data, good, good_size);
        for (uint64_t changes = trd_rng_below(&rng, 6); changes > 0; changes--) {
            size = mutate(&rng, data, size);
        }
        (void)LLVMFuzzerTestOneInput(data, size); /* aborts when something is wrong */
    }
    printf("%llu inputs, seed %llu\n", inputs, seed);
    return 0;
}
