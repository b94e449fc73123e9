/* vegas.c - keeps a few tasks queueing inside the workers, as TCP Vegas keeps packets in a router.
 *
 * Idea: with the shortest run time R0 and the present one R, about N x (1 - R0/R) of N workers wait
 * for each other. With hardly any the size grows by 6 log10 N, with few (below 3 log10 N) by
 * log10 N; above 6 log10 N it shrinks by log10 N. R0 is taken anew every 30 x N windows or so.
 * Source: L. Brakmo, L. Peterson, IEEE JSAC 13, 1995; Netflix, concurrency-limits, VegasLimit.
 * Does badly: keeping the best rate needs a number of waiting workers that grows with the square
 * root of the size; a logarithm of it is too few, and large sizes are never reached: about 15 where
 * 54 are needed. R0 drifts up when it is taken anew in the crowd.
 * Cost: O(1).
 */
#include "base/sizing.h"

#include <treadle/rng.h>

#define PERIOD_NS UINT64_C(10000000)

enum { VEGAS_WINDOW = 50, VEGAS_FIRST = 2, VEGAS_PROBE = 30 };

struct vegas {
    struct trd__window window;
    double size, shortest_ns;
    double windows; /* since the shortest time was taken anew */
    double jitter;  /* 0.5 to 1: when it is due, lest many pools probe together */
    struct trd_rng rng;
};

static void vegas_open(const struct trd_sizer_env *env) {
    struct vegas *vegas = env->state;
    trd_rng_init(&vegas->rng, 0);
    vegas->jitter = 0.5 + 0.5 * trd_rng_double(&vegas->rng);
}

/* How many workers more or fewer. */
static double vegas_step(const struct vegas *vegas, double run_ns) {
    const double waiting = ceil(vegas->size * (1.0 - vegas->shortest_ns / run_ns));
    const double unit = trd__at_least(floor(log10(vegas->size)), 1.0);
    if (waiting <= unit) {
        return 6.0 * unit;
    }
    if (waiting < 3.0 * unit) {
        return unit;
    }
    return waiting > 6.0 * unit ? -unit : 0.0;
}

static void vegas_window(struct vegas *vegas, const struct trd_sample *sample) {
    const double run_ns = trd__window_run_ns(&vegas->window);
    vegas->windows += 1.0;
    if (vegas->windows >= vegas->jitter * VEGAS_PROBE * vegas->size) {
        vegas->windows = 0.0;
        vegas->jitter = 0.5 + 0.5 * trd_rng_double(&vegas->rng);
        vegas->shortest_ns = run_ns;
    } else if (vegas->shortest_ns <= 0.0 || run_ns < vegas->shortest_ns) {
        vegas->shortest_ns = run_ns;
    } else if (2.0 * sample->busy >= vegas->size) {
        vegas->size = trd__size(vegas->size + vegas_step(vegas, run_ns), sample);
    }
}

static uint32_t vegas_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    struct vegas *vegas = env->state;
    if (sample->cause == TRD_CAUSE_OPEN) {
        vegas->size = trd__size(trd__at_least(vegas->size, VEGAS_FIRST), sample);
        return trd__size(vegas->size, sample);
    }
    trd__window_add(&vegas->window, sample);
    if (vegas->window.finished >= VEGAS_WINDOW) {
        vegas_window(vegas, sample);
        vegas->window = (struct trd__window){0};
    }
    return trd__size(vegas->size, sample);
}

const struct trd_sizer trd__sizer_vegas = {
    .name = "vegas",
    .summary = "keeps a few tasks queueing inside the workers",
    .source = "Brakmo and Peterson, 1995; Netflix concurrency-limits, VegasLimit",
    .state_bytes = sizeof(struct vegas),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_TICK,
    .period_ns = PERIOD_NS,
    .open = vegas_open,
    .resize = vegas_resize,
};
