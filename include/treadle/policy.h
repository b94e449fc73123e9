/* policy.h - the contract of a scheduling policy: which queued task runs next.
 *
 * A policy is one `const struct trd_policy`: data about itself and pure functions. It is called by
 * the engine only, serialised (one call at a time) unless it declares TRD_POLICY_CONCURRENT. It
 * never blocks, allocates, reads a clock or calls back: memory, time and randomness are given to
 * it. The same object code runs in the live pools and in the simulator.
 *
 * Where its memory comes from: a policy says how many bytes it wants per pool, per client, per
 * callable class and per worker. The engine hands out those records zeroed, at addresses that never
 * change while they live, and has them ready before a task is accepted: so push cannot fail. All
 * zero must therefore be a valid empty record. What is on loan besides (`loan`) may be missing, and
 * decides nothing but how quickly an order by key answers.
 */
#ifndef TREADLE_POLICY_H
#define TREADLE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/param.h>
#include <treadle/rng.h>
#include <treadle/task.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct trd_table;
struct trd_loan;

/** What the engine keeps of every client, in front of the policy's own bytes. Read-only for
 * policies. */
struct trd_client {
    uint64_t key;        /**< the `client` of its tasks' attributes */
    uint64_t service_ns; /**< run time of its finished tasks */
    uint64_t finished_count;
    uint32_t queued_count;  /**< its tasks in the policy */
    uint32_t running_count; /**< its tasks popped and not finished */
    uint32_t weight;        /**< at least 1 */
    uint32_t index;         /**< its row */
};

struct trd_policy_spec;
struct trd_policy_env;

/** What a policy that is loaded from a shared object may call: the functions declared below, and
 * those of rng.h, which it so reaches without a library to link with. Pure. */
struct trd_policy_host {
    void *(*client)(const struct trd_policy_env *env, uint32_t client_index);
    void *(*callable)(const struct trd_policy_env *env, uint32_t class_index); /**< its class */
    void *(*worker)(const struct trd_policy_env *env, uint32_t worker);
    const struct trd_client *(*client_info)(const struct trd_policy_env *env,
                                            uint32_t client_index);
    uint64_t (*rng_below)(struct trd_rng *rng, uint64_t bound);
    double (*rng_double)(struct trd_rng *rng);
};

/** What the engine hands to every op of a policy. `state` is `pool_bytes`; the rest is read-only.
 */
struct trd_policy_env {
    void *state;                        /**< the policy's own record of this pool */
    const double *params;               /**< in the order of the policy's `params` */
    struct trd_rng *rng;                /**< the pool's seeded generator */
    const struct trd_policy_spec *spec; /**< as parsed: a composition finds its parts here */
    const struct trd_table *clients;    /**< see trd_policy_client() */
    const struct trd_table *classes;    /**< see trd_policy_class() */
    const struct trd_table *workers;    /**< see trd_policy_worker() */
    const struct trd_policy_host *host; /**< for policies from shared objects */
    struct trd_loan *loan;              /**< memory that the shipped orders by key may use */
};

/** What became of a popped task. */
enum trd_fate {
    TRD_FATE_NONE = 0, /**< nothing to hand out; `task` is NULL */
    TRD_FATE_RUN,      /**< run it */
    TRD_FATE_EXPIRE,   /**< drop it: it is completed as expired and pop is called again */
};

struct trd_pop {
    struct trd_task *task;
    enum trd_fate fate;
};

/** `flags` of a policy. */
enum trd_policy_flag {
    /** Its ops may be called concurrently by different workers. Cancelling then only marks a task,
     * pop discards it, and a recorded run need not replay identically. */
    TRD_POLICY_CONCURRENT = 1u << 0,
    /** It orders clients: it looks at a task's client and its record only, and charges what it
     * cannot know beforehand in `ran`. Fits the middle of `admission/fairness/order`, where it is
     * given tickets (at most two for each client with a backlog) instead of tasks. */
    TRD_POLICY_FAIRNESS = 1u << 1,
    /** It orders tasks by what they say themselves and keeps all it needs in `pool_bytes`. Fits the
     * end of `admission/fairness/order`, where every client has one of its own. */
    TRD_POLICY_ORDER = 1u << 2,
};

struct trd_policy {
    const char *name;               /**< lower case, `_` between words; what users write */
    const char *summary;            /**< one line for `treadle list` */
    const char *source;             /**< where the idea comes from */
    const struct trd_param *params; /**< ends with a NULL name; NULL when there are none */
    unsigned flags;                 /**< enum trd_policy_flag */

    size_t pool_bytes, client_bytes, class_bytes, worker_bytes;

