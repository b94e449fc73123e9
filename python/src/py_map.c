/* py_map.c - the type _treadle.MapResults: map(), and the iterator over its results.
 *
 * Everything is submitted at once, as the standard library does it, or with `buffersize` so many
 * tasks ahead of the reader. The iterator is a generator in all but name: what has begun and is
 * left before its end, by an exception, by close() or because nobody holds it any more, cancels
 * what has not started; and it serves one reader at a time.
 */
#include "extension.h"

#include "map_results.h"

/* So many chunks a worker, when the number of items is known. */
enum { CHUNKS_PER_WORKER = 4 };

static struct map_results *as_results(PyObject *self) {
    return (struct map_results *)(void *)self;
}

static void drop_first(struct map_results *results) {
    struct map_task *task = results->first;
    results->first = task->next;
    results->position = 0;
    map_task_unref(task);
}

/* Forgets everything; with `is_cancelling`, what has not started is not run. */
static void end(struct map_results *results, bool is_cancelling) {
    PyObject *error = error_take();
    struct engine *engine = results->engine;
    results->engine = NULL;
    if (results->job != NULL && is_cancelling) {
        /* Relaxed: see map_task_run(). */
        atomic_store_explicit(&results->job->is_closed, true, memory_order_relaxed);
    }
    for (struct map_task *task = results->first; is_cancelling && task; task = task->next) {
        if (!map_task_is_over(task)) {
            (void)trd_pool_cancel_task(engine->pool, &task->task); /* too late is no error */
        }
    }
    while (results->first != NULL) {
        drop_first(results);
    }
    atomic_store_explicit(&results->left, 0, memory_order_relaxed); /* a hint */
    if (results->job != NULL) {
        map_job_unref(results->job);
        results->job = NULL;
    }
    Py_CLEAR(results->iterators);
    Py_CLEAR(results->executor);
    Py_XDECREF((PyObject *)engine);
    if (error != NULL) {
        error_put(error);
    }
}

/* Sleeps once, unless `task` is over. 0, or -1 with an exception. */
static int sleep_for(struct map_job *job, struct map_task *task, uint64_t deadline_ns,
                     struct brief_wait *brief) {
    int error = 0;
    own_lock_take(&job->lock);
    if (!map_task_is_over(task)) {
        job->awaited = task;
        error = sleepers_join_locked(&job->sleepers, deadline_ns, &job->lock, brief);
        job->awaited = NULL;
    }
    own_lock_give(&job->lock);
    return error;
}

