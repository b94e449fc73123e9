/* engine_submit.c - the door of a pool: making room, giving it tasks, taking them back. */
#include "extension.h"

#include <errno.h>

/* The exception is that of the thread if the call failed for it, or if it is an interrupt, which
 * must not be lost. */
int engine_check(struct engine *engine, int error) {
    PyObject *why = engine->thread_error;
    engine->thread_error = NULL;
    if (why != NULL && (error != 0 || !PyErr_GivenExceptionMatches(why, PyExc_Exception))) {
        error_put(why);
        return -1;
    }
    Py_XDECREF(why);
    if (error != 0) {
        engine_raise(engine, error);
        return -1;
    }
    return 0;
}

static bool is_full(const struct engine *engine) {
    return engine->waiting >= engine->pending_max && !engine->is_ending && engine->broken == NULL;
}

/* Waits until there is room. Here and not in the pool, so that Ctrl-C gets through: the pool's own
 * count of what waits is never above ours, so it has room, too. 0, or -1 with an exception. */
static int wait_for_room(struct engine *engine) {
    const uint64_t timeout_ns = engine->room_timeout_ns, now_ns = trd_clock_now_ns();
    const uint64_t deadline_ns =
        timeout_ns < TRD_FOREVER - now_ns ? now_ns + timeout_ns : TRD_FOREVER;
    while (is_full(engine)) {
        if (engine_check_process(engine) != 0) {
            return -1;
        }
        if (trd_pool_this_worker(engine->pool) != TRD_WORKER_NONE) {
            engine_raise(engine, -EDEADLK);
            return -1;
        }
        if (deadline_ns != TRD_FOREVER && trd_clock_now_ns() >= deadline_ns) {
            engine_raise(engine, -ETIMEDOUT);
            return -1;
        }
        if (sleepers_join(&engine->room, deadline_ns) != 0) {
            /* A place that was meant for us is somebody else's. */
            if (engine->waiting < engine->pending_max) {
                sleepers_wake_one(&engine->room);
            }
            return -1;
        }
    }
    return 0;
}

/* Before a submit: 0, and the engine stays until submit_end(), for the call may be over, and the
 * executor gone, before submit returns. -1 with an exception. */
static int submit_begin(struct engine *engine) {
    if (engine->state->is_exiting) {
        engine_raise(engine, -ESHUTDOWN);
        return -1;
    }
    Py_INCREF((PyObject *)engine);
    if (engine->may_block && engine->waiting >= engine->pending_max && wait_for_room(engine) != 0) {
        Py_DECREF((PyObject *)engine);
        return -1;
    }
    return 0;
}

/* Gives the pool a task, and books it. 0, or the pool's error: then it never had it. */
static int submit_task(struct engine *engine, struct trd_task *task) {
    engine->waiting++;
    if (engine->accepted++ == 0) {
        Py_INCREF((PyObject *)engine);
    }
    int error = trd_pool_submit_task(engine->pool, task);
    if (error != 0) {
        engine->waiting--;
        sleepers_wake_one(&engine->room);
        if (--engine->accepted == 0) {
            Py_DECREF((PyObject *)engine);
        }
    }
    return error;
}

/* What submit() says in the end: 0, or -1 with an exception. */
static int submit_end(struct engine *engine, int error) {
    if (error != 0 || engine->thread_error != NULL) {
        error = engine_check(engine, error);
    }
    Py_DECREF((PyObject *)engine);
    return error;
}

int engine_submit(struct engine *engine, struct future *future) {
    if (submit_begin(engine) != 0) {
        return -1;
    }
    Py_INCREF((PyObject *)future);
    future->engine = engine;
    int error = submit_task(engine, &future->task);
    if (error != 0) {
        future->engine = NULL;
        Py_DECREF((PyObject *)future);
    }
    return submit_end(engine, error);
}

int engine_submit_map(struct engine *engine, struct map_task *task) {
    if (submit_begin(engine) != 0) {
        return -1;
    }
    task->owner_count++;
    int error = submit_task(engine, &task->task);
    if (error != 0) {
        map_task_unref(task);
    }
    return submit_end(engine, error);
}

void engine_withdraw(struct future *future) {
    struct engine *engine = future->engine;
    if (engine == NULL) {
        return;
    }
    Py_INCREF((PyObject *)engine);
    /* Too late is no error: the worker that has it finds it cancelled. */
    (void)trd_pool_cancel_task(engine->pool, &future->task);
    Py_DECREF((PyObject *)engine);
}
