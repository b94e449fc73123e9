/* law.h - drawing that is not public. */
#ifndef TRD_SIM_LAW_H
#define TRD_SIM_LAW_H

#include <treadle/sim_time.h>

/** A standard normal variate; two draws of the generator. */
double trd__normal(struct trd_rng *rng);

#endif
