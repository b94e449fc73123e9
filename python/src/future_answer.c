/* future_answer.c - result() and exception(): waiting for a future, and what it says.
 *
 * Anything unusual (odd timeouts, a condition that somebody looked at) is left to the method of the
 * standard library.
 */
#include "extension.h"

struct outcome outcome_of(struct future *future) {
    own_lock_take(&future->lock);
    struct outcome outcome = {future_state(future), future->result, future->exception};
    Py_XINCREF(outcome.result);
    Py_XINCREF(outcome.exception);
    own_lock_give(&future->lock);
    return outcome;
}

void outcome_forget(struct outcome *outcome) {
    Py_XDECREF(outcome->result);
    Py_XDECREF(outcome->exception);
}

/* What result() and exception() say of a future that is over. */
static PyObject *answer_result(struct future *future) {
    struct outcome outcome = outcome_of(future);
    PyObject *answer = NULL;
    if (outcome.state != FUTURE_FINISHED) {
        PyErr_SetNone(state_of(Py_TYPE(future))->cancelled_error);
    } else if (outcome.exception == NULL) {
        answer = outcome.result ? outcome.result : Py_None;
        Py_INCREF(answer);
    } else if (PyExceptionInstance_Check(outcome.exception)) {
        unretrieved_end(future);
        PyErr_SetObject((PyObject *)Py_TYPE(outcome.exception), outcome.exception);
    } else {
        /* set_exception() takes anything: let the interpreter say what it thinks of raising it. */
        PyObject *name = state_of(Py_TYPE(future))->names.result;
        answer = future_call_base((PyObject *)future, name, NULL, 0, NULL);
    }
    outcome_forget(&outcome);
    return answer;
}

static PyObject *answer_exception(struct future *future) {
    struct outcome outcome = outcome_of(future);
    PyObject *answer = NULL;
    if (outcome.state != FUTURE_FINISHED) {
        PyErr_SetNone(state_of(Py_TYPE(future))->cancelled_error);
    } else {
        answer = outcome.exception ? outcome.exception : Py_None;
        Py_INCREF(answer);
    }
    unretrieved_end(future);
    outcome_forget(&outcome);
    return answer;
}

typedef PyObject *(*answer_function)(struct future *future);

/* The timeout of result() and exception(): 1 and `*timeout_ns`; 0: not a plain number of seconds,
 * let the standard library say what it thinks of it. */
static int read_timeout(struct module_state *state, PyObject *const *args, Py_ssize_t count,
                        PyObject *keywords, uint64_t *timeout_ns) {
    Py_ssize_t named = keywords ? PyTuple_GET_SIZE(keywords) : 0;
    *timeout_ns = TRD_FOREVER;
    if (count + named == 0) {
        return 1;
    }
    if (count + named > 1) {
        return 0;
    }
    if (named == 1 && PyUnicode_Compare(PyTuple_GET_ITEM(keywords, 0), state->names.timeout) != 0) {
        return 0;
    }
    if (args[0] == Py_None) {
        return 1;
    }
    double seconds = PyFloat_CheckExact(args[0])  ? PyFloat_AS_DOUBLE(args[0])
                     : PyLong_CheckExact(args[0]) ? PyLong_AsDouble(args[0])
                                                  : -1.0;
    PyErr_Clear(); /* an int too large for a double: not ours */
    if (!(seconds >= 0.0 && seconds < 1e9)) {
        return 0;
    }
    *timeout_ns = (uint64_t)(seconds * 1e9);
    return 1;
}

/* Lets the standard library's method wait out what is left of the timeout. */
static PyObject *answer_slowly(struct future *future, PyObject *name, uint64_t timeout_ns) {
    if (timeout_ns == TRD_FOREVER) {
        return future_call_base((PyObject *)future, name, NULL, 0, NULL);
    }
    PyObject *seconds = PyFloat_FromDouble((double)timeout_ns / 1e9);
    PyObject *answer =
        seconds ? future_call_base((PyObject *)future, name, &seconds, 1, NULL) : NULL;
    Py_XDECREF(seconds);
    return answer;
}

static PyObject *answer_awaited(struct future *future, PyObject *name, answer_function answer,
                                uint64_t timeout_ns) {
    struct module_state *state = state_of(Py_TYPE(future));
    own_lock_take(&future->lock);
    bool is_plain = future_is_plain_locked(future);
    bool is_over = future_is_over(future);
    own_lock_give(&future->lock);
    if (is_plain) {
        if (is_over) {
            return answer(future);
        }
        switch (future_wait(future, &timeout_ns)) {
        case WAIT_OVER:
            return answer(future);
        case WAIT_TIMED_OUT:
            PyErr_SetNone(state->timeout_error);
            return NULL;
        case WAIT_ERROR:
            return NULL;
        case WAIT_ON_CONDITION:
            break;
        }
    }
    return answer_slowly(future, name, timeout_ns);
}

/* Waits for a call of `engine`, which the caller holds, or makes it. */
static PyObject *answer_of_engine(struct engine *engine, struct future *future, PyObject *name,
                                  answer_function answer, uint64_t timeout_ns) {
    if (engine_check_process(engine) != 0) {
        return NULL;
    }
    /* Helping cannot be timed out. */
    bool is_made = timeout_ns == TRD_FOREVER && engine_help(engine, &future->task);
    bool is_worker = !is_made && engine_wait_begin(engine);
    PyObject *value = answer_awaited(future, name, answer, timeout_ns);
    if (is_worker) {
        engine_wait_end();
    }
    return value;
}

static PyObject *answer_later(struct future *future, PyObject *name, answer_function answer,
                              uint64_t timeout_ns) {
    struct engine *engine = engine_of(future);
    if (engine == NULL) {
        return answer_awaited(future, name, answer, timeout_ns);
    }
    PyObject *value = answer_of_engine(engine, future, name, answer, timeout_ns);
    Py_DECREF((PyObject *)engine);
    return value;
}

PyObject *future_result(PyObject *self, PyObject *const *args, Py_ssize_t count,
                        PyObject *keywords) {
    struct future *future = (struct future *)(void *)self;
    if (future_is_settled(future) && count == 0 && keywords == NULL) {
        return answer_result(future);
    }
    struct module_state *state = state_of(Py_TYPE(self));
    uint64_t timeout_ns;
    if (!read_timeout(state, args, count, keywords, &timeout_ns)) {
        return future_call_base(self, state->names.result, args, count, keywords);
    }
    return future_is_settled(future)
               ? answer_result(future)
               : answer_later(future, state->names.result, answer_result, timeout_ns);
}

PyObject *future_exception(PyObject *self, PyObject *const *args, Py_ssize_t count,
                           PyObject *keywords) {
    struct future *future = (struct future *)(void *)self;
    struct module_state *state = state_of(Py_TYPE(self));
    uint64_t timeout_ns;
    if (!read_timeout(state, args, count, keywords, &timeout_ns)) {
        return future_call_base(self, state->names.exception, args, count, keywords);
    }
    return future_is_settled(future)
               ? answer_exception(future)
               : answer_later(future, state->names.exception, answer_exception, timeout_ns);
}
