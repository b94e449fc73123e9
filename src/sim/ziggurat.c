/* ziggurat.c - the strips, and what is not wholly under the curve. */
#include "sim/ziggurat.h"

#include <math.h>

/* Where the tail begins, and the area of every strip. */
#define TAIL_AT 7.69711747013104972
#define STRIP_AREA 0.0039496598225815571993

void trd__ziggurat_init(struct trd__ziggurat *ziggurat) {
    ziggurat->width[0] = STRIP_AREA / exp(-TAIL_AT);
    ziggurat->width[1] = TAIL_AT;
    for (int i = 2; i < TRD__ZIGGURAT_STRIPS; i++) {
        const double below = ziggurat->width[i - 1];
        ziggurat->width[i] = -log(STRIP_AREA / below + exp(-below));
    }
    ziggurat->width[TRD__ZIGGURAT_STRIPS] = 0.0;
    for (int i = 0; i <= TRD__ZIGGURAT_STRIPS; i++) {
        ziggurat->height[i] = exp(-ziggurat->width[i]);
    }
}

double trd__ziggurat_edge(const struct trd__ziggurat *ziggurat, struct trd_rng *rng, unsigned strip,
                          double x) {
    if (strip == 0) {
        /* The tail is the whole law once more, moved. */
        return TAIL_AT + trd_rng_exponential(rng, 1.0);
    }
    const double low = ziggurat->height[strip], high = ziggurat->height[strip + 1];
    if (low + trd__xoshiro_double(rng) * (high - low) < exp(-x)) {
        return x;
    }
    return trd__ziggurat_draw(ziggurat, rng);
}
