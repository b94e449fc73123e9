/* engine_object.h - a pool of libtreadle as a Python object, and its workers.
 *
 * Three kinds of owner: the executor, every worker's thread, and the engine itself while the pool
 * holds futures. The executor may go first (its tasks are then run to the end); the last one to go
 * destroys the pool, when nothing of it can run any more.
 */
#ifndef TREADLE_PYTHON_ENGINE_OBJECT_H
#define TREADLE_PYTHON_ENGINE_OBJECT_H

#include "future_object.h"
#include "gil_meter.h"
#include "map_task.h"
#include "placement.h"

#include <sys/types.h>

struct trd_pool;
struct trd_backend;
struct worker;

enum { CACHE_LINE = 64 };

/** What the callables and clients of a pool are called, by their keys; NULL without insight. */
struct group_names {
    PyObject *callables; /* dict: a name, and what the key is the address of */
    PyObject *clients;   /* dict: a name */
};

struct engine {
    PyObject_HEAD PyObject *weakrefs;
    struct module_state *state; /* lives as long as our type */
    PyInterpreterState *interpreter;
    PyObject *self_reference; /* a weak one, for the pool's keeper */
    struct trd_pool *pool;    /* NULL until it is open, then constant */
    uint64_t pending_max;     /* constant; 0: unbounded */
    uint64_t room_timeout_ns; /* constant: for how long, or TRD_FOREVER */
    bool may_block;           /* constant: submit waits for room */
    bool is_recording;        /* constant */
    bool is_daemon;           /* constant: its threads are */
    bool do_callers_help;     /* constant */
    bool is_telling;          /* constant: of exceptions that nobody has looked at */
    struct own_lock lock;
    struct sleeper *room;          /* lock: those who wait for it */
    _Atomic bool is_shut_down;     /* lock to write: by shutdown() */
    _Atomic bool is_ending;        /* lock to write: by that, or because its executor or the
                                      interpreter goes away */
    _Atomic bool is_broken;        /* lock to write: there is `broken` */
    _Atomic bool has_thread_error; /* lock to write: there is `thread_error` */
    _Atomic uint32_t workers_min, workers_max; /* as the user set them last */
    uint32_t workers_bound; /* lock: the most there may be now; see engine_help.c */
    uint32_t stuck_count;   /* lock: workers that wait for calls of this pool */
    bool is_bounding;       /* lock: somebody tells the pool, and looks again afterwards */
    pid_t process;          /* constant: who made it; a forked child must not use it */
    PyObject *name_prefix;  /* constant: of its threads; str */
    PyObject *initializer;  /* constant; or None */
    PyObject *initargs;     /* constant; tuple */
    PyObject *threads;      /* constant; set of threading.Thread */
    PyObject *broken;       /* lock, and constant once it is there: why it is broken, a str */
    PyObject *thread_error; /* lock: why the last thread did not start; or NULL */
    struct group_names names;
    struct gil_account gil; /* open if the sizer looks at the interpreter's lock */
    /* What submitters write at every call, and what workers do, lie apart from each other and from
     * the rest, which both read: else each would wait for the other's cache. */
    char apart_from_rest[CACHE_LINE];
    _Atomic uint64_t entered;  /* calls that have begun to wait, ever; see engine_waiting() */
    _Atomic uint64_t accepted; /* tasks that the pool has not completed, and some that it has: see
                                  engine_completed(); while there are some, it owns a reference to
                                  itself */
    char apart_from_submitters[CACHE_LINE];
    _Atomic uint64_t started; /* of those that have entered, those that wait no more */
    _Atomic uint32_t runs;    /* calls made, more or less; wraps around */
    char apart_from_workers[CACHE_LINE];
};

/* py_engine.c */

/** The engine at `engine`, whose pool lives, on a thread that may have no reference to it: a new
 * reference, or NULL, without an exception, when nobody else has one any more. */
