/* map_results.h - the iterator over the results of a map, and what feeds it. */
#ifndef TREADLE_PYTHON_MAP_RESULTS_H
#define TREADLE_PYTHON_MAP_RESULTS_H

#include "engine_object.h"

struct map_results {
    PyObject_HEAD struct engine *engine; /* NULL: nothing is left to be read */
    struct map_job *job;
    struct map_task *first, *last; /* submitted, and not read to the end; in order */
    Py_ssize_t position;           /* items of `first` that were read */
    _Atomic Py_ssize_t left;       /* items submitted and not read; who is inside writes it */
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

/** So many more items are there to be read, or fewer. */
static inline void map_results_count(struct map_results *results, Py_ssize_t more) {
    /* Relaxed: whoever is not inside takes it for a hint. */
    Py_ssize_t left = atomic_load_explicit(&results->left, memory_order_relaxed);
    atomic_store_explicit(&results->left, left + more, memory_order_relaxed);
}

/* map_feed.c */

/** Submits the next task, placed by `keys` (of the executor, or NULL). 1; 0: there are no more
 * items; -1 with an exception. */
int map_feed(struct map_results *results, PyObject *keys);
/** Submits one more task, if there is one and its executor is still there. 0, or -1. */
int map_feed_ahead(struct map_results *results);

#endif
