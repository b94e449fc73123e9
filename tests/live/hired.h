/* hired.h - a backend of the tests': threads of their own, and everything it was asked for counted.
 *
 * It can be told to fail, and it keeps a lock like an interpreter's: a worker holds it while it
 * runs, and gives it away only in detach. */
#ifndef TESTS_LIVE_HIRED_H
#define TESTS_LIVE_HIRED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <treadle/treadle.h>

#include "tests/live/gate.h"

enum { HIRED_MAX = 64 };

struct hired {
    pthread_mutex_t interpreter; /* held by a worker that is attached */
    bool has_interpreter;        /* constant: is it used at all? */
    _Atomic uint32_t spawns_allowed;
    _Atomic int open_code; /* what open answers */
    _Atomic uint32_t spawned, joined, opened, closed, detached, attached, quiet_asked;
    _Atomic uint32_t completed[TRD_OUTCOME_LOST + 1]; /* by outcome */
    _Atomic uint32_t caller_runs;                     /* runs without a worker */
    struct gate at_close;
    struct gate at_spawn, may_spawn; /* spawn raises one and awaits the other's number */
    _Atomic uint64_t spawn_awaits;
    pthread_t threads[HIRED_MAX]; /* protected by `mutex` */
    struct trd_pool *pool;
    pthread_mutex_t mutex;
};

/** A task of the caller's memory, with the function to run. */
struct hired_task {
    struct trd_task_with_attr shell; /* first */
    enum trd_outcome (*run)(struct hired_task *task);
    void *arg;
    _Atomic uint32_t completed_count;
    enum trd_outcome outcome;
    uint32_t runs;
    struct gate *told; /* raised at completion; or NULL */
};

void hired_init(struct hired *hired);
/** Prepares a task. */
void hired_task_init(struct hired_task *task, enum trd_outcome (*run)(struct hired_task *task),
                     void *arg);
enum trd_outcome hired_nothing(struct hired_task *task);
/** Runs a struct held, the argument. */
enum trd_outcome hired_held(struct hired_task *task);
/** The backend. Its context is a struct hired. */
extern const struct trd_backend hired_backend;
/** Checks what must hold after the pool was destroyed. */
void hired_check_end(struct hired *hired);

#endif
