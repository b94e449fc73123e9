/* resumable.c - calls that yield their worker: a generator, one slice at a time.
 *
 * A resumable call begins like any other; what it returns, a generator, takes the place of the call
 * in its future. Each slice resumes it to its next `yield`, then the engine queues the task again.
 *
 * Slices run on whichever worker is free, so the call has a context of its own (contextvars), a
 * copy of its first worker's: what it sets stays with it and goes nowhere else.
 *
 * A future between two slices is still running, and yet it can be cancelled: see future_state.c.
 */
#include "extension.h"

/* Is there a generator function behind `callee`, as far as one can see without calling it? */
static bool is_generator_function(struct module_state *state, PyObject *callee) {
    bool is_fit = false;
    Py_INCREF(callee);
    for (int i = 0; i < CALL_COVERS_MAX && callee != NULL && !is_fit; i++) {
        is_fit = PyFunction_Check(callee) &&
                 (((PyCodeObject *)PyFunction_GET_CODE(callee))->co_flags & CO_GENERATOR);
        Py_SETREF(callee, call_inside(state, callee));
    }
    Py_XDECREF(callee);
    return is_fit;
}

int resumable_check(struct module_state *state, PyObject *callee) {
    if (is_generator_function(state, callee)) {
        return 0;
    }
    PyObject *method = attribute_of((PyObject *)Py_TYPE(callee), "__call__");
    bool is_fit = method != NULL && is_generator_function(state, method);
    Py_XDECREF(method);
    PyErr_Clear(); /* no such method: then it is not fit */
    if (!is_fit) {
        PyErr_Format(PyExc_TypeError,
                     "resumable=True wants a generator function (one with a yield), not %R",
                     callee);
    }
    return is_fit ? 0 : -1;
}

/* Makes the call, and puts its generator in its place. 0, or -1 with an exception. */
static int resumable_begin(struct future *future) {
    PyObject *generator = call_make(future);
    if (generator == NULL) {
        return -1;
    }
    if (!PyGen_Check(generator)) {
        PyErr_Format(PyExc_TypeError,
                     "a resumable call must give a generator, and this one has returned %.100s",
                     Py_TYPE(generator)->tp_name);
        Py_DECREF(generator);
        return -1;
    }
    PyObject *context = context_take(future);
    context = context ? context : PyContext_CopyCurrent();
    if (context == NULL) {
        Py_DECREF(generator);
        return -1;
    }
    future->callee = generator;
    future->argument[0] = context;
    future->call = CALL_RESUMED;
    return 0;
}

enum slice_end { SLICE_FAILED = -1, SLICE_RETURNED, SLICE_YIELDED };

/* Resumes a generator. What it yields or returns is in *value. */
static enum slice_end generator_resume(PyObject *generator, PyObject **value) {
#if PY_VERSION_HEX >= 0x030A0000
    switch (PyIter_Send(generator, Py_None, value)) {
    case PYGEN_NEXT:
        return SLICE_YIELDED;
    case PYGEN_RETURN:
        return SLICE_RETURNED;
    case PYGEN_ERROR:
        break;
    }
    return SLICE_FAILED;
#else
    *value = method_call(generator, "send", Py_None);
    if (*value != NULL) {
        return SLICE_YIELDED;
    }
    if (!PyErr_ExceptionMatches(PyExc_StopIteration)) {
        return SLICE_FAILED;
    }
    PyObject *stop = error_take();
    *value = attribute_of(stop, "value");
    Py_DECREF(stop);
    return *value ? SLICE_RETURNED : SLICE_FAILED;
#endif
}

/* The same in the call's own context. */
static enum slice_end resumable_resume(struct future *future, PyObject **value) {
    PyObject *context = future->argument[0];
    if (PyContext_Enter(context) != 0) {
        return SLICE_FAILED;
    }
    Py_INCREF(context);
    enum slice_end end = generator_resume(future->callee, value);
    context_leave(context);
    return end;
}

/* The generator has ended: nothing of the call is left in its future. */
static void resumable_forget(struct future *future) {
    PyObject *generator = future->callee, *context = future->argument[0];
    future->callee = future->argument[0] = NULL;
    future->call = CALL_NONE;
    Py_XDECREF(generator);
    Py_XDECREF(context);
}

enum trd_outcome resumable_run(struct future *future) {
    PyObject *value = NULL, *error = NULL;
    enum slice_end end = SLICE_FAILED;
    if (future->call == CALL_RESUMED || resumable_begin(future) == 0) {
        end = resumable_resume(future, &value);
    }
    if (end == SLICE_YIELDED) {
        Py_DECREF(value); /* nobody is there to take it */
        return TRD_OUTCOME_AGAIN;
    }
    error = error_take();
    PyObject *generator = future->callee;
    Py_XINCREF(generator);
    resumable_forget(future);
    if (error != NULL && generator != NULL) {
        unretrieved_prepare(future, generator);
    }
    Py_XDECREF(generator);
    if (future_is_cancelled(future)) { /* during this slice: what came of it interests nobody */
        Py_XDECREF(value);
        Py_XDECREF(error);
        return TRD_OUTCOME_CANCELLED;
    }
    future->callee = value;
    future->argument[0] = error;
    return TRD_OUTCOME_DONE;
}

void resumable_close(struct future *future) {
    PyObject *pending = error_take();
    PyObject *context = future->argument[0];
    bool has_entered = PyContext_Enter(context) == 0;
    PyObject *answer = has_entered ? method_call(future->callee, "close", NULL) : NULL;
    if (answer == NULL) {
        error_log(state_of(Py_TYPE(future)), "error", "exception closing the generator of %r",
                  (PyObject *)future);
    }
    Py_XDECREF(answer);
    if (has_entered) {
        Py_INCREF(context);
        context_leave(context);
    }
    resumable_forget(future);
    if (pending != NULL) {
        error_put(pending);
    }
}
