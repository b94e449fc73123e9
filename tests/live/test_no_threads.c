/* test_no_threads.c - the system refuses threads, really: a user may have no more (RLIMIT_NPROC).
 *
 * The limit does not bind the superuser, so each case is played by a child under a user number of
 * its own, whose threads nobody else adds to. Without the right to change it, no case can be set
 * up; a refusing system is then only imitated, by other tests. */
#define _DEFAULT_SOURCE
#include <treadle/treadle.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/check.h"
#include "tests/live/gate.h"

#if defined(__SANITIZE_THREAD__)
enum { MAY_COUNT = 0 }; /* the sanitizer starts threads of its own, when it likes */
#else
enum { MAY_COUNT = 1 };
#endif
enum {
    CASE_PATIENCE_S = 60,
    FIRST_USER = 1930000000, /* nobody has such a number */
    CANNOT_SET_UP = 77,
};

static void demand(bool is_true, const char *what, int line) {
    if (!is_true) {
        (void)fprintf(stderr, "line %d: not true: %s\n", line, what);
        _exit(1);
    }
}
#define must(condition) demand((condition), #condition, __LINE__)

/* From now on the user may have so many threads besides this one. */
static void allow(rlim_t threads) {
    struct rlimit limit;
    must(getrlimit(RLIMIT_NPROC, &limit) == 0);
    limit.rlim_cur = threads + 1;
    must(setrlimit(RLIMIT_NPROC, &limit) == 0);
}

struct tally {
    _Atomic int count;
};

static void *count(void *arg) {
    struct tally *tally = arg;
    atomic_fetch_add(&tally->count, 1);
    return arg;
}

static void a_pool_that_needs_workers_is_not_made(void) {
    struct trd_pool *pool = NULL;
    struct trd_error error;
    const struct trd_pool_config config = {.workers_max = 3, .sizer = "fixed"};
    allow(0);
    must(trd_pool_create(&config, &pool, &error) == -EAGAIN);
    must(pool == NULL);
    allow(100);
    must(trd_pool_create(&config, &pool, &error) == 0);
    trd_pool_destroy(pool);
}

static void a_task_that_no_worker_could_run_is_refused(void) {
    struct trd_pool *pool = NULL;
    struct trd_future *future = NULL;
    struct tally ran = {0};
    must(trd_pool_create(&(struct trd_pool_config){.workers_max = 3}, &pool, NULL) == 0);
    allow(0);
    for (int i = 0; i < 5; i++) {
        must(trd_pool_submit(pool, count, &ran, NULL, &future) == -EAGAIN);
        must(future == NULL);
    }
    must(trd_pool_drain(pool, TRD_FOREVER) == 0); /* nothing is left behind */
    allow(100);
    must(trd_pool_submit(pool, count, &ran, NULL, &future) == 0);
    must(trd_future_wait(future, TRD_FOREVER) == 0);
    must(atomic_load(&ran.count) == 1);
    trd_future_unref(future);
    trd_pool_destroy(pool);
}

static void too_few_workers_do_all_the_work(void) {
    enum { TASKS = 1000 };
    static struct trd_stats stats;
    struct trd_pool *pool = NULL;
    struct tally ran = {0};
    allow(2);
    const struct trd_pool_config config = {.workers_max = 5, .sizer = "fixed"};
    must(trd_pool_create(&config, &pool, NULL) == 0);
    must(trd_pool_stats(pool, &stats) == 0);
    must(stats.workers == 2 && stats.workers_wanted == 5);
    for (int i = 0; i < TASKS; i++) {
        must(trd_pool_submit(pool, count, &ran, NULL, NULL) == 0);
    }
    must(trd_pool_drain(pool, TRD_FOREVER) == 0);
    must(atomic_load(&ran.count) == TASKS);
    allow(100);
    must(trd_pool_resize(pool, 5, 5) == 0); /* asks again, at once */
    must(trd_pool_stats(pool, &stats) == 0);
    must(stats.workers == 5);
    trd_pool_destroy(pool);
}

