/* insight.h - waits and run times callable by callable and client by client, for whoever asks.
 *
 * The scheduler adds to it where it adds to the histograms of the whole. Its memory is the body's,
 * of fixed size and zero at first: who has no row of his own is counted with the rest, so what it
 * knows is complete, and bounded. Protected as the scheduler is. */
#ifndef TRD_CORE_INSIGHT_H
#define TRD_CORE_INSIGHT_H

#include <stdbool.h>

#include <treadle/task.h>

#include "base/histogram.h"
#include "core/sched.h"

enum {
    TRD_INSIGHT_CLIENTS = 256, /* with rows of their own, the anonymous one included */
    TRD_INSIGHT_REST = TRD_INSIGHT_CLIENTS,
    TRD_INSIGHT_PLACES = 2 * TRD_INSIGHT_CLIENTS, /* at most half full */
};

/* A row is touched when its first task has started: until then it costs address space alone. */
struct trd__insight_row {
    uint64_t key;
    struct trd_histogram wait, run;
};

struct trd__insight {
    uint32_t class_last, client_last;                       /* rows in use; 0 always is */
    uint16_t client_place[TRD_INSIGHT_PLACES];              /* a row, 0 is an empty place */
    struct trd__insight_row classes[TRD_CLASSES_MAX];       /* by class_index; 0 is the rest */
    struct trd__insight_row clients[TRD_INSIGHT_REST + 1u]; /* 0 is the anonymous one */
};

/** The row of the client that `task` is for, made if it is new and there is one left. */
struct trd__insight_row *trd__insight_client(struct trd__insight *insight, struct trd_task *task);

/** Callable `class_index` is the one called `key`. */
void trd__insight_name_class(struct trd__insight *insight, uint16_t class_index, uint64_t key);

/** What is known of the classes and of the clients, row by row; then NULL. The last row of the
 * clients is the rest. */
const struct trd__insight_row *trd__insight_class_row(const struct trd__insight *insight,
                                                      uint32_t index, bool *is_rest_out);
const struct trd__insight_row *trd__insight_client_row(const struct trd__insight *insight,
                                                       uint32_t index, bool *is_rest_out);

/** `task` has begun, after `wait_ns`. */
static inline void trd__insight_started(struct trd__insight *insight, struct trd_task *task,
                                        uint64_t wait_ns) {
    trd__histogram_add(&insight->classes[task->class_index].wait, wait_ns);
    trd__histogram_add(&trd__insight_client(insight, task)->wait, wait_ns);
}

/** `task` is over, and has run for `run_ns`. */
static inline void trd__insight_ended(struct trd__insight *insight, struct trd_task *task,
                                      uint64_t run_ns) {
    trd__histogram_add(&insight->classes[task->class_index].run, run_ns);
    trd__histogram_add(&trd__insight_client(insight, task)->run, run_ns);
}

#endif
