/* py_executor.c - the type _treadle.Executor: the part of an executor that has to be fast.
 *
 * The Python class treadle.ThreadPoolExecutor derives from it and from the standard library's. When
 * an executor goes away its workers finish what is queued and end, as in the standard library.
 */
#include "extension.h"

static struct executor *as_executor(PyObject *self) {
    return (struct executor *)(void *)self;
}

struct engine *executor_engine(PyObject *self) {
    struct engine *engine = as_executor(self)->engine;
    if (engine == NULL) {
        PyErr_Format(PyExc_RuntimeError,
                     "%.100s.__init__() has not been called: call super().__init__() first",
                     Py_TYPE(self)->tp_name);
    }
    return engine;
}

PyObject *executor_submit_call(PyObject *self, const struct trd_attr *attr, uint8_t flags,
                               PyObject *const *args, Py_ssize_t count, PyObject *keywords) {
    struct engine *engine = executor_engine(self);
    if (engine == NULL) {
        return NULL;
    }
    if (count < 1) {
        PyErr_SetString(PyExc_TypeError, "submit() missing 1 required positional argument: 'fn'");
        return NULL;
    }
    struct future *future = future_new(engine->state, attr != NULL);
    if (future == NULL) {
        return NULL;
    }
    future->task.payload.word[0] =
        call_class(engine->state, args[0]); /* where the engine looks for it */
    if (attr != NULL) {
        future->task.flags = flags;
        ((struct placed_future *)future)->attr = *attr;
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
    return executor_submit_call(self, NULL, 0, args, count, keywords);
}

static PyObject *get_engine(PyObject *self, void *closure) {
    (void)closure;
    struct engine *engine = executor_engine(self);
    Py_XINCREF((PyObject *)engine);
    return (PyObject *)engine;
}

static void forget_engine(PyObject *self) {
    struct engine *engine = as_executor(self)->engine;
    if (engine == NULL) {
        return;
    }
    as_executor(self)->engine = NULL;
    PyObject *error = error_take();
    engine_let_go(engine);
    if (error != NULL) {
        error_put(error);
    }
    Py_DECREF((PyObject *)engine);
}

static int set_engine(PyObject *self, PyObject *value, void *closure) {
    (void)closure;
    struct module_state *state = state_of(Py_TYPE(self));
    if (value == NULL || !Py_IS_TYPE(value, state->engine_type)) {
        PyErr_SetString(PyExc_TypeError, "_engine must be an Engine");
        return -1;
    }
    Py_INCREF(value);
    forget_engine(self);
    as_executor(self)->engine = (struct engine *)(void *)value;
    return 0;
}

static int executor_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT((PyObject *)as_executor(self)->engine);
    return 0;
}

static int executor_clear(PyObject *self) {
    forget_engine(self);
    return 0;
}

static void executor_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    forget_engine(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef executor_methods[] = {
    {"submit", AS_METHOD(executor_submit), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR(
         "submit($self, fn, /, *args, **kwargs)\n--\n\nSchedule fn(*args, **kwargs) and return "
         "a Future of what it returns.\n\nRaises RuntimeError after shutdown, QueueFull when "
         "the pool refuses the call\nand BrokenThreadPool when an initializer has failed.")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef executor_fields[] = {
    {"_engine", get_engine, set_engine, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot executor_slots[] = {
    {Py_tp_doc, SLOT_TEXT("An executor over an Engine.")},
    {Py_tp_traverse, executor_traverse},
    {Py_tp_clear, executor_clear},
    {Py_tp_dealloc, executor_dealloc},
    {Py_tp_methods, executor_methods},
    {Py_tp_getset, executor_fields},
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
