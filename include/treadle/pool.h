/* pool.h - the live executor: workers, a bounded or unbounded queue, one policy, one sizer.
 *
 * Every function is thread-safe unless it says otherwise. In a child made by fork() every function
 * on a pool of the parent returns -EOWNERDEAD at once and touches nothing.
 */
#ifndef TREADLE_POOL_H
#define TREADLE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/backend.h>
#include <treadle/future.h>
#include <treadle/metrics.h>
#include <treadle/policy.h>
#include <treadle/sizer.h>
#include <treadle/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/** What submit does when `pending_max` tasks wait already. */
enum trd_on_full {
    TRD_ON_FULL_BLOCK = 0,   /**< wait for room; inside a worker of the same pool: -EDEADLK. For how
                                long, see `room_timeout_ns` and trd_pool_submit_task_within() */
    TRD_ON_FULL_REFUSE,      /**< -EAGAIN */
    TRD_ON_FULL_CALLER_RUNS, /**< run the task on the submitting thread, before submit returns */
};

/** How shutdown treats what is still queued. */
enum trd_shutdown {
    TRD_SHUTDOWN_DRAIN = 0,      /**< run it */
    TRD_SHUTDOWN_CANCEL_PENDING, /**< complete it as cancelled */
};

/** All zero is the default: fifo, on_demand, up to (cores + 4, at most 32) workers, no bound. */
struct trd_pool_config {
    const char *name;   /**< prefix of thread names; copied; NULL: "treadle" */
    const char *policy; /**< as trd_policy_load(); NULL: "fifo" */
    const struct trd_policy_spec *policy_spec; /**< not NULL: instead of `policy`; copied */
    const char *sizer;                         /**< as trd_sizer_parse(); NULL: "on_demand" */
    uint32_t workers_min; /**< 0: the sizer may go down to 0, and starts from there */
    uint32_t workers_max; /**< 0: min(32, cores + 4), but 256 for a sizer that measures */
    uint64_t pending_max; /**< 0: unbounded */
    enum trd_on_full on_full;
    uint64_t idle_ns; /**< a worker without work for so long leaves, whatever the sizer says, unless
                         it is one of workers_min; 0: never. It comes back when work finds nobody */
    uint64_t seed;    /**< of the policy's random generator */
    bool is_recording; /**< keep every scheduling decision for trd_pool_trace() */
    /** Keep waits and run times callable by callable and client by client, too: see
     * trd_pool_class_stats(). Takes 20 MB of address space, of which about 16 kB become memory for
     * each callable and each client that is seen, and two more counts a task. */
    bool is_insightful;
    const struct trd_backend *backend; /**< NULL: trd_backend_threads */
    void *backend_context;             /**< given to the backend's functions */
};

/** What a submitter may say of a task. All zero is the default. */
struct trd_options {
    int64_t priority;         /**< larger runs sooner */
    uint64_t client;          /**< whom it is for; 0: the anonymous client */
    uint32_t weight;          /**< share of that client; 0: as it is */
    uint64_t deadline_ns;     /**< should have started by then, counted from now; 0: no deadline */
    bool is_dropped_late;     /**< past its deadline it expires unrun, at the deadline (about a
                                 millisecond after it) though every worker be busy; else it runs */
    uint64_t cost_ns;         /**< estimate of its run time; 0: unknown */
    bool is_resumable;        /**< it may return trd_again() */
    uint64_t room_timeout_ns; /**< TRD_ON_FULL_BLOCK: wait for room at most so long; 0: for ever */
};

struct trd_pool;

/** Makes a pool and starts the workers its sizer wants. 0 and *pool_out; -EINVAL with `error`
 * (which may be NULL) saying what and what is allowed; -ENOMEM; -EAGAIN: no thread could be
 * started. */
int trd_pool_create(const struct trd_pool_config *config, struct trd_pool **pool_out,
                    struct trd_error *error);

/** Submits run(arg). `options` may be NULL. With `future_out` the caller gets a reference to give
 * back; NULL is fire and forget. May block only with TRD_ON_FULL_BLOCK.
 * 0; -EINVAL: `run` is NULL, or the pool's backend is not trd_backend_threads; -ENOMEM; -EAGAIN:
 * refused (full, or by the policy's admission), or there is no worker and none can be started
 * (another code if the backend says another); -ESHUTDOWN: the pool
 * is shut down; -ENOTRECOVERABLE: a worker could not be opened, the pool is broken; -EDEADLK:
 * blocking inside a worker; -ETIMEDOUT: no room in time. An error means that nothing was taken. */
int trd_pool_submit(struct trd_pool *pool, void *(*run)(void *arg), void *arg,
                    const struct trd_options *options, struct trd_future **future_out);

/** Submits run(args[i]) for every i < count, in that order, as trd_pool_submit() would; cheaper
 * than one by one. With `futures_out`, futures_out[i] is the caller's reference to the future of
 * the i-th, NULL when that was not taken. 0: all were taken. Otherwise the error that ended it, and
 * the first *accepted_out (which may be NULL) were taken and stay so. */
int trd_pool_submit_many(struct trd_pool *pool, void *(*run)(void *arg), void *const *args,
                         size_t count, const struct trd_options *options,
                         struct trd_future **futures_out, size_t *accepted_out);

/** What the function of a resumable task returns when it has not finished but lets others have the
 * worker: the task is queued again under its policy, and run(arg) is called again when its turn
 * comes, perhaps on another worker. Where it has got to it keeps in `arg`. Its future is not done
 * until it returns something else; cancelling it between two slices takes it out of the queue, and
 * the submitter, who hears of it, tidies up. Pure. */
void *trd_again(void);

