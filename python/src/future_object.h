/* future_object.h - treadle.Future: what lies in it and what the other files may do with it.
 *
 * A pending task is one object: the future, the call it stands for and the engine's task. Most
 * futures never need more than a result, so everything that the standard library keeps ready in
 * each future (a condition, two lists) is one further object, `struct rare`, made when somebody
 * asks.
 *
 * A future's own lock protects its state, its outcome, what is in its rare part, and `engine`; the
 * rest belongs to whoever makes the future, then to whichever thread the engine has given its task
 * to. Without the lock one may look at the state: it only moves forward, and what moves it is done
 * before. (An attribute may be assigned to: whoever does that knows why.)
 *
 * The garbage collector: a future starts untracked. While it waits in a pool, the pool owns it and
 * it could not be collected anyway; once it is done, it can be part of a cycle only if it refers to
 * an object that can. So it is tracked from the moment that it holds such an object, or that
 * somebody can attach one. A free-threaded interpreter's collector walks over what it does not
 * track as well, and comes whenever there are so many new objects beside those that it tracked the
 * last time: with few of those, at every turn. There, a future is tracked from the start.
 */
#ifndef TREADLE_PYTHON_FUTURE_OBJECT_H
#define TREADLE_PYTHON_FUTURE_OBJECT_H

#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include <treadle/task.h>

#include "own_lock.h"
#include "sleeper.h"

struct module_state;
struct engine;

enum future_state {
    FUTURE_PENDING = 0,
    FUTURE_RUNNING,
    FUTURE_CANCELLED,
    FUTURE_CANCELLED_AND_NOTIFIED,
    FUTURE_FINISHED,
};
enum { FUTURE_STATE_COUNT = FUTURE_FINISHED + 1 };

/** How `callee` and `argument` spell the call. */
enum call_kind {
    CALL_NONE = 0, /* there is none, or it has been made */
    CALL_INLINE,   /* argument[0 .. count) are positional */
    CALL_PACKED, /* argument[0] is a tuple of all values, argument[1] the keywords' names or NULL */
    CALL_RESUMED, /* it has begun: callee is its generator, argument[0] its context */
};
enum { CALL_INLINE_MAX = 3 };

/* The instance fields of the base class, a Python class with __dict__ and __weakref__: they lie
 * before ours, or, in newer interpreters, before the object. Checked when the type is made. */
#if PY_VERSION_HEX < 0x030B0000
#define FUTURE_BASE_FIELDS void *base_fields[2];
#elif PY_VERSION_HEX < 0x030C0000
#define FUTURE_BASE_FIELDS void *base_fields[1];
#else
#define FUTURE_BASE_FIELDS
#endif

struct future {
    PyObject_HEAD FUTURE_BASE_FIELDS
        PyObject *callee; /* object members from here to `rare`: see future_members */
    PyObject *argument[CALL_INLINE_MAX];
    PyObject *result;        /* lock */
    PyObject *exception;     /* lock */
    PyObject *rare;          /* lock to write; stays once it is there: future_rare() */
    _Atomic uint8_t state;   /* enum future_state; lock to write */
    uint8_t call;            /* enum call_kind */
    uint8_t argument_count;  /* with CALL_INLINE */
    _Atomic bool is_settled; /* lock to write: finished by a method, not by assignment */
    bool is_started;         /* its pool counts it as waiting no more */
    bool has_context;        /* it is a placed_future with one */
    bool is_in_memory;       /* constant: future_memory_free() takes it back */
    struct own_lock lock;
    struct engine *engine; /* lock: the pool that has accepted it, until it completes; not owned */
    struct trd_task task;  /* last: a struct trd_attr may lie behind it */
};

struct placed_future {
    struct future future;
    struct trd_attr attr;
    PyObject *context; /* that its call is made in, until then; or NULL */
};

/** What few futures need. A garbage-collected object of its own; its future's lock. */
struct rare {
    PyObject_HEAD PyObject
        *condition;      /* threading.Condition; from then on every change is made under its lock */
    PyObject *waiters;   /* list: of wait() and as_completed() */
    PyObject *callbacks; /* list */
    struct sleeper *sleepers;
};

