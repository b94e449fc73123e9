/* py_engine.c - the type _treadle.Engine: a pool of libtreadle, and how its errors are said.
 *
 * The pool is entered with the interpreter's lock held, except where it waits for its workers.
 */
#include "extension.h"

#include <errno.h>
#include <unistd.h>

#include <structmember.h>

static struct engine *as_engine(PyObject *self) {
    return (struct engine *)(void *)self;
}

static void raise_message(PyObject *type, const char *message) {
    PyErr_SetString(type, message);
}

static bool is_shut_down(const struct engine *engine) {
    return atomic_load_explicit(&engine->is_shut_down, memory_order_relaxed); /* a state, no more */
}

void engine_raise(struct engine *engine, int error) {
    struct module_state *state = engine->state;
    switch (-error) {
    case ENOTRECOVERABLE:
        PyErr_SetObject(state->broken_pool, engine_is_broken(engine) ? engine->broken : Py_None);
        return;
    case ESHUTDOWN:
        raise_message(PyExc_RuntimeError, state_is_exiting(state) && !is_shut_down(engine)
                                              ? "cannot schedule new futures after interpreter "
                                                "shutdown"
                                              : "cannot schedule new futures after shutdown");
        return;
    case EAGAIN:
        if (engine->pending_max) {
            PyErr_Format(state->queue_full,
                         "the pool has refused the call: %llu wait already (max_pending=%llu)",
                         (unsigned long long)engine_waiting(engine),
                         (unsigned long long)engine->pending_max);
        } else {
            PyErr_Format(state->queue_full,
                         "the policy of the pool has refused the call while %llu wait",
                         (unsigned long long)engine_waiting(engine));
        }
        return;
    case ETIMEDOUT:
        PyErr_Format(state->queue_full,
                     "the pool was full for too long: %llu wait (max_pending=%llu, full_timeout)",
                     (unsigned long long)engine_waiting(engine),
                     (unsigned long long)engine->pending_max);
        return;
    case EDEADLK:
        raise_message(PyExc_RuntimeError,
                      "a worker of the pool would wait for its own pool; inside a call, submit "
                      "with on_full=\"refuse\" or \"caller_runs\", and do not drain");
        return;
    case EOWNERDEAD:
        raise_message(PyExc_RuntimeError,
                      "this pool belongs to the parent of this process: its threads do not exist "
                      "after a fork; make a new pool here");
        return;
    case ENOMEM:
        (void)PyErr_NoMemory();
        return;
    default:
        errno = -error;
        (void)PyErr_SetFromErrno(PyExc_OSError);
    }
}

int engine_check_process(const struct engine *engine) {
    if (engine == NULL || engine->process == getpid()) {
        return 0;
    }
    raise_message(PyExc_RuntimeError, "the pool of this future belongs to the parent of this "
                                      "process: its threads do not exist after a fork, and the "
                                      "future will never be over here");
    return -1;
}

struct engine *engine_get(struct engine *engine) {
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *got = NULL;
    (void)PyWeakref_GetRef(engine->self_reference, &got); /* it is a weak reference */
    return (struct engine *)(void *)got;
#else
    PyObject *got = PyWeakref_GetObject(engine->self_reference);
    if (got == Py_None) {
        return NULL;
    }
    Py_INCREF(got);
    return (struct engine *)(void *)got;
#endif
}

void engine_break(struct engine *engine, PyObject *why) {
    own_lock_take(&engine->lock);
    if (engine->broken == NULL) { /* the first reason counts */
        engine->broken = why;
        why = NULL;
    }
    /* Release: pairs with the acquire in engine_is_broken(). */
    atomic_store_explicit(&engine->is_broken, true, memory_order_release);
    sleepers_wake_all_locked(&engine->room);
    own_lock_give(&engine->lock);
    Py_XDECREF(why);
}

static PyObject *exchange_thread_error(struct engine *engine, PyObject *why) {
    own_lock_take(&engine->lock);
    PyObject *old = engine->thread_error;
    engine->thread_error = why;
    /* Relaxed: it is read by the thread that has set it, or by luck. */
    atomic_store_explicit(&engine->has_thread_error, why != NULL, memory_order_relaxed);
    own_lock_give(&engine->lock);
    return old;
}

void engine_keep_thread_error(struct engine *engine, PyObject *why) {
    Py_XDECREF(exchange_thread_error(engine, why));
}

PyObject *engine_take_thread_error(struct engine *engine) {
    return exchange_thread_error(engine, NULL);
}

/* Whoever waits for room waits in vain. */
static void engine_end(struct engine *engine, bool is_shut_down) {
    own_lock_take(&engine->lock);
    /* Relaxed: see engine_is_ending(). */
    atomic_store_explicit(&engine->is_ending, true, memory_order_relaxed);
    if (is_shut_down) {
        atomic_store_explicit(&engine->is_shut_down, true, memory_order_relaxed); /* as above */
    }
    sleepers_wake_all_locked(&engine->room);
    own_lock_give(&engine->lock);
}

