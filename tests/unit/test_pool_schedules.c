/* test_pool_schedules.c - a small pool under every interleaving of a few calls.
 *
 * The pool's own sources are compiled here, and each thread, the workers too, is a coroutine
 * (schedules.h). Every accepted task must end exactly once, a refused one must not be touched, and
 * whenever all threads are blocked or done, no worker may sleep that could run something. */
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
    schedules_must(answer == 0 || tasks[number].runs || answer == -EBUSY || tasks[number].ends);
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
    staged_begun = players_done = 0;
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
    schedules_must(players_done == PLAYERS);
    schedules_must(!has_work);
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

static void in_order(int first, int second) {
    schedules_must(tasks[first].place < tasks[second].place);
}

static void submit_0_1(void) {
    submit(0);
    submit(1);
}

static void submit_0_to_3(void) {
    submit_0_1();
    submit(2);
    submit(3);
}

static void submit_2_3(void) {
    submit(2);
    submit(3);
}

static void each_in_order(void) {
    in_order(0, 1);
    in_order(2, 3);
}

static void all_in_order(void) {
    in_order(0, 1);
    in_order(1, 2);
    in_order(2, 3);
}

static void submit_0_and_tell(void) {
    submit(0);
    has_happened = true;
}

static void submit_2_when_told(void) {
    await();
    submit(2);
}

static void submit_1_then_0_and_tell(void) {
    submit(1);
    submit_0_and_tell();
}

static void submit_3_then_2_when_told(void) {
    submit(3);
    submit_2_when_told();
}

static void told_in_order(void) {
    in_order(0, 2);
}

static void submit_and_cancel_0(void) {
    submit(0);
    cancel(0);
}

static void submit_0_and_drain(void) {
    submit(0);
    schedules_must(trd_pool_drain(pool, TRD_FOREVER) == 0);
    schedules_must(tasks[0].ends == 1);
}

static void submit_and_count(void) {
    struct trd_stats stats;
    submit_0_1();
    schedules_must(trd_pool_stats(pool, &stats) == 0);
    schedules_must(stats.submitted >= 2);
}

static void submit_2(void) {
    submit(2);
}

static void submit_3(void) {
    submit(3);
}

/* Each task is taken in, whatever comes between, in the order of each thread and of those who tell
 * one another, and seen by whoever takes the lock afterwards. */
static void tasks_pass_doors(void **state) {
    (void)state;
    static const struct scene scenes[] = {
        {.workers = 1, .play = {submit_0_1, submit_2_3}, .after = each_in_order, .switches = 2},
        {.workers = 1, .play = {submit_0_to_3}, .after = all_in_order, .switches = 3}, /* full */
        {.workers = 1,
         .play = {submit_0_and_tell, submit_2_when_told, submit_3},
         .after = told_in_order,
         .switches = 1},
        {.workers = 1,
         .play = {submit_1_then_0_and_tell, submit_3_then_2_when_told},
         .after = told_in_order,
         .switches = 2},
        {.workers = 1, .play = {submit_and_cancel_0, submit_2_3}, .switches = 2},
        {.workers = 1, .play = {submit_0_and_drain, submit_2}, .switches = 1},
        {.workers = 1, .play = {submit_and_count, submit_2_3}, .switches = 1},
        /* With clocks that are wrong. */
        {.workers = 1,
         .play = {submit_0_1, submit_2_3},
         .skew_ns = {20, -20},
         .after = each_in_order,
         .switches = 2},
        {.workers = 1,
         .play = {submit_0_to_3},
         .skew_ns = {20},
         .after = all_in_order,
         .switches = 2},
        {.workers = 1, .play = {submit_and_cancel_0}, .skew_ns = {20}, .switches = 3},
        {.workers = 1, .play = {submit_0_and_drain}, .skew_ns = {20}, .switches = 3},
        {.workers = 1, .play = {submit_and_count}, .skew_ns = {20}, .switches = 3},
    };
    TRY_ALL(scenes);
}

static void shut_down_draining(void) {
    schedules_must(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, false) == 0);
}

