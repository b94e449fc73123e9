/* py_future.c - the type treadle.Future: a concurrent.futures.Future without a condition.
 *
 * Methods that only look are here; the steps of its life are in future_state.c. Anything unusual
 * (odd arguments, errors) is left to the method of the standard library, so that it says what users
 * know.
 *
 * The type brings neither tp_dealloc nor tp_clear: the base is a Python class, whose own ones look
 * for the first type below them that brings another and would call ours, and ours theirs, without
 * end. Object members that are writable are cleared by them instead; and traversed, where there is
 * the interpreter's lock.
 */
#include "extension.h"

#include <structmember.h>

#include "future_pages.h"

static struct future *as_future(PyObject *self) {
    return (struct future *)(void *)self;
}

void future_track(struct future *future) {
    if (!PyObject_GC_IsTracked((PyObject *)future)) { /* without the interpreter's lock, it is */
        PyObject_GC_Track(future);
    }
}

/* Not tp_alloc: it would track the object, and make room for a dictionary that few need. */
static struct future *new_object(PyTypeObject *type) {
    struct future *future = PyObject_GC_New(struct future, type);
    if (future != NULL) {
        memset((char *)future + sizeof(PyObject), 0, (size_t)type->tp_basicsize - sizeof(PyObject));
    }
    return future;
}

static struct future *new_in_memory(struct future_memory *memory, PyTypeObject *type) {
    struct future *future = (struct future *)(void *)future_memory_new(memory, type);
    if (future == NULL) {
        return (struct future *)(void *)PyErr_NoMemory();
    }
    future->is_in_memory = true;
    return future;
}

struct future *future_new(struct module_state *state, bool has_attr) {
    PyTypeObject *type = has_attr ? state->placed_future_type : state->future_type;
    struct future_memory *memory = has_attr ? state->placed_memory : state->memory;
    struct future *future = memory ? new_in_memory(memory, type) : new_object(type);
    if (future == NULL) {
        return NULL;
    }
    if (has_attr) {
        future->task.flags = TRD_TASK_HAS_ATTR;
    }
#ifdef Py_GIL_DISABLED
    future_pages_note(future);
    PyObject_GC_Track(future); /* see future_object.h */
#endif
    return future;
}

#if FUTURES_HAVE_MEMORY
static void future_tp_free(void *self) {
    if (as_future(self)->is_in_memory) {
        future_memory_free(self);
    } else {
        PyObject_GC_Del(self); /* what the interpreter has made for a type that derives from ours */
    }
}
#endif

static PyObject *future_tp_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    (void)args;
    (void)kwargs;
    struct module_state *state = state_of(type);
    if (type == state->future_type) {
        return (PyObject *)future_new(state, false);
    }
    PyObject *self = type->tp_alloc(type, 0);
    if (self != NULL && PyType_IsSubtype(type, state->placed_future_type)) {
        as_future(self)->task.flags = TRD_TASK_HAS_ATTR;
    }
    return self;
}

static int future_tp_init(PyObject *self, PyObject *args, PyObject *kwargs) {
    (void)self;
    if (PyTuple_GET_SIZE(args) > 0 || (kwargs != NULL && PyDict_GET_SIZE(kwargs) > 0)) {
        PyErr_SetString(PyExc_TypeError, "Future() takes no arguments");
        return -1;
    }
    return 0;
}

/* An attribute of anybody's can make a cycle. */
static int future_tp_setattro(PyObject *self, PyObject *name, PyObject *value) {
    future_track(as_future(self));
    return PyObject_GenericSetAttr(self, name, value);
}

static PyObject *cancel(PyObject *self, PyObject *unused) {
    (void)unused;
    int is_cancelled = future_cancel(as_future(self));
    return is_cancelled < 0 ? NULL : PyBool_FromLong(is_cancelled);
}

static PyObject *cancelled(PyObject *self, PyObject *unused) {
    (void)unused;
    return PyBool_FromLong(future_is_cancelled(as_future(self)));
}

