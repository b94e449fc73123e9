/* ziggurat.h - exponential times, fast.
 *
 * The area under exp(-x) is covered by 255 strips of equal area and a base with the tail (Marsaglia
 * and Tsang, "The ziggurat method for generating random variables", 2000). A strip is chosen by
 * eight bits and a point in it by 53 others; in 99 of 100 cases the point is under the curve for
 * sure, and that is one multiplication. The tables belong to a run. Not thread-safe. */
#ifndef TRD_SIM_ZIGGURAT_H
#define TRD_SIM_ZIGGURAT_H

#include "base/xoshiro.h"

enum { TRD__ZIGGURAT_STRIPS = 256 };

struct trd__ziggurat {
    double width[TRD__ZIGGURAT_STRIPS + 1];  /* of each strip, the widest first; the last is 0 */
    double height[TRD__ZIGGURAT_STRIPS + 1]; /* exp(-width) */
};

void trd__ziggurat_init(struct trd__ziggurat *ziggurat);
/** The draw when the point in `strip` at `x` may be above the curve. */
double trd__ziggurat_edge(const struct trd__ziggurat *ziggurat, struct trd_rng *rng, unsigned strip,
                          double x);

/** Exponential with mean 1. */
static inline double trd__ziggurat_draw(const struct trd__ziggurat *ziggurat, struct trd_rng *rng) {
    const uint64_t bits = trd__xoshiro_next(rng);
    const unsigned strip = bits & (TRD__ZIGGURAT_STRIPS - 1);
    const double x = (double)(int64_t)(bits >> 11) * 0x1.0p-53 * ziggurat->width[strip];
    return x < ziggurat->width[strip + 1] ? x : trd__ziggurat_edge(ziggurat, rng, strip, x);
}

#endif
