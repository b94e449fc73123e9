/* engine_help.c - calls that wait for calls of the same pool.
 *
 * In a pool whose callers help, whoever waits for a call that has not started takes it out of the
 * queue and makes it himself, in a copy of his context. That saves two switches of threads, and
 * nested calls cannot deadlock. But such a call meets the thread it is made on: its thread-local
 * data, its recursion, an event loop that runs there. So it is only done where somebody asks for
 * it.
 *
 * Otherwise a worker that waits for a call of its own pool may be the last one that could make it.
 * Then the pool grows: while as many workers wait as there may be, one more may come. This changes
 * nothing but the number of threads, and that only where the standard library would wait for ever.
 */
#include "extension.h"

/* How deep this thread is in helping. */
static _Thread_local uint32_t help_depth;

bool engine_help(struct engine *engine, struct trd_task *task) {
    if (!engine->do_callers_help || help_depth >= TRD_HELP_DEPTH ||
        (task->flags & TRD_TASK_RESUMABLE) != 0 || trd_pool_take_task(engine->pool, task) != 0) {
        return false;
    }
    help_depth++;
    enum trd_outcome outcome = python_backend.run(engine, TRD_WORKER_NONE, task);
    help_depth--;
    trd_pool_finish_task(engine->pool, task, outcome);
    return true;
}

/* How many workers there may be: one more than all those that wait for calls of this pool. */
static uint32_t bound_locked(const struct engine *engine) {
    uint32_t most = engine->workers_max;
    return engine->stuck_count < most ? most : engine->stuck_count + 1;
}

void engine_bound_workers(struct engine *engine) {
    PyObject *error = error_take();
    own_lock_take(&engine->lock);
    bool is_mine = !engine->is_bounding; /* else somebody looks again soon */
    engine->is_bounding = true;
    while (is_mine && bound_locked(engine) != engine->workers_bound) {
        uint32_t most = engine->workers_bound = bound_locked(engine);
        own_lock_give(&engine->lock);
        (void)trd_pool_resize(engine->pool, engine->workers_min, most); /* the bounds are right */
        /* No thread for it: those who wait go on waiting. */
        Py_XDECREF(engine_take_thread_error(engine));
        own_lock_take(&engine->lock);
    }
    engine->is_bounding = engine->is_bounding && !is_mine;
    own_lock_give(&engine->lock);
    if (error != NULL) {
        error_put(error);
    }
}

/* `worker`, this thread, begins or ends a wait. */
static void change_waits(struct worker *worker, bool is_more) {
    struct engine *engine = worker->engine;
    bool was_stuck = worker->wait_count > 0;
    worker->wait_count = is_more ? worker->wait_count + 1 : worker->wait_count - 1;
    bool is_stuck = worker->wait_count > 0;
    if (is_stuck == was_stuck) {
        return;
    }
    own_lock_take(&engine->lock);
    engine->stuck_count = is_stuck ? engine->stuck_count + 1 : engine->stuck_count - 1;
    bool is_right = bound_locked(engine) == engine->workers_bound;
    own_lock_give(&engine->lock);
    if (!is_right) {
        engine_bound_workers(engine);
    }
}

bool engine_wait_begin(const struct engine *engine) {
    struct worker *worker = worker_self();
    if (worker == NULL || worker->engine != engine) {
        return false;
    }
    change_waits(worker, true);
    return true;
}

void engine_wait_end(void) {
    change_waits(worker_self(), false);
}

void engine_wait_till_end(const struct engine *engine) {
    struct worker *worker = worker_self();
    if (worker != NULL && worker->engine == engine && !worker->is_stuck_to_end) {
        worker->is_stuck_to_end = true;
        change_waits(worker, true);
    }
}

void engine_wait_over(void) {
    struct worker *worker = worker_self();
    if (worker != NULL && worker->is_stuck_to_end) {
        worker->is_stuck_to_end = false;
        change_waits(worker, false);
    }
}