void engine_let_go(struct engine *engine) {
    engine_end(engine, false);
    if (engine->pool != NULL) {
        (void)trd_pool_shutdown(engine->pool, TRD_SHUTDOWN_DRAIN, false); /* cannot fail unwaited */
    }
}

static PyObject *engine_shutdown(PyObject *self, PyObject *cancel) {
    struct engine *engine = as_engine(self);
    int is_cancelling = PyObject_IsTrue(cancel);
    if (is_cancelling < 0) {
        return NULL;
    }
    engine_end(engine, true);
    enum trd_shutdown how = is_cancelling ? TRD_SHUTDOWN_CANCEL_PENDING : TRD_SHUTDOWN_DRAIN;
    int error = trd_pool_shutdown(engine->pool, how, false);
    /* In a forked child there is nothing to shut down, and cleaning up must not fail. */
    if (error != 0 && error != -EOWNERDEAD) {
        engine_raise(engine, error);
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *engine_settle(PyObject *self, PyObject *unused) {
    (void)unused;
    interpreter_release();
    int error = trd_pool_shutdown(as_engine(self)->pool, TRD_SHUTDOWN_DRAIN, true);
    interpreter_retake();
    if (error != 0 && error != -EOWNERDEAD) {
        engine_raise(as_engine(self), error);
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *engine_let_go_method(PyObject *self, PyObject *unused) {
    (void)unused;
    engine_let_go(as_engine(self));
    Py_RETURN_NONE;
}

static PyObject *engine_resize(PyObject *self, PyObject *args) {
    struct engine *engine = as_engine(self);
    unsigned int workers_min, workers_max;
    if (!PyArg_ParseTuple(args, "II:resize", &workers_min, &workers_max)) {
        return NULL;
    }
    int error = trd_pool_resize(engine->pool, workers_min, workers_max);
    if (engine_check(engine, error) != 0) {
        return NULL;
    }
    own_lock_take(&engine->lock);
    engine->workers_min = workers_min;
    engine->workers_max = engine->workers_bound = workers_max;
    own_lock_give(&engine->lock);
    engine_bound_workers(engine);
    Py_RETURN_NONE;
}

/* What the constructor is given besides what lies in the engine. */
struct engine_arguments {
    const char *policy, *sizer, *on_full;
    unsigned int workers_min, workers_max;
    unsigned long long pending_max, room_timeout_ns, seed;
    unsigned long long idle_ns;
    int is_recording, is_daemon, is_insightful, is_telling, do_callers_help;
};

static int engine_parse(struct engine *engine, struct engine_arguments *given, PyObject *args,
                        PyObject *kwargs) {
    static const char *const keywords[] = {
        "name_prefix",  "initializer", "initargs",    "policy",  "sizer",
        "min_workers",  "max_workers", "max_pending", "on_full", "full_timeout_ns",
        "seed",         "record",      "is_daemon",   "insight", "log_unretrieved",
        "caller_helps", "idle_ns",     NULL};
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "UOO!ssIIKsKKpppppK:Engine", (char **)(uintptr_t)keywords,
            &engine->name_prefix, &engine->initializer, &PyTuple_Type, &engine->initargs,
            &given->policy, &given->sizer, &given->workers_min, &given->workers_max,
            &given->pending_max, &given->on_full, &given->room_timeout_ns, &given->seed,
            &given->is_recording, &given->is_daemon, &given->is_insightful, &given->is_telling,
            &given->do_callers_help, &given->idle_ns)) {
        engine->name_prefix = engine->initializer = engine->initargs = NULL; /* borrowed */
        return -1;
    }
    Py_INCREF(engine->name_prefix);
    Py_INCREF(engine->initializer);
    Py_INCREF(engine->initargs);
    return 0;
}

static int on_full_parse(const char *text, enum trd_on_full *on_full) {
    static const char *const names[] = {
        [TRD_ON_FULL_BLOCK] = "block",
        [TRD_ON_FULL_REFUSE] = "refuse",
        [TRD_ON_FULL_CALLER_RUNS] = "caller_runs",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) == 0) {
            *on_full = (enum trd_on_full)i;
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError,
                 "on_full must be \"block\", \"refuse\" or \"caller_runs\", not \"%.100s\"", text);
    return -1;
}

/* A sizer that looks at the interpreter's lock wants it measured, and so does insight. What does
 * not parse is said by trd_pool_create(). */
static void engine_open_meter(struct engine *engine, const struct engine_arguments *given) {
    struct trd_sizer_spec spec;
    struct trd_error unused;
    engine->gil.why_not = "the sizer does not look at it, and insight=True was not said";
    if (trd_sizer_parse(given->sizer, &spec, &unused) != 0 ||
        (!spec.sizer->reads_gil && !given->is_insightful)) {
        return;
    }
    if (state_is_exiting(engine->state)) {
        engine->gil.why_not = "the interpreter is shutting down";
        return;
    }
    gil_meter_open(&engine->state->gil_meter, &engine->state->lock, &engine->gil);
}

static int engine_open(struct engine *engine, const struct engine_arguments *given) {
    enum trd_on_full on_full = TRD_ON_FULL_BLOCK;
    if (on_full_parse(given->on_full, &on_full) != 0) {
        return -1;
    }
    const struct trd_pool_config config = {
        .name = "treadle",
        .policy = given->policy,
        .sizer = given->sizer,
        .workers_min = given->workers_min,
        .workers_max = given->workers_max,
        .pending_max = given->pending_max,
        .on_full = on_full,
        .idle_ns = given->idle_ns,
        .seed = given->seed,
        .is_recording = given->is_recording != 0,
        .is_insightful = given->is_insightful != 0,
        .backend = &python_backend,
        .backend_context = engine,
    };
    engine->workers_min = given->workers_min;
    engine->workers_max = engine->workers_bound = given->workers_max;
    engine->pending_max = given->pending_max;
    engine->may_block = given->pending_max > 0 && on_full == TRD_ON_FULL_BLOCK;
    engine->room_timeout_ns = given->room_timeout_ns;
    engine->is_recording = config.is_recording;
    engine->is_daemon = given->is_daemon != 0;
    engine->do_callers_help = given->do_callers_help != 0;
    engine->is_telling = given->is_telling != 0;
    if (given->is_insightful && group_names_open(&engine->names) != 0) {
        return -1;
    }
    engine_open_meter(engine, given);
    struct trd_error message = {{0}};
    struct trd_pool *pool = NULL;
    int error = trd_pool_create(&config, &pool, &message);
    engine->pool = error == 0 ? pool : NULL;
    /* Relaxed: what this thread has kept itself, it sees. */
    bool has_failed = atomic_load_explicit(&engine->has_thread_error, memory_order_relaxed);
    if (error == -EINVAL && !has_failed && message.message[0] != '\0') {
        raise_message(PyExc_ValueError, message.message);
        return -1;
    }
    return engine_check(engine, error);
}

static PyObject *engine_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    struct engine *engine = (struct engine *)(void *)type->tp_alloc(type, 0);
    if (engine == NULL) {
        return NULL;
    }
    struct engine_arguments given = {0};
    engine->state = state_of(type);
    engine->interpreter = PyInterpreterState_Get();
    engine->process = getpid();
    engine->threads = PySet_New(NULL);
    engine->self_reference = PyWeakref_NewRef((PyObject *)engine, NULL);
    if (engine->threads == NULL || engine->self_reference == NULL ||
        engine_parse(engine, &given, args, kwargs) != 0 || engine_open(engine, &given) != 0) {
        Py_DECREF((PyObject *)engine);
        return NULL;
    }
    return (PyObject *)engine;
}

