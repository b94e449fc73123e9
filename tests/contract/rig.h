/* rig.h - a scheduler on the bench: random calls, and a plain array that says what may come back.
 *
 * The model knows nothing of order: only which tasks are queued, which run and where, which have
 * ended. So it holds for every policy. Every call is recorded, for a replay at the end. */
#ifndef TESTS_CONTRACT_RIG_H
#define TESTS_CONTRACT_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include <treadle/policy.h>
#include <treadle/sizer.h>

#include "sim/host.h"

enum { RIG_WORKERS = 8, RIG_CLIENTS = 24 };

struct rig_task {
    struct trd_task_with_attr shell; /* first: the engine's pointer is this one */
    uint32_t worker;
    uint32_t ended_count; /* how often it has been completed: must be once in the end */
    uint32_t slices_left;
};

struct rig {
    struct trd__host host;
    struct trd_recorder recorder;
    struct trd_sched_config config;
    struct trd_rng rng;
    uint64_t seed, now_ns;

    struct rig_task **tasks; /* all there ever were, by number */
    size_t task_count, task_capacity;
    size_t queued, running; /* the model's counts */
    struct rig_task *on_worker[RIG_WORKERS];
    bool is_joined[RIG_WORKERS];
    uint32_t joined_count;

    uint64_t client_keys[RIG_CLIENTS + 1]; /* by row; 0: free */
    uint64_t next_key;
    bool is_work_conserving;
    bool may_refuse, may_expire, is_resuming;
    uint64_t refused, expired, forgotten;
};

/** Seed from TREADLE_TEST_SEED, else `fallback`; printed when a test fails by rig_close's caller.
 */
uint64_t rig_seed(uint64_t fallback);
/** Starts a scheduler with `policy` and `sizer`, no worker and the anonymous client. */
void rig_open(struct rig *rig, const struct trd_policy_spec *policy,
              const struct trd_sizer_spec *sizer, uint64_t seed);

/** One call each, with the checks that hold for every policy. */
struct rig_task *rig_submit(struct rig *rig, uint32_t client_row, int64_t priority);
/** The task that `worker` got, or NULL. The worker must be there and have none. */
struct rig_task *rig_next(struct rig *rig, uint32_t worker);
void rig_finish(struct rig *rig, uint32_t worker, enum trd_outcome outcome);
void rig_cancel(struct rig *rig, struct rig_task *task);
void rig_join(struct rig *rig, uint32_t worker);
void rig_leave(struct rig *rig, uint32_t worker);
/** Frees the rows of idle clients until the scheduler finds no more; how many there were. */
uint32_t rig_forget(struct rig *rig);
/** A row that belongs to some client, opened if need be: the `nth` of RIG_CLIENTS. */
uint32_t rig_client(struct rig *rig, uint32_t nth);

/** `calls` random ones. */
void rig_random(struct rig *rig, size_t calls);
/** Lets worker 0 run until it is handed nothing. */
void rig_drain_some(struct rig *rig);
/** Runs everything to its end and checks that every task has ended exactly once. */
void rig_drain(struct rig *rig);
/** Repeats the record, which must give the same answers. */
void rig_replay(struct rig *rig);
/** Closes the scheduler and frees everything. */
void rig_close(struct rig *rig);

#endif
