/* placement.h - what a call says to the scheduler: its attributes, read from Python values. */
#ifndef TREADLE_PYTHON_PLACEMENT_H
#define TREADLE_PYTHON_PLACEMENT_H

#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include <treadle/task.h>

struct group_names;

/** The attributes that a user gives by name, or lets a key compute. */
enum attribute {
    ATTRIBUTE_PRIORITY = 0,
    ATTRIBUTE_CLIENT,
    ATTRIBUTE_WEIGHT,
    ATTRIBUTE_DEADLINE,
    ATTRIBUTE_COST,
};
enum { ATTRIBUTE_COUNT = ATTRIBUTE_COST + 1 };

/** In which context a call is made: see call_context.c. */
enum context_choice { CONTEXT_UNSAID = 0, CONTEXT_COPY, CONTEXT_WORKER };

/** All zero says nothing. */
struct placement {
    struct trd_attr attr; /* without the deadline, which starts with each submit */
    uint64_t deadline_ns; /* from submit; 0: none */
    uint8_t flags;        /* of the task */
    uint8_t given;        /* a bit for each attribute that was said */
    uint8_t context;      /* enum context_choice */
};

/** The name of an attribute. */
const char *attribute_name(enum attribute attribute);
/** Reads one; None (and NULL) says nothing. 0, or -1 with TypeError or ValueError. */
int placement_read(struct placement *placement, enum attribute attribute, PyObject *value);
/** Reads "copy" or "worker"; None (and NULL) says nothing. 0, or -1 with ValueError. */
int placement_read_context(struct placement *placement, PyObject *value);
/** Computes what was not given: keys[attribute](*values, **names) for each that is not None.
 * `values` holds `count` positional values, then those of `names`, which may be NULL. With
 * insight, a client is noted. 0, or -1 with the exception of a key, or of what it returned. */
int placement_compute(struct placement *placement, const struct group_names *names_of_groups,
                      PyObject *keys, PyObject *const *values, Py_ssize_t count, PyObject *names);
/** The attributes as a task carries them, from now on. */
struct trd_attr placement_attr(const struct placement *placement);

#endif
