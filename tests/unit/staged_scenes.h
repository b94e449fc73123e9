/* staged_scenes.h - scenes of a few calls into a small pool, to be tried under every interleaving.
 *
 * The pool's own sources are compiled here, and each thread, the workers too, is a coroutine
 * (schedules.h). Every accepted task must end exactly once, a refused one must not be touched, and
 * whenever all threads are blocked or done, no worker may sleep that could run something. */
#ifndef TESTS_UNIT_STAGED_SCENES_H
#define TESTS_UNIT_STAGED_SCENES_H

#include "tests/check.h"
#define TRD_DOOR_SLOTS 2 /* so that it is full at times */
#include "tests/unit/staged_pool.h"

enum { PLAYERS = 3, TASKS = 6, UNTRIED = 1 };

struct scene {
    const char *sizer;
    uint32_t workers_min, workers;
    uint64_t idle_ns;
    int64_t skew_ns[PLAYERS]; /* of the players' clocks */
    bool has_batches;         /* silent tasks are known to be short */
    bool is_until_late;       /* all may wait for a deadline */
    uint64_t spin_ns;
    void (*before)(void); /* alone, before the workers come to life; may be NULL */
    void (*play[PLAYERS])(void);
    void (*after)(void); /* alone, when all is over; may be NULL */
    unsigned switches, timeouts;
};

static const struct scene *scene;
static struct trd_pool *pool;
static struct staged_task tasks[TASKS];
static bool has_happened; /* something, between players */
static int players_done;

static void submit(int number) {
    tasks[number].answer = UNTRIED;
    tasks[number].answer = trd_pool_submit_task(pool, &tasks[number].task);
    schedules_must(tasks[number].answer == 0 || tasks[number].answer == -ESHUTDOWN);
}

static void cancel(int number) {
    const int answer = trd_pool_cancel_task(pool, &tasks[number].task);
    schedules_must(answer == 0 || tasks[number].runs || answer == -EBUSY || tasks[number].ends ||
                   tasks[number].task.state == TRD_TASK_EXPIRED);
}

static bool has_it_happened(void *unused) {
    (void)unused; /* there is one thing */
    return has_happened;
}

static void await(void) {
    (void)schedules_await(has_it_happened, NULL, false); /* for ever */
}

static void player_main(void *number) {
    scene->play[*(const int *)number]();
    staged_leave();
    players_done++;
}

static void prepare(void) {
    const struct trd_pool_config config = {
        .sizer = scene->sizer ? scene->sizer : "fixed",
        .workers_min = scene->workers_min,
        .workers_max = scene->workers,
        .idle_ns = scene->idle_ns,
        .backend = &staged_backend,
    };
    staged_time_ns = TRD_NS_PER_S;
    staged_begun = players_done = staged_thread_count = 0;
    has_happened = false;
    memset(tasks, 0, sizeof tasks);
    memset(staged_local, 0, sizeof staged_local);
    door_keys = (struct door_keys){0};
    memset(staged_skew_ns, 0, sizeof staged_skew_ns);
    static int player_of[PLAYERS] = {0, 1, 2};
    for (int i = 0; i < PLAYERS; i++) {
        if (scene->play[i]) {
            staged_skew_ns[schedules_add(player_main, &player_of[i])] = scene->skew_ns[i];
        } else {
            players_done++;
        }
    }
    schedules_must(trd_pool_create(&config, &pool, NULL) == 0);
    pool->spin_ns = scene->spin_ns;
    pool->gap_ns = 0; /* and spinning pays */
    if (scene->has_batches) {
        pool->silent_ns = 0;
    }
    if (scene->before) {
        scene->before();
    }
}

/* All threads are blocked, or done. */
static void check(void) {
    if (!pool) {
        return;
    }
    const bool has_work =
        pool->sched.queued > 0 || trd__doors_have_any(pool) || trd__batch_any_locked(pool);
    schedules_must(players_done == PLAYERS || scene->is_until_late);
    schedules_must(!has_work || scene->is_until_late);
    schedules_must(pool->searching_count == 0);
}

static void end(void *unused) {
    (void)unused; /* there is one pool */
    trd_pool_destroy(pool);
    pool = NULL;
    staged_leave();
}

static void finish(void) {
    if (pool) {
        has_happened = true;
        schedules_run();
        const int ender = schedules_add(end, NULL);
        schedules_run();
        schedules_must(schedules_is_done(ender));
    }
    for (int i = 0; i < TASKS; i++) {
        const struct staged_task *task = &tasks[i];
        const bool is_in = task->task.sequence > 0 && task->answer == 0;
        schedules_must(task->answer != UNTRIED);
        schedules_must(task->ends == is_in);
        schedules_must(task->runs == (is_in && task->outcome == TRD_OUTCOME_DONE));
        schedules_must(is_in || task->task.state == TRD_TASK_NEW);
    }
    schedules_must(players_done == PLAYERS);
    if (scene->after) {
        scene->after();
    }
    staged_leave(); /* of who made the pool */
    schedules_must(staged_blocks == 0);
}

static void try_all(const struct scene *which) {
    if (!SCHEDULES_ARE_POSSIBLE) {
        print_message("not under a thread sanitizer, which does not know coroutines\n");
        skip();
    }
    scene = which;
    const struct schedules_scene play = {
        .prepare = prepare,
        .check = check,
        .finish = finish,
        .become = staged_become,
        .switches = which->switches,
        .timeouts = which->timeouts,
    };
    print_message("%u schedules\n", schedules_try_all(&play));
}

#define TRY_ALL(scenes)                                                                            \
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes)[0]; i++) {                              \
        try_all(&(scenes)[i]);                                                                     \
    }

static void shut_down_draining(void) {
    schedules_must(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, false) == 0);
}

static void shut_down_cancelling(void) {
    schedules_must(trd_pool_shutdown(pool, TRD_SHUTDOWN_CANCEL_PENDING, true) == 0);
}

/* Whoever has submitted may go while the pool does. */
static void destroy_when_told(void) {
    await();
    trd_pool_destroy(pool);
    pool = NULL;
}

/* A task that waits. */
static void wait_for_it(struct staged_task *self) {
    (void)self; /* there is one thing to wait for */
    await();
}

#endif
