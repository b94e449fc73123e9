/* test_aging.c - the orders by priority, with and without age, against plain arrays; the bound on
 * overtaking; and random's draws against chance. */
#include "tests/check.h"
#include "tests/contract/stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUEUE_MAX = 150, SEEDS = 6, CALLS = 8000 };

/* What is queued, without any order. */
struct crowd {
    struct stage_task *task[QUEUE_MAX];
    size_t count;
};

/* Should `a` go before `b`, at `now_ns`? */
typedef bool rule_function(struct stage_task *a, struct stage_task *b, uint64_t now_ns);

static int64_t priority_of(const struct stage_task *task) {
    return task->spec.priority;
}

static uint64_t sequence_of(const struct stage_task *task) {
    return task->shell.task.sequence;
}

static bool strict(struct stage_task *a, struct stage_task *b, uint64_t now_ns) {
    (void)now_ns; /* age does not count */
    return priority_of(a) != priority_of(b) ? priority_of(a) > priority_of(b)
                                            : sequence_of(a) < sequence_of(b);
}

/* 1 unit of priority is worth 250 ns: in long double, which is exact for these numbers. */
static bool by_slope(struct stage_task *a, struct stage_task *b, uint64_t now_ns) {
    const long double age_a = (long double)(now_ns - a->shell.task.submit_ns);
    const long double age_b = (long double)(now_ns - b->shell.task.submit_ns);
    const long double value_a = 250.0L * (long double)priority_of(a) + age_a;
    const long double value_b = 250.0L * (long double)priority_of(b) + age_b;
    return value_a > value_b || (!(value_a < value_b) && sequence_of(a) < sequence_of(b));
}

static double grown(const struct stage_task *task, uint64_t now_ns) {
    double slope = 1.0;
    const int64_t most = priority_of(task) > 15 ? 15 : priority_of(task);
    for (int64_t priority = -16; priority < most; priority++) {
        slope *= 2.0;
    }
    return slope * (double)(now_ns - task->shell.task.submit_ns);
}

/* Slopes are powers of 2, so that no product is rounded. */
static bool by_growth(struct stage_task *a, struct stage_task *b, uint64_t now_ns) {
    const double value_a = grown(a, now_ns), value_b = grown(b, now_ns);
    return value_a > value_b || (!(value_a < value_b) && sequence_of(a) < sequence_of(b));
}

static void crowd_drop(struct crowd *crowd, const struct stage_task *task) {
    size_t i = 0;
    while (crowd->task[i] != task) {
        i++;
        assert_true(i < crowd->count);
    }
    crowd->task[i] = crowd->task[--crowd->count];
}

/* Small priorities mostly, so that equals meet; all kinds at times. */
static int64_t draw_priority(struct trd_rng *rng) {
    switch (trd_rng_below(rng, 12)) {
    case 0:
        return (int64_t)trd_rng_below(rng, 40) - 20;
    case 1:
        return (int64_t)(trd_rng_next(rng) >> (1 + trd_rng_below(rng, 63))) *
               (trd_rng_below(rng, 2) ? 1 : -1);
    case 2:
        return trd_rng_below(rng, 2) ? INT64_MAX : INT64_MIN;
    default:
        return (int64_t)trd_rng_below(rng, 5) - 2;
    }
}

static void take_best(struct stage *stage, struct crowd *crowd, rule_function *is_before) {
    const struct stage_task *task = stage_take(stage, 0);
    assert_int_equal(task != NULL, crowd->count > 0);
    if (!task) {
        return;
    }
    struct stage_task *best = crowd->task[0];
    for (size_t i = 1; i < crowd->count; i++) {
        best = is_before(crowd->task[i], best, stage->now_ns) ? crowd->task[i] : best;
    }
    assert_ptr_equal(task, best);
    stage->now_ns += trd_rng_below(&stage->rng, 300);
    if ((task->shell.task.flags & TRD_TASK_RESUMABLE) && trd_rng_below(&stage->rng, 3)) {
        stage_finish(stage, 0, TRD_OUTCOME_AGAIN); /* it comes back at its old place */
        return;
    }
    crowd_drop(crowd, best);
    stage_finish(stage, 0, TRD_OUTCOME_DONE);
}

static void compare_with_array(const char *policy, rule_function *is_before) {
    const uint64_t first = stage_seed(300);
    for (uint64_t seed = first; seed < first + SEEDS; seed++) {
        struct stage stage;
        struct crowd crowd = {.count = 0};
        stage_open(&stage, policy, 1, seed);
        for (int call = 0; call < CALLS; call++) {
            const uint64_t submits = (call / 300) % 2 ? 30 : 60; /* it fills and empties */
            const uint64_t dice = trd_rng_below(&stage.rng, 100);
            stage.now_ns += trd_rng_below(&stage.rng, 3) ? 0 : trd_rng_below(&stage.rng, 500);
            if (dice < submits && crowd.count < QUEUE_MAX) {
                const struct stage_spec spec = {.priority = draw_priority(&stage.rng),
                                                .flags = dice % 4 ? 0 : TRD_TASK_RESUMABLE};
                crowd.task[crowd.count++] = stage_submit(&stage, spec);
            } else if (dice < 95) {
                take_best(&stage, &crowd, is_before);
            } else if (crowd.count > 0) {
                struct stage_task *victim = crowd.task[trd_rng_below(&stage.rng, crowd.count)];
                crowd_drop(&crowd, victim);
                stage_cancel(&stage, victim);
            }
        }
        stage_close(&stage);
    }
}