/* Sleeps until `task` is over. 0, or -1 with an exception. */
static int sleep_until_over(struct map_results *results, struct map_task *task) {
    struct module_state *state = results->engine->state;
    while (!map_task_is_over(task)) {
        if (trd_clock_now_ns() >= results->deadline_ns) { /* which TRD_FOREVER is not */
            PyErr_SetNone(state->timeout_error);
            return -1;
        }
        if (sleep_for(results->job, task, results->deadline_ns, &state->brief) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Waits until `task` is over, or runs it. 0, or -1 with an exception. */
static int wait_for(struct map_results *results, struct map_task *task) {
    if (map_task_is_over(task)) {
        return 0;
    }
    if (engine_check_process(results->engine) != 0) {
        return -1;
    }
    /* Helping cannot be timed out. */
    if (results->deadline_ns == TRD_FOREVER && engine_help(results->engine, &task->task)) {
        return 0;
    }
    bool is_worker = engine_wait_begin(results->engine);
    int error = sleep_until_over(results, task);
    if (is_worker) {
        engine_wait_end();
    }
    return error;
}

/* The next result; NULL with an exception, or without one at the end. */
static PyObject *read_next(struct map_results *results) {
    for (;;) {
        struct map_task *task = results->first;
        if (task == NULL) {
            return NULL;
        }
        if (results->position == 0 &&
            (map_feed_ahead(results) != 0 || wait_for(results, task) != 0)) {
            return NULL;
        }
        if (results->position < task->done_count) {
            PyObject **cell = map_task_cells(task) + results->position * task->job->width;
            PyObject *result = *cell;
            *cell = NULL;
            results->position++;
            map_results_count(results, -1);
            if (results->position == task->done_count && task->error == NULL) {
                drop_first(results);
            }
            return result;
        }
        if (task->error != NULL) {
            error_put(task->error);
            task->error = NULL;
            return NULL;
        }
        drop_first(results);
    }
}

static bool enter(struct map_results *results) {
#ifdef Py_GIL_DISABLED
    /* Acquires what the last reader released. */
    bool is_busy = atomic_exchange_explicit(&results->is_busy, true, memory_order_acquire);
#else
    /* Relaxed: the interpreter's lock keeps others out. */
    bool is_busy = atomic_load_explicit(&results->is_busy, memory_order_relaxed);
    atomic_store_explicit(&results->is_busy, true, memory_order_relaxed);
#endif
    if (is_busy) {
        PyErr_SetString(PyExc_ValueError, "the results of this map are being read already");
    }
    return !is_busy;
}

static void leave(struct map_results *results) {
    atomic_store_explicit(&results->is_busy, false, memory_order_release);
}

static PyObject *results_next(PyObject *self) {
    struct map_results *results = as_results(self);
    if (!enter(results)) {
        return NULL;
    }
    PyObject *result = NULL;
    if (results->engine != NULL) {
        results->has_begun = true;
        result = read_next(results);
        if (result == NULL) {
            end(results, true);
        }
    }
    leave(results);
    return result;
}

static PyObject *results_close(PyObject *self, PyObject *unused) {
    (void)unused;
    struct map_results *results = as_results(self);
    if (!enter(results)) {
        return NULL;
    }
    if (results->engine != NULL) {
        end(results, true);
    }
    leave(results);
    Py_RETURN_NONE;
}

/* So that list() makes room once. Those that are not submitted yet are not counted. */
static PyObject *results_length_hint(PyObject *self, PyObject *unused) {
    (void)unused;
    return PyLong_FromSsize_t(
        atomic_load_explicit(&as_results(self)->left, memory_order_relaxed)); /* a hint */
}

/* What is over belongs to the iterator alone; the rest is the pool's, too. The function goes with
 * the last of them: see struct map_job. */
static int results_traverse(PyObject *self, visitproc visit, void *arg) {
    struct map_results *results = as_results(self);
    Py_VISIT(Py_TYPE(self));
    Py_VISIT((PyObject *)results->engine);
    Py_VISIT(results->iterators);
    Py_VISIT(results->executor);
    Py_ssize_t owner_count = 1;
    for (struct map_task *task = results->first; task; task = task->next) {
        if (!map_task_is_over(task)) {
            continue;
        }
        owner_count++;
        Py_VISIT(task->error);
        for (Py_ssize_t i = 0; i < task->done_count; i++) {
            Py_VISIT(map_task_cells(task)[i * task->job->width]);
        }
    }
    /* Relaxed: nobody runs, or the interpreter's lock is held. */
    if (results->job &&
        owner_count == atomic_load_explicit(&results->job->owner_count, memory_order_relaxed)) {
        Py_VISIT(results->job->function);
    }
    return 0;
}

static int results_clear(PyObject *self) {
    struct map_results *results = as_results(self);
    end(results, results->has_begun); /* even of one that was never open, there may be parts */
    return 0;
}

static void results_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    (void)results_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

/* How many items a task has when nobody says: a share of those there are, or 0 when that is not
 * known; -1 with an exception. */
static Py_ssize_t chunk_of(PyObject *iterables, uint32_t workers_max) {
    Py_ssize_t least = -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(iterables); i++) {
        Py_ssize_t count = PyObject_LengthHint(PyTuple_GET_ITEM(iterables, i), -1);
        if (count < 0 && PyErr_Occurred()) {
            return -1;
        }
        least = least < 0 || (count >= 0 && count < least) ? count : least;
    }
    Py_ssize_t share = (Py_ssize_t)workers_max * CHUNKS_PER_WORKER;
    return least < 0 ? 0 : 1 + (least > 0 ? (least - 1) / share : 0);
}

/* iter() of each. */
static PyObject *iterators_of(PyObject *iterables) {
    Py_ssize_t width = PyTuple_GET_SIZE(iterables);
    PyObject *iterators = PyTuple_New(width);
    for (Py_ssize_t i = 0; i < width && iterators; i++) {
        PyObject *iterator = PyObject_GetIter(PyTuple_GET_ITEM(iterables, i));
        if (iterator == NULL) {
            Py_CLEAR(iterators);
        } else {
            PyTuple_SET_ITEM(iterators, i, iterator);
        }
    }
    return iterators;
}

/* Sets up what map() was given. 0, or -1 with an exception. */
static int results_open(struct map_results *results, PyObject *executor, PyObject *function,
                        PyObject *iterables, Py_ssize_t chunk) {
    struct engine *engine = executor_engine(executor);
    if (engine == NULL) {
        return -1;
    }
    results->chunk = chunk > 0 ? chunk : chunk_of(iterables, engine->workers_max);
    results->is_growing = results->chunk == 0;
    results->is_measured = chunk == 0 && !results->is_growing;
    if (results->chunk < 0) {
        return -1;
    }
    results->chunk = results->is_growing ? 1 : results->chunk;
    results->iterators = iterators_of(iterables);
    if (results->iterators == NULL) {
        return -1;
    }
    results->executor = PyWeakref_NewRef(executor, NULL);
    bool is_context_copied =
        executor_copies_context((struct executor *)(void *)executor, &results->placement);
    results->job = map_job_new(function, PyTuple_GET_SIZE(iterables), is_context_copied);
    if (!results->executor || !results->job) {
        return -1;
    }
    Py_INCREF((PyObject *)engine);
    results->engine = engine;
    return 0;
}

/* Submits the first `most` tasks, or all of them when it is 0. 0, or -1 with an exception. */
static int submit_first(struct map_results *results, PyObject *executor, Py_ssize_t most) {
    PyObject *keys = executor_keys(executor);
    int answer = PyTuple_GET_SIZE(results->iterators) > 0; /* of nothing there are no items */
    for (Py_ssize_t i = 0; answer == 1 && (most == 0 || i < most); i++) {
        answer = map_feed(results, keys);
    }
    Py_XDECREF(keys);
    if (answer != 1) {
        Py_CLEAR(results->iterators);
    }
    return answer < 0 ? -1 : 0;
}

PyObject *map_results_new(PyObject *module, PyObject *args) {
    struct module_state *state = PyModule_GetState(module);
    PyObject *owner, *function, *iterables;
    Py_ssize_t chunk, ahead;
    double end_time;
    if (!PyArg_ParseTuple(args, "OOO!dnn:map", &owner, &function, &PyTuple_Type, &iterables,
                          &end_time, &chunk, &ahead)) {
        return NULL;
    }
    const struct placement *placement = NULL;
    PyObject *executor = owner;
    if (PyObject_TypeCheck(owner, state->options_type)) {
        placement = options_look(owner, &executor);
    } else if (!PyObject_TypeCheck(owner, state->executor_type)) {
        PyErr_Format(PyExc_TypeError, "map() of %.100s", Py_TYPE(owner)->tp_name);
        return NULL;
    }
    PyObject *self = state->map_results_type->tp_alloc(state->map_results_type, 0);
    if (self == NULL) {
        return NULL;
    }
    struct map_results *results = as_results(self);
    results->placement = placement ? *placement : (struct placement){0};
    results->is_placed = placement != NULL || executor_has_keys(executor);
    results->deadline_ns = end_time < 0.0   ? TRD_FOREVER
                           : end_time > 9e9 ? TRD_FOREVER
                                            : (uint64_t)(end_time * 1e9);
    if (results_open(results, executor, function, iterables, chunk) != 0 ||
        submit_first(results, executor, ahead) != 0) {
        PyObject *error = error_take();
        Py_DECREF(self);
        error_put(error);
        return NULL;
    }
    return self;
}

static PyMethodDef results_methods[] = {
    {"close", results_close, METH_NOARGS,
     PyDoc_STR("close($self, /)\n--\n\nRead no more: what has not started is not run.")},
    {"__length_hint__", results_length_hint, METH_NOARGS,
     PyDoc_STR("__length_hint__($self, /)\n--\n\nHow many results are to come, of what is "
               "submitted.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot results_slots[] = {
    {Py_tp_doc, SLOT_TEXT("The results of a map, in the order of its items.")},
    {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, results_next},
    {Py_tp_traverse, results_traverse},
    {Py_tp_clear, results_clear},
    {Py_tp_dealloc, results_dealloc},
    {Py_tp_methods, results_methods},
    {0, NULL},
};

static PyType_Spec results_spec = {
    .name = "treadle._treadle.MapResults",
    .basicsize = sizeof(struct map_results),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | NO_CONSTRUCTOR,
    .slots = results_slots,
};

int map_results_type_make(PyObject *module, struct module_state *state) {
    return type_make(module, &results_spec, NULL, &state->map_results_type);
}
