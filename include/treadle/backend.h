/* backend.h - the contract of a backend: where a task runs.
 *
 * The engine decides what runs next, on how many workers; a backend owns what a worker is: a POSIX
 * thread, an interpreter's thread, a process. Every function but `spawn` and `join` is called on
 * the worker's own thread, without any lock of the engine held.
 */
#ifndef TREADLE_BACKEND_H
#define TREADLE_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include <treadle/task.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct trd_pool;

/** What a backend knows of its interpreter's lock, over all workers of one pool. */
struct trd_meter {
    uint64_t gil_held_ns; /**< since the last reading: a worker held it */
    uint64_t gil_core_ns; /**< of that: and had a core */
    uint64_t gil_wait_ns; /**< since the last reading: worker-time spent waiting for it */
    uint32_t looks;       /**< since the last reading: looks that these times come from */
    uint64_t ready_ns;    /**< the same, on a core or ready for one */
    bool is_sampled;      /**< they come from looks at random moments; false: they are exact */
    bool is_measured;     /**< false: those above mean nothing */
};

struct trd_backend {
    const char *name;
    /** Interpreter locks that its workers share, for sizers: a task holds one while it computes,
     * unless it gives it away. 0: none. */
    double gils;

    /** Starts something that will call trd_pool_work(pool, worker) exactly once. Called on the
     * thread that submits, resizes or keeps the pool. 0 or -errno. */
    int (*spawn)(void *context, struct trd_pool *pool, uint32_t worker);
    /** Optional. The worker has been started and has left trd_pool_work(), or is about to leave
     * it: waits until nothing of it is left, and forgets it. Called once for every spawned worker.
     */
    void (*join)(void *context, uint32_t worker);

    /** Optional. On the worker, before its first task. Not 0: the pool is broken with that code,
     * and what is queued is completed as cancelled. */
    int (*open)(void *context, uint32_t worker);
    /** Runs one task to its end, or for one slice of a resumable one. With TRD_ON_FULL_CALLER_RUNS
     * also on a submitting thread, as worker TRD_WORKER_NONE; with trd_pool_help() inside another
     * run on the same worker. (A task that was taken with trd_pool_take_task() is run by whoever
     * took it, not by this.) */
    enum trd_outcome (*run)(void *context, uint32_t worker, struct trd_task *task);
    /** Optional. Asked between `run` and `complete`: will complete() of this task neither call
     * anybody's code nor wait? Then the worker may take its next task already, under the same lock.
     * Without it (or on false) it first completes this one: what a callback does may depend on a
     * task that this worker must not hold meanwhile. */
    bool (*is_quiet)(void *context, struct trd_task *task);
    /** Optional. Asked before `run`: will the completion of this task neither tell anybody anything
     * nor call or wait? Then the worker may take several such tasks at once when they are short,
     * run them one after the other, and account for and complete all of them together. (One that is
     * stuck does not hold the others up: idle workers take them over.) Its `run` must return
     * TRD_OUTCOME_DONE. */
    bool (*is_silent)(void *context, const struct trd_task *task);
    /** The task is the submitter's again: its last touch by the engine. Called exactly once for
     * every accepted task, after it has been accounted for; on a worker, on the thread that
     * cancelled, submitted, finished or shut down, or, of a late one, on a thread of the pool's
     * own, one after the other. */
    void (*complete)(void *context, struct trd_task *task, enum trd_outcome outcome);
    /** Optional. Instead of `complete`, for several silent tasks that have run to their end. */
    void (*complete_many)(void *context, struct trd_task *const *tasks, uint32_t count);
    /** Optional. On the worker, after its last task. */
    void (*close)(void *context, uint32_t worker);

    /** Optional. Around every wait of a worker for work: an interpreter gives its lock away in
     * `detach` and takes it back in `attach`. */
    void (*detach)(void *context, uint32_t worker);
    void (*attach)(void *context, uint32_t worker);

    /** Optional. Reads the meter of the interpreter's lock. Called by the pool's keeper at every
     * tick of a sizer that has `reads_gil`, on a thread that is no worker and no interpreter's;
     * must not block. */
    void (*meter)(void *context, struct trd_meter *meter_out);
};

/** The loop of a worker: takes tasks and runs them until the pool wants the worker no more. Called
 * by what `spawn` started, once. Returns 0, or the code with which `open` broke the pool. */
int trd_pool_work(struct trd_pool *pool, uint32_t worker);

/** The threads backend: POSIX threads that call payload.call.run(payload.call.arg). Its context is
 * made by the pool itself. A task of the caller's own memory cannot yield there, and it tells
 * nobody when a task of the caller's own memory is complete: wait with trd_pool_drain(), or use
 * trd_pool_submit(). Its threads block signals, have names, and ask the kernel for turns of 0.5 ms
 * (Linux 6.12 and later, under SCHED_OTHER): so they run soon after they are woken, with no larger
 * share of the processor; processes that a task starts inherit that. */
extern const struct trd_backend trd_backend_threads;

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
