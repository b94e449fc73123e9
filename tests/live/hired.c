/* hired.c - a backend of the tests' own. */
#include "tests/live/hired.h"

#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

struct hired_start {
    struct hired *hired;
    struct trd_pool *pool;
    uint32_t worker;
};

void hired_init(struct hired *hired) {
    memset(hired, 0, sizeof *hired);
    assert_int_equal(pthread_mutex_init(&hired->interpreter, NULL), 0);
    assert_int_equal(pthread_mutex_init(&hired->mutex, NULL), 0);
    hired->at_close = (struct gate)GATE_INIT;
    hired->at_spawn = (struct gate)GATE_INIT;
    hired->may_spawn = (struct gate)GATE_INIT;
    atomic_store(&hired->spawns_allowed, UINT32_MAX);
}

void hired_task_init(struct hired_task *task, enum trd_outcome (*run)(struct hired_task *task),
                     void *arg) {
    memset(task, 0, sizeof *task);
    task->shell.task.flags = TRD_TASK_HAS_ATTR;
    task->run = run;
    task->arg = arg;
}

enum trd_outcome hired_nothing(struct hired_task *task) {
    (void)task; /* nothing to do */
    return TRD_OUTCOME_DONE;
}

enum trd_outcome hired_held(struct hired_task *task) {
    (void)held_run(task->arg);
    return TRD_OUTCOME_DONE;
}

static void *hired_main(void *arg) {
    struct hired_start start = *(struct hired_start *)arg;
    free(arg);
    if (start.hired->has_interpreter) {
        assert_int_equal(pthread_mutex_lock(&start.hired->interpreter), 0);
    }
    const int code = trd_pool_work(start.pool, start.worker);
    assert_int_equal(code, atomic_load(&start.hired->open_code));
    if (start.hired->has_interpreter) {
        assert_int_equal(pthread_mutex_unlock(&start.hired->interpreter), 0);
    }
    return NULL;
}

static int hired_spawn(void *context, struct trd_pool *pool, uint32_t worker) {
    struct hired *hired = context;
    gate_raise(&hired->at_spawn);
    gate_await(&hired->may_spawn, atomic_load(&hired->spawn_awaits));
    if (atomic_load(&hired->spawned) >= atomic_load(&hired->spawns_allowed)) {
        return -EAGAIN;
    }
    struct hired_start *start = malloc(sizeof *start);
    assert_non_null(start);
    assert_true(worker < HIRED_MAX);
    *start = (struct hired_start){hired, pool, worker};
    assert_int_equal(pthread_mutex_lock(&hired->mutex), 0);
    assert_int_equal(pthread_create(&hired->threads[worker], NULL, hired_main, start), 0);
    assert_int_equal(pthread_mutex_unlock(&hired->mutex), 0);
    atomic_fetch_add(&hired->spawned, 1);
    return 0;
}

static void hired_join(void *context, uint32_t worker) {
    struct hired *hired = context;
    assert_int_equal(pthread_mutex_lock(&hired->mutex), 0);
    const pthread_t thread = hired->threads[worker];
    assert_int_equal(pthread_mutex_unlock(&hired->mutex), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    atomic_fetch_add(&hired->joined, 1);
}

static int hired_open(void *context, uint32_t worker) {
    struct hired *hired = context;
    (void)worker; /* all alike */
    atomic_fetch_add(&hired->opened, 1);
    return atomic_load(&hired->open_code);
}

static enum trd_outcome hired_run(void *context, uint32_t worker, struct trd_task *task) {
    struct hired *hired = context;
    struct hired_task *own = (struct hired_task *)(void *)task;
    if (worker == TRD_WORKER_NONE) {
        atomic_fetch_add(&hired->caller_runs, 1);
    }
    own->runs++;
    return own->run(own);
}

static bool hired_is_quiet(void *context, struct trd_task *task) {
    struct hired *hired = context;
    atomic_fetch_add(&hired->quiet_asked, 1);
    return ((struct hired_task *)(void *)task)->told == NULL;
}

static void hired_complete(void *context, struct trd_task *task, enum trd_outcome outcome) {
    struct hired *hired = context;
    struct hired_task *own = (struct hired_task *)(void *)task;
    struct gate *told = own->told;
    own->outcome = outcome;
    atomic_fetch_add(&hired->completed[outcome], 1);
    atomic_fetch_add(&own->completed_count, 1);
    if (told) {
        gate_raise(told);
    }
}

static void hired_close(void *context, uint32_t worker) {
    struct hired *hired = context;
    (void)worker; /* all alike */
    atomic_fetch_add(&hired->closed, 1);
    gate_raise(&hired->at_close);
}

static void hired_detach(void *context, uint32_t worker) {
    struct hired *hired = context;
    (void)worker; /* all alike */
    atomic_fetch_add(&hired->detached, 1);
    if (hired->has_interpreter) {
        assert_int_equal(pthread_mutex_unlock(&hired->interpreter), 0);
    }
}

static void hired_attach(void *context, uint32_t worker) {
    struct hired *hired = context;
    (void)worker; /* all alike */
    if (hired->has_interpreter) {
        assert_int_equal(pthread_mutex_lock(&hired->interpreter), 0);
    }
    atomic_fetch_add(&hired->attached, 1);
}

const struct trd_backend hired_backend = {
    .name = "hired",
    .spawn = hired_spawn,
    .join = hired_join,
    .open = hired_open,
    .run = hired_run,
    .is_quiet = hired_is_quiet,
    .complete = hired_complete,
    .close = hired_close,
    .detach = hired_detach,
    .attach = hired_attach,
};

void hired_check_end(struct hired *hired) {
    assert_int_equal(atomic_load(&hired->spawned), atomic_load(&hired->joined));
    assert_int_equal(atomic_load(&hired->spawned), atomic_load(&hired->opened));
    assert_int_equal(atomic_load(&hired->detached), atomic_load(&hired->attached));
    if (atomic_load(&hired->open_code) == 0) {
        assert_int_equal(atomic_load(&hired->opened), atomic_load(&hired->closed));
    }
    assert_int_equal(pthread_mutex_destroy(&hired->interpreter), 0);
    assert_int_equal(pthread_mutex_destroy(&hired->mutex), 0);
}
