/* theory.h - runs of the simulator against exact formulas: |seen - exact| < 4 standard errors.
 *
 * Everything is a table. A *system* says what is simulated, a *formula* what theory says of it and
 * where that is seen in the report, a *case* puts them together with a policy. Seeds are fixed, so
 * a case passes or fails for ever; TREADLE_TEST_SEED chooses other ones. */
#ifndef TESTS_THEORY_THEORY_H
#define TESTS_THEORY_THEORY_H

#include "tests/check.h"

#include <treadle/policy.h>
#include <treadle/sim.h>
#include <treadle/sizer.h>

#include "lab/queueing/sim_streams.h"

/* A task's mean service in the tests: large against the rounding to whole nanoseconds. */
#define SERVICE_NS 1e6

enum { THEORY_CLIENTS = 8, THEORY_GROUP = 16, THEORY_POLICIES = 64, THEORY_REPLICATIONS = 40 };

struct theory_system {
    const char *name;
    /** What is simulated; theory_configure() adds what is missing: policy, workers_min, rate, tasks
     * and seed. */
    struct trd_sim_config config;
    double load;   /**< of all workers, when the system is open */
    double effort; /**< its tasks in units of theory_tasks(); 0: 1 */
    /** So many short runs instead of a long one: errors come from their spread, and any number in a
     * report can be an estimate. 0: one run, and errors from its batches. */
    unsigned replications;
    /** With replications and a quantum: run with 1, 1/2 and 1/4 of it, on the same tasks, and
     * extrapolate to a quantum of 0. The same tasks in order of arrival, whose mean wait is known,
     * are a control variate. */
    bool is_extrapolated;
    double wait_quantile; /**< late tasks are those beyond it (M/M/c); 0: not wanted */
};

struct theory_case;

/** A finished run. */
struct theory_run {
    const struct theory_case *of;
    struct trd_sim_config config; /* as it was simulated */
    struct trd_sim_report report;
    struct lab_stream streams[THEORY_CLIENTS]; /* the clients, for formulas of open systems */
};

struct theory_formula {
    const char *id;       /**< "T1" */
    const char *quantity; /**< "E[W]" */
    int power;            /**< it is a time to this power; printed in units of SERVICE_NS */
    const char *text;     /**< the equation */
    struct trd_sim_estimate (*seen)(const struct theory_run *run);
    /** From `of`, `config` and `streams` alone. */
    double (*exact)(const struct theory_run *run);
};

struct theory_case {
    const struct theory_formula *formula;
    const struct theory_system *system;
    const char *policy;
    size_t index; /**< which client, where the formula is about one */
};

/** Tasks of a run with effort 1: TREADLE_THEORY_TASKS, else half a million. */
uint64_t theory_tasks(void);
/** The configuration of a case. */
void theory_configure(const struct theory_case *of, struct trd_sim_config *config);
/** Runs; the identities (T21) and work conservation (T22) are checked of every run. */
void theory_run(const struct trd_sim_config *config, struct trd_sim_report *report);
/** Checks all cases, of which neighbours with the same system and policy share their runs, prints a
 * line each, and fails if one is four errors or more from its formula. */
void theory_check(const struct theory_case *cases, size_t count);
#define THEORY_CHECK(table) theory_check(table, sizeof(table) / sizeof *(table))
/** The distance in standard errors of a single case, changed by `bend` (which may be NULL) before
 * it is simulated, but not for the formula. */
double theory_distance(const struct theory_case *of, void (*bend)(struct trd_sim_config *config));
/** Fails unless |value - exact| <= tolerance. */
void theory_near(double value, double exact, double tolerance);

#endif
