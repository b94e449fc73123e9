/* py_executor.c - the type _treadle.Executor: the part of an executor that has to be fast.
 *
 * The Python class treadle.ThreadPoolExecutor derives from it and from the standard library's. When
 * an executor goes away its workers finish what is queued and end, as in the standard library.
 */
#include "extension.h"

#include <structmember.h>

static struct executor *as_executor(PyObject *self) {
    return (struct executor *)(void *)self;
}

/* Without the lock: an engine that was replaced stays alive in `former`. */
static struct engine *engine_now(PyObject *self) {
    /* Acquire: pairs with the release in set_engine(). */
    return __atomic_load_n(&as_executor(self)->engine, __ATOMIC_ACQUIRE);
}

struct engine *executor_engine(PyObject *self) {
    struct engine *engine = engine_now(self);
    if (engine == NULL) {
        PyErr_Format(PyExc_RuntimeError,
                     "%.100s.__init__() has not been called: call super().__init__() first",
                     Py_TYPE(self)->tp_name);
    }
    return engine;
}

bool executor_copies_context(const struct executor *executor, const struct placement *placement) {
    if (placement == NULL || placement->context == CONTEXT_UNSAID) {
        return executor->is_context_copied;
    }
    return placement->context == CONTEXT_COPY;
}

bool executor_has_keys(PyObject *self) {
    /* Relaxed: it may change at any time. */
    return __atomic_load_n(&as_executor(self)->keys, __ATOMIC_RELAXED) != NULL;
}

PyObject *executor_keys(PyObject *self) {
    own_lock_take(&as_executor(self)->lock);
    PyObject *keys = as_executor(self)->keys;
    Py_XINCREF(keys);
    own_lock_give(&as_executor(self)->lock);
    return keys;
}

/* A future with its task; `placement` may be NULL. */
static struct future *make_future(struct engine *engine, const struct placement *placement,
                                  PyObject *callee, bool is_context_copied) {
    struct future *future = future_new(engine->state, placement != NULL || is_context_copied);
    if (future == NULL) {
        return NULL;
    }
    future->task.flags = 0;
    if (is_context_copied && context_attach(future) != 0) {
        Py_DECREF((PyObject *)future);
        return NULL;
    }
    /* Where the engine looks for it. */
    future->task.payload.word[0] = group_names_key(engine, callee);
    if (placement != NULL) {
        future->task.flags = TRD_TASK_HAS_ATTR | placement->flags;
        ((struct placed_future *)future)->attr = placement_attr(placement);
    }
    return future;
}

PyObject *executor_submit_call(PyObject *self, const struct placement *placement,
                               PyObject *const *args, Py_ssize_t count, PyObject *keywords) {
    struct engine *engine = executor_engine(self);
    if (engine == NULL) {
        return NULL;
    }
    if (count < 1) {
        PyErr_SetString(PyExc_TypeError, "submit() missing 1 required positional argument: 'fn'");
        return NULL;
    }
    bool is_context_copied = executor_copies_context(as_executor(self), placement);
    struct placement computed = {0};
    PyObject *keys = executor_has_keys(self) ? executor_keys(self) : NULL;
    if (keys != NULL) {
        computed = placement ? *placement : computed;
        placement = &computed;
        int error = placement_compute(&computed, &engine->names, keys, args, count, keywords);
        Py_DECREF(keys);
        if (error != 0) {
            return NULL;
        }
    }
    struct future *future = make_future(engine, placement, args[0], is_context_copied);
    if (future == NULL) {
        return NULL;
    }
    if (call_store(future, args[0], args + 1, count - 1, keywords) != 0 ||
        engine_submit(engine, future) != 0) {
        Py_DECREF((PyObject *)future);
        return NULL;
    }
    return (PyObject *)future;
}

static PyObject *executor_submit(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                 PyObject *keywords) {
    return executor_submit_call(self, NULL, args, count, keywords);
}

static PyObject *get_engine(PyObject *self, void *closure) {
    (void)closure;
    struct engine *engine = executor_engine(self);
    Py_XINCREF((PyObject *)engine);
    return (PyObject *)engine;
}

static void let_go(struct engine *engine) {
    PyObject *error = error_take();
    engine_let_go(engine);
    if (error != NULL) {
        error_put(error);
    }
}

