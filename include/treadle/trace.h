/* trace.h - the record of every scheduling decision, and its replay.
 *
 * A pool that records keeps each call on its scheduler with the time it was given and the answer
 * that came back. The simulator repeats the calls and compares the answers: a serialised policy
 * gives the same ones, bit for bit.
 */
#ifndef TREADLE_TRACE_H
#define TREADLE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/param.h>
#include <treadle/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

enum trd_event_kind {
    TRD_EVENT_JOIN = 1, /**< a worker was added */
    TRD_EVENT_LEAVE,    /**< a worker was taken away */
    TRD_EVENT_SUBMIT,   /**< answer: 0 or -EAGAIN */
    TRD_EVENT_NEXT,     /**< answer: enum trd_fate; sequence: of the task, or 0 */
    TRD_EVENT_FINISH,   /**< answer: enum trd_outcome given */
    TRD_EVENT_CANCEL,   /**< a queued task was taken out */
    TRD_EVENT_TICK,     /**< answer unused; wanted: workers wanted afterwards */
    TRD_EVENT_BOUNDS,   /**< workers_min and workers_max changed */
    TRD_EVENT_FORGET,   /**< the row of client_index was freed for another client */
    TRD_EVENT_BLOCK,    /**< answer: 1 when `worker` entered a blocking region, 0 when it left */
    TRD_EVENT_TAKE, /**< a queued task was taken to be run by no worker; answer: enum trd_fate */
};

/** What a tick was told of the interpreter lock was not sampled. */
#define TRD_LOOKS_EXACT UINT32_MAX

struct trd_event {
    uint64_t now_ns;
    uint64_t sequence; /**< of the task; 0 is none */
    uint32_t worker;
    uint32_t client_index;
    uint16_t class_index;
    uint8_t kind;  /**< enum trd_event_kind */
    uint8_t flags; /**< of the task; of a tick: 1 when the interpreter lock was measured */
    int32_t answer;
    uint32_t wanted; /**< workers wanted after the call */
    uint32_t looks;  /**< of a tick: TRD_LOOKS_EXACT, or looks at the interpreter lock */
    union {
        struct {
            int64_t priority;
            uint64_t client, deadline_ns, cost_ns;
            uint32_t weight, reserved;
        } submit;
        struct {
            uint64_t cpu_ns, gil_ns;
        } finish;
        struct {
            uint64_t cpu_ns, gil_held_ns, gil_wait_ns, run_wait_ns;
            double cores, gils;
        } tick;
        struct {
            uint32_t workers_min, workers_max;
        } bounds;
    } u;
};

struct trd_trace {
    char policy[512], sizer[256]; /**< as parsed, with every parameter */
    uint32_t workers_min, workers_max;
    uint64_t pending_max;
    uint64_t seed;
    uint64_t start_ns; /**< `now` of the pool's start */
    struct trd_event *events;
    size_t count;
    bool is_truncated; /**< memory ran out: the first `count` events are right */
    /** Not NULL: what replays instead of `policy`, which the simulator can only find by name: for
     * one from a shared object, trd_policy_load() it. The caller's; not saved. */
    const struct trd_policy_spec *policy_spec;
};

/** Frees the events and empties the trace. */
void trd_trace_free(struct trd_trace *trace);

/** Writes the trace to `path`, or reads it back: a text header and the events, in this machine's
 * byte order. 0 or -errno; reading a file that is no trace is -EINVAL with `error`. */
int trd_trace_save(const struct trd_trace *trace, const char *path);
int trd_trace_load(struct trd_trace *trace, const char *path, struct trd_error *error);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
