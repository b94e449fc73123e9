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
