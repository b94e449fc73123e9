/* sizing.h - what several sizers need: an answer within the bounds, and sums over some ticks. */
#ifndef TRD_BASE_SIZING_H
#define TRD_BASE_SIZING_H

#include <treadle/sizer.h>

/** `wanted` as a number of workers within the sample's bounds, and at least 1; NaN is the least. */
static inline uint32_t trd__size(double wanted, const struct trd_sample *sample) {
    const uint32_t least = sample->workers_min > 1 ? sample->workers_min : 1;
    if (!(wanted > least)) {
        return least;
    }
    return wanted < sample->workers_max ? (uint32_t)wanted : sample->workers_max;
}

static inline double trd__at_least(double value, double least) {
    return value > least ? value : least; /* NaN becomes `least` */
}

/** Sums over the ticks of a window, in floating point: no measurement can overflow them. */
struct trd__window {
    double ns, busy_ns, finished;
};

static inline void trd__window_add(struct trd__window *window, const struct trd_sample *sample) {
    window->ns += (double)sample->interval_ns;
    window->busy_ns += (double)sample->busy_ns;
    window->finished += (double)sample->finished;
}

/** Mean time of a task on a worker, by Little's law: worker-time over tasks. `finished` > 0. */
static inline double trd__window_run_ns(const struct trd__window *window) {
    return trd__at_least(window->busy_ns, 1.0) / window->finished;
}

#endif
