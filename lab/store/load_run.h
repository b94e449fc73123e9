/* load_run.h - one raw run, its JSON parsed; for lab/store only. */
#ifndef TREADLE_LAB_LOAD_RUN_H
#define TREADLE_LAB_LOAD_RUN_H

#include "lab/model/results.h"

#include <sqlite3.h>

/* Fills `run` from a row of the counted runs; it owns what it points to. 0 or -ENOMEM. */
int lab_load_run(sqlite3_stmt *row, struct lab_run *run);
void lab_load_run_free(struct lab_run *run);

#endif
