/* future_state.c - a future's way from pending to finished or cancelled, and who is told.
 *
 * Every step has two ways. The plain one is a few lines of C, atomic under the future's lock; it is
 * taken as long as nobody has looked at `_condition` or `_waiters`. Otherwise the method of
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

/* The `index`-th callback: a new reference, or NULL when there is none. */
static PyObject *callback_at(PyObject *callbacks, Py_ssize_t index) {
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *callback = PyList_GetItemRef(callbacks, index);
    if (callback == NULL) {
        PyErr_Clear(); /* no such index */
    }
    return callback;
#else
    PyObject *callback =
        index < PyList_GET_SIZE(callbacks) ? PyList_GET_ITEM(callbacks, index) : NULL;
    Py_XINCREF(callback);
    return callback;
#endif
}

int future_run_callbacks(struct future *future) {
    struct rare *rare = future_rare(future);
    if (rare == NULL) {
        return 0;
    }
    own_lock_take(&future->lock);
    PyObject *callbacks = rare->callbacks;
    Py_XINCREF(callbacks);
    own_lock_give(&future->lock);
    int error = 0;
    /* A callback may add another one to the list: its end is looked for each time. */
    for (Py_ssize_t i = 0; callbacks != NULL && i < PyList_GET_SIZE(callbacks) && error == 0; i++) {
        PyObject *callback = callback_at(callbacks, i);
        if (callback != NULL) {
            error = future_run_callback(future, callback);
            Py_DECREF(callback);
        }
    }
    Py_XDECREF(callbacks);
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
    int is_started = -1;
    own_lock_take(&future->lock);
    if (future_is_plain_locked(future) && future_state(future) == FUTURE_PENDING) {
        future_set_state_locked(future, FUTURE_RUNNING);
        is_started = 1;
    } else if (future_is_plain_locked(future) && future_state(future) == FUTURE_CANCELLED) {
        future_set_state_locked(future, FUTURE_CANCELLED_AND_NOTIFIED);
        is_started = 0;
    }
    own_lock_give(&future->lock);
    if (is_started >= 0) {
        return is_started;
    }
    struct module_state *state = state_of(Py_TYPE(future));
    PyObject *answer = future_call_base((PyObject *)future,
                                        state->names.set_running_or_notify_cancel, NULL, 0, NULL);
    is_started = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return is_started;
}

/* The plain way, if it is open. */
static bool settle_plainly(struct future *future, PyObject *result, PyObject *exception) {
    PyObject *old_result = NULL, *old_exception = NULL;
    own_lock_take(&future->lock);
    bool is_open = future_is_plain_locked(future) && !future_is_over(future);
    if (is_open) {
        old_result = future->result;
        old_exception = future->exception;
        future->result = result;
        future->exception = exception;
        future_set_state_locked(future, FUTURE_FINISHED);
        future_set_settled_locked(future, true);
        future_wake_locked(future);
    }
    own_lock_give(&future->lock);
    Py_XDECREF(old_result);
    Py_XDECREF(old_exception);
    return is_open;
}

static int settle_slowly(struct future *future, PyObject *result, PyObject *exception) {
    struct names *names = &state_of(Py_TYPE(future))->names;
    PyObject *name = exception ? names->set_exception : names->set_result;
    PyObject *value = exception ? exception : result;
    int error = call_base_void((PyObject *)future, name, value);
    if (error == 0) {
        own_lock_take(&future->lock);
        future_set_settled_locked(future, future_is_settled(future) ||
                                              future_state(future) == FUTURE_FINISHED);
        own_lock_give(&future->lock);
    }
    Py_DECREF(value);
    return error;
}

int future_settle(struct future *future, PyObject *result, PyObject *exception) {
    if (exception != NULL || may_make_cycle(result)) {
        future_track(future);
    }
    return settle_plainly(future, result, exception) ? future_run_callbacks(future)
                                                     : settle_slowly(future, result, exception);
}

int future_finish(struct future *future, PyObject *result, PyObject *exception) {
    if (exception != NULL || may_make_cycle(result)) {
        future_track(future);
    }
    if (settle_plainly(future, result, exception)) {
        return future_run_callbacks(future);
    }
    if ((future->task.flags & TRD_TASK_RESUMABLE) != 0 && future_is_cancelled(future)) {
        Py_XDECREF(result);
        Py_XDECREF(exception);
        return future_drop(future);
    }
    return settle_slowly(future, result, exception);
}

/* A resumable call can be cancelled as long as it is not over, too: between two slices it leaves
 * the queue like one that has not started; during one, its worker closes it at the next yield.
 *
 * Marks a pending future as cancelled and tells everybody but wait() and as_completed(), as
 * Future.cancel() does; 1: it is cancelled; 0: it is too late; -1 with an exception. The task is
 * taken out of its pool before the callbacks run, so that they find it gone. */
static int cancel_slowly(struct future *future);

int future_cancel(struct future *future) {
    unretrieved_end(future); /* too late, perhaps; but nobody wants to know */
    own_lock_take(&future->lock);
    bool is_plain = future_is_plain_locked(future);
    bool is_cancelled = future_is_cancelled(future);
    bool is_open = future_state(future) == FUTURE_PENDING || future_is_in_slices(future);
    if (is_plain && is_open) {
        future_set_state_locked(future, FUTURE_CANCELLED);
        future_wake_locked(future);
    }
    own_lock_give(&future->lock);
    if (!is_plain) {
        return cancel_slowly(future);
    }
    if (!is_open) {
        return is_cancelled;
    }
    engine_withdraw(future);
    return future_run_callbacks(future) == 0 ? 1 : -1;
}

/* Changes the state if it is `from`. */
static bool exchange_state(struct future *future, enum future_state from, enum future_state to) {
    own_lock_take(&future->lock);
    bool is_changed = future_state(future) == from;
    if (is_changed) {
        future_set_state_locked(future, to);
    }
    own_lock_give(&future->lock);
    return is_changed;
}

bool future_back_to_pending(struct future *future) {
    return future_is_in_slices(future) && exchange_state(future, FUTURE_RUNNING, FUTURE_PENDING);
}

static int cancel_slowly(struct future *future) {
    struct module_state *state = state_of(Py_TYPE(future));
    bool is_in_slices = future_back_to_pending(future); /* the method finds what it may cancel */
    PyObject *answer = future_call_base((PyObject *)future, state->names.cancel, NULL, 0, NULL);
    int is_cancelled = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    if (is_in_slices) {
        (void)exchange_state(future, FUTURE_PENDING, FUTURE_RUNNING); /* if it has failed */
    }
    if (future_state(future) == FUTURE_CANCELLED) {
        PyObject *error = error_take();
        engine_withdraw(future);
        if (error != NULL) {
            error_put(error);
        }
    }
    return is_cancelled;
}

int future_drop(struct future *future) {
    int error = 0;
    if (future_state(future) == FUTURE_PENDING) {
        error = future_cancel(future) < 0 ? -1 : 0;
    }
    if (future_state(future) == FUTURE_CANCELLED) {
        PyObject *pending = error ? error_take() : NULL;
        error = future_start(future) < 0 ? -1 : 0;
        if (pending != NULL) {
            error_put(pending);
            error = -1;
        }
    }
    return error;
}
