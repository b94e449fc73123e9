/* extension.h - what the files of the extension share: its module state, and the objects.
 *
 * One file a type. Every function here is called with the interpreter's lock held unless it says
 * so. What threads share says what protects it (own_lock.h): with that lock, that is enough; on an
 * interpreter without one, it is the lock of the object it lies in.
 * The extension has no global data: all it keeps is in the module's state.
 */
#ifndef TREADLE_PYTHON_EXTENSION_H
#define TREADLE_PYTHON_EXTENSION_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include <treadle/treadle.h>

#include "brief_wait.h"
#include "engine_object.h"
#include "future_memory.h"
#include "future_object.h"

/** Strings that are looked up often. */
struct names {
    PyObject *timeout;
    PyObject *exc_info;
    PyObject *func, *wrapped;
    PyObject *add_done_callback, *cancel, *exception, *result, *set_exception, *set_result,
        *set_running_or_notify_cancel;
};

/** Everything the extension keeps of one interpreter. */
struct module_state {
    PyTypeObject *future_type;        /* treadle.Future */
    PyTypeObject *placed_future_type; /* the same with a struct trd_attr behind its task */
    PyTypeObject *rare_type;
    PyTypeObject *unretrieved_type;
    PyTypeObject *engine_type;
    PyTypeObject *worker_type;
    PyTypeObject *executor_type;
    PyTypeObject *options_type;
    PyTypeObject *blocking_type;
    PyTypeObject *map_results_type;

    PyObject *base_future; /* concurrent.futures.Future */
    PyObject *cancelled_error;
    PyObject *timeout_error;  /* concurrent.futures.TimeoutError */
    PyObject *broken_pool;    /* concurrent.futures.thread.BrokenThreadPool */
    PyObject *queue_full;     /* treadle.QueueFull */
    PyObject *task_expired;   /* treadle.TaskExpired */
    PyObject *logger;         /* logging.getLogger("concurrent.futures") */
    PyObject *condition_type; /* threading.Condition */
    PyObject *thread_type;    /* threading.Thread */
    PyObject *pause;          /* a Python function that does nothing */
    PyObject *partial_type;   /* functools.partial */
    PyObject *cached_type;    /* of what functools.lru_cache makes */
    PyObject *state_names[FUTURE_STATE_COUNT];
    struct names names;
    struct own_lock lock;
    struct brief_wait brief;
    struct future_memory *memory, *placed_memory; /* NULL: futures are made like all objects */
    struct gil_meter *gil_meter;                  /* lock to write; NULL until a pool wants it */
    _Atomic bool is_exiting; /* atomic: the interpreter is shutting down, no new tasks */
};

static inline bool state_is_exiting(const struct module_state *state) {
    return atomic_load_explicit(&state->is_exiting, memory_order_relaxed); /* a state, no message */
}

extern struct PyModuleDef treadle_module;

/** The state of the module that made `type` or one of its bases. Never NULL for our own types. */
struct module_state *state_of(PyTypeObject *type);

/** Makes one heap type of `spec` and keeps it in `*type_out`; with `base` as its only base unless
 * that is NULL. 0, or -1 with an exception. */
int type_make(PyObject *module, PyType_Spec *spec, PyObject *base, PyTypeObject **type_out);

/* Making the types; 0, or -1 with an exception. */
int future_types_make(PyObject *module, struct module_state *state);
int engine_type_make(PyObject *module, struct module_state *state);
int executor_type_make(PyObject *module, struct module_state *state);
int options_type_make(PyObject *module, struct module_state *state);
int blocking_type_make(PyObject *module, struct module_state *state);

/** The exception being raised, with its traceback, taken out of the interpreter: a new reference,
 * or NULL when there is none; and put back, which steals it. */
PyObject *error_take(void);
void error_put(PyObject *exception);
/** Logs the exception being raised and clears it. `format` is a logging format; `argument` its
 * value, or NULL. `method`: "critical" or "error". */
void error_log(struct module_state *state, const char *method, const char *format,
               PyObject *argument);

/** object.name: a new reference, or NULL with an exception. Not PyObject_GetAttrString(): that
 * looks up with a new string each time, and the interpreter's cache of what types have keeps each.
 */
PyObject *attribute_of(PyObject *object, const char *name);
/** object.name(), or object.name(argument) when that is not NULL. */
PyObject *method_call(PyObject *object, const char *name, PyObject *argument);

/** Text for a Py_tp_doc slot, whose type has no const. */
#define SLOT_TEXT(text) ((void *)(uintptr_t)(text))

/** Types that only the extension itself makes objects of. Before 3.10 there is no such flag, and an
 * object made by hand is an empty one. */
#ifdef Py_TPFLAGS_DISALLOW_INSTANTIATION
#define NO_CONSTRUCTOR Py_TPFLAGS_DISALLOW_INSTANTIATION
#else
#define NO_CONSTRUCTOR 0
#endif

/** A method written for METH_FASTCALL | METH_KEYWORDS, as the method table wants it. */
#define AS_METHOD(function) ((PyCFunction)(void (*)(void))(function))

#endif
