/* placement.c - scheduling attributes: from options(), or from keys that compute them per call. */
#include "placement.h"

#include "extension.h"

const char *attribute_name(enum attribute attribute) {
    switch (attribute) {
    case ATTRIBUTE_PRIORITY:
        return "priority";
    case ATTRIBUTE_CLIENT:
        return "client";
    case ATTRIBUTE_WEIGHT:
        return "weight";
    case ATTRIBUTE_DEADLINE:
        return "deadline";
    case ATTRIBUTE_COST:
        return "cost";
    }
    return "?";
}

/* Seconds to nanoseconds. */
static int read_seconds(PyObject *value, const char *name, uint64_t *time_ns) {
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

static int read_weight(struct placement *placement, PyObject *value, const char *name) {
    int64_t number = 0;
    int error = read_integer(value, name, 1, UINT32_MAX, &number);
    placement->attr.weight = error == 0 ? (uint32_t)number : 0;
    return error;
}

static int read_deadline(struct placement *placement, PyObject *value, const char *name) {
    int error = read_seconds(value, name, &placement->deadline_ns);
    if (error == 0 && placement->deadline_ns == 0) {
        placement->deadline_ns = 1; /* 0 seconds is a deadline too: at once or not at all */
    }
    return error;
}

static int read_attribute(struct placement *placement, enum attribute attribute, PyObject *value) {
    const char *name = attribute_name(attribute);
    switch (attribute) {
    case ATTRIBUTE_PRIORITY:
        return read_integer(value, name, INT64_MIN, INT64_MAX, &placement->attr.priority);
    case ATTRIBUTE_CLIENT:
        return client_key(value, &placement->attr.client);
    case ATTRIBUTE_WEIGHT:
        return read_weight(placement, value, name);
    case ATTRIBUTE_DEADLINE:
        return read_deadline(placement, value, name);
    case ATTRIBUTE_COST:
        return read_seconds(value, name, &placement->attr.cost_ns);
    }
    return 0;
}

int placement_read(struct placement *placement, enum attribute attribute, PyObject *value) {
    if (value == NULL || value == Py_None) {
        return 0;
    }
    placement->given |= (uint8_t)(1u << attribute);
    return read_attribute(placement, attribute, value);
}

int placement_read_context(struct placement *placement, PyObject *value) {
    if (value == NULL || value == Py_None) {
        return 0;
    }
    bool is_text = PyUnicode_Check(value);
    if (is_text && PyUnicode_CompareWithASCIIString(value, "copy") == 0) {
        placement->context = CONTEXT_COPY;
    } else if (is_text && PyUnicode_CompareWithASCIIString(value, "worker") == 0) {
        placement->context = CONTEXT_WORKER;
    } else {
        PyErr_Format(PyExc_ValueError, "context must be \"copy\", \"worker\" or None, not %R",
                     value);
        return -1;
    }
    return 0;
}

int placement_compute(struct placement *placement, const struct group_names *names_of_groups,
                      PyObject *keys, PyObject *const *values, Py_ssize_t count, PyObject *names) {
    for (int i = 0; i < ATTRIBUTE_COUNT; i++) {
        PyObject *key = PyTuple_GET_ITEM(keys, i);
        if (key == Py_None || (placement->given & (1u << i))) {
            continue;
        }
        PyObject *value = PyObject_Vectorcall(key, values, (size_t)count, names);
        int error = value ? placement_read(placement, (enum attribute)i, value) : -1;
        if (error == 0 && i == ATTRIBUTE_CLIENT && names_of_groups->clients != NULL) {
            group_names_note_client(names_of_groups, placement->attr.client, value);
        }
        Py_XDECREF(value);
        if (error != 0) {
            return -1;
        }
    }
    return 0;
}

struct trd_attr placement_attr(const struct placement *placement) {
    struct trd_attr attr = placement->attr;
    if (placement->deadline_ns > 0) {
        attr.deadline_ns = trd_clock_now_ns() + placement->deadline_ns;
    }
    return attr;
}
