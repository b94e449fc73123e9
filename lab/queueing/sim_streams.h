/* sim_streams.h - a simulation's clients as the streams of the formulas. */
#ifndef TREADLE_LAB_SIM_STREAMS_H
#define TREADLE_LAB_SIM_STREAMS_H

#include <treadle/sim.h>

#include "lab/queueing/formulas.h"

/* The arrivals of an open system, one stream a client; `streams` has room for all of them. */
void lab_sim_streams(const struct trd_sim_config *config, struct lab_stream *streams);

#endif
