/* test_work_stealing.c - work_stealing from many threads at once: its ops are called as an engine
 * without a lock would call them. Run it under a thread sanitizer, too. */
#include "tests/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/deque.h"
#include "sim/host.h"

enum { WORKERS = 4, OUTSIDERS = 2, THREADS = WORKERS + OUTSIDERS, TASKS_EACH = 20000 };
enum { TASKS = THREADS * TASKS_EACH };

static struct trd_task tasks[TASKS];
static atomic_uint taken[TASKS];
static atomic_uint taken_count;

/* Each thread's part of the tasks, and what it does with them. */
struct actor {
    const struct trd_policy_env *env;
    const struct trd_policy *policy;
    uint32_t number;
};

/* The word is no atomic: whoever takes a task must see what was written before the push. */
static void take(struct trd_task *task) {
    const size_t number = (size_t)(task - tasks);
    assert_int_equal(task->payload.word[0], number + 1);
    assert_int_equal(atomic_fetch_add(&taken[number], 1), 0);
    task->payload.word[0] = 0;
    (void)atomic_fetch_add(&taken_count, 1); /* counted for the workers' end */
}

static void push_next(const struct actor *actor, uint32_t which, uint32_t worker) {
    const uint32_t number = actor->number * TASKS_EACH + which;
    tasks[number].payload.word[0] = number + 1;
    actor->policy->push(actor->env, &tasks[number], worker, 0);
}

static void *outsider(void *arg) {
    const struct actor *actor = arg;
    for (uint32_t i = 0; i < TASKS_EACH; i++) {
        push_next(actor, i, TRD_WORKER_NONE);
    }
    return NULL;
}

/* Bursts of pushes, so that deques are empty, full and anything between; then until all is done. */
static void *worker(void *arg) {
    const struct actor *actor = arg;
    struct trd_rng rng;
    uint32_t pushed = 0;
    trd_rng_init(&rng, actor->number);
    while (atomic_load(&taken_count) < TASKS) {
        for (uint64_t burst = trd_rng_below(&rng, 400); burst > 0 && pushed < TASKS_EACH; burst--) {
            push_next(actor, pushed++, actor->number);
        }
        for (uint64_t burst = trd_rng_below(&rng, 400); burst > 0; burst--) {
            struct trd_task *task = actor->policy->pop(actor->env, actor->number, 0).task;
            if (!task) {
                break;
            }
            take(task);
        }
    }
    return NULL;
}

static void every_task_comes_out_once_whoever_pushes_pops_and_steals(void **state) {
    (void)state;
    struct trd__host host;
    struct trd_sched_config config = {.workers_max = WORKERS, .seed = 1};
    pthread_t threads[THREADS];
    struct actor actors[THREADS];
    assert_int_equal(trd_policy_parse("work_stealing", &config.policy, NULL), 0);
    assert_int_equal(trd_sizer_parse("fixed", &config.sizer, NULL), 0);
    assert_true(config.policy.policy->flags & TRD_POLICY_CONCURRENT);
    assert_int_equal(trd__host_open(&host, &config), 0);
    for (uint32_t i = 0; i < WORKERS; i++) {
        assert_int_equal(trd__host_need_worker(&host, i), 0);
        trd__sched_join(&host.sched, i, 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        actors[i] = (struct actor){&host.sched.policy_env, config.policy.policy, i};
        assert_int_equal(
            pthread_create(&threads[i], NULL, i < WORKERS ? worker : outsider, &actors[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_null(config.policy.policy->any(&host.sched.policy_env));
    for (size_t i = 0; i < TASKS; i++) {
        assert_int_equal(atomic_load(&taken[i]), 1);
    }
    trd__host_close(&host);
}

/* Below, one deque: its owner, thieves, and somebody who takes tasks back. */
static struct trd_deque deque;
static atomic_uint published; /* tasks below it were pushed */

static void *thief(void *arg) {
    (void)arg; /* all are alike */
    while (atomic_load(&taken_count) < TASKS) {
        struct trd_task *task = trd__deque_steal(&deque);
        if (task) {
            take(task);
        }
    }
    return NULL;
}

static void *regretful(void *arg) {
    struct trd_rng rng;
    trd_rng_init(&rng, 99);
    (void)arg; /* the tasks are everybody's */
    while (atomic_load(&taken_count) < TASKS) {
        const uint32_t count = atomic_load(&published);
        if (count > 0) {
            const uint64_t recent = trd_rng_below(&rng, count < 300 ? count : 300);
            struct trd_task *task = &tasks[count - 1 - recent];
            if (trd__deque_remove(&deque, task)) {
                take(task);
            }
        }
    }
    return NULL;
}

static void *owner(void *arg) {
    struct trd_rng rng;
    trd_rng_init(&rng, 7);
    (void)arg; /* there is one */
    uint32_t pushed = 0;
    while (atomic_load(&taken_count) < TASKS) {
        for (uint64_t burst = trd_rng_below(&rng, 300); burst > 0 && pushed < TASKS; burst--) {
            tasks[pushed].payload.word[0] = pushed + 1;
            if (!trd__deque_push(&deque, &tasks[pushed])) {
                break;
            }
            atomic_store(&published, ++pushed);
        }
        for (uint64_t burst = trd_rng_below(&rng, 200); burst > 0; burst--) {
            struct trd_task *task = trd__deque_pop(&deque);
            if (task) {
                take(task);
            }
        }
    }
    return NULL;
}

static void a_task_is_taken_back_or_taken_but_not_both(void **state) {
    (void)state;
    static void *(*const roles[])(void *) = {owner, thief, thief, regretful};
    enum { ROLES = sizeof roles / sizeof roles[0] };
    pthread_t threads[ROLES];
    atomic_store(&taken_count, 0);
    for (size_t i = 0; i < TASKS; i++) {
        atomic_store(&taken[i], 0);
    }
    for (size_t i = 0; i < ROLES; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, roles[i], NULL), 0);
    }
    for (size_t i = 0; i < ROLES; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (size_t i = 0; i < TASKS; i++) {
        assert_int_equal(atomic_load(&taken[i]), 1);
    }
    assert_null(trd__deque_any(&deque));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_comes_out_once_whoever_pushes_pops_and_steals),
        cmocka_unit_test(a_task_is_taken_back_or_taken_but_not_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
