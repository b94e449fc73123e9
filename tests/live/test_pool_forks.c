/* test_pool_forks.c - a program that has a pool forks, at every marked place of the library.
 *
 * The child has its parent's memory as it was between two steps, perhaps with the lock held, and
 * none of the threads. Everything must refuse at once, and a pool of its own must work. */
#define _DEFAULT_SOURCE
#include <treadle/treadle.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/yield_point.h"
#include "tests/check.h"
#include "tests/live/gate.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { HAS_OWN_POOL = 0 }; /* the sanitizers' own locks and threads do not survive such a fork */
#else
enum { HAS_OWN_POOL = 1 };
#endif
enum {
    CHILD_PATIENCE_S = 30,
    TIMES = 3,  /* forks at each place: when it is passed first, again, and later */
    TASKS = 30, /* of a scene */
    PLACES_FEW = 20,
};

static const char *const names[TRD_YIELD_COUNT] = {
#define TRD_YIELD_POINT(name) #name,
#include "os/yield_points.def"
#undef TRD_YIELD_POINT
};

static _Atomic int place;     /* where to fork */
static _Atomic int countdown; /* after how many passings */
static _Atomic bool has_forked;
static _Atomic int complaints;
static _Atomic(struct trd_pool *) pool_now; /* NULL while there is none that may be used */
static _Atomic(struct trd_future *) future_now;

/* In the child: what is not as it should be. */
static int child_is_refused(void) {
    struct trd_pool *pool = atomic_load(&pool_now);
    struct trd_future *future = atomic_load(&future_now);
    static struct trd_stats stats;
    int wrong = 0;
    if (pool) {
        struct trd_task task = {.flags = 0};
        struct trd_future *none = NULL;
        wrong += trd_pool_submit(pool, same, pool, NULL, &none) != -EOWNERDEAD;
        wrong += trd_pool_submit_task(pool, &task) != -EOWNERDEAD;
        wrong += trd_pool_cancel_task(pool, &task) != -EOWNERDEAD;
        wrong += trd_pool_drain(pool, TRD_FOREVER) != -EOWNERDEAD;
        wrong += trd_pool_resize(pool, 1, 2) != -EOWNERDEAD;
        wrong += trd_pool_stats(pool, &stats) != -EOWNERDEAD;
        wrong += trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true) != -EOWNERDEAD;
        wrong += trd_pool_this_worker(pool) != TRD_WORKER_NONE;
        trd_pool_destroy(pool); /* does nothing */
    }
    if (future) {
        const bool is_done = trd_future_is_done(future);
        const int answer = trd_future_wait(future, TRD_FOREVER);
        wrong += answer != -EOWNERDEAD && !(is_done && (answer == 0 || answer == -ECANCELED));
    }
    return wrong;
}

static int child_has_a_pool(void) {
    struct trd_pool *own = NULL;
    struct trd_future *future = NULL;
    int wrong = trd_pool_create(&(struct trd_pool_config){.workers_max = 2}, &own, NULL) != 0;
    wrong += trd_pool_submit(own, same, own, NULL, &future) != 0;
    wrong += trd_future_wait(future, TRD_FOREVER) != 0;
    trd_pool_destroy(own);
    trd_future_unref(future);
    return wrong;
}

static void fork_here(const char *name) {
    const pid_t child = fork();
    if (child == 0) {
        (void)alarm(CHILD_PATIENCE_S); /* hanging is failing */
        atomic_store(&trd__yield_to, NULL);
        int wrong = child_is_refused();
        wrong += HAS_OWN_POOL ? child_has_a_pool() : 0;
        /* Not _exit(): there the thread sanitizer looks for the parent's threads. */
        (void)syscall(SYS_exit_group, wrong);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        (void)fprintf(stderr, "a child made at %s ended with status 0x%x\n", name,
                      (unsigned)status);
        atomic_fetch_add(&complaints, 1);
    }
}

static void fork_at(enum trd__yield_point point) {
    if ((int)point == atomic_load(&place) && atomic_fetch_sub(&countdown, 1) == 0) {
        atomic_store(&has_forked, true);
        fork_here(names[point]);
    }
}

static void called_back(void *context, struct trd_future *future) {
    (void)context, (void)future; /* that it is called is enough */
}

/* A task that waits for one of its own. */
static void *nest(void *arg) {
    struct trd_future *inner = NULL;
    if (trd_pool_submit(arg, same, arg, NULL, &inner) == 0) {
        if (trd_future_wait(inner, TRD_FOREVER)) {
            abort(); /* not the test's thread: it cannot fail there */
        }
        trd_future_unref(inner);
    }
    return arg;
}

/* A pool's life, with somebody at most of the places. */
static void live(void) {
    struct trd_future *futures[TASKS];
    struct trd_pool *pool = pool_make(
        &(struct trd_pool_config){.workers_max = 3, .policy = "round_robin", .name = "forks"});
    atomic_store(&pool_now, pool);
    for (int i = 0; i < TASKS; i++) {
        const struct trd_options options = {.client = (uint64_t)i};
        assert_int_equal(
            trd_pool_submit(pool, i % 5 == 0 ? nest : same, pool, &options, &futures[i]), 0);
        atomic_store(&future_now, futures[0]);
        assert_int_equal(trd_future_on_done(futures[i], called_back, NULL), 0);
        if (i % 4 == 0) {
            (void)trd_future_cancel(futures[i / 2]); /* perhaps it is too late */
        }
    }
    assert_int_equal(trd_pool_resize(pool, 0, 1), 0);
    (void)trd_future_wait(futures[TASKS - 1], TRD_FOREVER); /* or it was cancelled */
    assert_int_equal(trd_pool_drain(pool, TRD_FOREVER), 0);
    struct held held = HELD_INIT;
    struct trd_future *holder = pool_hold(pool, &held);
    struct trd_future *queued = pool_give(pool, same, pool);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_CANCEL_PENDING, false), 0);
    assert_int_equal(trd_future_wait(queued, 0), -ECANCELED);
    trd_future_unref(queued);
    pool_release(&held, holder);
    assert_int_equal(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true), 0);
    atomic_store(&pool_now, NULL);
    trd_pool_destroy(pool);
    atomic_store(&future_now, NULL);
    for (int i = 0; i < TASKS; i++) {
        trd_future_unref(futures[i]);
    }
}

static void a_child_refuses_wherever_it_was_made(void **state) {
    (void)state;
    int reached = 0;
    atomic_store(&trd__yield_to, fork_at);
    for (int i = 0; i < TRD_YIELD_COUNT; i++) {
        int times = 0;
        for (int j = 0; j < TIMES; j++) {
            atomic_store(&place, i);
            atomic_store(&countdown, j * j * j);
            atomic_store(&has_forked, false);
            live();
            times += atomic_load(&has_forked);
        }
        reached += times > 0;
    }
    atomic_store(&trd__yield_to, NULL);
    print_message("forked at %d of %d places\n", reached, TRD_YIELD_COUNT);
    assert_int_equal(atomic_load(&complaints), 0);
    assert_true(reached >= PLACES_FEW);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_refuses_wherever_it_was_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
