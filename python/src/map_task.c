/* map_task.c - the calls of a map's task: one item or a whole chunk, in one loop. */
#include "extension.h"

/* Every so many items the interpreter may hand its lock over: see interpreter_lock.c. */
enum { ITEMS_PER_TURN = 64 };

/* Arguments that are copied for a call, so that the callee may use the place before them. */
enum { WIDTH_COPIED = 6 };

struct map_job *map_job_new(PyObject *function, Py_ssize_t width, bool is_context_copied) {
    struct map_job *job = PyMem_Calloc(1, sizeof(*job));
    if (job == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    job->context = is_context_copied ? PyContext_CopyCurrent() : NULL;
    if (is_context_copied && job->context == NULL) {
        PyMem_Free(job);
        return NULL;
    }
    Py_INCREF(function);
    job->function = function;
    job->width = width;
    atomic_init(&job->owner_count, 1);
    return job;
}

void map_job_unref(struct map_job *job) {
    /* Acquire and release: whoever frees it has seen all that the others did with it. */
    if (atomic_fetch_sub_explicit(&job->owner_count, 1, memory_order_acq_rel) == 1) {
        Py_DECREF(job->function);
        Py_XDECREF(job->context);
        PyMem_Free(job);
    }
}

static size_t bytes_of(const struct map_job *job, Py_ssize_t room, bool is_placed) {
    return sizeof(struct map_task) + (is_placed ? sizeof(struct trd_attr) : 0) +
           (size_t)room * (size_t)job->width * sizeof(PyObject *);
}

struct map_task *map_task_new(struct map_job *job, Py_ssize_t room, bool is_placed) {
    struct map_task *task = PyMem_Malloc(bytes_of(job, room, is_placed));
    if (task == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    memset(task, 0, bytes_of(job, 0, is_placed));
    /* Relaxed: whoever gives a share to another has one himself. */
    (void)atomic_fetch_add_explicit(&job->owner_count, 1, memory_order_relaxed);
    task->job = job;
    atomic_init(&task->owner_count, 1);
    task->task.flags = (uint8_t)(TRD_TASK_OWNER_BIT | (is_placed ? TRD_TASK_HAS_ATTR : 0));
    return task;
}

struct map_task *map_task_grow(struct map_task *task, Py_ssize_t room) {
    const size_t item_bytes = (size_t)task->job->width * sizeof(PyObject *);
    bool is_placed = (task->task.flags & TRD_TASK_HAS_ATTR) != 0;
    bool is_too_large = (size_t)room > (size_t)PY_SSIZE_T_MAX / 2 / item_bytes;
    struct map_task *larger =
        is_too_large ? NULL : PyMem_Realloc(task, bytes_of(task->job, room, is_placed));
    if (larger == NULL) {
        PyErr_NoMemory();
    }
    return larger;
}

/* Forgets the arguments of the items from `first` on. */
static void drop_arguments(struct map_task *task, Py_ssize_t first) {
    PyObject **cells = map_task_cells(task);
    for (Py_ssize_t i = first * task->job->width; i < task->count * task->job->width; i++) {
        Py_DECREF(cells[i]);
    }
    task->count = first;
}

void map_task_unref(struct map_task *task) {
    /* As a job's. */
    if (atomic_fetch_sub_explicit(&task->owner_count, 1, memory_order_acq_rel) != 1) {
        return;
    }
    PyObject **cells = map_task_cells(task);
    if (!map_task_is_over(task)) {
        drop_arguments(task, 0); /* it was never accepted */
    }
    for (Py_ssize_t i = 0; i < task->done_count; i++) {
        Py_XDECREF(cells[i * task->job->width]); /* those that were read are gone */
    }
    Py_XDECREF(task->error);
    map_job_unref(task->job);
    PyMem_Free(task);
}

/* Calls the function for one item: its arguments at `cells` go, and the result comes to the first
 * one's place. False: it has raised, and nothing is left there. */
static bool run_item(const struct map_job *job, PyObject **cells) {
    const Py_ssize_t width = job->width;
    PyObject *result;
    if (width <= WIDTH_COPIED) {
        PyObject *stack[1 + WIDTH_COPIED]; /* the first one is scratch for the callee */
        for (Py_ssize_t i = 0; i < width; i++) {
            stack[1 + i] = cells[i];
        }
        result = PyObject_Vectorcall(job->function, stack + 1,
                                     (size_t)width | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    } else {
        result = PyObject_Vectorcall(job->function, cells, (size_t)width, NULL);
    }
    /* What the destructors of the arguments do must not meet the exception of the call. */
    PyObject *error = result ? NULL : error_take();
    for (Py_ssize_t i = 0; i < width; i++) {
        Py_DECREF(cells[i]);
    }
    cells[0] = result;
    if (result != NULL) {
        reference_hand_over(result);
    }
    if (error != NULL) {
        error_put(error);
    }
    return result != NULL;
}

static void run_items(struct map_task *task, const struct module_state *state) {
    struct map_job *job = task->job;
    PyObject **cells = map_task_cells(task);
    Py_ssize_t made = 0, done = 0;
    bool is_going = true;
    /* Relaxed: one item more or less does not matter. */
    while (is_going && made < task->count &&
           !atomic_load_explicit(&job->is_closed, memory_order_relaxed)) {
        is_going = run_item(job, cells + made * job->width);
        made++;
        done += is_going;
        if (is_going && made % ITEMS_PER_TURN == 0) {
            is_going = interpreter_take_turns(state) == 0;
        }
    }
    task->done_count = done;
    task->error = is_going ? NULL : error_take();
    drop_arguments(task, made);
}

void map_task_run(struct map_task *task, const struct module_state *state, bool is_visitor) {
    PyObject *context = task->job->context ? PyContext_Copy(task->job->context)
                        : is_visitor       ? PyContext_CopyCurrent()
                                           : NULL;
    if (PyErr_Occurred() || (context != NULL && PyContext_Enter(context) != 0)) {
        task->error = error_take();
        Py_XDECREF(context);
        drop_arguments(task, 0);
        return;
    }
    run_items(task, state);
    if (context != NULL) {
        context_leave(context);
    }
}

bool map_task_is_quiet(struct map_task *task) {
    /* While somebody is left to read them, no result goes. Relaxed: the iterator goes where this
     * worker sees it, or it hardly matters: see backend.h. */
    return atomic_load_explicit(&task->owner_count, memory_order_relaxed) > 1;
}

void map_task_end(struct map_task *task, PyObject *error) {
    struct map_job *job = task->job;
    if (error != NULL) {
        drop_arguments(task, 0);
        task->error = error;
    }
    own_lock_take(&job->lock);
    /* Releases results and error to whoever finds it over. */
    atomic_store_explicit(&task->is_over, true, memory_order_release);
    if (job->awaited == task) {
        sleepers_wake_all_locked(&job->sleepers);
    }
    own_lock_give(&job->lock);
    map_task_unref(task);
}
