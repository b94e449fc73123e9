/* future_state.c - a future's way from pending to finished or cancelled, and who is told.
 *
 * Every step has two ways. The plain one is a few lines of C, atomic under the interpreter's lock;
 * it is taken as long as nobody has looked at `_condition` or `_waiters`. Otherwise the method of
 * the standard library itself runs, on the attributes of future_fields.c: so it behaves as the
 * interpreter at hand does.
 */
#include "extension.h"

/* Must the collector know a future that refers to `value`? A tuple that it has let go holds nothing
 * but what cannot refer to anything. */
static bool may_make_cycle(PyObject *value) {
    return PyObject_IS_GC(value) && !(PyTuple_CheckExact(value) && !PyObject_GC_IsTracked(value));
}

int future_run_callback(struct future *future, PyObject *callback) {
    PyObject *answer = PyObject_CallOneArg(callback, (PyObject *)future);
    if (answer != NULL) {
        Py_DECREF(answer);
        return 0;
    }
    if (!PyErr_ExceptionMatches(PyExc_Exception)) {
        return -1;
    }
    error_log(state_of(Py_TYPE(future)), "error", "exception calling callback for %r",
              (PyObject *)future);
    return 0;
}

int future_run_callbacks(struct future *future) {
    if (future->rare == NULL || future_rare(future)->callbacks == NULL) {
        return 0;
    }
    PyObject *callbacks = future_rare(future)->callbacks;
    Py_INCREF(callbacks);
    int error = 0;
    /* A callback may add another one to the list: the bound is read each time. */
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(callbacks) && error == 0; i++) {
        PyObject *callback = PyList_GET_ITEM(callbacks, i);
        Py_INCREF(callback);
        error = future_run_callback(future, callback);
        Py_DECREF(callback);
    }
    Py_DECREF(callbacks);
    return error;
}

PyObject *future_call_base(PyObject *self, PyObject *name, PyObject *const *args, Py_ssize_t count,
                           PyObject *keywords) {
    PyObject *method = PyObject_GetAttr(state_of(Py_TYPE(self))->base_future, name);
    if (method == NULL) {
        return NULL;
    }
    Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
    PyObject *stack[8] = {self};
    PyObject *result = NULL;
    if (1 + count + named > 8) {
        PyErr_Format(PyExc_TypeError, "Future.%U() got too many arguments", name);
    } else {
        for (Py_ssize_t i = 0; i < count + named; i++) {
            stack[1 + i] = args[i];
        }
        result = PyObject_Vectorcall(method, stack, (size_t)(1 + count), keywords);
    }
    Py_DECREF(method);
    return result;
}

/* The same for a method whose answer says nothing. 0, or -1 with an exception. */
static int call_base_void(PyObject *self, PyObject *name, PyObject *arg) {
    PyObject *answer = future_call_base(self, name, &arg, arg ? 1 : 0, NULL);
    Py_XDECREF(answer);
    return answer ? 0 : -1;
}

int future_start(struct future *future) {
    if (future_is_plain(future) && future->state == FUTURE_PENDING) {
        future->state = FUTURE_RUNNING;
        return 1;
    }
    if (future_is_plain(future) && future->state == FUTURE_CANCELLED) {
        future->state = FUTURE_CANCELLED_AND_NOTIFIED;
        return 0;
    }
    struct module_state *state = state_of(Py_TYPE(future));
    PyObject *answer = future_call_base((PyObject *)future,
                                        state->names.set_running_or_notify_cancel, NULL, 0, NULL);
    int is_started = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return is_started;
}

/* The plain way: nothing here gives the interpreter's lock away before the state has changed. */
static int settle_plainly(struct future *future, PyObject *result, PyObject *exception) {
    if (exception != NULL || may_make_cycle(result)) {
        future_track(future);
    }
    PyObject *old_result = future->result, *old_exception = future->exception;
    future->result = result;
    future->exception = exception;
    future->state = FUTURE_FINISHED;
    future->is_settled = true;
    if (future->rare != NULL) {
        future_wake(future);
    }
    Py_XDECREF(old_result);
    Py_XDECREF(old_exception);
    return future->rare != NULL ? future_run_callbacks(future) : 0;
}

int future_settle(struct future *future, PyObject *result, PyObject *exception) {
    if (future_is_plain(future) && !future_is_over(future)) {
        return settle_plainly(future, result, exception);
    }
    struct names *names = &state_of(Py_TYPE(future))->names;
    PyObject *name = exception ? names->set_exception : names->set_result;
    PyObject *value = exception ? exception : result;
    int error = call_base_void((PyObject *)future, name, value);
    future->is_settled = future->is_settled || (error == 0 && future->state == FUTURE_FINISHED);
    Py_DECREF(value);
    return error;
}

/* A resumable call can be cancelled as long as it is not over, too: between two slices it leaves
 * the queue like one that has not started; during one, its worker closes it at the next yield.
 *
 * Marks a pending future as cancelled and tells everybody but wait() and as_completed(), as
 * Future.cancel() does; 1: it is cancelled; 0: it is too late; -1 with an exception. The task is
 * taken out of its pool before the callbacks run, so that they find it gone. */
static int cancel_plainly(struct future *future) {
    if (future_is_cancelled(future)) {
        return 1;
    }
    if (future->state != FUTURE_PENDING && !future_is_in_slices(future)) {
        return 0;
    }
    future->state = FUTURE_CANCELLED;
    future_wake(future);
    engine_withdraw(future);
    return future_run_callbacks(future) == 0 ? 1 : -1;
}

static int cancel_slowly(struct future *future) {
    struct module_state *state = state_of(Py_TYPE(future));
    bool is_in_slices = future_is_in_slices(future);
    if (is_in_slices) {
        future->state = FUTURE_PENDING; /* so that the method finds what it may cancel */
    }
    PyObject *answer = future_call_base((PyObject *)future, state->names.cancel, NULL, 0, NULL);
    int is_cancelled = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    if (is_in_slices && future->state == FUTURE_PENDING) {
        future->state = FUTURE_RUNNING; /* it has failed */
    }
    if (future->state == FUTURE_CANCELLED) {
        PyObject *error = error_take();
        engine_withdraw(future);
        if (error != NULL) {
            error_put(error);
        }
    }
    return is_cancelled;
}

int future_cancel(struct future *future) {
    unretrieved_end(future); /* too late, perhaps; but nobody wants to know */
    return future_is_plain(future) ? cancel_plainly(future) : cancel_slowly(future);
}

int future_drop(struct future *future) {
    int error = 0;
    if (future->state == FUTURE_PENDING) {
        error = future_cancel(future) < 0 ? -1 : 0;
    }
    if (future->state == FUTURE_CANCELLED) {
        PyObject *pending = error ? error_take() : NULL;
        error = future_start(future) < 0 ? -1 : 0;
        if (pending != NULL) {
            error_put(pending);
            error = -1;
        }
    }
    return error;
}