static void shut_down_and_wait(void) {
    schedules_must(trd_pool_shutdown(pool, TRD_SHUTDOWN_DRAIN, true) == 0);
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

/* No task gets lost in a door that is closed, and no door that its thread, or its pool, leaves. */
static void doors_close(void **state) {
    (void)state;
    static const struct scene scenes[] = {
        {.workers = 1, .play = {submit_0_1, shut_down_draining}, .switches = 2},
        {.workers = 1, .play = {submit_0_1, shut_down_cancelling}, .switches = 2},
        {.workers = 1, .play = {submit_0_1, submit_2, shut_down_draining}, .switches = 1},
        {.workers = 1, .play = {submit_0_1, submit_2, shut_down_cancelling}, .switches = 1},
        {.workers = 1, .play = {submit_0_1, shut_down_draining}, .skew_ns = {20}, .switches = 2},
        {.workers = 1, .play = {submit_0_and_tell, destroy_when_told}, .switches = 2},
        {.workers = 1, .play = {submit_0_and_tell, submit_2}, .switches = 2},
    };
    TRY_ALL(scenes);
}

/* One task waits for another. */
static void wait_for_it(struct staged_task *self) {
    (void)self; /* there is one thing to wait for */
    await();
}

static void let_it_happen(struct staged_task *self) {
    (void)self; /* the same */
    has_happened = true;
}

static void let_0_wait_for_1(void) {
    tasks[0].act = wait_for_it;
    tasks[1].act = let_it_happen;
}

static void submit_0(void) {
    submit(0);
}

static void submit_1(void) {
    submit(1);
}

static void submit_5(struct staged_task *self) {
    (void)self; /* there is one child */
    submit(5);
}

static void let_0_submit_5(void) {
    tasks[0].act = submit_5;
}

static void shrink(void) {
    schedules_must(trd_pool_resize(pool, 0, 1) == 0);
}

/* No worker sleeps on while there is something that it could run. */
static void workers_wake_up(void **state) {
    (void)state;
    static const struct scene scenes[] = {
        {.workers = 2, .before = let_0_wait_for_1, .play = {submit_0, submit_1}, .switches = 1},
        {.workers = 2, .before = let_0_wait_for_1, .play = {submit_0_1}, .switches = 1},
        {.workers = 1, .before = let_0_submit_5, .play = {submit_0, submit_1}, .switches = 1},
        {.workers = 2, .play = {submit_0_1, submit_2}, .switches = 1},
        {.sizer = "on_demand", .workers = 2, .play = {submit_0, submit_1}, .switches = 1},
        {.sizer = "on_demand",
         .workers = 2,
         .before = let_0_wait_for_1,
         .play = {submit_0, submit_1},
         .switches = 1},
        /* Workers that have been idle for too long go, and come back. */
        {.workers = 1, .idle_ns = 100, .play = {submit_0, submit_1}, .switches = 1, .timeouts = 2},
        {.sizer = "on_demand",
         .workers = 1,
         .idle_ns = 100,
         .play = {submit_0_1},
         .switches = 1,
         .timeouts = 2},
        {.workers = 2,
         .idle_ns = 100,
         .before = let_0_wait_for_1,
         .play = {submit_0_1},
         .switches = 1,
         .timeouts = 1},
        {.sizer = "on_demand",
         .workers = 2,
         .idle_ns = 100,
         .before = let_0_wait_for_1,
         .play = {submit_0_1},
         .switches = 1,
         .timeouts = 1},
        {.workers = 2, .play = {submit_0_1, shrink}, .switches = 1},
        {.workers = 2, .spin_ns = 1, .play = {submit_0, submit_1}, .switches = 1},
    };
    TRY_ALL(scenes);
}

static void queue_4(void) {
    submit_0_to_3();
}

static void queue_3(void) {
    submit_0_1();
    submit(2);
}

static void queue_4_waiting(void) {
    let_0_wait_for_1();
    submit_0_to_3();
}

static void cancel_0_1(void) {
    cancel(0);
    cancel(1);
}

static void cancel_3_2(void) {
    cancel(3);
    cancel(2);
}

static void help(struct staged_task *self) {
    (void)self; /* it may find nothing */
    const int answer = trd_pool_help(NULL);
    schedules_must(answer == 0 || answer == -EAGAIN);
}

static void queue_4_helping(void) {
    tasks[0].act = help;
    submit_0_to_3();
}

/* What a worker has taken at once is run once, and is not held up by what does not end. */
static void batches_are_shared(void **state) {
    (void)state;
    static const struct scene scenes[] = {
        {.workers = 1, .has_batches = true, .before = queue_4, .play = {cancel_0_1}, .switches = 2},
        {.workers = 2,
         .has_batches = true,
         .before = queue_4,
         .play = {cancel_0_1, cancel_3_2},
         .switches = 1},
        {.workers = 2, .has_batches = true, .before = queue_4, .switches = 1},
        {.workers = 2, .has_batches = true, .before = queue_4_waiting, .switches = 1},
        {.workers = 2, .has_batches = true, .before = queue_4_helping, .switches = 1},
        {.workers = 1, .has_batches = true, .before = queue_4_helping, .switches = 1},
        {.workers = 2,
         .has_batches = true,
         .before = queue_4_waiting,
         .play = {shut_down_draining},
         .switches = 1},
        {.workers = 2,
         .has_batches = true,
         .before = queue_3,
         .play = {shut_down_and_wait},
         .switches = 2},
        {.workers = 2,
         .has_batches = true,
         .before = queue_4,
         .play = {shut_down_cancelling},
         .switches = 1},
        {.workers = 2, .has_batches = true, .before = queue_4, .play = {shrink}, .switches = 1},
    };
    TRY_ALL(scenes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_pass_doors),
        cmocka_unit_test(doors_close),
        cmocka_unit_test(workers_wake_up),
        cmocka_unit_test(batches_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