static int engine_traverse(PyObject *self, visitproc visit, void *arg) {
    struct engine *engine = as_engine(self);
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(engine->initializer);
    Py_VISIT(engine->initargs);
    Py_VISIT(engine->threads);
    Py_VISIT(engine->thread_error);
    Py_VISIT(engine->names.callables);
    Py_VISIT(engine->names.clients);
    return 0;
}

/* Only called when nothing can reach the engine: no executor, no worker, nothing queued. */
static int engine_clear(PyObject *self) {
    struct engine *engine = as_engine(self);
    Py_CLEAR(engine->initargs);
    Py_CLEAR(engine->threads);
    Py_CLEAR(engine->thread_error);
    Py_CLEAR(engine->names.callables);
    Py_CLEAR(engine->names.clients);
    return 0;
}

/* Its pool ends first; afterwards nothing knows the engine any more. */
static void engine_free(struct engine *engine) {
    PyTypeObject *type = Py_TYPE(engine);
    if (engine->pool != NULL) {
        interpreter_release();
        trd_pool_destroy(engine->pool);
        interpreter_retake();
    }
    gil_meter_close(engine->state->gil_meter, &engine->gil);
    (void)engine_clear((PyObject *)engine);
    Py_XDECREF(engine->self_reference);
    Py_XDECREF(engine->initializer);
    Py_XDECREF(engine->name_prefix);
    Py_XDECREF(engine->broken);
    type->tp_free(engine);
    Py_DECREF(type);
}

/* The same, on a thread that the interpreter does not know. */
static void engine_free_elsewhere(void *arg) {
    struct engine *engine = arg;
    PyThreadState *state = PyThreadState_New(engine->interpreter);
    if (state == NULL) {
        return; /* no memory: then it stays */
    }
    PyEval_RestoreThread(state);
    engine_free(engine);
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
}

