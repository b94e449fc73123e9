/* contestant.h - an executor that can be measured beside others: one file, one struct.
 *
 * Each contestant is linked with the same figures into a program of its own, so that what one
 * leaves behind (threads, freed memory, a spinning worker) does not meet the next.
 */
#ifndef TREADLE_BENCH_CONTESTANT_H
#define TREADLE_BENCH_CONTESTANT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A call to be made. The figure owns it, and keeps it until it has been made. */
struct job {
    void (*run)(void *arg);
    void *arg;
};

struct contestant {
    const char *name;
    /** Starts `workers` workers. `option` is what the command line says, or NULL: for Treadle, the
     * policy. */
    void (*open)(unsigned workers, const char *option);
    void (*close)(void);
    /** Hands `job` over, and forgets it. From any thread, within `produce`. */
    void (*submit)(struct job *job);
    /** Submits `job` and returns when it has run, as a user of this executor would. */
    void (*call)(struct job *job);
    /** Optional: calls body(arg) on `producers` threads, and waits for them; by default on threads
     * of its own. */
    void (*produce)(unsigned producers, void (*body)(void *arg), void *arg);
    /** Optional: a producer has submitted everything; it returns when its jobs have run. */
    void (*settle)(void);
    /** Optional: gives the executor's loop, which is the producer's own thread, a moment. */
    void (*poll)(void);
    /** Optional: inside a job, submits `job` so often, in the way made for that; it may wait for
     * them. By default with `submit`. */
    void (*spawn)(struct job *job, size_t count);
    /** A full queue makes submit run jobs itself: what a pending job costs cannot be measured. */
    bool runs_in_submit;
    /** Jobs may not submit others with `submit`. */
    bool has_no_inner_submit;
};

extern const struct contestant contestant;

#ifdef __cplusplus
}
#endif
#endif
