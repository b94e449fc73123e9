/* extension.c - the module treadle._treadle: its state, its types, and what all of them need.
 *
 * Multi-phase initialisation, heap types, no global data: every interpreter of a process has its
 * own, and one that runs without a lock keeps running without (own_lock.h).
 */
#include "extension.h"

#include <treadle/treadle.h>

struct module_state *state_of(PyTypeObject *type) {
    for (; type != NULL; type = type->tp_base) {
        if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
            continue;
        }
        PyObject *module = ((PyHeapTypeObject *)(void *)type)->ht_module;
        if (module != NULL && PyModule_GetDef(module) == &treadle_module) {
            return PyModule_GetState(module);
        }
    }
    Py_FatalError("treadle: a method was called on an object of another type");
}

PyObject *attribute_of(PyObject *object, const char *name) {
    PyObject *interned = PyUnicode_InternFromString(name);
    PyObject *value = interned ? PyObject_GetAttr(object, interned) : NULL;
    Py_XDECREF(interned);
    return value;
}

PyObject *method_call(PyObject *object, const char *name, PyObject *argument) {
    PyObject *method = attribute_of(object, name);
    PyObject *answer = method == NULL     ? NULL
                       : argument != NULL ? PyObject_CallOneArg(method, argument)
                                          : PyObject_CallNoArgs(method);
    Py_XDECREF(method);
    return answer;
}

PyObject *error_take(void) {
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (type == NULL) {
        return NULL;
    }
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL) {
        (void)PyException_SetTraceback(value, traceback); /* a traceback is what it accepts */
        Py_DECREF(traceback);
    }
    Py_DECREF(type);
    return value;
#endif
}

void error_put(PyObject *exception) {
#if PY_VERSION_HEX >= 0x030C0000
    PyErr_SetRaisedException(exception);
#else
    PyObject *type = (PyObject *)Py_TYPE(exception);
    Py_INCREF(type);
    PyErr_Restore(type, exception, PyException_GetTraceback(exception));
#endif
}

void error_log(struct module_state *state, const char *method, const char *format,
               PyObject *argument) {
    PyObject *exception = error_take();
    PyObject *log = attribute_of(state->logger, method);
    PyObject *args =
        argument ? Py_BuildValue("(sO)", format, argument) : Py_BuildValue("(s)", format);
    PyObject *keywords = exception ? Py_BuildValue("{OO}", state->names.exc_info, exception) : NULL;
    PyObject *answer = NULL;
    if (log != NULL && args != NULL && keywords != NULL) {
        answer = PyObject_Call(log, args, keywords);
    }
    if (answer == NULL) {
        PyErr_WriteUnraisable(argument);
    }
    Py_XDECREF(answer);
    Py_XDECREF(keywords);
    Py_XDECREF(args);
    Py_XDECREF(log);
    Py_XDECREF(exception);
}

int type_make(PyObject *module, PyType_Spec *spec, PyObject *base, PyTypeObject **type_out) {
    PyObject *bases = base ? PyTuple_Pack(1, base) : NULL;
    if (base != NULL && bases == NULL) {
        return -1;
    }
    PyObject *type = PyType_FromModuleAndSpec(module, spec, bases);
    Py_XDECREF(bases);
    *type_out = (PyTypeObject *)(void *)type;
    if (type == NULL) {
        return -1;
    }
    return PyModule_AddType(module, *type_out);
}

static int import_name(const char *module_name, const char *name, PyObject **out) {
    PyObject *module = PyImport_ImportModule(module_name);
    if (module == NULL) {
        return -1;
    }
    *out = attribute_of(module, name);
    Py_DECREF(module);
    return *out ? 0 : -1;
}

static int state_import(struct module_state *state) {
    static const char *const state_names[FUTURE_STATE_COUNT] = {
        "PENDING", "RUNNING", "CANCELLED", "CANCELLED_AND_NOTIFIED", "FINISHED"};
    for (int i = 0; i < FUTURE_STATE_COUNT; i++) {
        if (import_name("concurrent.futures._base", state_names[i], &state->state_names[i]) != 0) {
            return -1;
        }
    }
    if (import_name("concurrent.futures._base", "Future", &state->base_future) != 0 ||
        import_name("concurrent.futures._base", "CancelledError", &state->cancelled_error) != 0 ||
        import_name("concurrent.futures._base", "TimeoutError", &state->timeout_error) != 0 ||
        import_name("concurrent.futures._base", "LOGGER", &state->logger) != 0 ||
        import_name("concurrent.futures.thread", "BrokenThreadPool", &state->broken_pool) != 0 ||
        import_name("functools", "partial", &state->partial_type) != 0 ||
        import_name("functools", "_lru_cache_wrapper", &state->cached_type) != 0 ||
        import_name("threading", "Condition", &state->condition_type) != 0 ||
        import_name("threading", "Thread", &state->thread_type) != 0 ||
        import_name("treadle._errors", "QueueFull", &state->queue_full) != 0 ||
        import_name("treadle._errors", "TaskExpired", &state->task_expired) != 0) {
        return -1;
    }
    return 0;
}

