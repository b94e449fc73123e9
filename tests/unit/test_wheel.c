/* test_wheel.c - the timing wheel against a plain model. */
#include "tests/check.h"

#include <stdbool.h>
#include <stdlib.h>

#include <treadle/rng.h>

#include "base/wheel.h"

enum { TASKS = 400, STEPS = 40000 };
static const uint64_t tick_ns = UINT64_C(1) << TRD_WHEEL_TICK_BITS;

struct plain {
    struct trd_task_with_attr tasks[TASKS];
    bool is_in[TASKS];
    struct trd_wheel wheel;
    uint64_t now_ns;
    struct trd_rng rng;
};

static uint64_t wheel_seed(void) {
    const char *given = getenv("TREADLE_TEST_SEED");
    const uint64_t seed = given && *given ? strtoull(given, NULL, 10) : 12345;
    print_message("seed %llu (TREADLE_TEST_SEED repeats it)\n", (unsigned long long)seed);
    return seed;
}

/* A time of any size: as many bits as a die says. */
static uint64_t plain_span_ns(struct plain *plain, uint32_t bits_max) {
    return trd_rng_below(&plain->rng, UINT64_C(1) << trd_rng_below(&plain->rng, bits_max));
}

static void plain_add(struct plain *plain, size_t index) {
    struct trd_task_with_attr *own = &plain->tasks[index];
    own->task.flags = TRD_TASK_HAS_ATTR;
    own->attr.deadline_ns = plain->now_ns + plain_span_ns(plain, 56);
    own->attr.due_slot = 0;
    trd__wheel_add(&plain->wheel, &own->task);
    plain->is_in[index] = true;
}

/* Nothing comes out too early or twice, and what is left is not due. */
static void plain_pop_all(struct plain *plain) {
    while (trd__wheel_next_ns(&plain->wheel) <= plain->now_ns) {
        struct trd_task *task = trd__wheel_pop(&plain->wheel, plain->now_ns);
        if (task) {
            const size_t index = (size_t)((struct trd_task_with_attr *)(void *)task - plain->tasks);
            assert_true(plain->is_in[index]);
            assert_true(plain->tasks[index].attr.deadline_ns < plain->now_ns);
            assert_int_equal(plain->tasks[index].attr.due_slot, 0);
            plain->is_in[index] = false;
        }
    }
    assert_null(trd__wheel_pop(&plain->wheel, plain->now_ns));
    uint64_t first_ns = UINT64_MAX;
    for (size_t i = 0; i < TASKS; i++) {
        if (plain->is_in[i]) {
            const uint64_t deadline_ns = plain->tasks[i].attr.deadline_ns;
            assert_true(plain->now_ns < deadline_ns + tick_ns);
            first_ns = deadline_ns < first_ns ? deadline_ns : first_ns;
        }
    }
    const uint64_t next_ns = trd__wheel_next_ns(&plain->wheel);
    assert_true(first_ns == UINT64_MAX ? next_ns == UINT64_MAX : next_ns <= first_ns + tick_ns);
}

static void tasks_come_out_once_they_are_due(void **state) {
    (void)state;
    struct plain *plain = calloc(1, sizeof *plain);
    assert_non_null(plain);
    trd_rng_init(&plain->rng, wheel_seed());
    for (int step = 0; step < STEPS; step++) {
        const size_t index = trd_rng_below(&plain->rng, TASKS);
        if (!plain->is_in[index]) {
            plain_add(plain, index);
        } else {
            trd__wheel_remove(&plain->wheel, &plain->tasks[index].task);
            trd__wheel_remove(&plain->wheel, &plain->tasks[index].task); /* is in none: nothing */
            plain->is_in[index] = false;
        }
        if (trd_rng_below(&plain->rng, 4) == 0) {
            const uint64_t next_ns = trd__wheel_next_ns(&plain->wheel);
            plain->now_ns += plain_span_ns(plain, 52);
            if (next_ns != UINT64_MAX && trd_rng_below(&plain->rng, 8) == 0) {
                plain->now_ns = next_ns > plain->now_ns ? next_ns : plain->now_ns; /* to the tick */
            }
            plain_pop_all(plain);
        }
    }
    free(plain);
}

/* One call moves so many tasks on at most, and the next ones do the rest. */
static void a_full_slot_is_moved_in_parts(void **state) {
    (void)state;
    enum { MANY = 3000 };
    struct trd_task_with_attr *tasks = calloc(MANY, sizeof *tasks);
    struct trd_wheel wheel = {0};
    assert_non_null(tasks);
    const uint64_t deadline_ns = 10 * UINT64_C(1000000000);
    for (size_t i = 0; i < MANY; i++) {
        tasks[i].task.flags = TRD_TASK_HAS_ATTR;
        tasks[i].attr.deadline_ns = deadline_ns;
        trd__wheel_add(&wheel, &tasks[i].task);
    }
    assert_null(trd__wheel_pop(&wheel, 1));
    uint64_t now_ns;
    int calls = 0;
    while ((now_ns = trd__wheel_next_ns(&wheel)) < deadline_ns) {
        assert_null(trd__wheel_pop(&wheel, now_ns));
        calls++;
    }
    assert_in_range(calls, MANY / 64, 8 * MANY / 64);
    for (size_t i = 0; i < MANY; i++) {
        assert_non_null(trd__wheel_pop(&wheel, now_ns));
    }
    assert_true(trd__wheel_next_ns(&wheel) == UINT64_MAX);
    free(tasks);
}

static void no_time_is_too_far(void **state) {
    (void)state;
    struct trd_wheel wheel = {0};
    struct trd_task_with_attr last = {.task.flags = TRD_TASK_HAS_ATTR,
                                      .attr.deadline_ns = UINT64_MAX - 1};
    trd__wheel_add(&wheel, &last.task);
    uint64_t next_ns;
    while ((next_ns = trd__wheel_next_ns(&wheel)) < UINT64_MAX) {
        assert_null(trd__wheel_pop(&wheel, next_ns));
    }
    trd__wheel_remove(&wheel, &last.task);
    assert_int_equal(wheel.occupied[TRD_WHEEL_LEVELS - 1], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_come_out_once_they_are_due),
        cmocka_unit_test(a_full_slot_is_moved_in_parts),
        cmocka_unit_test(no_time_is_too_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
