/* future.h - the result of a task that will be there later. */
#ifndef TREADLE_FUTURE_H
#define TREADLE_FUTURE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/** Made by trd_pool_submit(). Reference-counted: the pool holds one until completion, the caller
 * one. Every function is thread-safe. */
struct trd_future;

/** Waits until the task has completed, at most `timeout_ns` (TRD_FOREVER, or 0 to poll). A worker
 * of the same pool that waits for a task that has not started runs it itself, whatever the policy
 * says, unless it does so TRD_HELP_DEPTH deep already (then the wait lasts as long as the task): so
 * tasks may wait for tasks that they submit, to any depth below that, with any number of workers.
 * Returns 0 when it ran, -ECANCELED when it was cancelled, -ETIME when it expired unrun,
 * -EOWNERDEAD when its worker was lost (or this is a child made by fork(): see pool.h), -ETIMEDOUT
 * when it is not complete yet, -EDEADLK when a worker of the same pool that may run no more tasks
 * inside one another would wait for one that only this worker could run. */
int trd_future_wait(struct trd_future *future, uint64_t timeout_ns);

/** What the function returned; NULL unless trd_future_wait() has returned 0. Does not block. */
void *trd_future_result(const struct trd_future *future);

/** Has it completed, in whatever way? Does not block. */
bool trd_future_is_done(const struct trd_future *future);

/** Takes the task out of the queue. 0: it will not run (its future is done, -ECANCELED).
 * -EBUSY: it runs already; -EALREADY: it has completed. Does not wait. */
int trd_future_cancel(struct trd_future *future);

/** Calls `done(context, future)` when the task has completed: on the thread that completes it, or
 * at once on this one if it has. Any number of callbacks; they run in the order given.
 * 0, -ENOMEM, or -EOWNERDEAD: see pool.h about fork(). */
int trd_future_on_done(struct trd_future *future,
                       void (*done)(void *context, struct trd_future *future), void *context);

/** One more reference; returns `future`. */
struct trd_future *trd_future_ref(struct trd_future *future);
/** Gives a reference back; NULL is allowed. The last one frees it. */
void trd_future_unref(struct trd_future *future);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
