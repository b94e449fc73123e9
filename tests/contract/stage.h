/* stage.h - a scheduler played by hand: every time, cost and weight is the test's own.
 *
 * Where the rig makes random calls that any policy must survive, the stage is for promises about
 * order and shares: the test says what is submitted and when each task ends. */
#ifndef TESTS_CONTRACT_STAGE_H
#define TESTS_CONTRACT_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <treadle/policy.h>

#include "sim/host.h"

enum { STAGE_WORKERS = 64, STAGE_CLIENTS = 64 };

/** What is submitted. Zeroes are the defaults of struct trd_attr. */
struct stage_spec {
    uint32_t client;   /* row, below STAGE_CLIENTS */
    uint16_t callable; /* its class's row */
    uint32_t weight;
    int64_t priority;
    uint64_t hint_ns; /* the estimate it carries */
    uint64_t run_ns;  /* what it will take */
    uint64_t deadline_ns;
    unsigned flags; /* besides TRD_TASK_HAS_ATTR */
};

struct stage_task {
    struct trd_task_with_attr shell; /* first: the engine's pointer is this one */
    struct stage_spec spec;
    struct stage_task *next_free;
};

struct stage {
    struct trd__host host;
    struct trd_rng rng; /* the test's dice; the policy has its own */
    uint64_t now_ns;
    uint64_t queued[STAGE_CLIENTS]; /* by client */
    struct stage_task *on_worker[STAGE_WORKERS];
    struct stage_task *free;
    uint64_t expired;
};

/** TREADLE_TEST_SEED, else `fallback`; printed. */
uint64_t stage_seed(uint64_t fallback);
/** Starts `policy`, as trd_policy_parse() has it, with workers 0 to worker_count - 1, and opens all
 * clients. */
void stage_open(struct stage *stage, const char *policy, uint32_t worker_count, uint64_t seed);
void stage_open_spec(struct stage *stage, const struct trd_policy_spec *spec, uint32_t worker_count,
                     uint64_t seed);
/** Queues a task; it must be accepted. */
struct stage_task *stage_submit(struct stage *stage, struct stage_spec spec);
/** What `worker`, which has none, gets: NULL only when nothing is queued. Expired ones are counted.
 */
struct stage_task *stage_take(struct stage *stage, uint32_t worker);
/** The worker's task ends, now. Its memory is used again: read its `spec` before. */
void stage_finish(struct stage *stage, uint32_t worker, enum trd_outcome outcome);
/** Takes a task, lets its run time pass, and ends it: its spec. */
struct stage_spec stage_run(struct stage *stage, uint32_t worker);
void stage_cancel(struct stage *stage, struct stage_task *task);
/** Runs all that is left and closes. */
void stage_close(struct stage *stage);

#endif