static PyObject *running(PyObject *self, PyObject *unused) {
    (void)unused;
    return PyBool_FromLong(future_state(as_future(self)) == FUTURE_RUNNING);
}

static PyObject *done(PyObject *self, PyObject *unused) {
    (void)unused;
    return PyBool_FromLong(future_is_over(as_future(self)));
}

/* Makes room for callbacks, if one may have to wait there. 0, or -1 with an exception. */
static int callbacks_make(struct future *future) {
    if (future_is_over(future)) {
        return 0;
    }
    struct rare *rare = future_rare_make(future);
    PyObject *callbacks = rare ? rare_list_make(future, &rare->callbacks) : NULL;
    Py_XDECREF(callbacks);
    return callbacks ? 0 : -1;
}

static PyObject *add_done_callback(PyObject *self, PyObject *callback) {
    struct future *future = as_future(self);
    if (callbacks_make(future) != 0) {
        return NULL;
    }
    own_lock_take(&future->lock);
    bool is_plain = future_is_plain_locked(future);
    bool is_over = future_is_over(future);
    int error = 0;
    if (is_plain && !is_over) {
        error = PyList_Append(future_rare(future)->callbacks, callback); /* calls nobody */
    }
    own_lock_give(&future->lock);
    if (!is_plain) {
        PyObject *name = state_of(Py_TYPE(self))->names.add_done_callback;
        return future_call_base(self, name, &callback, 1, NULL);
    }
    if (is_over) {
        error = future_run_callback(future, callback);
    }
    if (error != 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *set_running_or_notify_cancel(PyObject *self, PyObject *unused) {
    (void)unused;
    int is_started = future_start(as_future(self));
    return is_started < 0 ? NULL : PyBool_FromLong(is_started);
}

static PyObject *set_result(PyObject *self, PyObject *result) {
    Py_INCREF(result);
    if (future_settle(as_future(self), result, NULL) != 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *set_exception(PyObject *self, PyObject *exception) {
    if (exception == Py_None || future_is_over(as_future(self))) {
        struct names *names = &state_of(Py_TYPE(self))->names;
        return future_call_base(self, names->set_exception, &exception, 1, NULL);
    }
    Py_INCREF(exception);
    if (future_settle(as_future(self), NULL, exception) != 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *invoke_callbacks(PyObject *self, PyObject *unused) {
    (void)unused;
    if (future_run_callbacks(as_future(self)) != 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *outcome_repr(const struct outcome *outcome, PyObject *self, PyObject *name) {
    static const char *const words[FUTURE_STATE_COUNT] = {"pending", "running", "cancelled",
                                                          "cancelled", "finished"};
    const char *word = words[outcome->state];
    if (outcome->state != FUTURE_FINISHED) {
        return PyUnicode_FromFormat("<%U at %p state=%s>", name, (void *)self, word);
    }
    PyObject *value = outcome->exception ? outcome->exception : outcome->result;
    PyTypeObject *type = value ? Py_TYPE(value) : Py_TYPE(Py_None);
    PyObject *kind = attribute_of((PyObject *)type, "__name__");
    if (kind == NULL) {
        return NULL;
    }
    const char *verb = outcome->exception ? "raised" : "returned";
    PyObject *text =
        PyUnicode_FromFormat("<%U at %p state=%s %s %U>", name, (void *)self, word, verb, kind);
    Py_DECREF(kind);
    return text;
}

static PyObject *future_tp_repr(PyObject *self) {
    PyObject *name = attribute_of((PyObject *)Py_TYPE(self), "__name__");
    if (name == NULL) {
        return NULL;
    }
    struct outcome outcome = outcome_of(as_future(self));
    PyObject *text = outcome_repr(&outcome, self, name);
    outcome_forget(&outcome);
    Py_DECREF(name);
    return text;
}

static PyMethodDef future_methods[] = {
    {"cancel", cancel, METH_NOARGS,
     PyDoc_STR("cancel($self, /)\n--\n\nCancel the future if it has not started.\n\n"
               "Returns True if it is cancelled, False if it runs or is finished. A cancelled call "
               "leaves\nits pool's queue at once. A resumable call can be cancelled until it is "
               "finished: its\ngenerator is closed, at its next yield if it runs.")},
    {"cancelled", cancelled, METH_NOARGS,
     PyDoc_STR("cancelled($self, /)\n--\n\nReturn True if the future was cancelled.")},
    {"running", running, METH_NOARGS,
     PyDoc_STR("running($self, /)\n--\n\nReturn True if the call is being made.")},
    {"done", done, METH_NOARGS,
     PyDoc_STR("done($self, /)\n--\n\nReturn True if the future was cancelled or is finished.")},
    {"result", AS_METHOD(future_result), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR(
         "result($self, /, timeout=None)\n--\n\nReturn what the call returned, or raise what "
         "it raised.\n\nWaits for it, at most `timeout` seconds. Raises CancelledError if the "
         "future was\ncancelled and TimeoutError if it is not finished in time.")},
    {"exception", AS_METHOD(future_exception), METH_FASTCALL | METH_KEYWORDS,
     PyDoc_STR("exception($self, /, timeout=None)\n--\n\nReturn what the call raised, or None."
               "\n\nWaits for it, at most `timeout` seconds. Raises CancelledError if the future "
               "was\ncancelled and TimeoutError if it is not finished in time.")},
    {"add_done_callback", add_done_callback, METH_O,
     PyDoc_STR("add_done_callback($self, fn, /)\n--\n\nCall fn(future) when the future is over; at "
               "once if it is already.\n\nThe callbacks run in the order given, on the thread that "
               "ends the future. What they\nraise is logged and ignored.")},
    {"set_running_or_notify_cancel", set_running_or_notify_cancel, METH_NOARGS,
     PyDoc_STR("set_running_or_notify_cancel($self, /)\n--\n\nMark the future as running; False if "
               "it was cancelled.\n\nFor executors and tests.")},
    {"set_result", set_result, METH_O,
     PyDoc_STR("set_result($self, result, /)\n--\n\nFinish the future with a result.\n\n"
               "For executors and tests. Raises InvalidStateError if it is over already.")},
    {"set_exception", set_exception, METH_O,
     PyDoc_STR("set_exception($self, exception, /)\n--\n\nFinish the future with an exception.\n\n"
               "For executors and tests. Raises InvalidStateError if it is over already.")},
    {"_invoke_callbacks", invoke_callbacks, METH_NOARGS,
     PyDoc_STR("_invoke_callbacks($self, /)\n--\n\nCall the done callbacks.")},
    {NULL, NULL, 0, NULL},
};

/* The object members, for traversal and clearing; they are taken out of the type's dictionary when
 * it is made, so that nobody sees them. */
#define HIDDEN_MEMBER(name, field)                                                                 \
    { name, T_OBJECT_EX, offsetof(struct future, field), 0, NULL }
static PyMemberDef future_members[] = {
    HIDDEN_MEMBER("_treadle_callee", callee),
    HIDDEN_MEMBER("_treadle_argument0", argument[0]),
    HIDDEN_MEMBER("_treadle_argument1", argument[1]),
    HIDDEN_MEMBER("_treadle_argument2", argument[2]),
    HIDDEN_MEMBER("_treadle_result", result),
    HIDDEN_MEMBER("_treadle_exception", exception),
    HIDDEN_MEMBER("_treadle_rare", rare),
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(future_doc, "The result of a call that is made later.\n\n"
                         "A concurrent.futures.Future that works wherever one does, and costs a "
                         "fraction of it.");

static PyType_Slot future_slots[] = {
    {Py_tp_doc, SLOT_TEXT(future_doc)},
    {Py_tp_new, future_tp_new},
    {Py_tp_init, future_tp_init},
    {Py_tp_repr, future_tp_repr},
    {Py_tp_setattro, future_tp_setattro},
    {Py_tp_methods, future_methods},
    {Py_tp_members, future_members},
    {Py_tp_getset, future_fields},
#if FUTURES_HAVE_MEMORY
    {Py_tp_free, future_tp_free},
#endif
    {0, NULL},
};

/* Garbage collection is inherited, with the functions for it, by types that do not ask for it. */
static PyType_Spec future_spec = {
    .name = "treadle.Future",
    .basicsize = sizeof(struct future),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = future_slots,
};

static PyMemberDef placed_future_members[] = {
    {"_treadle_context", T_OBJECT_EX, offsetof(struct placed_future, context), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot placed_future_slots[] = {
    {Py_tp_doc, SLOT_TEXT("A Future of a call submitted with options.")},
    {Py_tp_members, placed_future_members},
    {0, NULL},
};

static PyType_Spec placed_future_spec = {
    .name = "treadle._treadle.PlacedFuture",
    .basicsize = sizeof(struct placed_future),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = placed_future_slots,
};

static int hide_members(PyTypeObject *type, const PyMemberDef *members) {
    for (const PyMemberDef *member = members; member->name != NULL; member++) {
        if (PyObject_DelAttrString((PyObject *)type, member->name) != 0) {
            return -1;
        }
    }
    return 0;
}

static int open_memory(struct module_state *state, bool has_attr, struct future_memory **memory) {
    PyObject *example = (PyObject *)future_new(state, has_attr);
    struct future_memory *opened = example ? future_memory_open(example) : NULL;
    Py_XDECREF(example);
    *memory = opened;
    return opened ? 0 : -1;
}

#ifdef Py_GIL_DISABLED
/* Without the interpreter's lock the collector knows all futures, and comes by twice in every turn:
 * this is what the base's own function does, in a third of the time. */
static int future_tp_traverse(PyObject *self, visitproc visit, void *arg) {
    struct future *future = as_future(self);
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(future->callee);
    for (int i = 0; i < CALL_INLINE_MAX; i++) {
        Py_VISIT(future->argument[i]);
    }
    Py_VISIT(future->result);
    Py_VISIT(future->exception);
    Py_VISIT(future->rare);
    return PyObject_VisitManagedDict(self, visit, arg);
}

static int placed_future_tp_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(((struct placed_future *)(void *)self)->context);
    return future_tp_traverse(self, visit, arg);
}
#endif

int future_types_make(PyObject *module, struct module_state *state) {
    Py_ssize_t base_size = ((PyTypeObject *)(void *)state->base_future)->tp_basicsize;
    if (base_size > (Py_ssize_t)offsetof(struct future, callee)) {
        PyErr_Format(PyExc_ImportError,
                     "concurrent.futures.Future has %zd bytes in this interpreter, and treadle was "
                     "built for %zu: rebuild treadle with this interpreter",
                     base_size, offsetof(struct future, callee));
        return -1;
    }
    if (rare_type_make(module, state) != 0 || unretrieved_type_make(module, state) != 0 ||
        type_make(module, &future_spec, state->base_future, &state->future_type) != 0 ||
        hide_members(state->future_type, future_members) != 0) {
        return -1;
    }
#ifdef Py_GIL_DISABLED
    state->future_type->tp_traverse = future_tp_traverse; /* nobody has seen it yet */
#endif
    if (type_make(module, &placed_future_spec, (PyObject *)state->future_type,
                  &state->placed_future_type) != 0) {
        return -1;
    }
#ifdef Py_GIL_DISABLED
    state->placed_future_type->tp_traverse = placed_future_tp_traverse;
#endif
    if (hide_members(state->placed_future_type, placed_future_members) != 0) {
        return -1;
    }
    if (!FUTURES_HAVE_MEMORY) {
        return 0;
    }
    return open_memory(state, false, &state->memory) == 0
               ? open_memory(state, true, &state->placed_memory)
               : -1;
}
