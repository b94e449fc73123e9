/* staged_pool.h - the whole pool, compiled into a test whose threads are played by a schedule; with
 * a backend whose workers are such threads, and tasks that are counted. */
#ifndef TESTS_UNIT_STAGED_POOL_H
#define TESTS_UNIT_STAGED_POOL_H

#include "tests/unit/staged_os.h"

#define trd__guard_open staged_guard_open
#define trd__guard_close staged_guard_close
#define trd__thread_at_exit staged_at_exit
#define trd__cpu_cores staged_cpu_cores
#define trd__cputime_open staged_cputime_open
#define trd__cputime_read staged_cputime_read
#define trd__thread_start staged_thread_start
#define trd__thread_join staged_thread_join

#include "os/park.c"
#include "pool/backend_threads.c"
#include "pool/batch.c"
#include "pool/blocking.c"
#include "pool/classes.c"
#include "pool/clients.c"
#include "pool/door.c"
#include "pool/expiry.c"
#include "pool/future.c"
#include "pool/gauges.c"
#include "pool/idle.c"
#include "pool/keeper.c"
#include "pool/lending.c"
#include "pool/out_of_turn.c"
#include "pool/pool.c"
#include "pool/recording.c"
#include "pool/resize.c"
#include "pool/shutdown.c"
#include "pool/slab.c"
#include "pool/submit.c"
#include "pool/worker.c"

int trd__guard_open(struct trd__guard *guard) {
    static struct trd__guard_page page = {.is_wiped_on_fork = true}; /* nobody forks */
    guard->page = &page;
    return 0;
}

void trd__guard_close(struct trd__guard *guard) {
    guard->page = NULL;
}

double trd__cpu_cores(void) {
    return 1.0; /* so nobody spins, unless a scene says so */
}

bool trd__cputime_open(struct trd__cputime *cputime) {
    (void)cputime; /* nobody asks */
    return false;
}

bool trd__cputime_read(const struct trd__cputime *cputime, uint64_t *ns_out) {
    (void)cputime, (void)ns_out;
    return false;
}

/* The thread-local variables of each thread; the last place is that of nobody. */
static struct {
    struct door_keys keys;
    struct worker_self self;
    const struct trd_pool *expiry;
    void (*leave)(void *arg);
} staged_local[SCHEDULES_THREADS + 1];
static int staged_who = SCHEDULES_THREADS;

static void staged_become(int thread) {
    staged_local[staged_who].keys = door_keys;
    staged_local[staged_who].self = worker_self;
    staged_local[staged_who].expiry = expiry_self;
    staged_who = thread < 0 ? SCHEDULES_THREADS : thread;
    door_keys = staged_local[staged_who].keys;
    worker_self = staged_local[staged_who].self;
    expiry_self = staged_local[staged_who].expiry;
}

int trd__thread_at_exit(void (*leave)(void *arg), void *arg) {
    schedules_must(arg == &door_keys);
    staged_local[staged_who].leave = leave;
    return 0;
}

/* The end of a thread. */
static void staged_leave(void) {
    if (staged_local[staged_who].leave) {
        staged_local[staged_who].leave(&door_keys);
        staged_local[staged_who].leave = NULL;
    }
}

/* The pool's own threads. */
struct staged_thread {
    void *(*run)(void *arg);
    void *arg;
    int number;
};
static struct staged_thread staged_threads[SCHEDULES_THREADS];
static int staged_thread_count;

static void staged_thread_main(void *arg) {
    const struct staged_thread *thread = arg;
    (void)thread->run(thread->arg); /* nobody asks */
    staged_leave();
}

int trd__thread_start(pthread_t *thread_out, void *(*run)(void *arg), void *arg) {
    struct staged_thread *thread = &staged_threads[staged_thread_count];
    *thread = (struct staged_thread){.run = run, .arg = arg};
    *thread_out = (pthread_t)staged_thread_count++;
    thread->number = schedules_add(staged_thread_main, thread);
    return 0;
}

static bool staged_is_over(void *thread) {
    return schedules_is_done(*(int *)thread);
}

void trd__thread_join(pthread_t thread) {
    (void)schedules_await(staged_is_over, &staged_threads[thread].number, false); /* for ever */
}

struct staged_task {
    struct trd_task task;
    struct trd_attr attr;                  /* if the task says so */
    void (*act)(struct staged_task *self); /* may be NULL */
    bool is_heard_of;                      /* not silent */
    int answer;                            /* of submit */
    int runs, ends;
    enum trd_outcome outcome;
    int place; /* it was the place-th that began */
};

static int staged_begun;
static int staged_worker_thread[SCHEDULES_THREADS]; /* by the worker's index */

struct staged_start {
    struct trd_pool *pool;
    uint32_t worker;
};
static struct staged_start staged_starts[SCHEDULES_THREADS];

static void staged_worker_main(void *arg) {
    const struct staged_start *start = arg;
    schedules_must(trd_pool_work(start->pool, start->worker) == 0);
    staged_leave();
}

static int staged_spawn(void *context, struct trd_pool *pool, uint32_t worker) {
    (void)context; /* there is one pool */
    struct staged_start *start = &staged_starts[worker];
    *start = (struct staged_start){pool, worker};
    staged_worker_thread[worker] = schedules_add(staged_worker_main, start);
    return 0;
}

static void staged_join(void *context, uint32_t worker) {
    (void)context; /* there is one pool */
    (void)schedules_await(staged_is_over, &staged_worker_thread[worker], false); /* for ever */
}

static enum trd_outcome staged_run(void *context, uint32_t worker, struct trd_task *task) {
    struct staged_task *own = (struct staged_task *)(void *)task;
    (void)context, (void)worker; /* all alike */
    schedules_must(own->runs++ == 0);
    own->place = ++staged_begun;
    schedules_point();
    if (own->act) {
        own->act(own);
    }
    return TRD_OUTCOME_DONE;
}

static bool staged_is_silent(void *context, const struct trd_task *task) {
    (void)context; /* the task knows it */
    return !((const struct staged_task *)(const void *)task)->is_heard_of;
}

static void staged_complete(void *context, struct trd_task *task, enum trd_outcome outcome) {
    struct staged_task *own = (struct staged_task *)(void *)task;
    (void)context; /* the task knows it */
    if (outcome == TRD_OUTCOME_EXPIRED) {
        schedules_point(); /* by a thread that nobody else waits for, perhaps */
    }
    schedules_must(own->ends++ == 0);
    own->outcome = outcome;
}

static const struct trd_backend staged_backend = {
    .name = "staged",
    .spawn = staged_spawn,
    .join = staged_join,
    .run = staged_run,
    .is_silent = staged_is_silent,
    .complete = staged_complete,
};

#endif
