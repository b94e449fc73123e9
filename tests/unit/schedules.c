/* schedules.c - coroutines, and the next schedule. */
#include "tests/unit/schedules.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

enum { STEPS_MAX = 5000, POINTS_MAX = 50000, STACK_BYTES = 1 << 17 };

static struct thread {
    ucontext_t context;
    void (*run)(void *arg);
    void *arg;
    bool is_done;
    bool (*is_ready)(void *arg); /* what it waits for; NULL: it does not */
    void *ready_arg;
    bool may_end; /* and the waiting may end before */
    char stack[STACK_BYTES];
} thread[SCHEDULES_THREADS];

static int thread_count;
static ucontext_t scheduler;
static const struct schedules_scene *scene;
static int running = -1, next = -1;
static bool is_exploring; /* false: straight on, and no timeouts */
static unsigned switches_left, timeouts_left;

/* The schedule: at each step where there was a choice, the number that was chosen of how many. */
static struct { unsigned char chosen, of; } step[STEPS_MAX];
static unsigned step_count; /* that are prescribed */
static unsigned step_now;
static unsigned plays;
static unsigned points; /* passed in this play */

_Noreturn void schedules_fail(const char *file, int line, const char *what) {
    (void)fprintf(stderr, "%s:%d: %s\nplay %u, thread %d, step %u; chosen:", file, line, what,
                  plays, running, step_now);
    for (unsigned i = 0; i < step_now; i++) {
        if (step[i].chosen) {
            (void)fprintf(stderr, " %u:%u", i, step[i].chosen);
        }
    }
    (void)fprintf(stderr, "\n");
    abort();
}

int schedules_self(void) {
    return running;
}

bool schedules_is_done(int number) {
    return thread[number].is_done;
}

static void thread_main(int number) {
    thread[number].run(thread[number].arg);
    thread[number].is_done = true;
}

int schedules_add(void (*run)(void *arg), void *arg) {
    schedules_must(thread_count < SCHEDULES_THREADS);
    struct thread *fresh = &thread[thread_count];
    fresh->run = run;
    fresh->arg = arg;
    fresh->is_done = false;
    fresh->is_ready = NULL;
    schedules_must(getcontext(&fresh->context) == 0);
    fresh->context.uc_stack.ss_sp = fresh->stack;
    fresh->context.uc_stack.ss_size = STACK_BYTES;
    fresh->context.uc_link = &scheduler;
    makecontext(&fresh->context, (void (*)(void))(uintptr_t)thread_main, 1, thread_count);
    return thread_count++;
}

/* Can it go on without its waiting being cut short? */
static bool thread_is_ready(const struct thread *one) {
    return !one->is_done && (!one->is_ready || one->is_ready(one->ready_arg));
}

/* Who may run next, the one that runs first; only that one when no switch is left. Whose wait may
 * end early comes last. */
static unsigned candidates(int current, int list[2 * SCHEDULES_THREADS]) {
    unsigned count = 0;
    const bool is_current = current >= 0 && thread_is_ready(&thread[current]);
    if (is_current) {
        list[count++] = current;
    }
    for (int i = 0; i < thread_count && (!is_current || switches_left > 0); i++) {
        if (i != current && thread_is_ready(&thread[i])) {
            list[count++] = i;
        }
    }
    for (int i = 0; i < thread_count && timeouts_left > 0 && (!is_current || switches_left > 0);
         i++) {
        if (!thread[i].is_done && thread[i].may_end && !thread_is_ready(&thread[i])) {
            list[count++] = i;
        }
    }
    return count;
}

/* Every thread is done or blocked, if some not for ever. */
static void look_round(void) {
    const int was_running = running;
    running = -1;
    if (is_exploring && scene->check) {
        scene->check();
    }
    running = was_running;
}

/* The thread that runs next by the schedule, beyond it the first; -1: there is none. */
static int choose(int current) {
    int list[2 * SCHEDULES_THREADS];
    const unsigned count = candidates(current, list);
    if (count == 0 || !thread_is_ready(&thread[list[0]])) {
        look_round();
    }
    if (count == 0) {
        return -1;
    }
    unsigned chosen = 0;
    if (is_exploring && count > 1) {
        schedules_must(step_now < STEPS_MAX);
        if (step_now == step_count) {
            step[step_count++].chosen = 0;
        }
        step[step_now].of = (unsigned char)count;
        chosen = step[step_now++].chosen;
        schedules_must(chosen < count); /* else the play depends on something else */
    }
    if (chosen > 0 && list[0] == current) {
        switches_left--;
    }
    return list[chosen];
}

/* Gives control to whom the schedule says, and returns when it is this thread's turn again. */
static void give_way(void) {
    const int self = running;
    schedules_must(++points < POINTS_MAX); /* else it goes on and on */
    next = choose(self);
    if (next != self) {
        schedules_must(swapcontext(&thread[self].context, &scheduler) == 0);
    }
}

void schedules_point(void) {
    if (running >= 0) {
        give_way();
    }
}

bool schedules_await(bool (*is_ready)(void *arg), void *arg, bool may_end) {
    schedules_must(running >= 0); /* alone nobody waits */
    struct thread *self = &thread[running];
    self->is_ready = is_ready;
    self->ready_arg = arg;
    self->may_end = may_end;
    give_way();
    const bool has_come = is_ready(arg);
    if (!has_come) {
        schedules_must(may_end && timeouts_left > 0);
        timeouts_left--;
    }
    self->is_ready = NULL;
    self->may_end = false;
    return has_come;
}

/* Runs threads until none can. */
static void play(void) {
    next = choose(-1);
    while (next >= 0) {
        const int current = next;
        if (scene->become) {
            scene->become(current);
        }
        running = current;
        schedules_must(swapcontext(&scheduler, &thread[current].context) == 0);
        running = -1;
        if (thread[current].is_done) {
            next = choose(current);
        }
    }
    if (scene->become) {
        scene->become(-1);
    }
}

void schedules_run(void) {
    const bool was_exploring = is_exploring;
    const unsigned timeouts = timeouts_left;
    is_exploring = false;
    timeouts_left = switches_left = 0;
    play();
    timeouts_left = timeouts;
    is_exploring = was_exploring;
}

/* As many as the scene says; one less where everything is slow, more if asked for. */
static unsigned switches_allowed(void) {
    const char *more = getenv("TREADLE_TEST_SWITCHES");
    const unsigned least = getenv("TREADLE_TEST_SLOW") && scene->switches > 0 ? 1 : 0;
    return scene->switches - least + (more ? (unsigned)strtoul(more, NULL, 10) : 0);
}

/* One play by the schedule in `step`. */
static void execute(void) {
    thread_count = 0;
    step_now = points = 0;
    running = -1;
    switches_left = switches_allowed();
    timeouts_left = scene->timeouts;
    is_exploring = false;
    scene->prepare();
    is_exploring = true;
    play();
    is_exploring = false;
    if (scene->finish) {
        scene->finish();
    }
    schedules_must(step_now == step_count); /* else the play depends on something else */
    plays++;
}

/* The next schedule; false: that was the last. */
static bool advance(void) {
    while (step_count > 0 && step[step_count - 1].chosen + 1 == step[step_count - 1].of) {
        step_count--;
    }
    if (step_count == 0) {
        return false;
    }
    step[step_count - 1].chosen++;
    return true;
}

unsigned schedules_try_all(const struct schedules_scene *which) {
    scene = which;
    step_count = plays = 0;
    do {
        execute();
    } while (advance());
    return plays;
}