    /** Optional. Once, before anything else. */
    void (*open)(const struct trd_policy_env *env);
    /** Optional. May this task come in? Called before push; false refuses it (-EAGAIN). */
    bool (*admit)(const struct trd_policy_env *env, struct trd_task *task, uint64_t now_ns);
    /** Takes the task in. `worker` submitted it, or TRD_WORKER_NONE. Cannot fail. A resumable task
     * comes back through the same door, with the worker that ran its slice. */
    void (*push)(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                 uint64_t now_ns);
    /** Gives a task for `worker`, or says none. Work-conserving policies say none only when
     * empty. */
    struct trd_pop (*pop)(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns);
    /** Takes a queued task out, at any position: it is cancelled, or somebody who waits for it runs
     * it himself, out of turn. */
    void (*remove)(const struct trd_policy_env *env, struct trd_task *task);
    /** Names a queued task, whichever is easiest to find, without taking it out; NULL only when
     * nothing is queued. Whoever cancels everything asks until there is none; a pool asks once a
     * batch of short tasks, too, so it should be O(1). */
    struct trd_task *(*any)(const struct trd_policy_env *env);
    /** Optional. A task (or a slice of one) has run: its measured run time. The task's state says
     * how that ended: while it is TRD_TASK_RUNNING, the task is about to come back through push.
     * `worker` ran it; or TRD_WORKER_NONE, and then it left through remove. */
    void (*ran)(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                uint64_t run_ns);
    /** Optional. A worker's record is about to be used, or is no longer used. Tasks that a leaving
     * worker still has queued must stay reachable by others. */
    void (*worker_join)(const struct trd_policy_env *env, uint32_t worker);
    void (*worker_leave)(const struct trd_policy_env *env, uint32_t worker);
    /** Optional. May the record of this idle client (nothing queued, nothing running) be zeroed and
     * given to another? Default: yes. A no must change nothing: it is not recorded, so a replay
     * does not ask. */
    bool (*may_forget)(const struct trd_policy_env *env, uint32_t client_index, uint64_t now_ns);
    /** Optional. Last of all; nothing is queued any more. */
    void (*close)(const struct trd_policy_env *env);
};

/** The records of a client, a callable class and a worker: `client_bytes`, `class_bytes` and
 * `worker_bytes` long, aligned for any type. O(1), pure. */
void *trd_policy_client(const struct trd_policy_env *env, uint32_t client_index);
void *trd_policy_class(const struct trd_policy_env *env, uint32_t class_index);
void *trd_policy_worker(const struct trd_policy_env *env, uint32_t worker);
/** The engine's own record of a client. O(1), pure. */
const struct trd_client *trd_policy_client_info(const struct trd_policy_env *env,
                                                uint32_t client_index);

/** The first part of `admission/fairness/order`: who may come in, and who, having waited, is still
 * worth running. As pure as a policy; its `env` is the policy's with its own `state` and `params`.
 */
struct trd_admission {
    const char *name;
    const char *summary;
    const char *source;
    const struct trd_param *params; /**< ends with a NULL name; NULL when there are none */
    size_t state_bytes;             /**< zeroed at first */
    const char *order;              /**< what goes with it when no order is named; NULL: fifo */

    /** Optional. May this task come in, with `queued` tasks waiting? False refuses it (-EAGAIN).
     * Tasks that have begun and yielded are no longer an admission's affair: nowhere counted. */
    bool (*admit)(const struct trd_policy_env *env, struct trd_task *task, uint64_t queued,
                  uint64_t now_ns);
    /** Optional. Is `task` still worth running, when `queued` others wait: TRD_FATE_RUN or
     * TRD_FATE_EXPIRE. Asked of a task that is about to run, and of those that lie where an order
     * seldom looks. */
    enum trd_fate (*judge)(const struct trd_policy_env *env, struct trd_task *task, uint64_t queued,
                           uint64_t now_ns);
};

/** What `admission/fairness/order` was made of; all NULL for any other policy. */
struct trd_policy_parts {
    const struct trd_admission *admission; /**< NULL: everybody comes in */
    const struct trd_policy *fairness;     /**< NULL: one order for all clients */
    const struct trd_policy *order;
    double admission_params[TRD_PARAMS_MAX];
    double fairness_params[TRD_PARAMS_MAX];
    double order_params[TRD_PARAMS_MAX];
};

/** A policy with its parameters, as parsed. Plain data: copy it freely. */
struct trd_policy_spec {
    const struct trd_policy *policy;
    double params[TRD_PARAMS_MAX];
    struct trd_policy_parts parts;
};

/** The policies of this build, NULL-terminated, in the order of policies.def. Thread-safe. */
const struct trd_policy *const *trd_policies(void);

/** The admissions of this build, NULL-terminated, in the order of admissions.def. Thread-safe. */
const struct trd_admission *const *trd_admissions(void);

/** Parses "fifo" or "name:key=value,key=value" into `spec`; or several of these as
 * "admission/fairness/order", where the first two can be "none". "fairness/order" and
 * "admission/order" leave one out; an admission alone has its usual order behind it.
 * Returns 0, or -EINVAL with `error` saying what is wrong and what is known. Thread-safe. */
int trd_policy_parse(const char *text, struct trd_policy_spec *spec, struct trd_error *error);

/** The version of this interface. It changes with every change of struct trd_policy or of what its
 * ops are given. */
enum { TRD_POLICY_ABI = 1 };

/** What a shared object exports under the name treadle_policy, so that it can be loaded. */
struct trd_policy_export {
    uint32_t abi;   /**< TRD_POLICY_ABI as it was when the object was built */
    uint32_t bytes; /**< of struct trd_policy, likewise */
    const struct trd_policy *policy;
};

/** Exports `policy`, a const struct trd_policy. Stands once in a shared object, without a
 * semicolon. */
#define TRD_POLICY_EXPORT(policy)                                                                  \
    extern const struct trd_policy_export treadle_policy;                                          \
    __attribute__((visibility("default"))) const struct trd_policy_export treadle_policy = {       \
        TRD_POLICY_ABI, (uint32_t)sizeof(struct trd_policy), &(policy)};

/** As trd_policy_parse(), and besides takes a policy of the user's own: "PATH.so" or
 * "PATH.so:key=value,...", where PATH, up to 254 bytes, has no ':'. The shared object is loaded for
 * the life of the process, and its code trusted like the program's own.
 * 0, or -EINVAL with `error`. Reads files, runs the object's constructors. Thread-safe. */
int trd_policy_load(const char *text, struct trd_policy_spec *spec, struct trd_error *error);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
