/* call.c - a call that is made later: stored in its future without an object of its own.
 *
 * Up to three positional arguments lie in the future itself; anything else becomes one tuple, which
 * the garbage collector need not know: nobody else can see it, and the future outlives it.
 */
#include "extension.h"

static int call_store_packed(struct future *future, PyObject *const *values, Py_ssize_t count,
                             PyObject *names) {
    Py_ssize_t total = count + (names ? PyTuple_GET_SIZE(names) : 0);
    PyObject *packed = PyTuple_New(total);
    if (packed == NULL) {
        return -1;
    }
    PyObject_GC_UnTrack(packed);
    for (Py_ssize_t i = 0; i < total; i++) {
        reference_lend(values[i]);
        PyTuple_SET_ITEM(packed, i, values[i]);
    }
    Py_XINCREF(names);
    reference_hand_over(packed);
    future->argument[0] = packed;
    future->argument[1] = names;
    future->call = CALL_PACKED;
    return 0;
}

int call_store(struct future *future, PyObject *callee, PyObject *const *values, Py_ssize_t count,
               PyObject *names) {
    bool has_names = names != NULL && PyTuple_GET_SIZE(names) > 0;
    if (has_names || count > CALL_INLINE_MAX) {
        if (call_store_packed(future, values, count, has_names ? names : NULL) != 0) {
            return -1;
        }
    } else {
        for (Py_ssize_t i = 0; i < count; i++) {
            reference_lend(values[i]);
            future->argument[i] = values[i];
        }
        future->argument_count = (uint8_t)count;
        future->call = CALL_INLINE;
    }
    reference_lend(callee);
    future->callee = callee;
    return 0;
}

/* An attribute, or NULL without an exception. */
static PyObject *look_up(PyObject *object, PyObject *name) {
    PyObject *value = PyObject_GetAttr(object, name);
    if (value == NULL) {
        PyErr_Clear();
    }
    return value;
}

/* What functools.wraps() has noted. Most functions have no dictionary, so this is quick. */
static PyObject *wrapped_by(struct module_state *state, PyObject *function) {
    /* Relaxed: whether there is one. */
    PyObject *fields =
        __atomic_load_n(&((PyFunctionObject *)(void *)function)->func_dict, __ATOMIC_RELAXED);
    if (fields == NULL) {
        return NULL;
    }
#ifdef Py_GIL_DISABLED
    return look_up(function, state->names.wrapped); /* another thread may change it */
#else
    PyObject *value = PyDict_GetItem(fields, state->names.wrapped);
    Py_XINCREF(value);
    return value;
#endif
}

PyObject *call_inside(struct module_state *state, PyObject *callee) {
    if (PyMethod_Check(callee)) {
        PyObject *function = PyMethod_GET_FUNCTION(callee);
        Py_INCREF(function);
        return function;
    }
    if (PyFunction_Check(callee)) {
        return wrapped_by(state, callee);
    }
    if ((PyObject *)Py_TYPE(callee) == state->partial_type) {
        return look_up(callee, state->names.func);
    }
    if ((PyObject *)Py_TYPE(callee) == state->cached_type) {
        return look_up(callee, state->names.wrapped);
    }
    return NULL;
}

static uint64_t class_of_bare(PyObject *callee) {
    if (PyFunction_Check(callee)) {
        return (uint64_t)(uintptr_t)PyFunction_GET_CODE(callee);
    }
    if (PyCFunction_Check(callee)) {
        return (uint64_t)(uintptr_t)((PyCFunctionObject *)(void *)callee)->m_ml;
    }
    if (Py_IS_TYPE(callee, &PyMethodDescr_Type)) {
        return (uint64_t)(uintptr_t)((PyMethodDescrObject *)(void *)callee)->d_method;
    }
    if (PyType_Check(callee)) {
        return (uint64_t)(uintptr_t)callee;
    }
    /* Objects of one type that can be called. Types are aligned: no type has this key. */
    return (uint64_t)(uintptr_t)Py_TYPE(callee) + 1;
}

PyObject *call_core(struct module_state *state, PyObject *callee) {
    Py_INCREF(callee);
    for (int i = 0; i < CALL_COVERS_MAX; i++) {
        PyObject *inner = call_inside(state, callee);
        if (inner == NULL) {
            break;
        }
        Py_SETREF(callee, inner);
    }
    return callee;
}

uint64_t call_class(struct module_state *state, PyObject *callee) {
    PyObject *core = call_core(state, callee);
    uint64_t key = class_of_bare(core);
    Py_DECREF(core);
    return key;
}

bool call_takes_turns(PyObject *callee) {
    if (PyMethod_Check(callee)) {
        callee = PyMethod_GET_FUNCTION(callee);
    }
    return PyFunction_Check(callee);
}

/* Takes callee and arguments out of the future into `taken`: the collector may look at the future
 * while the call runs, and must not find half of a call. */
static void call_take(struct future *future, PyObject *taken[1 + CALL_INLINE_MAX]) {
    taken[0] = future->callee;
    future->callee = NULL;
    for (int i = 0; i < CALL_INLINE_MAX; i++) {
        taken[1 + i] = future->argument[i];
        future->argument[i] = NULL;
    }
    future->call = CALL_NONE;
}

static PyObject *call_packed(PyObject *const taken[1 + CALL_INLINE_MAX]) {
    PyObject *names = taken[2];
    Py_ssize_t total = PyTuple_GET_SIZE(taken[1]);
    Py_ssize_t named = names ? PyTuple_GET_SIZE(names) : 0;
    return PyObject_Vectorcall(taken[0], &PyTuple_GET_ITEM(taken[1], 0), (size_t)(total - named),
                               names);
}

PyObject *call_make(struct future *future) {
    PyObject *taken[1 + CALL_INLINE_MAX];
    uint8_t call = future->call;
    size_t count = future->argument_count;
    assert(call != CALL_NONE);
    call_take(future, taken);
    PyObject *callee = taken[0]; /* its slot is scratch for the call: ARGUMENTS_OFFSET */
    PyObject *result =
        call == CALL_PACKED
            ? call_packed(taken)
            : PyObject_Vectorcall(callee, taken + 1, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    /* What the destructors of the arguments do must not meet the exception of the call. */
    PyObject *error = result ? NULL : error_take();
    for (int i = CALL_INLINE_MAX; i >= 1; i--) {
        Py_XDECREF(taken[i]);
    }
    if (error) {
        unretrieved_prepare(future, callee);
    }
    Py_DECREF(callee);
    if (error) {
        error_put(error);
    }
    return result;
}

void call_drop(struct future *future) {
    if (future->call == CALL_NONE) {
        return;
    }
    if (future->call == CALL_RESUMED) {
        resumable_close(future);
        return;
    }
    PyObject *taken[1 + CALL_INLINE_MAX];
    call_take(future, taken);
    for (int i = CALL_INLINE_MAX; i >= 0; i--) {
        Py_XDECREF(taken[i]);
    }
}