static int state_intern(struct module_state *state) {
    struct names *names = &state->names;
    const struct {
        PyObject **place;
        const char *text;
    } table[] = {
        {&names->timeout, "timeout"},
        {&names->exc_info, "exc_info"},
        {&names->func, "func"},
        {&names->wrapped, "__wrapped__"},
        {&names->add_done_callback, "add_done_callback"},
        {&names->cancel, "cancel"},
        {&names->exception, "exception"},
        {&names->result, "result"},
        {&names->set_exception, "set_exception"},
        {&names->set_result, "set_result"},
        {&names->set_running_or_notify_cancel, "set_running_or_notify_cancel"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        *table[i].place = PyUnicode_InternFromString(table[i].text);
        if (*table[i].place == NULL) {
            return -1;
        }
    }
    return 0;
}

static int module_exec(PyObject *module) {
    struct module_state *state = PyModule_GetState(module);
    brief_wait_open(&state->brief);
    state->pause = interpreter_make_pause();
    if (state->pause == NULL || state_import(state) != 0 || state_intern(state) != 0 ||
        future_types_make(module, state) != 0 || worker_type_make(module, state) != 0 ||
        engine_type_make(module, state) != 0 || executor_type_make(module, state) != 0 ||
        options_type_make(module, state) != 0 || blocking_type_make(module, state) != 0 ||
        map_results_type_make(module, state) != 0) {
        return -1;
    }
    return PyModule_AddStringConstant(module, "version", trd_version());
}

/* What the interpreter calls when it begins to shut down. */
static PyObject *module_begin_exit(PyObject *module, PyObject *unused) {
    (void)unused;
    struct module_state *state = PyModule_GetState(module);
    /* Relaxed: see state_is_exiting(). */
    atomic_store_explicit(&state->is_exiting, true, memory_order_relaxed);
    Py_RETURN_NONE;
}

/* What it calls when no pool is at work any more: soon its lock will be nobody's to look at. */
static PyObject *module_end_exit(PyObject *module, PyObject *unused) {
    (void)unused;
    gil_meter_stop(((struct module_state *)PyModule_GetState(module))->gil_meter);
    Py_RETURN_NONE;
}

/* Checks what the meter looks at, with addresses that are wrong by so many bytes. */
static PyObject *module_check_gil(PyObject *module, PyObject *args) {
    (void)module;
    int locked = 0, holder = 0, waits = 0;
    if (!PyArg_ParseTuple(args, "|iii:check_gil", &locked, &holder, &waits)) {
        return NULL;
    }
    PyInterpreterState *interpreter = PyInterpreterState_Get();
    struct gil_layout layout;
    const char *why = gil_layout_find(interpreter, &layout);
    if (why == NULL) {
        layout.locked = (const void *)((const char *)layout.locked + locked);
        layout.holder = (const void *)((const char *)layout.holder + holder);
        layout.waits_from += (uintptr_t)(intptr_t)waits;
        layout.waits_to += (uintptr_t)(intptr_t)waits;
        why = gil_check(interpreter, &layout);
    }
    return Py_BuildValue("z", why);
}

static PyObject *names_of_policies(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
    PyObject *names = PyList_New(0);
    for (const struct trd_policy *const *policy = trd_policies(); names && *policy; policy++) {
        PyObject *name = PyUnicode_FromString((*policy)->name);
        if (name == NULL || PyList_Append(names, name) != 0) {
            Py_CLEAR(names);
        }
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *names_of_sizers(PyObject *module, PyObject *unused) {
    (void)module;
    (void)unused;
    PyObject *names = PyList_New(0);
    for (const struct trd_sizer *const *sizer = trd_sizers(); names && *sizer; sizer++) {
        PyObject *name = PyUnicode_FromString((*sizer)->name);
        if (name == NULL || PyList_Append(names, name) != 0) {
            Py_CLEAR(names);
        }
        Py_XDECREF(name);
    }
    return names;
}

static PyObject *class_of(PyObject *module, PyObject *callee) {
    return PyLong_FromUnsignedLongLong(call_class(PyModule_GetState(module), callee));
}

static PyObject *future_count(PyObject *module, PyObject *unused) {
    (void)unused;
    struct module_state *state = PyModule_GetState(module);
    return PyLong_FromSize_t(future_memory_count(state->memory) +
                             future_memory_count(state->placed_memory));
}

#define FOR_EACH_OBJECT(DO, state)                                                                 \
    DO((state)->future_type);                                                                      \
    DO((state)->placed_future_type);                                                               \
    DO((state)->rare_type);                                                                        \
    DO((state)->unretrieved_type);                                                                 \
    DO((state)->engine_type);                                                                      \
    DO((state)->worker_type);                                                                      \
    DO((state)->executor_type);                                                                    \
    DO((state)->options_type);                                                                     \
    DO((state)->blocking_type);                                                                    \
    DO((state)->map_results_type);                                                                 \
    DO((state)->base_future);                                                                      \
    DO((state)->cancelled_error);                                                                  \
    DO((state)->timeout_error);                                                                    \
    DO((state)->broken_pool);                                                                      \
    DO((state)->queue_full);                                                                       \
    DO((state)->task_expired);                                                                     \
    DO((state)->logger);                                                                           \
    DO((state)->condition_type);                                                                   \
    DO((state)->thread_type);                                                                      \
    DO((state)->pause);                                                                            \
    DO((state)->partial_type);                                                                     \
    DO((state)->cached_type)

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
    struct module_state *state = PyModule_GetState(module);
    if (state != NULL) {
        FOR_EACH_OBJECT(Py_VISIT, state);
    }
    return 0;
}

static int module_clear(PyObject *module) {
    struct module_state *state = PyModule_GetState(module);
    if (state == NULL) {
        return 0;
    }
    FOR_EACH_OBJECT(Py_CLEAR, state);
    for (int i = 0; i < FUTURE_STATE_COUNT; i++) {
        Py_CLEAR(state->state_names[i]);
    }
    PyObject **names = (PyObject **)(void *)&state->names;
    for (size_t i = 0; i < sizeof(state->names) / sizeof(*names); i++) {
        Py_CLEAR(names[i]);
    }
    return 0;
}

static void module_free(void *module) {
    struct module_state *state = PyModule_GetState(module);
    if (state != NULL) {
        gil_meter_free(state->gil_meter);
        state->gil_meter = NULL;
    }
    (void)module_clear(module);
    if (state != NULL) {
        future_memory_close(state->memory);
        future_memory_close(state->placed_memory);
    }
}

static PyMethodDef module_methods[] = {
    {"begin_exit", module_begin_exit, METH_NOARGS,
     PyDoc_STR("begin_exit($module, /)\n--\n\nThe interpreter shuts down: refuse new calls.")},
    {"end_exit", module_end_exit, METH_NOARGS,
     PyDoc_STR("end_exit($module, /)\n--\n\nNo pool is at work any more.")},
    {"check_gil", module_check_gil, METH_VARARGS,
     PyDoc_STR("check_gil($module, locked=0, holder=0, waits=0, /)\n--\n\n"
               "Why the interpreter's lock cannot be measured, or None. For tests: with what is "
               "looked at shifted by so many bytes.")},
    {"policies", names_of_policies, METH_NOARGS,
     PyDoc_STR("policies($module, /)\n--\n\nThe names of the scheduling policies.")},
    {"sizers", names_of_sizers, METH_NOARGS,
     PyDoc_STR("sizers($module, /)\n--\n\nThe names of the pool-size controllers.")},
    {"map", map_results_new, METH_VARARGS,
     PyDoc_STR("map($module, owner, fn, iterables, end_time, chunk, ahead, /)\n--\n\n"
               "The iterator that executors' map() returns.")},
    {"future_count", future_count, METH_NOARGS,
     PyDoc_STR("future_count($module, /)\n--\n\nHow many futures there are in memory of their own. "
               "For tests.")},
    {"class_of", class_of, METH_O,
     PyDoc_STR("class_of($module, callable, /)\n--\n\nThe number by which policies tell one "
               "callable from another.")},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#ifdef Py_MOD_PER_INTERPRETER_GIL_SUPPORTED
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

struct PyModuleDef treadle_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "treadle._treadle",
    .m_doc = "libtreadle under concurrent.futures. Use it through the package treadle.",
    .m_size = sizeof(struct module_state),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__treadle(void);

PyMODINIT_FUNC PyInit__treadle(void) {
    return PyModuleDef_Init(&treadle_module);
}