/** The future that `task` is embedded in. */
static inline struct future *future_of_task(struct trd_task *task) {
    return (struct future *)(void *)((char *)task - offsetof(struct future, task));
}

static inline struct rare *future_rare(const struct future *future) {
    /* Acquire: pairs with the release in future_rare_make(). */
    return (struct rare *)(void *)__atomic_load_n(&future->rare, __ATOMIC_ACQUIRE);
}

static inline enum future_state future_state(const struct future *future) {
    /* Acquire: pairs with the release below. */
    return (enum future_state)atomic_load_explicit(&future->state, memory_order_acquire);
}

static inline void future_set_state_locked(struct future *future, enum future_state state) {
    /* Release: whoever sees the state sees what has led to it. */
    atomic_store_explicit(&future->state, (uint8_t)state, memory_order_release);
}

static inline bool future_is_settled(const struct future *future) {
    /* Relaxed: only says which way to go; the outcome is read under the lock. */
    return atomic_load_explicit(&future->is_settled, memory_order_relaxed);
}

static inline void future_set_settled_locked(struct future *future, bool is_settled) {
    atomic_store_explicit(&future->is_settled, is_settled, memory_order_relaxed); /* as above */
}

/** Has nobody looked at `_condition` or `_waiters`? Then a change of state is atomic under the
 * future's lock alone. */
static inline bool future_is_plain_locked(const struct future *future) {
    const struct rare *rare = future_rare(future);
    return rare == NULL || (rare->condition == NULL && rare->waiters == NULL);
}

static inline bool future_is_cancelled(const struct future *future) {
    enum future_state state = future_state(future);
    return state == FUTURE_CANCELLED || state == FUTURE_CANCELLED_AND_NOTIFIED;
}

/** Does its call run in slices, and has begun? Then it is running and can still be cancelled. */
static inline bool future_is_in_slices(const struct future *future) {
    return (future->task.flags & TRD_TASK_RESUMABLE) != 0 && future_state(future) == FUTURE_RUNNING;
}

static inline bool future_is_over(const struct future *future) {
    return future_state(future) >= FUTURE_CANCELLED;
}

/* py_future.c */

/** A new, untracked future of exactly treadle.Future, or of its variant with attributes. */
struct future *future_new(struct module_state *state, bool has_attr);
/** The garbage collector has to know it from now on. */
void future_track(struct future *future);

/* future_answer.c */

/** What a future has come to, at one moment. New references, or NULL. */
struct outcome {
    enum future_state state;
    PyObject *result, *exception;
};

struct outcome outcome_of(struct future *future);
void outcome_forget(struct outcome *outcome);

/* Methods, for METH_FASTCALL | METH_KEYWORDS. */

PyObject *future_result(PyObject *self, PyObject *const *args, Py_ssize_t count,
                        PyObject *keywords);
PyObject *future_exception(PyObject *self, PyObject *const *args, Py_ssize_t count,
                           PyObject *keywords);

/* future_state.c */

/** Calls one callback, or all of them; what they raise is logged as the standard library does. -1
 * when one raised what is no Exception (KeyboardInterrupt, SystemExit). */
int future_run_callback(struct future *future, PyObject *callback);
int future_run_callbacks(struct future *future);
/** Marks it running. 1; 0: it was cancelled, and its waiters now know; -1 with an exception. */
int future_start(struct future *future);
/** Settles it with a result, or with an exception, and steals the reference. -1 with an exception:
 * it was settled already, or a callback raised what is no Exception. */
int future_settle(struct future *future, PyObject *result, PyObject *exception);
/** The same for a call that a pool has made. One in slices may have been cancelled meanwhile: then
 * its waiters are told that. */
int future_finish(struct future *future, PyObject *result, PyObject *exception);
/** Cancels it as Future.cancel() does. 1; 0: it is too late; -1 with an exception. */
int future_cancel(struct future *future);
/** When its call is between two slices, for good: it is pending again, and the answer is true. */
bool future_back_to_pending(struct future *future);
/** Cancels it and tells its waiters: its task has left the queue for good. -1 with an exception. */
int future_drop(struct future *future);
/** Calls the standard library's method `name` on `self`; `args` holds `count` positional values and
 * those of `keywords`, which may be NULL. */
