/* map_results.h - the iterator over the results of a map, and what feeds it. */
#ifndef TREADLE_PYTHON_MAP_RESULTS_H
#define TREADLE_PYTHON_MAP_RESULTS_H

#include "engine_object.h"

struct map_results {
    PyObject_HEAD struct engine *engine; /* NULL: nothing is left to be read */
    struct map_job *job;
    struct map_task *first, *last; /* submitted, and not read to the end; in order */
    Py_ssize_t position;           /* items of `first` that were read */
    PyObject *iterators;           /* a tuple: of what is not submitted yet; or NULL */
    PyObject *executor;            /* a weak reference, with iterators: who would submit it */
    struct placement placement;
    bool is_placed;
    bool is_growing;      /* chunks are */
    bool is_measured;     /* chunks are a share of as many items as there are said to be */
    bool has_begun;       /* somebody has read */
    _Atomic bool is_busy; /* atomic: somebody is inside; he alone uses all of this */
    Py_ssize_t chunk;     /* items of the next task */
    uint64_t deadline_ns; /* for the last result, or TRD_FOREVER */
};

/* map_feed.c */

/** Submits the next task, placed by `keys` (of the executor, or NULL). 1; 0: there are no more
 * items; -1 with an exception. */
int map_feed(struct map_results *results, PyObject *keys);
/** Submits one more task, if there is one and its executor is still there. 0, or -1. */
int map_feed_ahead(struct map_results *results);

#endif
