/* rng.h - the seeded random generator that policies and the simulator are given.
 *
 * xoshiro256** 1.0 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS
 * 2021), seeded by splitmix64. Not thread-safe: one generator has one user. Nothing here is
 * cryptographic. The same seed gives the same sequence on every compiler and machine.
 */
#ifndef TREADLE_RNG_H
#define TREADLE_RNG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct trd_rng {
    uint64_t state[4];
};

/** Starts the sequence that belongs to `seed`; every seed is fit, 0 included. */
void trd_rng_init(struct trd_rng *rng, uint64_t seed);

/** The next 64 random bits. */
uint64_t trd_rng_next(struct trd_rng *rng);

/** Uniform in [0, bound), without bias (Lemire's method). `bound` must not be 0. */
uint64_t trd_rng_below(struct trd_rng *rng, uint64_t bound);

/** Uniform in [0, 1), 53 bits. */
double trd_rng_double(struct trd_rng *rng);

/** Exponential with the given mean, by inversion; `mean` > 0 in the caller's unit. */
double trd_rng_exponential(struct trd_rng *rng, double mean);

/** Moves on by 2^128 steps: gives independent streams for parallel replications. */
void trd_rng_jump(struct trd_rng *rng);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