struct engine *engine_get(struct engine *engine);
/** Whether it is. */
static inline bool engine_is_broken(const struct engine *engine) {
    /* Acquire: pairs with the release in engine_break(), for who reads `broken`. */
    return atomic_load_explicit(&engine->is_broken, memory_order_acquire);
}
/** Whether it takes no more calls. */
static inline bool engine_is_ending(const struct engine *engine) {
    return atomic_load_explicit(&engine->is_ending, memory_order_relaxed); /* a state, no message */
}
/** How many calls wait. */
static inline uint64_t engine_waiting(const struct engine *engine) {
    /* Acquire: whoever has started has entered before, so the difference is not negative. */
    uint64_t started = atomic_load_explicit(&engine->started, memory_order_acquire);
    return shared_read(&engine->entered) - started;
}
/** Takes a future's call out of the number of those that wait. */
void engine_started(struct engine *engine);
/** The pool has completed one of its tasks, and whoever calls still holds the engine. A worker does
 * as long as it works, so it tells of many at once: at the latest before it waits for work, and
 * when it ends; then by the second function. */
void engine_completed(struct engine *engine);
void engine_completed_all(struct worker *worker);
/** It is broken from now on; steals the reference to a str. */
void engine_break(struct engine *engine, PyObject *why);
/** Keeps why a thread did not start (and steals the reference), until somebody asks for it: that
 * one, or NULL. */
void engine_keep_thread_error(struct engine *engine, PyObject *why);
PyObject *engine_take_thread_error(struct engine *engine);
/** The engine that has `future`: a new reference, or NULL. */
struct engine *engine_of(struct future *future);
/** The same for `engine`. */
int engine_check_process(const struct engine *engine);
/** Lets the pool end: what is queued still runs. Does not wait. */
void engine_let_go(struct engine *engine);
/** Sets the exception that says what libtreadle's `error` means here. */
void engine_raise(struct engine *engine, int error);

/* engine_submit.c */

/** Gives `future`, or a task of a map, to the pool, which takes a reference, or share, of its own.
 * 0, or -1 with an exception: then the pool never had it, unless the exception is an interrupt. May
 * release the interpreter's lock. */
int engine_submit(struct engine *engine, struct future *future);
int engine_submit_map(struct engine *engine, struct map_task *task);
/** Takes a cancelled future's task out of its pool, if it still waits there. */
void engine_withdraw(struct future *future);
/** A call into the pool has returned `error`, and perhaps a thread could not be started on the way.
 * 0: nothing went wrong. -1: the exception is set. */
int engine_check(struct engine *engine, int error);

/* engine_help.c */

/** Lets the calling thread make the call of `task`, if its pool wants that and it has not started.
 * Afterwards it is over, and true is returned. The caller owns a reference, or share, to it; NULL
 * is allowed for the pool of one that is over. */
bool engine_help(struct engine *engine, struct trd_task *task);
/** Around a wait for a call of `engine`: true when the calling thread is one of its workers, and
 * engine_wait_end() must follow. May start a thread. */
bool engine_wait_begin(const struct engine *engine);
void engine_wait_end(void);
/** The same for a wait that ends nobody knows when: at the latest with this worker's call. */
void engine_wait_till_end(const struct engine *engine);
void engine_wait_over(void);
/** Tells the pool how many workers there may be. */
void engine_bound_workers(struct engine *engine);

/* engine_report.c */

PyObject *engine_stats(PyObject *self, PyObject *unused);
PyObject *engine_groups(PyObject *self, PyObject *unused);
PyObject *engine_trace(PyObject *self, PyObject *path);

/* group_names.c */

/** Makes the dictionaries. 0, or -1 with an exception. */
int group_names_open(struct group_names *names);
/** call_class(), noted with what it stands for if the pool has insight. */
uint64_t group_names_key(struct engine *engine, PyObject *callee);
/** Notes what the key of a client stands for, unless that is known. Never fails. */
void group_names_note_client(const struct group_names *names, uint64_t key, PyObject *client);
/** A name: a new reference; NULL, perhaps with an exception, when there is none. */
PyObject *group_names_callable(const struct group_names *names, uint64_t key);
PyObject *group_names_client(const struct group_names *names, uint64_t key);

/* py_backend.c */

extern const struct trd_backend python_backend;

/* py_worker.c */

