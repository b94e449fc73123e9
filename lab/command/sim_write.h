/* sim_write.h - shows a simulation: a summary for a person, or JSON. */
#ifndef TREADLE_LAB_SIM_WRITE_H
#define TREADLE_LAB_SIM_WRITE_H

#include "lab/command/sim_expected.h"

void lab_sim_write_text(const struct lab_sim_request *request,
                        const struct lab_sim_expected *expected,
                        const struct trd_sim_report *report);

/* 0, or -ENOMEM or -EIO. */
int lab_sim_write_json(const struct lab_sim_request *request,
                       const struct lab_sim_expected *expected,
                       const struct trd_sim_report *report);

#endif
