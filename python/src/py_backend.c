/* py_backend.c - the backend of libtreadle that runs Python calls on the interpreter's threads.
 *
 * A worker holds the interpreter's lock whenever it is not waiting for work, so it drains many
 * tasks before anybody else gets a turn. Whose turn it is, the interpreter decides: we see to it
 * that it is asked. The engine calls us without any lock of its own.
 *
 * A call's outcome is kept out of sight between run and complete: the engine accounts for the task
 * in between, so that whoever sees the result also sees it counted.
 */
#include "extension.h"

#include <errno.h>

static int backend_spawn(void *context, struct trd_pool *pool, uint32_t worker) {
    struct interpreter_visit visit;
    interpreter_enter(context, &visit);
    /* The keeper has no reference of its own: it may come too late. */
    struct engine *engine = engine_get(context);
    int error = engine ? worker_start(engine, pool, worker) : -ESHUTDOWN;
    if (visit.made != NULL && PyErr_Occurred()) {
        PyErr_WriteUnraisable((PyObject *)engine); /* nobody's call to fail */
    } else if (PyErr_Occurred()) {
        engine_keep_thread_error(engine, error_take());
    }
    Py_XDECREF((PyObject *)engine);
    interpreter_leave(&visit);
    return error;
}

/* The pool cannot use a worker whose initializer has failed, and no other one either. */
static int backend_open(void *context, uint32_t worker) {
    (void)worker;
    struct engine *engine = context;
    if (engine->initializer == Py_None) {
        return 0;
    }
    PyObject *answer = PyObject_CallObject(engine->initializer, engine->initargs);
    if (answer != NULL) {
        Py_DECREF(answer);
        return 0;
    }
    error_log(engine->state, "critical", "Exception in initializer:", NULL);
    PyObject *why =
        PyUnicode_FromString("A thread initializer failed, the thread pool is not usable anymore");
    if (why == NULL) {
        PyErr_Clear();
    } else {
        engine_break(engine, why);
    }
    return -ECANCELED;
}

static void log_worker_error(const struct engine *engine) {
    error_log(engine->state, "critical", "Exception in worker", NULL);
}

/* Every so many calls the interpreter gets its chance whatever was called: some Python functions
 * give it none (one that only makes a generator; before 3.11, one that begins with `try`), and all
 * of those are short. */
enum { RUNS_PER_TURN = 64 };

/* Somebody has had his chance to run when this returns, if it is due or was not for long. */
static void take_turns(struct engine *engine, bool is_due) {
    /* Relaxed, and in two steps: it does not matter when some are not counted. */
    uint32_t runs = atomic_load_explicit(&engine->runs, memory_order_relaxed) + 1;
    atomic_store_explicit(&engine->runs, runs, memory_order_relaxed);
    if ((runs % RUNS_PER_TURN == 0 || is_due) && interpreter_take_turns(engine->state) != 0) {
        log_worker_error(engine);
    }
}

static void note_started(struct engine *engine, bool *is_started) {
    if (!*is_started) {
        *is_started = true;
        engine_started(engine);
    }
}

/* A call has yielded: it waits again like any other, unless it was cancelled meanwhile. */
static enum trd_outcome wait_again(struct engine *engine, struct future *future) {
    if (future_is_cancelled(future)) {
        return TRD_OUTCOME_CANCELLED;
    }
    future->is_started = false;
    (void)shared_add(&engine->entered, 1); /* whoever submits looks at it */
    return TRD_OUTCOME_AGAIN;
}

static enum trd_outcome run_call(struct future *future, bool is_visitor) {
    PyObject *result = context_call_make(future, is_visitor);
    /* The call's own places are free now; nobody can see them. */
    if (result != NULL) {
        reference_hand_over(result);
        future->callee = result;
    } else {
        future->argument[0] = error_take();
        reference_hand_over(future->argument[0]);
    }
    return TRD_OUTCOME_DONE;
}

/* Marks it running. 1; 0: it was cancelled; -1 with an exception. */
static int start_call(struct future *future) {
    if (future->call == CALL_RESUMED) {
        return !future_is_cancelled(future);
    }
    return future_start(future);
}

static enum trd_outcome run_future(struct engine *engine, struct future *future, bool is_visitor) {
    note_started(engine, &future->is_started);
    int is_started = start_call(future);
    if (is_started != 1) {
        if (is_started < 0) {
            log_worker_error(engine);
        }
        return TRD_OUTCOME_CANCELLED;
    }
    bool is_turn_due = !call_takes_turns(future->callee);
    enum trd_outcome outcome = future->task.flags & TRD_TASK_RESUMABLE
                                   ? resumable_run(future)
                                   : run_call(future, is_visitor);
    take_turns(engine, is_turn_due);
    return outcome == TRD_OUTCOME_AGAIN ? wait_again(engine, future) : outcome;
}

static enum trd_outcome run_map(struct engine *engine, struct map_task *task, bool is_visitor) {
    note_started(engine, &task->is_started);
    map_task_run(task, engine->state, is_visitor);
    take_turns(engine, !call_takes_turns(task->job->function));
    return TRD_OUTCOME_DONE;
}

