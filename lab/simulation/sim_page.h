/* sim_page.h - the sections of a simulation's page. */
#ifndef TREADLE_LAB_SIM_PAGE_H
#define TREADLE_LAB_SIM_PAGE_H

#include <stdio.h>

#include "lab/report/report_text.h"
#include "lab/simulation/sim_write.h"

struct lab_sim_page {
    FILE *out;
    const struct lab_simulated *simulated;
    unsigned ids; /* of drawings, so that each has its own */
};

/* "%.4g" */
struct lab_shown lab_sim_show(double value);
/* A time of the simulator's, in ns. */
struct lab_shown lab_sim_show_ns(double ns);

void lab_sim_page_series(struct lab_sim_page *page);        /* over virtual time */
void lab_sim_page_distributions(struct lab_sim_page *page); /* waits and responses */
void lab_sim_page_numbers(struct lab_sim_page *page);       /* with errors and formulas */
void lab_sim_page_rows(struct lab_sim_page *page);          /* clients, priorities, classes */
void lab_sim_page_machine(struct lab_sim_page *page);
void lab_sim_page_settings(struct lab_sim_page *page);

#endif
