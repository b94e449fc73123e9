/* group_names.c - what the callables and clients of a pool with insight are called.
 *
 * The engine tells them apart by 64-bit keys; here is what those stand for, noted when a key is
 * first seen. Dictionaries: they are safe whoever uses them at the same time, and what is in them
 * once stays as it is. What a callable's key
 * is the address of is kept alive, so that no other callable gets that address. Nothing here may
 * fail a submit: who cannot be noted has no name.
 */
#include "extension.h"

/* As many as the engine has rows for. */
enum { CALLABLES_MAX = 1024, CLIENTS_MAX = 256 };

int group_names_open(struct group_names *names) {
    names->callables = PyDict_New();
    names->clients = names->callables ? PyDict_New() : NULL;
    return names->clients ? 0 : -1;
}

static PyObject *label_of(PyObject *callee) {
    PyObject *name = attribute_of(callee, "__qualname__");
    if (name == NULL) { /* an object that can be called */
        PyErr_Clear();
        callee = (PyObject *)Py_TYPE(callee);
        name = attribute_of(callee, "__qualname__");
    }
    PyObject *module = name ? attribute_of(callee, "__module__") : NULL;
    if (module == NULL) {
        PyErr_Clear();
    }
    PyObject *label;
    if (name == NULL || !PyUnicode_Check(name)) {
        label = PyUnicode_FromString("?");
    } else if (module != NULL && PyUnicode_Check(module) &&
               PyUnicode_CompareWithASCIIString(module, "builtins") != 0 &&
               PyUnicode_CompareWithASCIIString(module, "__main__") != 0) {
        label = PyUnicode_FromFormat("%U.%U", module, name);
    } else {
        Py_INCREF(name);
        label = name;
    }
    Py_XDECREF(module);
    Py_XDECREF(name);
    return label;
}

PyObject *call_label(struct module_state *state, PyObject *callee) {
    PyObject *core = call_core(state, callee);
    PyObject *label = label_of(core);
    Py_DECREF(core);
    return label;
}

/* Is there something to be noted? Then `*number` is the key, to be given back. */
static bool is_new(PyObject *dictionary, Py_ssize_t limit, uint64_t key, PyObject **number) {
    *number = PyLong_FromUnsignedLongLong(key);
    int is_known = *number ? PyDict_Contains(dictionary, *number) : 1;
    if (is_known == 0 && PyDict_GET_SIZE(dictionary) < limit) {
        return true;
    }
    PyErr_Clear(); /* no memory: then it has no name */
    Py_CLEAR(*number);
    return false;
}

static void note(PyObject *dictionary, PyObject *number, PyObject *value) {
    /* Somebody may have been faster: then his value stays. */
    if (value == NULL || PyDict_SetDefault(dictionary, number, value) == NULL) {
        PyErr_Clear();
    }
    Py_XDECREF(value);
    Py_DECREF(number);
}

static void note_callable(struct engine *engine, uint64_t key, PyObject *callee) {
    PyObject *callables = engine->names.callables, *number;
    if (!is_new(callables, CALLABLES_MAX, key, &number)) {
        return;
    }
    PyObject *core = call_core(engine->state, callee);
    PyObject *kept = PyFunction_Check(core) ? PyFunction_GET_CODE(core)
                     : PyType_Check(core)   ? core
                                            : (PyObject *)Py_TYPE(core);
    PyObject *label = label_of(core);
    note(callables, number, label ? PyTuple_Pack(2, label, kept) : NULL);
    Py_XDECREF(label);
    Py_DECREF(core);
}

uint64_t group_names_key(struct engine *engine, PyObject *callee) {
    uint64_t key = call_class(engine->state, callee);
    if (engine->names.callables != NULL) {
        note_callable(engine, key, callee);
    }
    return key;
}

void group_names_note_client(const struct group_names *names, uint64_t key, PyObject *client) {
    PyObject *number;
    if (client != Py_None && is_new(names->clients, CLIENTS_MAX, key, &number)) {
        note(names->clients, number, PyObject_Str(client));
    }
}

PyObject *group_names_callable(const struct group_names *names, uint64_t key) {
    PyObject *number = PyLong_FromUnsignedLongLong(key);
    PyObject *pair = number ? PyDict_GetItemWithError(names->callables, number) : NULL;
    Py_XDECREF(number);
    PyObject *label = pair ? PyTuple_GET_ITEM(pair, 0) : NULL;
    Py_XINCREF(label);
    return label;
}

PyObject *group_names_client(const struct group_names *names, uint64_t key) {
    PyObject *number = PyLong_FromUnsignedLongLong(key);
    PyObject *label = number ? PyDict_GetItemWithError(names->clients, number) : NULL;
    Py_XDECREF(number);
    Py_XINCREF(label);
    return label;
}
