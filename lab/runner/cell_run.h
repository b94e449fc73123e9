/* cell_run.h - one run of one cell: a fresh child, the two handshakes, the result. */
#ifndef TREADLE_LAB_CELL_RUN_H
#define TREADLE_LAB_CELL_RUN_H

#include "lab/plan/catalogue.h"
#include "lab/plan/plan.h"
#include "lab/runner/server.h"
#include "lab/store/store.h"

/* What all runs of a study share. */
struct lab_bench {
    char python_path[4096]; /* see lab_python_path() */
    char scratch[4096];     /* folder for the runs' files, ours to empty */
    const struct lab_lane *lanes;
    size_t lane_count;
    struct lab_server server;
    const char *inputs, *weights; /* absolute paths, or "" */
};

/* A run and the strings that its `raw` points to. */
struct lab_cell_result {
    struct lab_raw_run raw;
    char reason[LAB_CAUSE_MAX], install[LAB_CAUSE_MAX];
    char *latency, *metrics, *versions; /* NULL: none came */
};

/* Runs it to its end, whatever that is. `seed` is the block's. Returns 0 with a result; -EINTR when
 * it was interrupted (then there is none); else -errno: the machine could not start a process. */
int lab_cell_run(struct lab_bench *bench, const struct lab_plan_cell *cell, uint64_t seed,
                 struct lab_cell_result *result);
/* Does the cell's workload speak to the HTTP server? */
bool lab_bench_needs_server(const struct lab_bench *bench, const struct lab_plan_cell *cell);
void lab_cell_result_free(struct lab_cell_result *result);

#endif
