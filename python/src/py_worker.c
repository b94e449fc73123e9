/* py_worker.c - a worker: a threading.Thread that runs libtreadle's loop.
 *
 * The interpreter starts the thread, so names, thread-local data, tracing and exit hooks are its
 * business; the thread's target is an object of this type, which calls trd_pool_work().
 *
 * The engine relies on a started worker entering its loop exactly once, and on one whose start has
 * failed never entering it. Thread.start() cannot promise the second: an interrupt may come when
 * the thread runs already. So the worker says itself how far it got.
 */
#include "extension.h"

#include <errno.h>

enum worker_phase { WORKER_STARTING = 0, WORKER_WORKING, WORKER_VOID };

static _Thread_local struct worker *this_worker;

/* Leaves the first phase. False: somebody has done that before. */
static bool worker_begin(struct worker *worker, enum worker_phase phase) {
    /* Relaxed: it is settled who goes on, and nothing else. */
    int starting = WORKER_STARTING;
    return atomic_compare_exchange_strong_explicit(&worker->phase, &starting, (int)phase,
                                                   memory_order_relaxed, memory_order_relaxed);
}

void worker_set_idle(bool is_idle) {
    /* Relaxed: who reads it wants to know about now, and nothing else. */
    atomic_store_explicit(&this_worker->seat.is_idle, is_idle, memory_order_relaxed);
}

static PyObject *worker_call(PyObject *self, PyObject *args, PyObject *kwargs) {
    (void)args;
    (void)kwargs;
    struct worker *worker = (struct worker *)(void *)self;
    if (worker->engine == NULL || !worker_begin(worker, WORKER_WORKING)) {
        Py_RETURN_NONE;
    }
    struct engine *engine = worker->engine;
    struct worker *outer = this_worker;
    this_worker = worker;
    gil_meter_sit(engine->state->gil_meter, &engine->gil, &worker->seat);
    (void)trd_pool_work(worker->pool, worker->index); /* a broken pool tells its submitters */
    gil_meter_rise(engine->state->gil_meter, &worker->seat);
    engine_completed_all(worker);
    this_worker = outer;
    /* The threads of a pool that ends stay readable; one that became too many goes. */
    if (!engine_is_ending(engine) && !engine_is_broken(engine) &&
        PySet_Discard(engine->threads, worker->thread) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

struct worker *worker_self(void) {
    return this_worker;
}

static struct worker *worker_new(struct engine *engine, struct trd_pool *pool, uint32_t index) {
    struct worker *worker = PyObject_GC_New(struct worker, engine->state->worker_type);
    if (worker == NULL) {
        return NULL;
    }
    Py_INCREF(engine);
    worker->engine = engine;
    worker->pool = pool;
    worker->thread = NULL;
    worker->index = index;
    worker->seat = (struct gil_seat){0};
    atomic_init(&worker->phase, WORKER_STARTING);
    worker->wait_count = 0;
    worker->is_stuck_to_end = false;
    worker->completed = 0;
    PyObject_GC_Track(worker);
    return worker;
}

/* threading.Thread(name=..., target=worker, daemon=...), unstarted. Whether it is a daemon must
 * not depend on who happens to start it: the pool's keeper would count as one. */
static PyObject *thread_new(struct engine *engine, struct worker *worker) {
    PyObject *thread = NULL;
    PyObject *none = PyTuple_New(0);
    PyObject *name = PyUnicode_FromFormat("%U_%u", engine->name_prefix, worker->index);
    PyObject *keywords = name ? Py_BuildValue("{sOsOsO}", "name", name, "target", worker, "daemon",
                                              engine->is_daemon ? Py_True : Py_False)
                              : NULL;
    if (none != NULL && keywords != NULL) {
        thread = PyObject_Call(engine->state->thread_type, none, keywords);
    }
    Py_XDECREF(keywords);
    Py_XDECREF(name);
    Py_XDECREF(none);
    return thread;
}

int worker_start(struct engine *engine, struct trd_pool *pool, uint32_t index) {
    struct worker *worker = worker_new(engine, pool, index);
    PyObject *thread = worker ? thread_new(engine, worker) : NULL;
    PyObject *answer = NULL;
    if (thread != NULL && PySet_Add(engine->threads, thread) == 0) {
        Py_INCREF(thread);
        worker->thread = thread;
        answer = method_call(thread, "start", NULL);
    }
    int error = 0;
    if (answer == NULL && (worker == NULL || worker_begin(worker, WORKER_VOID))) {
        PyObject *why = error_take();
        if (thread != NULL && PySet_Discard(engine->threads, thread) < 0) {
            PyErr_Clear();
        }
        error_put(why);
        error = -EAGAIN;
    }
    Py_XDECREF(answer);
    Py_XDECREF(thread);
    Py_XDECREF((PyObject *)worker);
    return error;
}

static int worker_traverse(PyObject *self, visitproc visit, void *arg) {
    struct worker *worker = (struct worker *)(void *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT((PyObject *)worker->engine);
    Py_VISIT(worker->thread);
    return 0;
}

/* Not the engine: a worker is never without one. The cycle through the thread is enough to break.
 */
static int worker_clear(PyObject *self) {
    Py_CLEAR(((struct worker *)(void *)self)->thread);
    return 0;
}

static void worker_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    struct worker *worker = (struct worker *)(void *)self;
    PyObject_GC_UnTrack(self);
    Py_XDECREF(worker->thread);
    Py_XDECREF((PyObject *)worker->engine);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyType_Slot worker_slots[] = {
    {Py_tp_doc, SLOT_TEXT("What the thread of a worker calls.")},
    {Py_tp_call, worker_call},
    {Py_tp_traverse, worker_traverse},
    {Py_tp_clear, worker_clear},
    {Py_tp_dealloc, worker_dealloc},
    {0, NULL},
};

static PyType_Spec worker_spec = {
    .name = "treadle._treadle.Worker",
    .basicsize = sizeof(struct worker),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | NO_CONSTRUCTOR,
    .slots = worker_slots,
};

int worker_type_make(PyObject *module, struct module_state *state) {
    return type_make(module, &worker_spec, NULL, &state->worker_type);
}
