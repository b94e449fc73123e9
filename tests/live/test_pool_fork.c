/* test_pool_fork.c - in a child made by fork() everything refuses at once. */
#include <treadle/treadle.h>

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fork_guard.h"
#include "pool/live.h"
#include "tests/check.h"
#include "tests/live/gate.h"

enum { CHILD_PATIENCE_S = 30 };

static void ignore(void *context, struct trd_future *future) {
    (void)context, (void)future; /* never called */
}

/* Says in the child what is not as it should be; ends it with the number of complaints. */
static int child_check(struct trd_pool *pool, struct trd_future *pending, struct trd_future *done) {
    static struct trd_stats stats;
    struct trd_trace trace;
    struct trd_future *future;
    struct trd_task task = {0};
    const int answers[] = {
        trd_pool_submit(pool, same, pool, NULL, &future),
        trd_pool_submit_task(pool, &task),
        trd_pool_cancel_task(pool, &task),
        trd_pool_drain(pool, TRD_FOREVER),
        trd_pool_resize(pool, 1, 1),
        trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true),
        trd_pool_stats(pool, &stats),
        trd_pool_trace(pool, &trace),
        trd_pool_work(pool, 0),
        trd_future_wait(pending, TRD_FOREVER),
        trd_future_cancel(pending),
        trd_future_on_done(pending, ignore, NULL),
    };
    int complaints = 0;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (answers[i] != -EOWNERDEAD) {
            (void)fprintf(stderr, "call %zu in the child: %d\n", i, answers[i]);
            complaints++;
        }
    }
    complaints += trd_pool_this_worker(pool) != TRD_WORKER_NONE;
    complaints += trd_future_is_done(pending);
    complaints += trd_future_wait(done, TRD_FOREVER) != 0; /* what is done stays done */
    complaints += trd_future_result(done) != pool;
    trd_pool_destroy(pool); /* does nothing */
    return complaints;
}

static void a_child_is_refused_everything_at_once(void **state) {
    (void)state;
    struct held held = HELD_INIT;
    struct trd_pool *pool =
        pool_make(&(struct trd_pool_config){.workers_max = 1, .is_recording = true});
    struct trd_future *done = pool_give(pool, same, pool);
    assert_int_equal(trd_future_wait(done, TRD_FOREVER), 0);
    struct trd_future *pending = pool_hold(pool, &held);
    struct trd__errands errands = {0};
    trd__pool_lock(pool); /* as a worker might at the moment of the fork: for ever, to the child */
    const pid_t child = fork();
    if (child == 0) {
        (void)alarm(CHILD_PATIENCE_S); /* hanging is failing */
        _exit(child_check(pool, pending, done));
    }
    trd__pool_unlock(pool, &errands);
    assert_true(child > 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    pool_release(&held, pending); /* the parent has noticed nothing */
    trd_future_unref(done);
    pool_check_identity(pool);
    trd_pool_destroy(pool);
}

static void a_child_may_make_a_pool_of_its_own(void **state) {
    (void)state;
#if defined(__SANITIZE_THREAD__)
    print_message("the thread sanitizer cannot start threads in a child of many threads\n");
    skip();
#endif
    struct trd_pool *pool = pool_make(&(struct trd_pool_config){.workers_max = 1});
    struct trd_future *first = pool_give(pool, same, pool);
    assert_int_equal(trd_future_wait(first, TRD_FOREVER), 0);
    const pid_t child = fork();
    if (child == 0) {
        (void)alarm(CHILD_PATIENCE_S); /* hanging is failing */
        struct trd_pool *own = NULL;
        struct trd_future *future = NULL;
        int complaints = trd_pool_create(NULL, &own, NULL) != 0;
        complaints += trd_pool_submit(own, same, own, NULL, &future) != 0;
        complaints += trd_future_wait(future, TRD_FOREVER) != 0;
        trd_future_unref(future);
        trd_pool_destroy(own);
        _exit(complaints);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    trd_future_unref(first);
    trd_pool_destroy(pool);
}

static void the_guard_tells_a_child_from_its_parent(void **state) {
    (void)state;
    struct trd__guard guard;
    assert_int_equal(trd__guard_open(&guard), 0);
    assert_true(trd__guard_is_owner(&guard));
    const pid_t child = fork();
    if (child == 0) {
        _exit(trd__guard_is_owner(&guard));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(trd__guard_is_owner(&guard));
    trd__guard_close(&guard);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_is_refused_everything_at_once),
        cmocka_unit_test(a_child_may_make_a_pool_of_its_own),
        cmocka_unit_test(the_guard_tells_a_child_from_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
