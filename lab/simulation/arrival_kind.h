/* arrival_kind.h - arrival processes in the language of `treadle sim`: "poisson",
 * "mmpp:ratio=10,calm=900ms,burst=100ms". */
#ifndef TREADLE_LAB_ARRIVAL_KIND_H
#define TREADLE_LAB_ARRIVAL_KIND_H

#include <stdio.h>

#include <treadle/sim.h>

/* Sets `arrivals` and what belongs to it. */
int lab_arrivals_parse(const char *text, struct trd_sim_config *config, struct trd_error *error);

/* As this language writes it. */
struct lab_arrivals_text {
    char text[160];
};
struct lab_arrivals_text lab_arrivals_show(const struct trd_sim_config *config);

/* Lines for a help: names, keys, meanings. */
void lab_arrivals_help(FILE *out);

#endif
