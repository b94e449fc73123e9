/* write_results.h - from a store to report.html, study.json and the summary on stdout. */
#ifndef TREADLE_LAB_WRITE_RESULTS_H
#define TREADLE_LAB_WRITE_RESULTS_H

#include "lab/store/store.h"

/* What the study found in short, for the exit code. */
struct lab_found {
    bool is_complete;
    bool is_noisy; /* more than a tenth of its blocks stayed noisy */
};

/* Loads, analyses and writes everything beside study.db, then prints the summary and the report's
 * path. 0, or -errno with `error`. */
int lab_write_results(struct lab_store *store, struct lab_found *found, struct trd_error *error);

#endif
