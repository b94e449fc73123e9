/* future_fields.c - the private attributes of a standard future, made when they are looked at.
 *
 * concurrent.futures.wait(), as_completed(), executors of others and CPython's tests read and write
 * `_condition`, `_waiters`, `_done_callbacks`, `_state`, `_result` and `_exception` of any future.
 * Here they are views: what nobody asks for does not exist.
 */
#include "extension.h"

static int rare_traverse(PyObject *self, visitproc visit, void *arg) {
    struct rare *rare = (struct rare *)(void *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(rare->condition);
    Py_VISIT(rare->waiters);
    Py_VISIT(rare->callbacks);
    return 0;
}

static int rare_clear(PyObject *self) {
    struct rare *rare = (struct rare *)(void *)self;
    Py_CLEAR(rare->condition);
    Py_CLEAR(rare->waiters);
    Py_CLEAR(rare->callbacks);
    return 0;
}

static void rare_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)rare_clear(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyType_Slot rare_slots[] = {
    {Py_tp_traverse, rare_traverse},
    {Py_tp_clear, rare_clear},
    {Py_tp_dealloc, rare_dealloc},
    {0, NULL},
};

static PyType_Spec rare_spec = {
    .name = "treadle._treadle._Rare",
    .basicsize = sizeof(struct rare),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | NO_CONSTRUCTOR,
    .slots = rare_slots,
};

int rare_type_make(PyObject *module, struct module_state *state) {
    return type_make(module, &rare_spec, NULL, &state->rare_type);
}

struct rare *future_rare_make(struct future *future) {
    struct rare *rare = future_rare(future);
    if (rare != NULL) {
        return rare;
    }
    struct module_state *state = state_of(Py_TYPE(future));
    rare = PyObject_GC_New(struct rare, state->rare_type);
    if (rare == NULL) {
        return NULL;
    }
    rare->condition = rare->waiters = rare->callbacks = NULL;
    rare->sleepers = NULL;
    PyObject_GC_Track(rare);
    /* Somebody may have been faster: a collection, which may run anybody's code, can come with the
     * allocation above. */
    own_lock_take(&future->lock);
    bool is_first = future->rare == NULL;
    if (is_first) {
        /* Release: pairs with the acquire in future_rare(). */
        __atomic_store_n(&future->rare, (PyObject *)rare, __ATOMIC_RELEASE);
    }
    own_lock_give(&future->lock);
    if (!is_first) {
        Py_DECREF(rare);
        return future_rare(future);
    }
    future_track(future);
    return rare;
}

/* What is at `*place`, which the future's lock protects: a new reference, or NULL. */
static PyObject *place_get(struct future *future, PyObject **place) {
    own_lock_take(&future->lock);
    PyObject *value = *place;
    Py_XINCREF(value);
    own_lock_give(&future->lock);
    return value;
}

/* Puts `value` there, which may be NULL, and steals the reference. */
static void place_set(struct future *future, PyObject **place, PyObject *value) {
    own_lock_take(&future->lock);
    PyObject *old = *place;
    *place = value;
    own_lock_give(&future->lock);
    Py_XDECREF(old);
}

/* Puts `value` there, a new object, unless somebody was faster. What is there then: a new
 * reference. Steals that to `value`; NULL stays NULL. */
static PyObject *place_offer(struct future *future, PyObject **place, PyObject *value) {
    if (value == NULL) {
        return NULL;
    }
    own_lock_take(&future->lock);
    PyObject *there = *place;
    if (there == NULL) {
        *place = there = value;
        value = NULL;
    }
    Py_INCREF(there);
    own_lock_give(&future->lock);
    Py_XDECREF(value);
    return there;
}

PyObject *rare_list_make(struct future *future, PyObject **place) {
    PyObject *list = place_get(future, place);
    return list ? list : place_offer(future, place, PyList_New(0));
}

static struct future *as_future(PyObject *self) {
    return (struct future *)(void *)self;
}

static int refuse_delete(PyObject *value, const char *name) {
    if (value != NULL) {
        return 0;
    }
    PyErr_Format(PyExc_AttributeError, "%s of a Future cannot be deleted", name);
    return -1;
}

/* The condition has come to life: see future_wait.c. */
static void future_wake(struct future *future) {
    own_lock_take(&future->lock);
    future_wake_locked(future);
    own_lock_give(&future->lock);
}

static PyObject *get_condition(PyObject *self, void *closure) {
    (void)closure;
    struct future *future = as_future(self);
    struct rare *rare = future_rare_make(future);
    if (rare == NULL) {
        return NULL;
    }
    PyObject *condition = place_get(future, &rare->condition);
    if (condition != NULL) {
        return condition;
    }
    /* Making it runs Python code: another thread may be first. */
    condition = place_offer(future, &rare->condition,
                            PyObject_CallNoArgs(state_of(Py_TYPE(self))->condition_type));
    future_wake(future);
    return condition;
}

static int set_condition(PyObject *self, PyObject *value, void *closure) {
    (void)closure;
    struct future *future = as_future(self);
    struct rare *rare = future_rare_make(future);
    if (rare == NULL || refuse_delete(value, "_condition") != 0) {
        return -1;
    }
    Py_INCREF(value);
    place_set(future, &rare->condition, value);
    future_wake(future);
    return 0;
}

/* `_waiters` and `_done_callbacks` are lists in struct rare; the closure says where. */
static PyObject **list_place(struct rare *rare, void *closure) {
    return (PyObject **)(void *)((char *)rare + (uintptr_t)closure);
}

static PyObject *get_list(PyObject *self, void *closure) {
    struct rare *rare = future_rare_make(as_future(self));
    return rare ? rare_list_make(as_future(self), list_place(rare, closure)) : NULL;
}

/* Whoever asks for `_waiters` of a future that is not over, as wait() and as_completed() do, is
 * about to wait for it. */
static PyObject *get_waiters(PyObject *self, void *closure) {
    struct engine *engine = engine_of(as_future(self));
    if (engine != NULL) {
        engine_wait_till_end(engine);
        Py_DECREF((PyObject *)engine);
    }
    return get_list(self, closure);
}

static int set_list(PyObject *self, PyObject *value, void *closure) {
    struct rare *rare = future_rare_make(as_future(self));
    if (rare == NULL || refuse_delete(value, "a list") != 0) {
        return -1;
    }
    if (!PyList_Check(value)) {
        PyErr_Format(PyExc_TypeError, "expected a list, not %.100s", Py_TYPE(value)->tp_name);
        return -1;
    }
    Py_INCREF(value);
    place_set(as_future(self), list_place(rare, closure), value);
    return 0;
}

static PyObject *get_state(PyObject *self, void *closure) {
    (void)closure;
    PyObject *name = state_of(Py_TYPE(self))->state_names[future_state(as_future(self))];
    Py_INCREF(name);
    return name;
}

static void assign_state(struct future *future, enum future_state state) {
    own_lock_take(&future->lock);
    future_set_state_locked(future, state);
    future_set_settled_locked(future, false);
    own_lock_give(&future->lock);
}

static int set_state(PyObject *self, PyObject *value, void *closure) {
    (void)closure;
    if (refuse_delete(value, "_state") != 0) {
        return -1;
    }
    struct module_state *state = state_of(Py_TYPE(self));
    for (uint8_t i = 0; i < FUTURE_STATE_COUNT; i++) {
        int is_equal = PyObject_RichCompareBool(value, state->state_names[i], Py_EQ);
        if (is_equal < 0) {
            return -1;
        }
        if (is_equal) {
            assign_state(as_future(self), (enum future_state)i);
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError,
                 "_state must be one of PENDING, RUNNING, CANCELLED, CANCELLED_AND_NOTIFIED and "
                 "FINISHED of concurrent.futures, not %R",
                 value);
    return -1;
}

/* `_result` and `_exception`; the closure says where in struct future. NULL there is None. */
static PyObject **object_place(PyObject *self, void *closure) {
    return (PyObject **)(void *)((char *)self + (uintptr_t)closure);
}

static PyObject *get_object(PyObject *self, void *closure) {
    PyObject *value = place_get(as_future(self), object_place(self, closure));
    unretrieved_end(as_future(self));
    if (value == NULL) {
        value = Py_None;
        Py_INCREF(value);
    }
    return value;
}

static int set_object(PyObject *self, PyObject *value, void *closure) {
    if (refuse_delete(value, "_result or _exception") != 0) {
        return -1;
    }
    struct future *future = as_future(self);
    future_track(future);
    if (value == Py_None) {
        value = NULL;
    }
    Py_XINCREF(value);
    own_lock_take(&future->lock);
    future_set_settled_locked(future, false);
    own_lock_give(&future->lock);
    place_set(future, object_place(self, closure), value);
    return 0;
}

/* Whoever gets hold of the dictionary can make the future part of a cycle. */
static PyObject *get_dict(PyObject *self, void *closure) {
    future_track(as_future(self));
    return PyObject_GenericGetDict(self, closure);
}

static int set_dict(PyObject *self, PyObject *value, void *closure) {
    future_track(as_future(self));
    return PyObject_GenericSetDict(self, value, closure);
}

#define OFFSET_OF(type, field) ((void *)(uintptr_t)offsetof(type, field))

PyGetSetDef future_fields[] = {
    {"_condition", get_condition, set_condition, NULL, NULL},
    {"_waiters", get_waiters, set_list, NULL, OFFSET_OF(struct rare, waiters)},
    {"_done_callbacks", get_list, set_list, NULL, OFFSET_OF(struct rare, callbacks)},
    {"_state", get_state, set_state, NULL, NULL},
    {"_result", get_object, set_object, NULL, OFFSET_OF(struct future, result)},
    {"_exception", get_object, set_object, NULL, OFFSET_OF(struct future, exception)},
    {"__dict__", get_dict, set_dict, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