/** The same for a task of the caller's own memory; its completion is told to the backend's
 * `complete`. Errors as trd_pool_submit(), without -ENOMEM unless a client is new. */
int trd_pool_submit_task(struct trd_pool *pool, struct trd_task *task);
/** The same, but with TRD_ON_FULL_BLOCK it waits for room at most `timeout_ns`: -ETIMEDOUT. */
int trd_pool_submit_task_within(struct trd_pool *pool, struct trd_task *task, uint64_t timeout_ns);
/** The same for many, as trd_pool_submit_many(). */
int trd_pool_submit_tasks(struct trd_pool *pool, struct trd_task *const *tasks, size_t count,
                          size_t *accepted_out);

/** Takes a queued task out and completes it as cancelled, on this thread, before it returns.
 * 0; -EBUSY: it runs, or is about to; -EALREADY: it is not this pool's any more. The caller must
 * know that the task's memory is alive. */
int trd_pool_cancel_task(struct trd_pool *pool, struct trd_task *task);

/** Takes exactly this queued task out, to be run by the calling thread, whichever that is, which
 * thereby owes trd_pool_finish_task(). In the books it runs on no worker (TRD_WORKER_NONE); until
 * then the engine owns it like any running task, and trd_pool_drain() waits for it. For somebody
 * who would otherwise wait for it. 0; -EBUSY: it runs, or is about to; -EALREADY: it is not this
 * pool's any more, or its deadline has passed and it was completed as expired just now, on this
 * thread. The caller must know that the task's memory is alive. Does not wait. */
int trd_pool_take_task(struct trd_pool *pool, struct trd_task *task);
/** It has run: accounts for it and, except with TRD_OUTCOME_AGAIN (which queues it again), calls
 * the backend's `complete`. On the thread that took it, before the pool is destroyed. */
void trd_pool_finish_task(struct trd_pool *pool, struct trd_task *task, enum trd_outcome outcome);

/** In a task, which waits for something: runs one other task of the pool, whichever its policy
 * gives, on this worker, now. What it gives may wait for the very task that helps, which it then
 * waits for in vain: help only where tasks do not wait for older ones. 0; -EAGAIN: there is none,
 * or this worker helps inside helping too deeply already (TRD_HELP_DEPTH); -EINVAL: the calling
 * thread is no worker of `pool` (NULL: of any); -EOWNERDEAD. Lasts as long as that task. */
int trd_pool_help(struct trd_pool *pool);
/** So many tasks may run inside one another on one worker, by helping and by waiting. */
enum { TRD_HELP_DEPTH = 64 };

/** Waits until nothing is queued or running, at most `timeout_ns`. 0; -ETIMEDOUT; -EDEADLK in a
 * worker of this pool, or where it tells of a late task. */
int trd_pool_drain(struct trd_pool *pool, uint64_t timeout_ns);

/** Changes the bounds of the size while the pool works, and asks the sizer again, as long as it
 * wants one worker more. Workers above the bound leave after their task. 0 or -EINVAL. Does not
 * wait. */
int trd_pool_resize(struct trd_pool *pool, uint32_t workers_min, uint32_t workers_max);

/** No more submits. With `is_waiting`, returns when every worker has ended and every task is
 * complete, but for one of which this thread tells just now (-EDEADLK inside a worker: then it does
 * not wait, but the pool is shut down). May be called again, to wait, or to cancel what is pending
 * after all. 0. */
int trd_pool_shutdown(struct trd_pool *pool, enum trd_shutdown how, bool is_waiting);

/** Shuts down (draining), waits and frees. Must not be called by a thread of the pool's or while
 * another thread uses it: that a task has run, or was completed, does not say that the call that
 * submitted it has returned. NULL is allowed. */
void trd_pool_destroy(struct trd_pool *pool);

/** A consistent snapshot. Does not block for longer than a task's hand-over. */
int trd_pool_stats(struct trd_pool *pool, struct trd_stats *stats_out);

/** What a pool with `is_insightful` knows of the callable in row `index`: what runs it, which for
 * the threads backend is the function, is its `key`. Row 0 is the rest: with more than 1023
 * callables, those that came later. Rows without tasks are empty (`count` 0); row by row, each a
 * snapshot of its own, until -ENOENT. 0; -ENOENT: there is no such row; -EINVAL: the pool keeps
 * none; -EOWNERDEAD. Copies about 16 kB under the pool's lock. */
int trd_pool_class_stats(struct trd_pool *pool, uint32_t index, struct trd_group_stats *stats_out);
/** The same of clients: row 0 is the anonymous one, the last row the rest, with more than 255
 * others. */
int trd_pool_client_stats(struct trd_pool *pool, uint32_t index, struct trd_group_stats *stats_out);

/** The calling task is about to wait and will use no core until trd_pool_blocking_end(): for a
 * sizer that makes up for such workers (compensate), others are started before this returns. NULL
 * is the pool whose worker this thread is. Regions nest; the outermost counts. What is still open
 * when the task (or a slice of it) ends is closed by the engine. On a thread that is no worker of
 * `pool` both do nothing, so a function may use them wherever it runs. 0; -EINVAL: an end without a
 * beginning on this worker; -EOWNERDEAD. Does not wait, but may start threads. */
int trd_pool_blocking_begin(struct trd_pool *pool);
int trd_pool_blocking_end(struct trd_pool *pool);

/** The index of the calling thread among the workers of `pool`, or TRD_WORKER_NONE. */
uint32_t trd_pool_this_worker(const struct trd_pool *pool);

/** A copy of what was recorded so far, to be freed with trd_trace_free(). -EINVAL unless the pool
 * records; -ENOMEM. */
int trd_pool_trace(struct trd_pool *pool, struct trd_trace *trace_out);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
