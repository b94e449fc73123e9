/* sizer.h - the contract of a pool-size controller: how many workers there should be.
 *
 * Pure, like a policy: it is given numbers and returns a number. The engine clamps the answer to
 * [workers_min, workers_max] and lets threads come or go.
 */
#ifndef TREADLE_SIZER_H
#define TREADLE_SIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/param.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/** Why a sizer is asked. */
enum trd_cause {
    TRD_CAUSE_OPEN = 1u << 0,    /**< the pool starts */
    TRD_CAUSE_SUBMIT = 1u << 1,  /**< a task was just queued, and there may be more workers */
    TRD_CAUSE_TICK = 1u << 2,    /**< `period_ns` has passed */
    TRD_CAUSE_STARVED = 1u << 3, /**< a period has passed, tasks wait, and none has finished */
    TRD_CAUSE_BLOCK = 1u << 4,   /**< a worker entered or left a declared blocking region */
};

/** What a sizer sees. Times are sums over the interval since its last tick, over all workers. With
 * TRD_CAUSE_OPEN, TRD_CAUSE_SUBMIT and TRD_CAUSE_BLOCK only the first block is filled. */
struct trd_sample {
    enum trd_cause cause;
    uint32_t workers; /**< workers there are, the starting ones included */
    uint32_t workers_min;
    uint32_t workers_max;
    uint32_t busy;    /**< workers that have a task */
    uint32_t blocked; /**< of those, inside a declared blocking region */
    uint64_t queued;  /**< tasks waiting */
    uint64_t now_ns;

    uint64_t interval_ns;
    uint64_t finished;      /**< tasks finished in the interval */
    uint64_t run_ns;        /**< sum of the run times of those tasks */
    uint64_t queue_wait_ns; /**< sum of waits of the tasks started in the interval */
    uint64_t busy_ns;       /**< worker-time with a task, running ones counted up to now */
    uint64_t cpu_ns;        /**< worker CPU time */
    uint64_t gil_held_ns;   /**< holding an interpreter lock; 0 when not measured */
    uint64_t gil_wait_ns;   /**< waiting for an interpreter lock; 0 when not measured */
    uint64_t run_wait_ns;   /**< runnable, waiting for a core; 0 when not measured */
    bool is_gil_measured;   /**< gil_held_ns and gil_wait_ns mean something */
    bool is_gil_sampled;    /**< they come from looks at random moments, and are off by chance */
    uint32_t gil_looks;     /**< how many looks that were, in the interval */
    double cores;           /**< cores really available to this process (> 0) */
    double gils;            /**< interpreter locks that serialise the tasks; 0 is none */
};

struct trd_sizer_env {
    void *state; /**< `state_bytes`, zeroed at first */
    const double *params;
};

struct trd_sizer {
    const char *name;
    const char *summary;
    const char *source;
    const struct trd_param *params;
    size_t state_bytes;
    unsigned causes;    /**< enum trd_cause: when it wants to be asked */
    uint64_t period_ns; /**< between ticks; 0: it needs no keeper */
    bool reads_gil;     /**< it looks at gil_held_ns or gil_wait_ns, which cost something to have */

    /** Optional. */
    void (*open)(const struct trd_sizer_env *env);
    /** How many workers there should be. */
    uint32_t (*resize)(const struct trd_sizer_env *env, const struct trd_sample *sample);
    /** Optional. */
    void (*close)(const struct trd_sizer_env *env);
};

struct trd_sizer_spec {
    const struct trd_sizer *sizer;
    double params[TRD_PARAMS_MAX];
};

/** The sizers of this build, NULL-terminated, in the order of sizers.def. Thread-safe. */
const struct trd_sizer *const *trd_sizers(void);

/** As trd_policy_parse(), for sizers. "adaptive" is another name of "gil_model". */
int trd_sizer_parse(const char *text, struct trd_sizer_spec *spec, struct trd_error *error);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
