/* claim_fixture.h - small studies made up to put one claim to the test. */
#ifndef TREADLE_TESTS_CLAIM_FIXTURE_H
#define TREADLE_TESTS_CLAIM_FIXTURE_H

#include "tests/lab/synthetic_study.h"

struct claim_fixture {
    struct lab_results results;
    struct synthetic study;
};

/* An empty study of a machine with so many cores (0: unknown), six blocks a cell, margin 10 %. */
void claim_fixture_init(struct claim_fixture *fixture, uint32_t cores);

/* Analyses the study, returns the claim's result and checks that it says what it rests on. Call
 * once; the result lives until the fixture is freed. */
const struct lab_claim_result *claim_fixture_decide(struct claim_fixture *fixture, const char *id);

/* The same for tests that look at the verdict only: frees the fixture. */
enum lab_claim_verdict claim_fixture_verdict(struct claim_fixture *fixture, const char *id);

void claim_fixture_free(struct claim_fixture *fixture);

/* A group of the part `executors`: one workload, run by these executors. */
void claim_fixture_duel(struct claim_fixture *fixture, const char *kind, const char *workload,
                        const char *a, double seconds_a, const char *b, double seconds_b);

/* A group's family of the part `sizes`: sizes 1, 2, 4, 8; 0 seconds: not planned. */
void claim_fixture_sizes(struct claim_fixture *fixture, const char *kind, const char *workload,
                         const char *executor, const double seconds[4]);

/* Makes the last cell end without times. */
void claim_fixture_spoil(struct claim_fixture *fixture, enum lab_outcome outcome,
                         const char *reason);

#endif
