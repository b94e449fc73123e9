/* engine_report.c - what a pool says of itself: its statistics, and its recorded decisions.
 *
 * Times leave libtreadle in nanoseconds and reach Python in seconds, as everywhere in Python.
 */
#include "extension.h"

#include <errno.h>

static double seconds(uint64_t time_ns) {
    return (double)time_ns / 1e9;
}

static PyObject *quantiles(const struct trd_histogram *histogram) {
    return Py_BuildValue(
        "{sK sd sd sd sd sd sd sd}", "calls", (unsigned long long)histogram->count, "mean",
        trd_histogram_mean(histogram) / 1e9, "min", seconds(histogram->min), "p50",
        seconds(trd_histogram_quantile(histogram, 0.5)), "p90",
        seconds(trd_histogram_quantile(histogram, 0.9)), "p99",
        seconds(trd_histogram_quantile(histogram, 0.99)), "p999",
        seconds(trd_histogram_quantile(histogram, 0.999)), "max", seconds(histogram->max));
}

static PyObject *stats_dict(const struct trd_stats *stats, const struct engine *engine,
                            const struct gil_times *gil) {
    PyObject *wait = quantiles(&stats->wait_ns);
    PyObject *run = quantiles(&stats->run_ns);
    if (wait == NULL || run == NULL) {
        Py_XDECREF(wait);
        Py_XDECREF(run);
        return NULL;
    }
    double utilization =
        stats->worker_ns > 0 ? (double)stats->busy_ns / (double)stats->worker_ns : 0.0;
    return Py_BuildValue(
        "{sd sI sI sI sI sI sI sK sK sK sK sK sK sK sK sK sd sd sd ss sd sd sd sd sN sN}", "age",
        seconds(stats->age_ns), "workers", stats->workers, "workers_wanted", stats->workers_wanted,
        "workers_peak", stats->workers_peak, "busy", stats->busy, "blocked", stats->blocked,
        "clients", stats->clients, "queued", (unsigned long long)stats->queued, "queued_peak",
        (unsigned long long)stats->queued_peak, "submitted", (unsigned long long)stats->submitted,
        "refused", (unsigned long long)stats->refused, "finished",
        (unsigned long long)stats->finished, "cancelled", (unsigned long long)stats->cancelled,
        "expired", (unsigned long long)stats->expired, "lost", (unsigned long long)stats->lost,
        "caller_ran", (unsigned long long)stats->caller_ran, "busy_time", seconds(stats->busy_ns),
        "worker_time", seconds(stats->worker_ns), "utilization", utilization, "gil_meter",
        engine->gil.why_not ? engine->gil.why_not : "measured", "gil_held", seconds(gil->held_ns),
        "gil_core", seconds(gil->core_ns), "gil_wait", seconds(gil->wait_ns), "ready",
        seconds(gil->ready_ns), "wait", wait, "run", run);
}

PyObject *engine_stats(PyObject *self, PyObject *unused) {
    (void)unused;
    struct engine *engine = (struct engine *)(void *)self;
    struct trd_stats *stats = PyMem_Malloc(sizeof(*stats)); /* its histograms are large */
    if (stats == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *answer = NULL;
    int error = trd_pool_stats(engine->pool, stats);
    if (error != 0) {
        engine_raise(engine, error);
    } else {
        struct gil_times gil;
        gil_meter_times(engine->state->gil_meter, &engine->gil, &gil);
        answer = stats_dict(stats, engine, &gil);
    }
    PyMem_Free(stats);
    return answer;
}

/* Appends (name, wait, run) to `list`, unless nobody has come. 0, or -1 with an exception. */
static int append_group(PyObject *list, const struct trd_group_stats *group, PyObject *name) {
    if (name == NULL && PyErr_Occurred()) {
        return -1;
    }
    if (name == NULL) {
        const char *text = group->is_rest ? "(others)" : group->key ? "?" : "(anonymous)";
        name = PyUnicode_FromString(text);
    }
    PyObject *row =
        name ? Py_BuildValue("(NNN)", name, quantiles(&group->wait_ns), quantiles(&group->run_ns))
             : NULL;
    int error = row ? PyList_Append(list, row) : -1;
    Py_XDECREF(row);
    return error;
}

typedef int (*group_reader)(struct trd_pool *pool, uint32_t index, struct trd_group_stats *stats);
typedef PyObject *(*group_namer)(const struct group_names *names, uint64_t key);

/* A list of all groups that somebody belongs to. */
static PyObject *list_groups(struct engine *engine, struct trd_group_stats *group,
                             group_reader read, group_namer name_of) {
    PyObject *list = PyList_New(0);
    for (uint32_t i = 0; list != NULL && read(engine->pool, i, group) == 0; i++) {
        if (group->wait_ns.count > 0 &&
            append_group(list, group, group->key ? name_of(&engine->names, group->key) : NULL) !=
                0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

PyObject *engine_groups(PyObject *self, PyObject *unused) {
    (void)unused;
    struct engine *engine = (struct engine *)(void *)self;
    struct trd_group_stats *group = PyMem_Malloc(sizeof(*group)); /* its histograms are large */
    if (group == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *callables = list_groups(engine, group, trd_pool_class_stats, group_names_callable);
    PyObject *clients =
        callables ? list_groups(engine, group, trd_pool_client_stats, group_names_client) : NULL;
    PyMem_Free(group);
    if (clients == NULL) {
        Py_XDECREF(callables);
        return NULL;
    }
    return Py_BuildValue("(NN)", callables, clients);
}

PyObject *engine_trace(PyObject *self, PyObject *path) {
    struct engine *engine = (struct engine *)(void *)self;
    if (!engine->is_recording) {
        PyErr_SetString(PyExc_ValueError,
                        "this pool does not record; make it with record=True to keep its trace");
        return NULL;
    }
    PyObject *name = NULL;
    if (!PyUnicode_FSConverter(path, &name)) {
        return NULL;
    }
    struct trd_trace trace = {.events = NULL};
    int error = trd_pool_trace(engine->pool, &trace);
    if (error == 0) {
        Py_BEGIN_ALLOW_THREADS error = trd_trace_save(&trace, PyBytes_AS_STRING(name));
        trd_trace_free(&trace);
        Py_END_ALLOW_THREADS if (error != 0) {
            errno = -error;
            (void)PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
        }
    } else {
        engine_raise(engine, error);
    }
    Py_DECREF(name);
    if (error != 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}