static void engine_dealloc(PyObject *self) {
    struct engine *engine = as_engine(self);
    PyObject_GC_UnTrack(self);
    PyObject *error = error_take();
    if (engine->weakrefs != NULL) {
        PyObject_ClearWeakRefs(self); /* from here on, the keeper cannot get at it: engine_get() */
    }
    if (!interpreter_is_visited()) {
        engine_free(engine);
    } else if (PyThread_start_new_thread(engine_free_elsewhere, engine) ==
               PYTHREAD_INVALID_THREAD_ID) {
        /* This is a thread of the pool's own, for which whoever destroys the pool waits, and there
         * is no other thread: then it stays. */
        PyErr_Clear();
    }
    if (error != NULL) {
        error_put(error);
    }
}

static PyObject *get_broken(PyObject *self, void *closure) {
    (void)closure;
    struct engine *engine = as_engine(self);
    PyObject *broken = engine_is_broken(engine) && engine->broken ? engine->broken : Py_False;
    Py_INCREF(broken);
    return broken;
}

static PyObject *get_waiting(PyObject *self, void *closure) {
    (void)closure;
    return PyLong_FromUnsignedLongLong(engine_waiting(as_engine(self)));
}

static PyObject *get_is_shut_down(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(is_shut_down(as_engine(self)));
}

/* The closure says where. */
static PyObject *get_workers(PyObject *self, void *closure) {
    const _Atomic uint32_t *place =
        (const _Atomic uint32_t *)(void *)((char *)self + (uintptr_t)closure);
    return PyLong_FromUnsignedLong(atomic_load_explicit(place, memory_order_relaxed));
}

static PyMethodDef engine_methods[] = {
    {"shutdown", engine_shutdown, METH_O,
     PyDoc_STR("shutdown($self, cancel, /)\n--\n\nTake no more calls; does not wait.")},
    {"settle", engine_settle, METH_NOARGS,
     PyDoc_STR("settle($self, /)\n--\n\nWait until nothing of the pool runs.")},
    {"let_go", engine_let_go_method, METH_NOARGS,
     PyDoc_STR("let_go($self, /)\n--\n\nLet the workers end when nothing is queued any more.")},
    {"resize", engine_resize, METH_VARARGS,
     PyDoc_STR("resize($self, min_workers, max_workers, /)\n--\n\nChange the bounds.")},
    {"stats", engine_stats, METH_NOARGS,
     PyDoc_STR("stats($self, /)\n--\n\nA snapshot, as a dict.")},
    {"groups", engine_groups, METH_NOARGS,
     PyDoc_STR("groups($self, /)\n--\n\nWhat insight knows of callables and of clients.")},
    {"trace", engine_trace, METH_O,
     PyDoc_STR("trace($self, path, /)\n--\n\nWrite what was recorded.")},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef engine_members[] = {
    {"threads", T_OBJECT, offsetof(struct engine, threads), READONLY, NULL},
    {"name_prefix", T_OBJECT, offsetof(struct engine, name_prefix), READONLY, NULL},
    {"initializer", T_OBJECT, offsetof(struct engine, initializer), READONLY, NULL},
    {"initargs", T_OBJECT, offsetof(struct engine, initargs), READONLY, NULL},
    {"max_pending", T_ULONGLONG, offsetof(struct engine, pending_max), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct engine, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

#define OFFSET_OF(type, field) ((void *)(uintptr_t)offsetof(type, field))

static PyGetSetDef engine_fields[] = {
    {"broken", get_broken, NULL, NULL, NULL},
    {"waiting", get_waiting, NULL, NULL, NULL},
    {"is_shut_down", get_is_shut_down, NULL, NULL, NULL},
    {"min_workers", get_workers, NULL, NULL, OFFSET_OF(struct engine, workers_min)},
    {"max_workers", get_workers, NULL, NULL, OFFSET_OF(struct engine, workers_max)},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot engine_slots[] = {
    {Py_tp_doc, SLOT_TEXT("A pool of libtreadle whose workers are threads of this interpreter.")},
    {Py_tp_new, engine_tp_new},
    {Py_tp_traverse, engine_traverse},
    {Py_tp_clear, engine_clear},
    {Py_tp_dealloc, engine_dealloc},
    {Py_tp_methods, engine_methods},
    {Py_tp_members, engine_members},
    {Py_tp_getset, engine_fields},
    {0, NULL},
};

static PyType_Spec engine_spec = {
    .name = "treadle._treadle.Engine",
    .basicsize = sizeof(struct engine),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = engine_slots,
};

int engine_type_make(PyObject *module, struct module_state *state) {
    return type_make(module, &engine_spec, NULL, &state->engine_type);
}
