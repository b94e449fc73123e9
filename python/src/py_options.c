/* py_options.c - the type _treadle.Options: an executor seen through scheduling attributes.
 *
 * options(priority=5).submit(fn, priority=1) gives fn its own keyword: the attributes never meet
 * the task's arguments.
 */
#include "extension.h"

#include <structmember.h>

struct options {
    PyObject_HEAD PyObject *executor;
    struct placement placement;
};

static struct options *as_options(PyObject *self) {
    return (struct options *)(void *)self;
}

const struct placement *options_look(PyObject *self, PyObject **executor_out) {
    *executor_out = as_options(self)->executor;
    return &as_options(self)->placement;
}

static PyObject *options_submit(PyObject *self, PyObject *const *args, Py_ssize_t count,
                                PyObject *keywords) {
    struct options *options = as_options(self);
    if ((options->placement.flags & TRD_TASK_RESUMABLE) && count > 0 &&
        resumable_check(state_of(Py_TYPE(self)), args[0]) != 0) {
        return NULL;
    }
    return executor_submit_call(options->executor, &options->placement, args, count, keywords);
}

static int options_parse(struct options *options, PyObject *args, PyObject *kwargs) {
    static const char *const keywords[] = {"executor", "priority",  "client", "weight",
                                           "deadline", "drop_late", "cost",   "resumable",
                                           "context",  NULL};
    PyObject *executor, *context = NULL, *values[ATTRIBUTE_COUNT] = {NULL};
    int is_dropped_late = 0, is_resumable = 0;
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "O!|$OOOOpOpO:options", (char **)(uintptr_t)keywords,
            state_of(Py_TYPE(options))->executor_type, &executor, &values[ATTRIBUTE_PRIORITY],
            &values[ATTRIBUTE_CLIENT], &values[ATTRIBUTE_WEIGHT], &values[ATTRIBUTE_DEADLINE],
            &is_dropped_late, &values[ATTRIBUTE_COST], &is_resumable, &context)) {
        return -1;
    }
    for (int i = 0; i < ATTRIBUTE_COUNT; i++) {
        if (placement_read(&options->placement, (enum attribute)i, values[i]) != 0) {
            return -1;
        }
    }
    if (placement_read_context(&options->placement, context) != 0) {
        return -1;
    }
    const struct engine *engine = ((struct executor *)(void *)executor)->engine;
    if (engine != NULL && engine->names.clients != NULL && values[ATTRIBUTE_CLIENT] != NULL) {
        group_names_note_client(&engine->names, options->placement.attr.client,
                                values[ATTRIBUTE_CLIENT]);
    }
    options->placement.flags = (uint8_t)((is_dropped_late ? TRD_TASK_DROP_LATE : 0) |
                                         (is_resumable ? TRD_TASK_RESUMABLE : 0));
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

static PyObject *get_is_resumable(PyObject *self, void *closure) {
    (void)closure;
    return PyBool_FromLong(as_options(self)->placement.flags & TRD_TASK_RESUMABLE);
}

static PyMemberDef options_members[] = {
    {"executor", T_OBJECT, offsetof(struct options, executor), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef options_fields[] = {
    {"is_resumable", get_is_resumable, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot options_slots[] = {
    {Py_tp_doc,
     SLOT_TEXT("An executor and the scheduling attributes its calls are submitted with.")},
    {Py_tp_new, options_tp_new},
    {Py_tp_traverse, options_traverse},
    {Py_tp_dealloc, options_dealloc},
    {Py_tp_methods, options_methods},
    {Py_tp_members, options_members},
    {Py_tp_getset, options_fields},
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
