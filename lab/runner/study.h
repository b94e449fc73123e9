/* study.h - runs a plan, block by block, into a store. */
#ifndef TREADLE_LAB_STUDY_H
#define TREADLE_LAB_STUDY_H

#include "lab/runner/cell_run.h"
#include "lab/runner/progress.h"

struct lab_study {
    struct lab_store *store;
    struct lab_plan *plan;
    struct lab_bench *bench;
    uint64_t seed;
    double budget_s; /* the runs may take so long in all; 0: as long as they need */
    struct lab_progress progress;
    double *spent_s;       /* by group: what its blocks of this session took */
    uint32_t *spent_count; /* by group: how many they were */
    bool *is_dropped;      /* by group: given up for want of time */
    bool is_short_of_time; /* nothing is repeated any more */

    /* What came of it. */
    size_t run_count;
    size_t dropped_count; /* blocks given up for want of time */
    bool is_stuck;        /* it ended early, but not for want of a disk to write to */
};

/* Runs everything that has not been run. 0 when nothing is left; -EINTR when interrupted; else
 * -errno with `error`. Whatever was measured is in the store by then. */
int lab_study_run(struct lab_study *study, struct trd_error *error);

#endif
