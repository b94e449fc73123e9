/* task.h - a unit of work and the node that queues it.
 *
 * A task is memory of the caller's: the engine never allocates one, so queueing cannot fail for
 * want of memory. From the moment a pool or simulator has accepted it until its completion the
 * engine owns every byte of it; a refused task was never touched beyond its `state`.
 *
 * The hot part is 64 bytes, one cache line. What only some tasks carry (priority, deadline, cost,
 * client, weight) is `struct trd_attr`, which lies directly behind the task in memory when
 * TRD_TASK_HAS_ATTR is set: `struct trd_task_with_attr` has that shape. There is no pointer to it.
 */
#ifndef TREADLE_TASK_H
#define TREADLE_TASK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/** No worker: the caller of submit is not one of the pool's workers. */
#define TRD_WORKER_NONE UINT32_MAX

/** Where a task stands. The one table of legal moves is in src/core/task_state.h. */
enum trd_task_state {
    TRD_TASK_NEW = 0,   /**< never submitted, or refused */
    TRD_TASK_QUEUED,    /**< accepted and waiting in the policy */
    TRD_TASK_RUNNING,   /**< popped by a worker, not yet finished */
    TRD_TASK_DONE,      /**< ran to its end (with whatever result) */
    TRD_TASK_CANCELLED, /**< removed before it ran, or its worker found it cancelled */
    TRD_TASK_EXPIRED,   /**< its policy or its deadline dropped it before it ran */
    TRD_TASK_LOST,      /**< its worker disappeared while it ran */
};

/** How a run of a task ended; the argument of finish. */
enum trd_outcome {
    TRD_OUTCOME_DONE = 0, /**< it has run */
    TRD_OUTCOME_AGAIN,    /**< it has yielded and asks to be queued again (resumable tasks) */
    TRD_OUTCOME_CANCELLED,
    TRD_OUTCOME_EXPIRED,
    TRD_OUTCOME_LOST,
};

/** `flags` of a task. */
enum trd_task_flag {
    TRD_TASK_HAS_ATTR = 1u << 0,  /**< a struct trd_attr lies directly behind the task */
    TRD_TASK_RESUMABLE = 1u << 1, /**< its run may end with TRD_OUTCOME_AGAIN; needs an attr */
    TRD_TASK_DROP_LATE = 1u << 2, /**< expires, instead of running, once its deadline has passed; a
                                     pool takes it out then, whoever is busy */
    /* 1u << 5 and 1u << 6 are the pool's own: a task that is given to it must not have them. */
    TRD_TASK_OWNER_BIT = 1u << 7, /**< free for whoever owns the memory; the engine ignores it */
};

struct trd_task;

/** Three words that a policy may use freely from push until pop or remove: a place in a list or in
 * a tree. Between pop and finish the same words hold the task's anatomy. */
union trd_node {
    struct {
        struct trd_task *prev, *next;
    } list;
    struct {
        struct trd_task *left, *right, *parent;
    } tree;
    struct {
        uint64_t start_ns; /**< when the worker took it (monotonic) */
        uint64_t cpu_ns;   /**< CPU time it has used; 0 when not measured */
        uint64_t gil_ns;   /**< of that, CPU time holding an interpreter lock; 0 if not measured */
    } anatomy;
    uint64_t word[3]; /**< what else a policy keeps of a queued task; a list uses the first two */
};

/** The hot part. Initialise with TRD_TASK_INIT or zeroes, then set `run`, `arg` and `flags`. */
struct trd_task {
    union trd_node node;
    uint64_t sequence;  /**< accept order, set by the engine; ties break on it */
    uint64_t submit_ns; /**< when it was accepted, set by the engine (monotonic) */
    union {
        struct {
            void (*run)(void *arg); /**< what the threads backend calls */
            void *arg;
        } call;
        uint64_t word[2]; /**< other backends put here what they like */
    } payload;
    uint32_t
        client_index; /**< row of the client table, set by the body; 0 is the anonymous client */
    uint16_t class_index; /**< row of the callable-class table, set by the body; 0 is "other" */
    uint8_t state;        /**< enum trd_task_state; protected by the engine's lock */
    uint8_t flags;        /**< enum trd_task_flag, set by the submitter before submit */
};

/** What only some tasks say of themselves. All zero is the default for every member. */
struct trd_attr {
    int64_t priority;     /**< larger runs sooner; default 0 */
    uint64_t client;      /**< whom the task is for; 0 is the anonymous client */
    uint64_t deadline_ns; /**< absolute, monotonic; 0 is none */
    uint64_t cost_ns;     /**< the submitter's estimate of the run time; 0 is unknown */
    uint64_t attained_ns; /**< service received so far by a resumable task, kept by the engine */
    uint32_t weight; /**< share of its client; 0 leaves the client's weight as it is (1 at first) */
    /** While it is queued, with TRD_TASK_DROP_LATE: the pool's, to find it at its deadline. */
    uint32_t due_slot;
    struct trd_task *due_prev, *due_next;
};

/** A task and its attributes, in the one layout the engine understands. */
struct trd_task_with_attr {
    struct trd_task task;
    struct trd_attr attr;
};

#ifndef __cplusplus
_Static_assert(sizeof(struct trd_task) == 64, "the hot part of a task is one cache line");
_Static_assert(sizeof(struct trd_task_with_attr) == 64 + sizeof(struct trd_attr),
               "the attributes lie directly behind the task");
_Static_assert(sizeof(struct trd_attr) <= 64, "and are at most one more cache line");
#endif

/** The attributes of `task`, or NULL when it carries none. Pure. */
static inline struct trd_attr *trd_task_attr(struct trd_task *task) {
    return (task->flags & TRD_TASK_HAS_ATTR) ? (struct trd_attr *)(void *)(task + 1)
                                             : (struct trd_attr *)0;
}

/** The priority of `task` (0 without attributes). Pure. */
static inline int64_t trd_task_priority(struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    return attr ? attr->priority : 0;
}

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
