/* py_blocking.c - the type _treadle.Blocking: `with pool.blocking():`.
 *
 * It remembers nothing but the pool, so one object serves any number of threads, and may be entered
 * again inside itself; the engine counts.
 */
#include "extension.h"

struct blocking {
    PyObject_HEAD PyObject *engine; /* None: the pool whose worker enters */
};

static struct blocking *as_blocking(PyObject *self) {
    return (struct blocking *)(void *)self;
}

static struct trd_pool *pool_of(PyObject *self) {
    PyObject *engine = as_blocking(self)->engine;
    return engine == Py_None ? NULL : ((struct engine *)(void *)engine)->pool;
}

static PyObject *blocking_enter(PyObject *self, PyObject *unused) {
    (void)unused;
    (void)trd_pool_blocking_begin(pool_of(self)); /* fails in a forked child only: no pool there */
    Py_INCREF(self);
    return self;
}

static PyObject *blocking_exit(PyObject *self, PyObject *args) {
    (void)args;
    (void)trd_pool_blocking_end(pool_of(self)); /* fails when a yield has ended the region before */
    Py_RETURN_NONE;
}

static PyObject *blocking_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static const char *const keywords[] = {"engine", NULL};
    PyObject *engine = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:Blocking", (char **)(uintptr_t)keywords,
                                     &engine)) {
        return NULL;
    }
    if (engine != Py_None && !Py_IS_TYPE(engine, state_of(type)->engine_type)) {
        PyErr_Format(PyExc_TypeError, "engine must be an Engine or None, not %.100s",
                     Py_TYPE(engine)->tp_name);
        return NULL;
    }
    PyObject *self = type->tp_alloc(type, 0);
    if (self != NULL) {
        Py_INCREF(engine);
        as_blocking(self)->engine = engine;
    }
    return self;
}

static int blocking_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(as_blocking(self)->engine);
    return 0;
}

static void blocking_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(as_blocking(self)->engine);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef blocking_methods[] = {
    {"__enter__", blocking_enter, METH_NOARGS,
     PyDoc_STR("__enter__($self, /)\n--\n\nBegin the region.")},
    {"__exit__", blocking_exit, METH_VARARGS,
     PyDoc_STR("__exit__($self, /, *exception)\n--\n\nEnd the region.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot blocking_slots[] = {
    {Py_tp_doc, SLOT_TEXT("A region in which a call waits and computes nothing.")},
    {Py_tp_new, blocking_tp_new},
    {Py_tp_traverse, blocking_traverse},
    {Py_tp_dealloc, blocking_dealloc},
    {Py_tp_methods, blocking_methods},
    {0, NULL},
};

static PyType_Spec blocking_spec = {
    .name = "treadle._treadle.Blocking",
    .basicsize = sizeof(struct blocking),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .slots = blocking_slots,
};

int blocking_type_make(PyObject *module, struct module_state *state) {
    return type_make(module, &blocking_spec, NULL, &state->blocking_type);
}
