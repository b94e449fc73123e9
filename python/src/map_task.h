/* map_task.h - what a map() gives its pool: tasks that call one function for one item or a chunk.
 *
 * Nobody can see the tasks of a map, so they are no futures: a task is one piece of memory with the
 * arguments of its items in it, which the results then replace. TRD_TASK_OWNER_BIT tells it from a
 * future's task.
 *
 * A task has two owners, the iterator over the results and, until it is complete, the pool; a job
 * has the iterator and each task. Whoever is last frees it.
 */
#ifndef TREADLE_PYTHON_MAP_TASK_H
#define TREADLE_PYTHON_MAP_TASK_H

#include <Python.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <treadle/task.h>

#include "sleeper.h"

struct module_state;
struct map_task;

/** What the tasks of one map have in common. */
struct map_job {
    PyObject *function;             /* constant */
    PyObject *context;              /* constant: of which each task gets a copy, or NULL */
    Py_ssize_t width;               /* constant: arguments of an item */
    _Atomic Py_ssize_t owner_count; /* atomic */
    _Atomic bool is_closed;         /* atomic: nobody wants what is not there yet */
    struct own_lock lock;
    struct map_task *awaited; /* lock: what the iterator's thread sleeps for, or NULL */
    struct sleeper *sleepers; /* lock: that thread */
};

struct map_task {
    struct map_task *next; /* the iterator's: the one after it */
    struct map_job *job;   /* constant */
    PyObject *error;       /* what ended it early, or NULL; written before is_over */
    Py_ssize_t count;      /* items; constant once it is submitted */
    Py_ssize_t done_count; /* of these, with a result; written before is_over */
    _Atomic uint8_t owner_count;
    _Atomic bool is_over; /* set by the pool's side, which then touches nothing of it any more */
    bool is_started;      /* its pool counts it as waiting no more */
    struct trd_task task; /* behind it: a struct trd_attr if it is placed, then the cells */
};

static inline bool map_task_is(const struct trd_task *task) {
    return (task->flags & TRD_TASK_OWNER_BIT) != 0;
}

static inline struct map_task *map_task_of(struct trd_task *task) {
    return (struct map_task *)(void *)((char *)task - offsetof(struct map_task, task));
}

/** `count` times the arguments of an item; the result of an item is where its first argument was.
 * A task that is over holds results and nothing else. */
static inline PyObject **map_task_cells(struct map_task *task) {
    size_t bytes = (task->task.flags & TRD_TASK_HAS_ATTR) ? sizeof(struct trd_attr) : 0;
    return (PyObject **)(void *)((char *)(&task->task + 1) + bytes);
}

static inline bool map_task_is_over(const struct map_task *task) {
    /* Acquires what the worker released: results and error. */
    return atomic_load_explicit(&task->is_over, memory_order_acquire);
}

/** A job for `function`, with a copy of the current context if that is wanted; or NULL with an
 * exception. And giving it back. */
struct map_job *map_job_new(PyObject *function, Py_ssize_t width, bool is_context_copied);
void map_job_unref(struct map_job *job);

/** A task without items, and room for some: whoever writes the cells of one counts it. NULL with an
 * exception. Growing it before it is submitted: where it is now; or NULL with an exception, and it
 * is as it was. */
struct map_task *map_task_new(struct map_job *job, Py_ssize_t room, bool is_placed);
struct map_task *map_task_grow(struct map_task *task, Py_ssize_t room);
void map_task_unref(struct map_task *task);

/* The backend's functions for such a task: see backend.h of libtreadle. */
void map_task_run(struct map_task *task, const struct module_state *state, bool is_visitor);
bool map_task_is_quiet(struct map_task *task);
/** It is over, after a run or, with an exception (stolen), without one. Gives the pool's share
 * back. */
void map_task_end(struct map_task *task, PyObject *error);

#endif
