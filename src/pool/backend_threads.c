/* backend_threads.c - workers that are POSIX threads. */
#include "pool/live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A thread, from its start until it was joined. */
struct thread_worker {
    struct thread_worker *next; /* lock of the context */
    struct trd_pool *pool;      /* constant */
    uint32_t index;             /* constant */
    pthread_t thread;           /* set before spawn returns, read by join only after that */
};

struct threads_context {
    struct trd__lock lock; /* a leaf; never held together with a pool's */
    struct thread_worker *first;
};

void *trd__threads_context_create(void) {
    return calloc(1, sizeof(struct threads_context));
}

void trd__threads_context_destroy(void *context) {
    struct threads_context *threads = context;
    assert(!threads || !threads->first);
    free(threads);
}

static void *thread_main(void *arg) {
    const struct thread_worker *worker = arg;
    char suffix[16];
    (void)snprintf(suffix, sizeof suffix, "-%" PRIu32, worker->index); /* fits */
    trd__thread_name(worker->pool->name, suffix);
    trd__thread_be_prompt();
    const int failed = trd_pool_work(worker->pool, worker->index);
    assert(failed == 0); /* this backend has nothing to open */
    (void)failed;        /* used by the assertion only */
    return NULL;
}

static int threads_spawn(void *context, struct trd_pool *pool, uint32_t index) {
    struct threads_context *threads = context;
    struct thread_worker *worker = calloc(1, sizeof *worker);
    if (!worker) {
        return -ENOMEM;
    }
    worker->pool = pool;
    worker->index = index;
    /* Held until the handle is there: a worker may leave, and be joined, before start returns. */
    trd__lock_take(&threads->lock);
    const int failed = trd__thread_start(&worker->thread, thread_main, worker);
    if (!failed) {
        worker->next = threads->first;
        threads->first = worker;
    }
    trd__lock_give(&threads->lock);
    if (failed) {
        free(worker);
    }
    return failed;
}

static void threads_join(void *context, uint32_t index) {
    struct threads_context *threads = context;
    trd__lock_take(&threads->lock);
    struct thread_worker **at = &threads->first;
    while ((*at)->index != index) {
        at = &(*at)->next;
    }
    struct thread_worker *worker = *at;
    *at = worker->next;
    trd__lock_give(&threads->lock);
    trd__thread_join(worker->thread);
    free(worker);
}

static enum trd_outcome threads_run(void *context, uint32_t worker, struct trd_task *task) {
    (void)context, (void)worker; /* a thread is a thread */
    if (task->flags & TRD_TASK_OWN) {
        return trd__future_run(task);
    }
    task->payload.call.run(task->payload.call.arg);
    return TRD_OUTCOME_DONE;
}

static bool threads_is_quiet(void *context, struct trd_task *task) {
    (void)context; /* the task knows it */
    return !(task->flags & TRD_TASK_FUTURE) || trd__future_seal(task);
}

/* Nobody hears of a task without a future; one that yields is not over. */
static bool threads_is_silent(void *context, const struct trd_task *task) {
    (void)context; /* the task knows it */
    return !(task->flags & (TRD_TASK_FUTURE | TRD_TASK_RESUMABLE));
}

static void threads_complete(void *context, struct trd_task *task, enum trd_outcome outcome) {
    (void)context; /* the task knows it */
    if (task->flags & TRD_TASK_FUTURE) {
        trd__future_complete(task, outcome);
    } else if (task->flags & TRD_TASK_OWN) {
        trd__slab_give((void *const *)&task, 1);
    }
}

static void threads_complete_many(void *context, struct trd_task *const *tasks, uint32_t count) {
    (void)context; /* the tasks know it */
    void *slots[TRD_BATCH];
    uint32_t slot_count = 0;
    assert(count <= TRD_BATCH);
    for (uint32_t i = 0; i < count; i++) {
        if (tasks[i]->flags & TRD_TASK_OWN) {
            slots[slot_count++] = tasks[i];
        }
    }
    trd__slab_give(slots, slot_count);
}

const struct trd_backend trd_backend_threads = {
    .name = "threads",
    .spawn = threads_spawn,
    .join = threads_join,
    .run = threads_run,
    .is_quiet = threads_is_quiet,
    .is_silent = threads_is_silent,
    .complete = threads_complete,
    .complete_many = threads_complete_many,
};
