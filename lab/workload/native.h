/* native.h - the contract of a native workload, and the specification of its cell.
 *
 * A workload is one file and one line in workloads.def. Its `work` is called by several threads at
 * once with different tasks; everything else by one thread.
 */
#ifndef TREADLE_LAB_NATIVE_H
#define TREADLE_LAB_NATIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { LAB_REASON_MAX = 256 };

/* What section 1 of docs/reference/cell-protocol.md says, as far as native cells use it. */
struct lab_native_spec {
    char workload[32], executor[32], sizer[64], policy[64];
    uint32_t workers;
    uint64_t seed;
    double timed_s, warm_s, scale;
    uint16_t http_port;
};

struct lab_native_workload;

/* A task: which one, and what came of it. */
struct lab_native_task {
    const struct lab_native_workload *workload;
    void *state; /* of the workload */
    uint64_t index;
    uint64_t result; /* what verify compares, 0 at first */
    bool is_wrong;   /* the work itself failed */
};

struct lab_native_workload {
    const char *name;
    const char *kind; /* io, cpu */
    const char *summary;
    /* Gets ready. 0 and *state_out, or -errno with a reason. */
    int (*open)(const struct lab_native_spec *spec, void **state_out, char *reason);
    void (*work)(struct lab_native_task *task);
    /* Is the result what it must be? */
    bool (*verify)(const struct lab_native_task *task);
    void (*close)(void *state);
};

/* The table, ended by NULL. */
const struct lab_native_workload *const *lab_native_workloads(void);
const struct lab_native_workload *lab_native_find(const char *name);

/* Writes what the native lane can run: one JSON object. 0 or -errno. */
int lab_native_list(FILE *out);

/* What a run reports. */
struct lab_native_result {
    uint64_t tasks;
    double wall_s, setup_s, first_s;
    bool is_steady;
    double workers_peak; /* 0 for serial */
};

/* What the run says at the edges of its timed window; each waits for the runner. */
struct lab_native_handshake {
    void (*ready)(double setup_s);
    void (*done)(void);
};

/* Does one closed run. 0, or -errno with a reason: -EBADMSG is a wrong result. */
int lab_native_run(const struct lab_native_workload *workload, const struct lab_native_spec *spec,
                   const struct lab_native_handshake *handshake, struct lab_native_result *result,
                   char *reason);

#endif
