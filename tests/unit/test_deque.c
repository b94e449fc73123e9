/* test_deque.c - the work-stealing deque under every interleaving of a few calls.
 *
 * The deque's own source is compiled here with a ring of two slots and with atomics that first give
 * control away. Each thread of a scene is a coroutine; a scene is run again and again, each time
 * with the next schedule, until all have been tried that change threads at most so often where they
 * need not (M. Musuvathi and S. Qadeer, "Iterative context bounding", PLDI 2007). What is shown
 * holds for sequential consistency; the proof in deque.c says why the weaker orders suffice, and
 * the stress test runs them under a thread sanitizer. */
#include "tests/check.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <ucontext.h>

#if defined __SANITIZE_THREAD__
enum { IS_THREAD_SANITIZED = 1 };
#elif defined __has_feature
enum { IS_THREAD_SANITIZED = __has_feature(thread_sanitizer) };
#else
enum { IS_THREAD_SANITIZED = 0 };
#endif

static void give_way(void);

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_compare_exchange_strong_explicit
#define atomic_load_explicit(object, order) (give_way(), *(object))
#define atomic_store_explicit(object, value, order) (give_way(), (void)(*(object) = (value)))
#define atomic_exchange_explicit(object, value, order)                                             \
    __extension__({                                                                                \
        give_way();                                                                                \
        struct trd_task *was = *(object);                                                          \
        *(object) = (value);                                                                       \
        was;                                                                                       \
    })
#define atomic_compare_exchange_strong_explicit(object, expected, value, order, order_failed)      \
    __extension__({                                                                                \
        give_way();                                                                                \
        __typeof__(*(expected)) was = *(object);                                                   \
        const bool is_same = was == *(expected);                                                   \
        if (is_same) {                                                                             \
            *(object) = (value);                                                                   \
        } else {                                                                                   \
            *(expected) = was;                                                                     \
        }                                                                                          \
        is_same;                                                                                   \
    })
#define TRD_DEQUE_SLOTS 2
#include "base/deque.c"

enum { THREADS = 3, TASKS = 6, STEPS_MAX = 400, STACK_BYTES = 1 << 16, SWITCHES = 3 };

static struct trd_deque deque;
static struct trd_task tasks[TASKS];
static unsigned got[TASKS]; /* how often it came out */
static bool is_in[TASKS];   /* it was pushed */

static struct {
    ucontext_t context;
    bool is_done;
    char stack[STACK_BYTES];
} thread[THREADS];

static ucontext_t scheduler;
static int running = -1; /* the thread; -1: none, and nothing gives way */

/* The schedule: at each step, the number that was chosen of how many. */
static struct { unsigned chosen, of; } step[STEPS_MAX];
static unsigned step_count, executions;

static void give_way(void) {
    if (running >= 0) {
        assert_int_equal(swapcontext(&thread[running].context, &scheduler), 0);
    }
}

static void note(struct trd_task *task) {
    if (task) {
        got[task - tasks]++;
    }
}

static void push(int number) {
    is_in[number] = trd__deque_push(&deque, &tasks[number]);
}

static void pop(void) {
    note(trd__deque_pop(&deque));
}

static void steal(void) {
    note(trd__deque_steal(&deque));
}

/* Takes part only if the task was pushed before: a cancel follows a submit. */
static void withdraw(int number) {
    if (trd__deque_remove(&deque, &tasks[number])) {
        got[number]++;
    }
}

struct scene {
    void (*before)(void); /* alone */
    void (*play[THREADS])(void);
};

static const struct scene *scene;

static void play(int which) {
    scene->play[which]();
    thread[which].is_done = true;
}

static void prepare(void) {
    deque = (struct trd_deque){0};
    for (int i = 0; i < TASKS; i++) {
        got[i] = 0;
        is_in[i] = false;
    }
    running = -1;
    scene->before();
    for (int i = 0; i < THREADS; i++) {
        thread[i].is_done = !scene->play[i];
        assert_int_equal(getcontext(&thread[i].context), 0);
        thread[i].context.uc_stack.ss_sp = thread[i].stack;
        thread[i].context.uc_stack.ss_size = STACK_BYTES;
        thread[i].context.uc_link = &scheduler;
        makecontext(&thread[i].context, (void (*)(void))(uintptr_t)play, 1, i);
    }
}

/* The threads that may run next, the one that runs first; only that one when no switch is left. */
static unsigned candidates(int current, unsigned switches, int list[THREADS]) {
    unsigned count = 0;
    const bool is_current = current >= 0 && !thread[current].is_done;
    if (is_current) {
        list[count++] = current;
    }
    for (int i = 0; i < THREADS && (!is_current || switches < SWITCHES); i++) {
        if (i != current && !thread[i].is_done) {
            list[count++] = i;
        }
    }
    return count;
}