static enum trd_outcome backend_run(void *context, uint32_t worker, struct trd_task *task) {
    bool is_visitor = worker == TRD_WORKER_NONE;
    enum trd_outcome outcome = map_task_is(task)
                                   ? run_map(context, map_task_of(task), is_visitor)
                                   : run_future(context, future_of_task(task), is_visitor);
    if (!is_visitor) {
        engine_wait_over();
    }
    return outcome;
}

/* Completing calls nobody when nobody asked to be told, except by sleeping, and when the future is
 * still somebody's: with its last reference its result could go, and a destructor may do anything.
 */
static bool backend_is_quiet(void *context, struct trd_task *task) {
    (void)context;
#ifdef Py_GIL_DISABLED
    (void)task; /* somebody may begin to listen, or let it go, at any time */
    return false;
#else
    if (map_task_is(task)) {
        return map_task_is_quiet(map_task_of(task));
    }
    struct future *future = future_of_task(task);
    struct rare *rare = future_rare(future);
    bool has_listeners = rare != NULL && (rare->condition || rare->waiters || rare->callbacks);
    bool is_settled_by_hand =
        future_state(future) != FUTURE_RUNNING || future->result || future->exception;
    return !has_listeners && !is_settled_by_hand && Py_REFCNT(future) > 1;
#endif
}

static int settle_done(struct future *future) {
    PyObject *result = future->callee, *exception = future->argument[0];
    future->callee = future->argument[0] = NULL;
    if (exception != NULL) {
        unretrieved_begin(future, exception);
    }
    return future_finish(future, result, exception);
}

/* Why a call was never made, or NULL with an exception; `late` says what an expired one was. */
static PyObject *explain_dropped(const struct engine *engine, enum trd_outcome outcome,
                                 const char *late) {
    struct module_state *state = engine->state;
    if (outcome == TRD_OUTCOME_EXPIRED) {
        return PyObject_CallFunction(state->task_expired, "s", late);
    }
    return engine_is_broken(engine) ? PyObject_CallOneArg(state->broken_pool, engine->broken)
                                    : PyObject_CallNoArgs(state->cancelled_error);
}

static const char late_to_start[] = "the call has not started before its deadline";

static int settle_dropped(struct engine *engine, struct future *future, enum trd_outcome outcome) {
    call_drop(future);
    const char *late = late_to_start;
    if (future_back_to_pending(future)) { /* between two slices */
        late = "the policy has dropped the call between two slices";
    }
    bool has_failed = outcome == TRD_OUTCOME_EXPIRED || engine_is_broken(engine);
    if (future_state(future) != FUTURE_PENDING || !has_failed) {
        return future_drop(future);
    }
    PyObject *exception = explain_dropped(engine, outcome, late);
    return exception ? future_settle(future, NULL, exception) : -1;
}

static void complete_map(struct engine *engine, struct map_task *task, enum trd_outcome outcome) {
    PyObject *error = NULL;
    note_started(engine, &task->is_started);
    if (outcome != TRD_OUTCOME_DONE) {
        error = explain_dropped(engine, outcome, late_to_start);
        error = error ? error : error_take();
    }
    map_task_end(task, error);
}

static void complete_future(struct engine *engine, struct future *future,
                            enum trd_outcome outcome) {
    note_started(engine, &future->is_started);
    own_lock_take(&future->lock);
    future->engine = NULL;
    own_lock_give(&future->lock);
    PyObject *unused = context_take(future);
    Py_XDECREF(unused);
    int error =
        outcome == TRD_OUTCOME_DONE ? settle_done(future) : settle_dropped(engine, future, outcome);
    if (error != 0) {
        log_worker_error(engine);
    }
    Py_DECREF((PyObject *)future);
}

static void backend_complete(void *context, struct trd_task *task, enum trd_outcome outcome) {
    struct engine *engine = context;
    struct interpreter_visit visit;
    interpreter_enter(engine, &visit);
    if (map_task_is(task)) {
        complete_map(engine, map_task_of(task), outcome);
    } else {
        complete_future(engine, future_of_task(task), outcome);
    }
    engine_completed(engine);
    interpreter_leave(&visit);
}

static void backend_detach(void *context, uint32_t worker) {
    (void)context;
    (void)worker;
    engine_completed_all(worker_self());
    worker_set_idle(true);
    interpreter_release();
}

static void backend_attach(void *context, uint32_t worker) {
    (void)worker;
    brief_wait_for_interpreter(&((struct engine *)context)->state->brief);
    interpreter_retake();
    worker_set_idle(false);
}

static void backend_meter(void *context, struct trd_meter *meter_out) {
    struct engine *engine = context;
    gil_meter_read(engine->state->gil_meter, &engine->gil, meter_out);
}

const struct trd_backend python_backend = {
    .name = "python-threads",
    .gils = 1.0,
    .spawn = backend_spawn,
    .open = backend_open,
    .run = backend_run,
    .is_quiet = backend_is_quiet,
    .complete = backend_complete,
    .detach = backend_detach,
    .attach = backend_attach,
    .meter = backend_meter,
};
