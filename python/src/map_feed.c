/* map_feed.c - a map's input: items become tasks, and tasks are submitted. */
#include "extension.h"

#include "map_results.h"

/* Chunks of unknown many items grow from one to this. */
enum { CHUNK_GROWN = 1024 };
/* Room for so many items is made at once when the iterables have said that there are as many. */
enum { ROOM_MEASURED_MAX = 1 << 20 };

/* The arguments of one item, as zip() would take them. 1; 0: an iterator has ended; -1. */
static int fill_item(PyObject **cells, PyObject *iterators) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(iterators); i++) {
        PyObject *iterator = PyTuple_GET_ITEM(iterators, i);
        cells[i] = Py_TYPE(iterator)->tp_iternext(iterator);
        if (cells[i] != NULL) {
            reference_hand_over(cells[i]);
            continue;
        }
        PyObject *error = error_take(); /* destructors must not meet it */
        while (i-- > 0) {
            Py_CLEAR(cells[i]);
        }
        if (error == NULL) {
            return 0;
        }
        bool is_end = PyErr_GivenExceptionMatches(error, PyExc_StopIteration) != 0;
        error_put(error);
        if (is_end) {
            PyErr_Clear();
        }
        return is_end ? 0 : -1;
    }
    return 1;
}

/* A task with the arguments of up to `results->chunk` items: fewer when there are no more, and then
 * *is_last_out is true. NULL with an exception. */
static struct map_task *task_of_next_items(struct map_results *results, bool *is_last_out) {
    const Py_ssize_t likely = results->is_measured ? ROOM_MEASURED_MAX : CHUNK_GROWN;
    Py_ssize_t room = results->chunk < likely ? results->chunk : likely;
    struct map_task *task = map_task_new(results->job, room, results->is_placed);
    int answer = 1;
    while (task != NULL && answer == 1 && task->count < results->chunk) {
        if (task->count == room) {
            room = room < results->chunk / 2 ? room * 2 : results->chunk;
            struct map_task *larger = map_task_grow(task, room);
            if (larger == NULL) {
                answer = -1;
                break;
            }
            task = larger;
        }
        answer =
            fill_item(map_task_cells(task) + task->count * results->job->width, results->iterators);
        task->count += answer == 1;
    }
    *is_last_out = answer != 1;
    if (task != NULL && answer < 0) {
        PyObject *error = error_take();
        map_task_unref(task);
        error_put(error);
        task = NULL;
    }
    return task;
}

/* What the policy is told of a task: what options() said, and what keys make of its first item. */
static int place(struct map_results *results, struct map_task *task, PyObject *keys) {
    task->task.payload.word[0] = group_names_key(results->engine, task->job->function);
    struct trd_attr *attr = trd_task_attr(&task->task);
    if (attr == NULL) {
        return 0;
    }
    struct placement placement = results->placement;
    if (keys != NULL) {
        const Py_ssize_t width = task->job->width;
        PyObject **values = PyMem_Calloc((size_t)(1 + width), sizeof(*values));
        if (values == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        values[0] = task->job->function;
        memcpy(values + 1, map_task_cells(task), (size_t)width * sizeof(*values));
        int error =
            placement_compute(&placement, &results->engine->names, keys, values, 1 + width, NULL);
        PyMem_Free(values);
        if (error != 0) {
            return -1;
        }
    }
    task->task.flags |= placement.flags;
    *attr = placement_attr(&placement);
    return 0;
}

/* Submits the next task. 1; 0: there are no more items; -1 with an exception. */
int map_feed(struct map_results *results, PyObject *keys) {
    bool is_last = false;
    struct map_task *task = task_of_next_items(results, &is_last);
    if (task == NULL) {
        return -1;
    }
    if (task->count == 0) {
        map_task_unref(task);
        return 0;
    }
    const Py_ssize_t count = task->count; /* the worker's from then on */
    if (place(results, task, keys) != 0 || engine_submit_map(results->engine, task) != 0) {
        PyObject *error = error_take();
        map_task_unref(task);
        error_put(error);
        return -1;
    }
    *(results->first ? &results->last->next : &results->first) = task;
    results->last = task;
    map_results_count(results, count);
    if (results->is_growing && results->chunk < CHUNK_GROWN) {
        results->chunk *= 2;
    }
    return !is_last;
}

/* The executor whose iterator this is: a new reference, or NULL without an exception. */
static PyObject *executor_of(struct map_results *results) {
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *executor = NULL;
    (void)PyWeakref_GetRef(results->executor, &executor); /* it is a weak reference */
    return executor;
#else
    PyObject *executor = PyWeakref_GetObject(results->executor);
    if (executor == Py_None) {
        return NULL;
    }
    Py_INCREF(executor);
    return executor;
#endif
}

/* Submits one more task, if there is one and its executor is still there. 0, or -1. */
int map_feed_ahead(struct map_results *results) {
    if (results->iterators == NULL) {
        return 0;
    }
    PyObject *executor = executor_of(results);
    int answer = 0;
    if (executor != NULL) {
        PyObject *keys = executor_keys(executor);
        answer = map_feed(results, keys);
        Py_XDECREF(keys);
        Py_DECREF(executor);
    }
    if (answer != 1) {
        Py_CLEAR(results->iterators);
    }
    return answer < 0 ? -1 : 0;
}