/* Runs the scene by the schedule in `step`, and beyond it straight on. */
static void execute(void) {
    unsigned switches = 0, number = 0;
    int list[THREADS], current = -1;
    prepare();
    for (;; number++) {
        const unsigned count = candidates(current, switches, list);
        if (count == 0) {
            break;
        }
        assert_true(number < STEPS_MAX);
        if (number == step_count) {
            step[step_count++].chosen = 0;
        }
        step[number].of = count;
        const int next = list[step[number].chosen];
        switches += current >= 0 && !thread[current].is_done && next != current;
        running = current = next;
        assert_int_equal(swapcontext(&scheduler, &thread[next].context), 0);
        running = -1;
    }
    step_count = number;
    executions++;
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

/* Plays the scene in every schedule: what went in has come out, or is still there; nothing twice.
 */
static void try_all(const struct scene *which) {
    scene = which;
    step_count = executions = 0;
    do {
        execute();
        for (struct trd_task *task; (task = trd__deque_pop(&deque));) {
            note(task);
        }
        for (int i = 0; i < TASKS; i++) {
            assert_int_equal(got[i], is_in[i]);
        }
        for (int i = 0; i < TRD_DEQUE_SLOTS; i++) {
            assert_null(deque.slot[i]);
        }
        assert_int_equal(deque.top, deque.bottom); /* no room was lost */
    } while (advance());
    print_message("%u schedules\n", executions);
}

static void nothing(void) {}

static void push_one(void) {
    push(0);
}

static void push_two(void) {
    push(0);
    push(1);
}

/* So that the next push is the first of the second round. */
static void push_two_and_steal_one(void) {
    push_two();
    steal();
}

static void push_pop_push_pop(void) {
    push(2);
    pop();
    push(3);
    pop();
}

static void push_push_pop_pop(void) {
    push(2);
    push(3);
    pop();
    pop();
}

static void push_thrice(void) {
    push(2);
    push(3);
    push(4);
}

static void pop_push_pop(void) {
    pop();
    push(2);
    pop();
}

static void steal_twice(void) {
    steal();
    steal();
}

static void withdraw_first(void) {
    withdraw(0);
}

static void withdraw_both(void) {
    withdraw(1);
    withdraw(0);
}

static void every_schedule(void **state) {
    (void)state;
    if (IS_THREAD_SANITIZED) {
        print_message("not under a thread sanitizer, which does not know coroutines\n");
        skip();
    }
    static const struct scene scenes[] = {
        {nothing, {push_push_pop_pop, steal, steal}},
        {nothing, {push_pop_push_pop, steal_twice, NULL}},
        {push_one, {pop, steal, steal}}, /* the last one */
        {push_one, {pop_push_pop, steal, withdraw_first}},
        {push_two, {pop, steal, withdraw_both}},
        {push_two, {pop_push_pop, steal_twice, withdraw_first}},
        {push_two, {push_thrice, steal, steal}}, /* full, and slots are used again */
        {push_two, {push_thrice, steal_twice, withdraw_both}},
        {push_two_and_steal_one, {push_push_pop_pop, steal_twice, NULL}},
    };
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        try_all(&scenes[i]);
    }
}

static void owner_and_thieves_work_at_different_ends(void **state) {
    (void)state;
    static const struct scene alone = {0};
    scene = &alone;
    deque = (struct trd_deque){0};
    for (int round = 0; round < 10; round++) {
        assert_null(trd__deque_any(&deque));
        assert_true(trd__deque_push(&deque, &tasks[0]));
        assert_true(trd__deque_push(&deque, &tasks[1]));
        assert_false(trd__deque_push(&deque, &tasks[2])); /* no room */
        assert_ptr_equal(trd__deque_any(&deque), &tasks[0]);
        if (round % 2) {
            assert_ptr_equal(trd__deque_steal(&deque), &tasks[0]);
            assert_ptr_equal(trd__deque_steal(&deque), &tasks[1]);
        } else {
            assert_ptr_equal(trd__deque_pop(&deque), &tasks[1]);
            assert_true(trd__deque_remove(&deque, &tasks[0]));
            assert_false(trd__deque_remove(&deque, &tasks[0]));
        }
        assert_null(trd__deque_steal(&deque));
        assert_null(trd__deque_pop(&deque));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owner_and_thieves_work_at_different_ends),
        cmocka_unit_test(every_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
