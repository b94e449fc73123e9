/* synthetic_study.h - studies made up in memory, for tests of what is made of them: statistics,
 * claims, reports. Nothing here was measured.
 */
#ifndef TREADLE_TESTS_SYNTHETIC_STUDY_H
#define TREADLE_TESTS_SYNTHETIC_STUDY_H

#include "lab/model/results.h"

#include <stdint.h>

/* What is made up. The same numbers give the same study. */
struct synthetic {
    struct lab_results *results; /* initialised; cells are added to it */
    uint64_t random;             /* seed, then the generator's state */
    uint32_t blocks;             /* runs of a measured cell */
    double noise;                /* standard deviation of a run's ln(time), within its block */
    int64_t next_id;             /* of cells and runs; start at 1 */
    const char *interpreter;     /* of cells in the Python lane */
};

/* A cell to be measured. Strings may be NULL for "". */
struct synthetic_cell {
    const char *part, *group, *lane, *workload, *kind, *executor, *sizer, *variant;
    uint32_t workers;
    double seconds; /* by task */
};

/* Adds a cell whose runs take `seconds` by task, give or take the noise. Returns it (valid until
 * the next cell is added). */
struct lab_cell *synthetic_add(struct synthetic *study, const struct synthetic_cell *cell);

/* Adds a cell of the part `outcomes`: who ran which scenario, and how it ended. */
struct lab_cell *synthetic_add_outcome(struct synthetic *study, const char *claim,
                                       const char *scenario, const char *executor,
                                       const char *variant, enum lab_outcome outcome,
                                       const char *reason);

/* Uniform in (0, 1); standard normal. */
double synthetic_uniform(struct synthetic *study);
double synthetic_normal(struct synthetic *study);

/* A whole quick study of a machine of two cores: every part, executor, size and policy, latencies
 * from a queue simulated on seeded arrivals, outcomes, self-test, facts; a group skipped for want
 * of a library, a cell that crashed, blocks flagged noisy and blocks repeated. Not analysed yet:
 * call lab_analyse(). `results` is initialised by it. */
void synthetic_study(struct lab_results *results, uint64_t seed);

#endif
