/* arrivals.h - when the next task comes.
 *
 * The next arrival is not an event of the queue: there is one, and it is kept here. Gaps are drawn
 * as real numbers and what rounding to nanoseconds leaves is carried on, so rates are exact. Not
 * thread-safe. */
#ifndef TRD_SIM_ARRIVALS_H
#define TRD_SIM_ARRIVALS_H

#include <treadle/sim.h>

#include "sim/ziggurat.h"

/* A source of TRD_SIM_ON_OFF. */
struct trd__on_off {
    uint64_t toggle_ns;
    bool is_on;
};

struct trd__arrivals {
    uint64_t at_ns; /* the next arrival; UINT64_MAX: there is none */
    const struct trd_sim_config *config;
    const struct trd__ziggurat *ziggurat;
    struct trd_rng rng;
    double gap_ns;  /* mean */
    double rest_ns; /* of at_ns, below a nanosecond */

    /* MMPP: mean gaps in calm and burst. */
    double gaps_ns[2];
    uint64_t switch_ns;
    bool is_burst;

    uint32_t batch_left; /* batch: tasks to come at at_ns */

    struct trd__on_off *sources; /* a heap on toggle_ns */
    uint32_t on_count;
    double gap_of_one_ns; /* mean gap of one source that is on */

    struct trd_sim_arrival pending; /* trace */
    uint64_t trace_count;
};

/** Starts with the generator and the tables given; finds the first arrival. 0, -ENOMEM, or as
 * trd__arrivals_next(). */
int trd__arrivals_open(struct trd__arrivals *arrivals, const struct trd_sim_config *config,
                       const struct trd__ziggurat *ziggurat, const struct trd_rng *rng,
                       struct trd_error *error);
/** Finds the arrival after the one at at_ns. 0; for traces also -EINVAL, or what its source
 * returned, with `error`. */
int trd__arrivals_next(struct trd__arrivals *arrivals, struct trd_error *error);
/** Poisson and periodic arrivals have another rate from `now_ns` on. */
void trd__arrivals_rate(struct trd__arrivals *arrivals, double rate_per_s, uint64_t now_ns);
void trd__arrivals_close(struct trd__arrivals *arrivals);

/** Goes on by a real number of nanoseconds, below 2^63. */
static inline void trd__arrivals_pass(struct trd__arrivals *arrivals, double gap_ns) {
    const double sum = gap_ns + arrivals->rest_ns;
    const int64_t whole = (int64_t)sum;
    arrivals->rest_ns = sum - (double)whole;
    arrivals->at_ns += (uint64_t)whole;
}

static inline double trd__arrivals_exponential(struct trd__arrivals *arrivals, double mean) {
    return mean * trd__ziggurat_draw(arrivals->ziggurat, &arrivals->rng);
}

/** What trd__arrivals_next() does for Poisson arrivals. */
static inline void trd__arrivals_pass_poisson(struct trd__arrivals *arrivals) {
    trd__arrivals_pass(arrivals, trd__arrivals_exponential(arrivals, arrivals->gap_ns));
}

#endif
