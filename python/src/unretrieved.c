/* unretrieved.c - exceptions that nobody has looked at are logged once, when their future dies.
 *
 * As asyncio does for its tasks: result(), exception(), cancel() and whoever reads `_exception`
 * have looked. A call that has raised leaves an object of this type in its future, which logs when
 * it is finalized, unless somebody has looked. So a call that returns pays nothing for it.
 */
#include "extension.h"

struct unretrieved {
    PyObject_HEAD PyObject *exception, *label;
    _Atomic bool is_over; /* looked at, or logged */
};

static struct unretrieved *as_unretrieved(PyObject *self) {
    return (struct unretrieved *)(void *)self;
}

void unretrieved_prepare(struct future *future, PyObject *callee) {
    if (future->engine == NULL || !future->engine->is_telling) {
        return;
    }
    future->argument[1] = call_label(future->engine->state, callee);
    if (future->argument[1] == NULL) {
        PyErr_Clear();
    }
}

void unretrieved_begin(struct future *future, PyObject *exception) {
    PyObject *label = future->argument[1];
    if (label == NULL || exception == NULL) {
        return;
    }
    PyTypeObject *type = state_of(Py_TYPE(future))->unretrieved_type;
    struct unretrieved *guard = PyObject_GC_New(struct unretrieved, type);
    future->argument[1] = (PyObject *)guard;
    if (guard == NULL) {
        PyErr_Clear();
        Py_DECREF(label);
        return;
    }
    Py_INCREF(exception);
    guard->exception = exception;
    guard->label = label;
    /* Relaxed, here and below: it guards nothing but itself. */
    atomic_init(&guard->is_over, false);
    PyObject_GC_Track(guard);
}

void unretrieved_end(struct future *future) {
    PyObject *guard = future_state(future) == FUTURE_FINISHED ? future->argument[1] : NULL;
    if (guard != NULL && Py_IS_TYPE(guard, state_of(Py_TYPE(future))->unretrieved_type)) {
        atomic_store_explicit(&as_unretrieved(guard)->is_over, true, memory_order_relaxed);
    }
}

static void unretrieved_log(struct module_state *state, struct unretrieved *guard) {
    PyObject *module = PyImport_ImportModule("logging");
    PyObject *name = PyUnicode_InternFromString("treadle");
    PyObject *logger = module && name ? method_call(module, "getLogger", name) : NULL;
    PyObject *method = logger ? attribute_of(logger, "error") : NULL;
    PyObject *args = Py_BuildValue("(sO)", "the exception of %s was never retrieved", guard->label);
    PyObject *keywords = Py_BuildValue("{OO}", state->names.exc_info, guard->exception);
    PyObject *answer = method && args && keywords ? PyObject_Call(method, args, keywords) : NULL;
    if (answer == NULL && !state_is_exiting(state)) {
        PyErr_WriteUnraisable(guard->label);
    }
    PyErr_Clear(); /* of an interpreter that ends: logging may be gone already */
    Py_XDECREF(answer);
    Py_XDECREF(keywords);
    Py_XDECREF(args);
    Py_XDECREF(method);
    Py_XDECREF(logger);
    Py_XDECREF(name);
    Py_XDECREF(module);
}

static void unretrieved_finalize(PyObject *self) {
    struct unretrieved *guard = as_unretrieved(self);
    struct module_state *state = state_of(Py_TYPE(self));
    bool was_over = atomic_exchange_explicit(&guard->is_over, true, memory_order_relaxed);
    if (was_over || state->names.exc_info == NULL) { /* the module may have been cleared */
        return;
    }
    PyObject *error = error_take();
    unretrieved_log(state, guard);
    if (error != NULL) {
        error_put(error);
    }
}

static int unretrieved_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(as_unretrieved(self)->exception);
    return 0;
}

static int unretrieved_clear(PyObject *self) {
    Py_CLEAR(as_unretrieved(self)->exception);
    return 0;
}

static void unretrieved_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    if (PyObject_CallFinalizerFromDealloc(self) < 0) {
        return;
    }
    PyObject_GC_UnTrack(self);
    (void)unretrieved_clear(self);
    Py_XDECREF(as_unretrieved(self)->label);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyType_Slot unretrieved_slots[] = {
    {Py_tp_doc, SLOT_TEXT("An exception that nobody has looked at yet.")},
    {Py_tp_finalize, unretrieved_finalize},
    {Py_tp_traverse, unretrieved_traverse},
    {Py_tp_clear, unretrieved_clear},
    {Py_tp_dealloc, unretrieved_dealloc},
    {0, NULL},
};

static PyType_Spec unretrieved_spec = {
    .name = "treadle._treadle._Unretrieved",
    .basicsize = sizeof(struct unretrieved),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | NO_CONSTRUCTOR,
    .slots = unretrieved_slots,
};

int unretrieved_type_make(PyObject *module, struct module_state *state) {
    return type_make(module, &unretrieved_spec, NULL, &state->unretrieved_type);
}
