/* sim_write.h - shows a simulation: a summary for a person, JSON, or a page. */
#ifndef TREADLE_LAB_SIM_WRITE_H
#define TREADLE_LAB_SIM_WRITE_H

#include <stdio.h>

#include "lab/simulation/sim_expected.h"

/* What was asked for, what was found, and what the formulas say. */
struct lab_simulated {
    const struct lab_sim_request *request;
    const struct trd_sim_report *report;
    struct lab_sim_expected expected;
};

/* Does a client lose patience, so that goodput is not throughput? */
bool lab_sim_has_timeouts(const struct lab_simulated *simulated);

/* Do the three identities hold? */
bool lab_sim_is_balanced(const struct trd_sim_report *report);

/* Errors stay in the stream. */
void lab_sim_write_text(FILE *out, const struct lab_simulated *simulated);

/* 0, or -ENOMEM or -EIO. */
int lab_sim_write_json(FILE *out, const struct lab_simulated *simulated);

/* One self-contained HTML file. 0, or -errno. */
int lab_sim_write_html(FILE *out, const struct lab_simulated *simulated);

#endif
