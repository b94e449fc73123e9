/* sched.h - the scheduler: one policy, one sizer, and the books. The brain of every body.
 *
 * A passive state machine: no lock, clock, thread, allocation or I/O. A body calls
 *
 *     submit -> next -> finish -> tick
 *
 * one at a time (it holds its lock, or it is the simulator) and tells the time in every call. Times
 * that run backwards, as they may between threads, are raised to the latest one seen.
 *
 * Memory is the body's: it gives `trd__sched_state_bytes()` at the start, and keeps the tables of
 * clients, callable classes and workers large enough for the indices it uses (see table.h). It may
 * lend more, which makes orders by a key quick when many tasks are queued (`loan`; see loan.h).
 */
#ifndef TRD_CORE_SCHED_H
#define TRD_CORE_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/metrics.h>
#include <treadle/policy.h>
#include <treadle/sizer.h>
#include <treadle/trace.h>

#include "base/loan.h"
#include "base/table.h"

struct trd__insight;

/** Callable classes that are told apart; row 0 is "other". */
enum { TRD_CLASSES_MAX = 1024 };

struct trd_sched_config {
    struct trd_policy_spec policy;
    struct trd_sizer_spec sizer;
    uint32_t workers_min, workers_max; /* min <= max, max >= 1 */
    uint64_t seed;
    uint64_t now_ns;
    /* Waits and run times are counted here, in zeroed memory of the body's; NULL: nowhere. */
    struct trd_histogram *wait, *run;
    struct trd__insight *insight; /* the same, callable by callable and client by client */
};

/** What a body has measured since the last tick, over all workers. */
struct trd_load {
    uint64_t cpu_ns, gil_held_ns, gil_wait_ns, run_wait_ns;
    bool is_gil_measured, is_gil_sampled;
    uint32_t gil_looks;
    double cores; /* > 0 */
    double gils;  /* 0: none */
};

/** What running a task (or a slice) has cost; 0 where not measured. */
struct trd_cost {
    uint64_t cpu_ns, gil_ns;
};

/** Where decisions are written down. The body owns the memory and makes room between calls. */
struct trd_recorder {
    struct trd_event *events;
    size_t count, capacity;
    bool is_truncated;
};

struct trd_sched {
    struct trd_sched_config config;
    struct trd_policy_env policy_env;
    struct trd_sizer_env sizer_env;
    struct trd_table clients, classes, workers;
    struct trd_rng rng;
    struct trd_recorder *recorder; /* NULL: nothing is recorded */

    uint64_t now_ns;
    uint64_t sequence; /* of the last accepted task */
    uint32_t worker_count, workers_wanted, workers_peak;
    uint32_t busy;    /* workers with at least one task */
    uint32_t blocked; /* workers inside a blocking region */
    uint32_t client_open_count;
    uint32_t forget_hand; /* where the search for idle clients goes on */
    uint64_t queued, queued_peak;
    uint64_t submitted, refused, finished, cancelled, expired, lost;
    uint64_t busy_ns, worker_ns;    /* integrals of `busy` and `worker_count` up to now_ns */
    uint64_t queue_wait_ns, run_ns; /* sums over started and over finished tasks */
    uint64_t start_ns;

    uint64_t tick_ns; /* the last tick, and the counters as they stood then */
    uint64_t tick_finished, tick_queue_wait_ns, tick_busy_ns, tick_run_ns;

    struct trd_sample sample; /* what the sizer was told last */
    struct trd_loan loan;
};

/** Bytes of state that trd__sched_init() wants, for policy and sizer together. */
size_t trd__sched_state_bytes(const struct trd_sched_config *config);

/** Starts with no worker and asks the sizer. `state` is zeroed memory of that many bytes, aligned
 * for any type. The body then adds table chunks before it uses an index; client 0 (anonymous) is
 * opened by the body like any other. */
void trd__sched_init(struct trd_sched *sched, const struct trd_sched_config *config, void *state);
/** Nothing may be queued or running any more. What is on loan can be reclaimed then. */
void trd__sched_fini(struct trd_sched *sched);

/** Queues `task`, whose client_index and class_index are set. `worker` submits it, or
 * TRD_WORKER_NONE. 0, or -EAGAIN when the policy's admission refuses it (then nothing is taken). */
int trd__sched_submit(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                      uint64_t now_ns);

/** A task for `worker`. With TRD_FATE_RUN it is running; with TRD_FATE_EXPIRE it is accounted for
 * and the body must complete it as expired, then ask again. */
struct trd_pop trd__sched_next(struct trd_sched *sched, uint32_t worker, uint64_t now_ns);

/** Takes exactly `task`, if it is queued, to be run by no worker: the same as trd__sched_next(),
 * and TRD_FATE_NONE when it is not queued. */
struct trd_pop trd__sched_take(struct trd_sched *sched, struct trd_task *task, uint64_t now_ns);

/** `task` has run on `worker` (TRD_WORKER_NONE when it was taken). After TRD_OUTCOME_AGAIN it is
 * queued again and is not complete; otherwise the engine is done with it and the body completes it.
 * `cost` may be NULL. */
void trd__sched_finish(struct trd_sched *sched, struct trd_task *task, uint32_t worker,
                       enum trd_outcome outcome, const struct trd_cost *cost, uint64_t now_ns);

/** The sizer's period has passed. Returns the workers wanted. */
uint32_t trd__sched_tick(struct trd_sched *sched, const struct trd_load *load, uint64_t now_ns);

/** Takes a queued task out: 0, and the body completes it as cancelled. -EBUSY: it runs. -EALREADY:
 * it is not in the engine. */
int trd__sched_cancel(struct trd_sched *sched, struct trd_task *task, uint64_t now_ns);

/** A queued task, to be cancelled by a body that cancels everything; NULL when nothing is queued.
 */
struct trd_task *trd__sched_any(const struct trd_sched *sched);

/** A worker is there (join it when it is started, not when it arrives), or is gone. */
void trd__sched_join(struct trd_sched *sched, uint32_t worker, uint64_t now_ns);
void trd__sched_leave(struct trd_sched *sched, uint32_t worker, uint64_t now_ns);

/** `worker` enters or leaves a region in which it waits and uses no core; asks sizers that want to
 * know. Regions nest: the body tells the outermost one only. */
void trd__sched_block(struct trd_sched *sched, uint32_t worker, bool is_blocked, uint64_t now_ns);

/** New bounds of the size; asks the sizer as at the start. */
void trd__sched_bounds(struct trd_sched *sched, uint32_t workers_min, uint32_t workers_max,
                       uint64_t now_ns);

/** Gives row `index` to the client `key`: the row is fresh, or was forgotten. */
void trd__sched_client_open(struct trd_sched *sched, uint32_t index, uint64_t key);
/** Looks at a few rows for a client that is idle and may be forgotten, and closes its row. Returns
 * the row and its key, or 0 (the anonymous client stays). O(1). */
uint32_t trd__sched_client_forget(struct trd_sched *sched, uint64_t *key_out, uint64_t now_ns);
/** The engine's record of a client. */
struct trd_client *trd__sched_client(const struct trd_sched *sched, uint32_t index);

/** Brings the integrals up to `now_ns` and fills every member but `caller_ran`. */
void trd__sched_stats(struct trd_sched *sched, struct trd_stats *stats_out, uint64_t now_ns);

#endif
