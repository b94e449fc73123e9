/* engine_submit.c - the door of a pool: making room, giving it tasks, taking them back. */
#include "extension.h"

#include <errno.h>

/* The exception is that of the thread if the call failed for it, or if it is an interrupt, which
 * must not be lost. */
int engine_check(struct engine *engine, int error) {
    PyObject *why = engine_take_thread_error(engine);
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
    return engine_waiting(engine) >= engine->pending_max && !engine_is_ending(engine) &&
           !engine_is_broken(engine);
}

/* May the calling thread wait for room until then? 0, or -1 with an exception. */
static int check_wait(struct engine *engine, uint64_t deadline_ns) {
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
    return 0;
}

/* Waits once, if there still is no room, or takes the place of one more call: *is_in_out. Looking,
 * and taking or going to sleep, are one step. 0, or -1 with an exception. */
static int enter_or_wait(struct engine *engine, uint64_t deadline_ns, bool *is_in_out) {
    int error = 0;
    own_lock_take(&engine->lock);
    *is_in_out = !is_full(engine);
    if (*is_in_out) {
        (void)shared_add(&engine->entered, 1); /* nobody waits for more */
    } else {
        error =
            sleepers_join_locked(&engine->room, deadline_ns, &engine->lock, &engine->state->brief);
        if (error != 0 && !is_full(engine)) {
            /* A place that was meant for us is somebody else's. */
            sleepers_wake_one_locked(&engine->room);
        }
    }
    own_lock_give(&engine->lock);
    return error;
}

/* Waits until there is room, and takes it. Here and not in the pool, so that Ctrl-C gets through:
 * the pool's own count of what waits is never above ours, so it has room, too. 0, or -1 with an
 * exception. */
static int wait_for_room(struct engine *engine) {
    const uint64_t timeout_ns = engine->room_timeout_ns, now_ns = trd_clock_now_ns();
    const uint64_t deadline_ns =
        timeout_ns < TRD_FOREVER - now_ns ? now_ns + timeout_ns : TRD_FOREVER;
    bool is_in = false;
    while (!is_in) {
        if (is_full(engine) && check_wait(engine, deadline_ns) != 0) {
            return -1;
        }
        if (enter_or_wait(engine, deadline_ns, &is_in) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Before a submit: 0, the call counts as waiting, and the engine stays until submit_end(), for the
 * call may be over, and the executor gone, before submit returns. -1 with an exception. */
static int submit_begin(struct engine *engine) {
    if (state_is_exiting(engine->state)) {
        engine_raise(engine, -ESHUTDOWN);
        return -1;
    }
    Py_INCREF((PyObject *)engine);
    if (!engine->may_block) {
        (void)shared_add(&engine->entered, 1); /* a number, nothing hangs on it here */
    } else if (wait_for_room(engine) != 0) {
        Py_DECREF((PyObject *)engine);
        return -1;
    }
    return 0;
}

static void completed(struct engine *engine, uint64_t count) {
    if (shared_add(&engine->accepted, 0 - count) == 0) {
        Py_DECREF((PyObject *)engine);
    }
}

void engine_completed(struct engine *engine) {
    enum { AT_ONCE = 64 };
    struct worker *worker = worker_self();
    if (worker == NULL || worker->engine != engine) {
        completed(engine, 1);
    } else if (++worker->completed == AT_ONCE) {
        engine_completed_all(worker);
    }
}

void engine_completed_all(struct worker *worker) {
    uint64_t count = worker->completed;
    worker->completed = 0;
    if (count > 0) {
        completed(worker->engine, count);
    }
}

/* Gives the pool a task, and books it. 0, or the pool's error: then it never had it. */
static int submit_task(struct engine *engine, struct trd_task *task) {
    if (shared_add(&engine->accepted, 1) == 1) {
        Py_INCREF((PyObject *)engine);
    }
    int error = trd_pool_submit_task(engine->pool, task);
    if (error != 0) {
        engine_started(engine);
        completed(engine, 1);
    }
    return error;
}

/* What submit() says in the end: 0, or -1 with an exception. */
static int submit_end(struct engine *engine, int error) {
    /* Relaxed: what this thread has kept itself, it sees. */
    if (error != 0 || atomic_load_explicit(&engine->has_thread_error, memory_order_relaxed)) {
        error = engine_check(engine, error);
    }
    Py_DECREF((PyObject *)engine);
    return error;
}

int engine_submit(struct engine *engine, struct future *future) {
    if (submit_begin(engine) != 0) {
        return -1;
    }
    reference_lend((PyObject *)future);
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
    /* Relaxed: whoever gives a share to another has one himself. */
    (void)atomic_fetch_add_explicit(&task->owner_count, 1, memory_order_relaxed);
    int error = submit_task(engine, &task->task);
    if (error != 0) {
        map_task_unref(task);
    }
    return submit_end(engine, error);
}

struct engine *engine_of(struct future *future) {
    own_lock_take(&future->lock);
    struct engine *engine = future->engine;
    Py_XINCREF((PyObject *)engine); /* it has one of its own as long as it has the future */
    own_lock_give(&future->lock);
    return engine;
}

void engine_withdraw(struct future *future) {
    struct engine *engine = engine_of(future);
    if (engine != NULL) {
        /* Too late is no error: the worker that has it finds it cancelled. */
        (void)trd_pool_cancel_task(engine->pool, &future->task);
        Py_DECREF((PyObject *)engine);
    }
}

void engine_started(struct engine *engine) {
    if (!engine->may_block) {
        (void)shared_add(&engine->started, 1);
        return;
    }
    own_lock_take(&engine->lock); /* see enter_or_wait() */
    (void)shared_add(&engine->started, 1);
    sleepers_wake_one_locked(&engine->room);
    own_lock_give(&engine->lock);
}