/** A worker's thread: what it calls. */
struct worker {
    PyObject_HEAD struct engine *engine;
    struct trd_pool *pool; /* that of the engine, which may not know it yet */
    PyObject *thread;
    uint32_t index;
    struct gil_seat seat;
    _Atomic int phase;    /* enum worker_phase */
    uint32_t wait_count;  /* its own thread: waits for calls of its own pool that it is in */
    bool is_stuck_to_end; /* its own thread: one of these lasts until its call ends */
    uint32_t completed;   /* its own thread: tasks that its engine has not been told of */
};

/** The worker that the calling thread is; NULL if it is none. */
struct worker *worker_self(void);

/** Starts the thread of worker `index` of `pool`, the engine's. 0, or -errno with an exception. An
 * exception with 0: the thread runs, but the caller was interrupted. */
int worker_start(struct engine *engine, struct trd_pool *pool, uint32_t index);
/** The calling thread, a worker, begins or ends to wait for work. Without the interpreter's lock,
 * too. */
void worker_set_idle(bool is_idle);
int worker_type_make(PyObject *module, struct module_state *state);

/* py_executor.c */

struct executor {
    PyObject_HEAD struct engine
        *engine;            /* NULL until its __init__ has run; see executor_engine() */
    PyObject *keys;         /* lock: a tuple with a callable or None for each attribute; or NULL */
    PyObject *former;       /* lock: a list of the engines of earlier runs of __init__; or NULL */
    char is_context_copied; /* calls are made in copies of their submitters' contexts */
    struct own_lock lock;
};

/** Is a call with this placement (NULL is allowed) made in a copy of its submitter's context? */
bool executor_copies_context(const struct executor *executor, const struct placement *placement);

/** The engine of an executor: borrowed, and alive as long as the executor; NULL with RuntimeError.
 */
struct engine *executor_engine(PyObject *self);
/** What computes the attributes of its calls: a new reference, or NULL, without an exception, when
 * there is nothing; and whether there is. */
PyObject *executor_keys(PyObject *self);
bool executor_has_keys(PyObject *self);
/** Submits args[0](*args[1:], **keywords), placed as `placement` says, which may be NULL. */
PyObject *executor_submit_call(PyObject *self, const struct placement *placement,
                               PyObject *const *args, Py_ssize_t count, PyObject *keywords);

/* py_options.c */

/** What an Options object says of calls, and its executor; both borrowed. */
const struct placement *options_look(PyObject *options, PyObject **executor_out);

/* py_map.c */

/** _treadle.map(owner, function, iterables, end_time, chunk, ahead): the iterator over the results.
 * `owner` is an executor or its options; `end_time`, by time.monotonic(), is negative for none; a
 * chunk of 0 is found here; `ahead` tasks are submitted before results are read, 0: all. */
PyObject *map_results_new(PyObject *module, PyObject *args);
int map_results_type_make(PyObject *module, struct module_state *state);

/* client_key.c */

/** The key of a client, any hashable object; None is 0. -1 with an exception. */
int client_key(PyObject *client, uint64_t *key);

/* interpreter_lock.c */

/** A Python function that does nothing: a new reference, or NULL with an exception. */
PyObject *interpreter_make_pause(void);
/** Lets the interpreter do what it does between two instructions: above all, hand its lock to a
 * thread that has waited long enough. Workers call it after calls that gave it no chance. 0, or -1
 * with an exception that somebody raised in this thread. */
int interpreter_take_turns(const struct module_state *state);
/** Gives the interpreter's lock away, and takes it back. Pairs, on one thread. */
void interpreter_release(void);
void interpreter_retake(void);

/** How this thread came to hold the interpreter's lock; see interpreter_enter(). */
struct interpreter_visit {
    PyThreadState *made, *retaken;
};

/** For functions that the engine calls on any thread, with the interpreter's lock or without it:
 * makes sure that this thread holds it; the other one puts everything back. */
void interpreter_enter(const struct engine *engine, struct interpreter_visit *visit);
void interpreter_leave(struct interpreter_visit *visit);
/** Is this one of the engine's own threads, inside such a visit? */
bool interpreter_is_visited(void);

#endif
