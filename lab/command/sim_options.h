/* sim_options.h - the options of `treadle sim`. */
#ifndef TREADLE_LAB_SIM_OPTIONS_H
#define TREADLE_LAB_SIM_OPTIONS_H

#include "lab/simulation/sim_request.h"

/* Parses the arguments into an initialised request. LAB_OPTIONS_GO_ON with a complete request, or
 * the exit code to leave with (what is wrong has been said). */
int lab_sim_options_parse(int argc, char **argv, struct lab_sim_request *request);

#endif