PyObject *future_call_base(PyObject *self, PyObject *name, PyObject *const *args, Py_ssize_t count,
                           PyObject *keywords);

/* future_wait.c */

enum wait_end { WAIT_ERROR = -1, WAIT_OVER = 0, WAIT_TIMED_OUT, WAIT_ON_CONDITION };

/** Sleeps until `future` is over, its condition has come to life or `timeout_ns` has passed, and
 * takes that time off `*timeout_ns` (TRD_FOREVER stays). Releases the interpreter's lock. */
enum wait_end future_wait(struct future *future, uint64_t *timeout_ns);
/** Wakes every sleeper. */
void future_wake_locked(struct future *future);

/* future_fields.c: the attributes that the standard library's own code reads and writes */

extern PyGetSetDef future_fields[];
/** The rare part, made if need be. Borrowed; NULL with an exception. */
struct rare *future_rare_make(struct future *future);
/** The list at `*place`, of the future's rare part, made if need be: a new reference, or NULL with
 * an exception. */
PyObject *rare_list_make(struct future *future, PyObject **place);
int rare_type_make(PyObject *module, struct module_state *state);

/* call.c */

/** Keeps callee(*values, **names) in `future`. `values` holds `count` positional values, then those
 * of `names`, which may be NULL. -1 with an exception. */
int call_store(struct future *future, PyObject *callee, PyObject *const *values, Py_ssize_t count,
               PyObject *names);
/** Covers that are looked under: somebody may have made a ring of them. */
enum { CALL_COVERS_MAX = 16 };
/** What `callee` is a thin cover of: the function of a bound method, of a functools.partial, of a
 * decorator that says what it wraps. A new reference; NULL, without an exception, when it is none.
 */
PyObject *call_inside(struct module_state *state, PyObject *callee);
/** What is inside of all covers: a new reference. */
PyObject *call_core(struct module_state *state, PyObject *callee);
/** What a call of `callee` is called, as in "module.Class.method": a new reference, or NULL with an
 * exception. */
PyObject *call_label(struct module_state *state, PyObject *callee);
/** What tells one callable class from another: the same code has the same key, whichever function,
 * closure, bound method, partial or decorator it comes with. */
uint64_t call_class(struct module_state *state, PyObject *callee);
/** Whether calling `callee` brings the interpreter to a place where it lets other threads run, as
 * far as one can tell. */
bool call_takes_turns(PyObject *callee);
/** Makes the call, once; afterwards `future` refers to nothing of it. */
PyObject *call_make(struct future *future);
/** Forgets the call; one that has begun is closed. */
void call_drop(struct future *future);

/* call_context.c */

/** Lets the call be made in a copy of the current context. `future` is a placed_future. 0, or -1
 * with an exception. */
int context_attach(struct future *future);
/** The context of the call, which the future forgets; or NULL. A new reference. */
PyObject *context_take(struct future *future);
/** Leaves a context that was entered, and gives the reference back. Keeps the exception. */
void context_leave(PyObject *context);
/** call_make() in the context of the call. `is_visitor`: this thread is no worker at work. */
PyObject *context_call_make(struct future *future, bool is_visitor);

/* unretrieved.c */

/** The call of `callee` has raised, and its pool wants to tell if nobody looks: keeps its name. */
void unretrieved_prepare(struct future *future, PyObject *callee);
/** `future` is about to be settled with `exception`, which may be NULL. */
void unretrieved_begin(struct future *future, PyObject *exception);
/** Somebody has looked, or does not want to know. */
void unretrieved_end(struct future *future);
int unretrieved_type_make(PyObject *module, struct module_state *state);

/* resumable.c */

/** 0; -1 with TypeError: `callee` is no generator function. */
int resumable_check(struct module_state *state, PyObject *callee);
/** Runs a call to its next yield: TRD_OUTCOME_AGAIN. To its end: TRD_OUTCOME_DONE, with its result
 * in `callee` or its exception in `argument[0]`. Or TRD_OUTCOME_CANCELLED, with nothing. */
enum trd_outcome resumable_run(struct future *future);
/** Closes the generator of a call that has begun; what that raises is logged. */
void resumable_close(struct future *future);

#endif
