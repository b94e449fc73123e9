/* py_options.c - the type _treadle.Options: an executor seen through scheduling attributes.
 *
 * options(priority=5).submit(fn, priority=1) gives fn its own keyword: the attributes never meet
 * the task's arguments.
 */
#include "extension.h"

#include <math.h>

struct options {
    PyObject_HEAD PyObject *executor;
    struct trd_attr attr; /* the deadline is left out: it starts with each submit */
    uint64_t deadline_ns; /* from submit; 0: none */
    int is_dropped_late, is_resumable;
};

static struct options *as_options(PyObject *self) {
    return (struct options *)(void *)self;
}

static PyObject *options_submit(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                PyObject *keywords) {
    struct options *options = as_options(self);
    struct trd_attr attr = options->attr;
    uint8_t flags = TRD_TASK_HAS_ATTR | (options->is_dropped_late ? TRD_TASK_DROP_LATE : 0) |
                    (options->is_resumable ? TRD_TASK_RESUMABLE : 0);
    if (options->is_resumable && count > 0 &&
        resumable_check(state_of(Py_TYPE(self)), args[0]) != 0) {
        return NULL;
    }
    if (options->deadline_ns > 0) {
        attr.deadline_ns = trd_clock_now_ns() + options->deadline_ns;
    }
    return executor_submit_call(options->executor, &attr, flags, args, count, keywords);
}

/* Seconds to nanoseconds; None is 0. `least` is the smallest positive number that counts. */
static int read_seconds(PyObject *value, const char *name, uint64_t *time_ns) {
    *time_ns = 0;
    if (value == Py_None) {
        return 0;
    }
    double number = PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    if (!(number >= 0.0 && number <= 1e9)) {
        PyErr_Format(PyExc_ValueError, "%s must be seconds from 0 to 1e9, not %R", name, value);
        return -1;
    }
    *time_ns = (uint64_t)(number * 1e9);
    return 0;
}

/* A whole number of the kind that fits `least` to `most`. */
static int read_integer(PyObject *value, const char *name, int64_t least, int64_t most,
                        int64_t *number) {
    int overflow = 0;
    if (!PyLong_Check(value)) {
        PyErr_Format(PyExc_TypeError, "%s must be an int, not %.100s", name,
                     Py_TYPE(value)->tp_name);
        return -1;
    }
    *number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow != 0 || *number < least || *number > most) {
        PyErr_Format(PyExc_ValueError, "%s must be from %lld to %lld, not %R", name,
                     (long long)least, (long long)most, value);
        return -1;
    }
    return 0;
}

static int options_parse(struct options *options, PyObject *args, PyObject *kwargs) {
    static const char *const keywords[] = {"executor", "priority",  "client",
                                           "weight",   "deadline",  "drop_late",
                                           "cost",     "resumable", NULL};
    PyObject *executor, *priority = NULL, *client = Py_None, *weight = NULL, *deadline = Py_None,
                        *cost = Py_None;
    int64_t number = 0;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!|$OOOOpOp:options", (char **)(uintptr_t)keywords,
            state_of(Py_TYPE(options))->executor_type, &executor, &priority, &client, &weight,
            &deadline, &options->is_dropped_late, &cost, &options->is_resumable)) {
        return -1;
    }
    if (priority != NULL &&
        read_integer(priority, "priority", INT64_MIN, INT64_MAX, &options->attr.priority) != 0) {
        return -1;
    }
    if (weight != NULL && weight != Py_None) {
        if (read_integer(weight, "weight", 1, UINT32_MAX, &number) != 0) {
            return -1;
        }
        options->attr.weight = (uint32_t)number;
    }
    if (client_key(client, &options->attr.client) != 0 ||
        read_seconds(deadline, "deadline", &options->deadline_ns) != 0 ||
        read_seconds(cost, "cost", &options->attr.cost_ns) != 0) {
        return -1;
    }
    if (deadline != Py_None && options->deadline_ns == 0) {
        options->deadline_ns = 1; /* 0 seconds is a deadline too: at once or not at all */
    }
    Py_INCREF(executor);
    options->executor = executor;
    return 0;
}

static PyObject *options_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    PyObject *self = type->tp_alloc(type, 0);
    if (self != NULL && options_parse(as_options(self), args, kwargs) != 0) {
        Py_DECREF(self);
        return NULL;
    }
    return self;
}

static int options_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(as_options(self)->executor);
    return 0;
}

static void options_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(as_options(self)->executor);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef options_methods[] = {
    {"submit", AS_METHOD(options_submit), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR(
         "submit($self, fn, /, *args, **kwargs)\n--\n\nSchedule fn(*args, **kwargs) with these "
         "options; see Executor.submit.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot options_slots[] = {
    {Py_tp_doc,
     SLOT_TEXT("An executor and the scheduling attributes its calls are submitted with.")},
    {Py_tp_new, options_tp_new},
    {Py_tp_traverse, options_traverse},
    {Py_tp_dealloc, options_dealloc},
    {Py_tp_methods, options_methods},
    {0, NULL},
};

static PyType_Spec options_spec = {
    .name = "treadle._treadle.Options",
    .basicsize = sizeof(struct options),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = options_slots,
};

int options_type_make(PyObject *module, struct module_state *state) {
    return type_make(module, &options_spec, NULL, &state->options_type);
}