static void tasks_behind_a_busy_worker_wait_for_it(void) {
    enum { TASKS = 100 };
    struct held held = HELD_INIT;
    struct trd_pool *pool = NULL;
    struct trd_future *holder = NULL;
    struct tally ran = {0};
    allow(1);
    must(trd_pool_create(&(struct trd_pool_config){.workers_max = 4}, &pool, NULL) == 0);
    must(trd_pool_submit(pool, held_run, &held, NULL, &holder) == 0);
    gate_await(&held.begun, 1);
    for (int i = 0; i < TASKS; i++) {
        must(trd_pool_submit(pool, count, &ran, NULL, NULL) == 0);
    }
    must(atomic_load(&ran.count) == 0);
    gate_raise(&held.may_end);
    trd_pool_destroy(pool); /* drains */
    must(atomic_load(&ran.count) == TASKS);
    must(trd_future_wait(holder, 0) == 0);
    trd_future_unref(holder);
}

static void a_sizer_without_its_keeper_is_no_pool(void) {
    struct trd_pool *pool = NULL;
    const struct trd_pool_config config = {
        .workers_min = 1, .workers_max = 2, .sizer = "gil_model"};
    allow(1);
    must(trd_pool_create(&config, &pool, NULL) == -EAGAIN);
    must(pool == NULL);
    allow(100);
    must(trd_pool_create(&config, &pool, NULL) == 0);
    trd_pool_destroy(pool);
}

static void late_tasks_wait_for_a_worker_then(void) {
    static const struct trd_options soon = {.deadline_ns = 1, .is_dropped_late = true};
    struct held held = HELD_INIT;
    struct trd_pool *pool = NULL;
    struct trd_future *holder = NULL, *late = NULL;
    struct tally ran = {0};
    allow(1);
    must(trd_pool_create(&(struct trd_pool_config){.workers_max = 1}, &pool, NULL) == 0);
    for (int may_start = 0; may_start < 2; may_start++) {
        must(trd_pool_submit(pool, held_run, &held, NULL, &holder) == 0);
        gate_await(&held.begun, 1);
        must(trd_pool_submit(pool, count, &ran, &soon, &late) == 0);
        must(may_start || trd_future_wait(late, TRD_NS_PER_MS) == -ETIMEDOUT);
        if (may_start) {
            must(trd_future_wait(late, TRD_FOREVER) == -ETIME); /* the next task has tried again */
        }
        gate_raise(&held.may_end);
        must(trd_future_wait(late, TRD_FOREVER) == -ETIME);
        must(trd_future_wait(holder, TRD_FOREVER) == 0);
        trd_future_unref(late);
        trd_future_unref(holder);
        held = (struct held)HELD_INIT;
        allow(100);
    }
    must(atomic_load(&ran.count) == 0);
    trd_pool_destroy(pool);
}

/* Plays a case as another user. */
static void play(void (*scene)(void), uid_t user) {
    if (!MAY_COUNT) {
        print_message("the thread sanitizer starts threads of its own\n");
        skip();
    }
    const pid_t child = fork();
    if (child == 0) {
        (void)alarm(CASE_PATIENCE_S); /* hanging is failing */
        if (setuid(user)) {
            _exit(CANNOT_SET_UP);
        }
        scene();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_SET_UP) {
        print_message("needs the right to become another user\n");
        skip();
    }
    assert_int_equal(status, 0);
}

#define CASE(name, number)                                                                         \
    static void name##_test(void **state) {                                                        \
        (void)state;                                                                               \
        play(name, (uid_t)FIRST_USER + (uid_t)getpid() + number * UINT32_C(5000000));              \
    }
CASE(a_pool_that_needs_workers_is_not_made, 0)
CASE(a_task_that_no_worker_could_run_is_refused, 1)
CASE(too_few_workers_do_all_the_work, 2)
CASE(tasks_behind_a_busy_worker_wait_for_it, 3)
CASE(a_sizer_without_its_keeper_is_no_pool, 4)
CASE(late_tasks_wait_for_a_worker_then, 5)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_that_needs_workers_is_not_made_test),
        cmocka_unit_test(a_task_that_no_worker_could_run_is_refused_test),
        cmocka_unit_test(too_few_workers_do_all_the_work_test),
        cmocka_unit_test(tasks_behind_a_busy_worker_wait_for_it_test),
        cmocka_unit_test(a_sizer_without_its_keeper_is_no_pool_test),
        cmocka_unit_test(late_tasks_wait_for_a_worker_then_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
