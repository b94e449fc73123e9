/* law.h - drawing that is not public. */
#ifndef TRD_SIM_LAW_H
#define TRD_SIM_LAW_H

#include <stdbool.h>

#include <treadle/sim_time.h>

/** Is it more than all zeros, which stand for none? Pure. */
static inline bool trd__sim_is_set(const struct trd_sim_time *time) {
    return time->law != TRD_SIM_EXPONENTIAL || time->mean_ns != 0.0 || time->shape != 0.0 ||
           time->low_ns != 0.0 || time->high_ns != 0.0;
}

/** A standard normal variate; two draws of the generator. */
double trd__normal(struct trd_rng *rng);

#endif
