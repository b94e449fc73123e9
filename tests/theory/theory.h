/* theory.h - runs of the simulator against exact formulas: |simulated - exact| < 4 standard errors.
 *
 * Seeds are fixed, so a test passes or fails for ever. Standard errors come from 40 batch means. */
#ifndef TESTS_THEORY_THEORY_H
#define TESTS_THEORY_THEORY_H

#include "tests/check.h"

#include <treadle/policy.h>
#include <treadle/sim.h>
#include <treadle/sizer.h>

#include "lab/queueing/sim_streams.h"

/* A task's mean service in the tests: large against the rounding to whole nanoseconds. */
#define SERVICE_NS 1e6

/** Tasks of a run: TREADLE_THEORY_TASKS, else a million. */
uint64_t theory_tasks(void);
/** Runs; the three identities and work conservation are checked of every run. */
void theory_run(const struct trd_sim_config *config, struct trd_sim_report *report);
/** Fails unless the estimate is within four of its errors of `exact`; prints both. */
void theory_check(const char *what, struct trd_sim_estimate estimate, double exact);
/** Fails unless |value - exact| <= tolerance. */
void theory_near(double value, double exact, double tolerance);

/** `workers` that serve the clients' streams at `load`, with `policy`. */
struct trd_sim_config theory_open(const char *policy, uint32_t workers, double load,
                                  const struct trd_sim_client *clients, size_t count);

#endif
