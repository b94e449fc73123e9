/* call_context.c - context variables (contextvars): in which context a call is made.
 *
 * A worker's thread has a context of its own, and calls are made in it, unless they bring one: a
 * copy of their submitter's, which costs as much as a small object. A call that is made by another
 * thread than a worker gets a copy of that thread's, so that what it sets stays its own.
 */
#include "extension.h"

static struct placed_future *as_placed(struct future *future) {
    return (struct placed_future *)(void *)future;
}

int context_attach(struct future *future) {
    PyObject *context = PyContext_CopyCurrent();
    if (context == NULL) {
        return -1;
    }
    as_placed(future)->context = context;
    future->has_context = true;
    return 0;
}

PyObject *context_take(struct future *future) {
    if (!future->has_context) {
        return NULL;
    }
    PyObject *context = as_placed(future)->context;
    as_placed(future)->context = NULL;
    future->has_context = false;
    return context;
}

void context_leave(PyObject *context) {
    PyObject *error = error_take();
    if (PyContext_Exit(context) != 0) {
        PyErr_Clear(); /* somebody has left it for us */
    }
    Py_DECREF(context);
    if (error != NULL) {
        error_put(error);
    }
}

PyObject *context_call_make(struct future *future, bool is_visitor) {
    PyObject *context = context_take(future);
    if (context == NULL && !is_visitor) {
        return call_make(future);
    }
    context = context ? context : PyContext_CopyCurrent();
    if (context == NULL || PyContext_Enter(context) != 0) {
        PyObject *error = error_take();
        Py_XDECREF(context);
        call_drop(future);
        error_put(error);
        return NULL;
    }
    PyObject *result = call_make(future);
    context_leave(context);
    return result;
}