static void priority_is_by_priority_then_acceptance(void **state) {
    (void)state;
    compare_with_array("priority", strict);
}

static void one_slope_is_the_largest_priority_and_age(void **state) {
    (void)state;
    compare_with_array("priority_aging:slope=4e6", by_slope);
}

static void growth_is_the_largest_age_times_slope(void **state) {
    (void)state;
    compare_with_array("priority_aging:growth=2", by_growth);
}

static void a_tiny_slope_is_strict_priority(void **state) {
    (void)state;
    compare_with_array("priority_aging:slope=1e-9", strict);
}

/* Nobody of priority q that arrived more than (q - p) / slope after a task of priority p runs
 * before it; and some that arrived just before that do. */
static void nobody_is_overtaken_by_one_who_came_too_late(void **state) {
    (void)state;
    enum { UNIT_NS = 1000, LEVELS = 10 };
    const uint64_t first = stage_seed(400);
    uint64_t closest_ns = UINT64_MAX;
    for (uint64_t seed = first; seed < first + SEEDS; seed++) {
        struct stage stage;
        struct crowd crowd = {.count = 0};
        stage_open(&stage, "priority_aging:slope=1e6", 1, seed);
        for (int call = 0; call < CALLS; call++) {
            stage.now_ns += trd_rng_below(&stage.rng, 80);
            if (crowd.count < QUEUE_MAX && trd_rng_below(&stage.rng, 2)) {
                const int64_t priority = (int64_t)trd_rng_below(&stage.rng, LEVELS);
                crowd.task[crowd.count++] =
                    stage_submit(&stage, (struct stage_spec){.priority = priority});
                continue;
            }
            struct stage_task *task = stage_take(&stage, 0);
            if (!task) {
                continue;
            }
            crowd_drop(&crowd, task);
            for (size_t i = 0; i < crowd.count; i++) {
                const struct stage_task *left = crowd.task[i];
                const int64_t later_ns =
                    (int64_t)task->shell.task.submit_ns - (int64_t)left->shell.task.submit_ns;
                const int64_t allowed_ns = UNIT_NS * (priority_of(task) - priority_of(left));
                assert_true(later_ns <= allowed_ns);
                if ((uint64_t)(allowed_ns - later_ns) < closest_ns) {
                    closest_ns = (uint64_t)(allowed_ns - later_ns);
                }
            }
            stage_finish(&stage, 0, TRD_OUTCOME_DONE);
        }
        stage_close(&stage);
    }
    print_message("  the closest was %llu ns from the limit\n", (unsigned long long)closest_ns);
    assert_true(closest_ns < 3);
}

/* The rank of an order of four, 0 to 23. */
static size_t rank_of(const int *order) {
    size_t rank = 0;
    for (int i = 0; i < 4; i++) {
        size_t smaller = 0;
        for (int k = i + 1; k < 4; k++) {
            smaller += order[k] < order[i];
        }
        rank = rank * (size_t)(4 - i) + smaller;
    }
    return rank;
}

/* Four tasks come out in each of their 24 orders equally often, whatever was there before. */
static void random_draws_every_order_equally_often(void **state) {
    (void)state;
    enum { ROUNDS = 48000, ORDERS = 24 };
    struct stage stage;
    unsigned counts[ORDERS] = {0};
    double chi2 = 0.0;
    stage_open(&stage, "random", 1, stage_seed(500));
    for (int round = 0; round < ROUNDS; round++) {
        struct stage_task *guest = stage_submit(&stage, (struct stage_spec){.priority = 9});
        int order[4];
        for (int i = 0; i < 4; i++) {
            (void)stage_submit(&stage, (struct stage_spec){.priority = i});
        }
        stage_cancel(&stage, guest); /* the last one takes its place */
        for (int i = 0; i < 4; i++) {
            order[i] = (int)stage_run(&stage, 0).priority;
        }
        counts[rank_of(order)]++;
    }
    for (int i = 0; i < ORDERS; i++) {
        const double expected = (double)ROUNDS / ORDERS;
        chi2 += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    print_message("  chi2 of 23 degrees: %.2f\n", chi2);
    assert_true(chi2 < 58.0); /* passed with probability 0.9999 */
    stage_close(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(priority_is_by_priority_then_acceptance),
        cmocka_unit_test(one_slope_is_the_largest_priority_and_age),
        cmocka_unit_test(growth_is_the_largest_age_times_slope),
        cmocka_unit_test(a_tiny_slope_is_strict_priority),
        cmocka_unit_test(nobody_is_overtaken_by_one_who_came_too_late),
        cmocka_unit_test(random_draws_every_order_equally_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