/* Keeps an engine that is about to be replaced: another thread may be about to use it. 0, or -1. */
static int keep_former(struct executor *executor, struct engine *engine) {
    PyObject *list = PyList_New(0);
    if (list == NULL) {
        return -1;
    }
    own_lock_take(&executor->lock);
    if (executor->former == NULL) {
        executor->former = list;
        list = NULL;
    }
    int error = PyList_Append(executor->former, (PyObject *)engine); /* calls nobody */
    own_lock_give(&executor->lock);
    Py_XDECREF(list);
    return error;
}

static int set_engine(PyObject *self, PyObject *value, void *closure) {
    (void)closure;
    struct module_state *state = state_of(Py_TYPE(self));
    if (value == NULL || !Py_IS_TYPE(value, state->engine_type)) {
        PyErr_SetString(PyExc_TypeError, "_engine must be an Engine");
        return -1;
    }
    Py_INCREF(value);
    /* Acquire and release: for whoever uses it, and for whoever replaces it. */
    struct engine *old = __atomic_exchange_n(&as_executor(self)->engine,
                                             (struct engine *)(void *)value, __ATOMIC_ACQ_REL);
    if (old == NULL) {
        return 0;
    }
    let_go(old);
    int error = keep_former(as_executor(self), old);
    if (error == 0) {
        Py_DECREF((PyObject *)old); /* without memory, it stays for ever */
    }
    return error;
}

static PyObject *get_keys(PyObject *self, void *closure) {
    (void)closure;
    PyObject *keys = executor_keys(self);
    if (keys == NULL) {
        keys = Py_None;
        Py_INCREF(keys);
    }
    return keys;
}

static int set_keys(PyObject *self, PyObject *value, void *closure) {
    (void)closure;
    struct executor *executor = as_executor(self);
    if (value != Py_None && (value == NULL || !PyTuple_CheckExact(value) ||
                             PyTuple_GET_SIZE(value) != ATTRIBUTE_COUNT)) {
        PyErr_Format(PyExc_TypeError, "_keys must be a tuple of %d or None", (int)ATTRIBUTE_COUNT);
        return -1;
    }
    PyObject *keys = value == Py_None ? NULL : value;
    Py_XINCREF(keys);
    own_lock_take(&executor->lock);
    PyObject *old = executor->keys;
    __atomic_store_n(&executor->keys, keys, __ATOMIC_RELAXED); /* read through the lock */
    own_lock_give(&executor->lock);
    Py_XDECREF(old);
    return 0;
}

static int executor_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(as_executor(self)->keys);
    Py_VISIT(as_executor(self)->former);
    Py_VISIT((PyObject *)as_executor(self)->engine);
    return 0;
}

static int executor_clear(PyObject *self) {
    struct engine *engine = as_executor(self)->engine;
    as_executor(self)->engine = NULL;
    if (engine != NULL) {
        let_go(engine);
    }
    Py_XDECREF((PyObject *)engine);
    Py_CLEAR(as_executor(self)->keys);
    Py_CLEAR(as_executor(self)->former);
    return 0;
}

static void executor_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)executor_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef executor_methods[] = {
    {"submit", AS_METHOD(executor_submit), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR(
         "submit($self, fn, /, *args, **kwargs)\n--\n\nSchedule fn(*args, **kwargs) and return "
         "a Future of what it returns.\n\nRaises RuntimeError after shutdown, QueueFull when "
         "the pool refuses the call\nand BrokenThreadPool when an initializer has failed. What a "
         "key raises, submit raises,\nand nothing is scheduled.")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef executor_fields[] = {
    {"_engine", get_engine, set_engine, NULL, NULL},
    {"_keys", get_keys, set_keys, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef executor_members[] = {
    {"_is_context_copied", T_BOOL, offsetof(struct executor, is_context_copied), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot executor_slots[] = {
    {Py_tp_doc, SLOT_TEXT("An executor over an Engine.")},
    {Py_tp_traverse, executor_traverse},
    {Py_tp_clear, executor_clear},
    {Py_tp_dealloc, executor_dealloc},
    {Py_tp_methods, executor_methods},
    {Py_tp_getset, executor_fields},
    {Py_tp_members, executor_members},
    {0, NULL},
};

static PyType_Spec executor_spec = {
    .name = "treadle._treadle.Executor",
    .basicsize = sizeof(struct executor),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = executor_slots,
};

int executor_type_make(PyObject *module, struct module_state *state) {
    return type_make(module, &executor_spec, NULL, &state->executor_type);
}
