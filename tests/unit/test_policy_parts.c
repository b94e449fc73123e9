/* test_policy_parts.c - what several policies stand on: exact tags, charges by estimate, rings, and
 * the heap's rarer calls. */
#include "tests/check.h"

#include <stdbool.h>
#include <stdlib.h>

#include <treadle/rng.h>

#include "base/charge.h"
#include "base/heap_sift.h"
#include "base/ring.h"
#include "base/tag.h"

static struct trd_rng dice(void) {
    const char *given = getenv("TREADLE_TEST_SEED");
    const uint64_t seed = given && *given ? strtoull(given, NULL, 10) : 77;
    struct trd_rng rng;
    print_message("seed %llu (TREADLE_TEST_SEED repeats it)\n", (unsigned long long)seed);
    trd_rng_init(&rng, seed);
    return rng;
}

static void a_tag_is_the_exact_quotient_of_what_was_added(void **state) {
    (void)state;
    struct trd_rng rng = dice();
    for (int round = 0; round < 300; round++) {
        const uint32_t weight = (uint32_t)(trd_rng_next(&rng) >> trd_rng_below(&rng, 32) >> 32) | 1;
        struct trd_tag tag = {0};
        uint64_t sum = 0;
        for (int i = 0; i < 50; i++) {
            const uint64_t amount = trd_rng_next(&rng) >> (14 + trd_rng_below(&rng, 50));
            const uint64_t less = sum ? trd_rng_below(&rng, sum) / 2 : 0;
            trd__tag_add(&tag, amount, weight);
            trd__tag_subtract(&tag, less, weight);
            sum += amount - less;
            assert_true(tag.part < weight);
            assert_int_equal(tag.whole, sum / weight);
            assert_int_equal(tag.part, sum % weight);
        }
        trd__tag_subtract(&tag, sum + 1, weight);
        assert_int_equal(tag.whole, 0);
        assert_int_equal(tag.part, 0);
    }
}

static void tags_of_different_weights_compare_as_fractions(void **state) {
    (void)state;
    struct trd_rng rng = dice();
    for (int round = 0; round < 20000; round++) {
        struct trd_tag tag[2] = {{0}, {0}};
        uint64_t weight[2], sum[2];
        for (int i = 0; i < 2; i++) {
            weight[i] = 1 + trd_rng_below(&rng, 12);
            sum[i] = trd_rng_below(&rng, 40);
            trd__tag_add(&tag[i], sum[i], (uint32_t)weight[i]);
        }
        const bool is_before = sum[0] * weight[1] < sum[1] * weight[0];
        assert_int_equal(trd__tag_is_before(&tag[0], &tag[1]), is_before);
        trd__tag_raise(&tag[0], &tag[1], (uint32_t)weight[0]);
        const uint64_t raised = tag[0].whole * weight[0] + tag[0].part;
        const uint64_t smallest = (sum[1] * weight[0] + weight[1] - 1) / weight[1];
        assert_int_equal(raised, is_before ? smallest : sum[0]);
    }
}

static void a_tag_keeps_its_value_when_the_weight_changes(void **state) {
    (void)state;
    struct trd_tag tag = {0};
    trd__tag_add(&tag, 7, 4); /* 1 3/4 */
    trd__tag_add(&tag, 0, 8);
    assert_int_equal(tag.whole, 1);
    assert_int_equal(tag.part, 6);
    trd__tag_add(&tag, 0, 3); /* 1 2/3: a twelfth is lost */
    assert_int_equal(tag.part, 2);
    trd__tag_add(&tag, UINT32_MAX, UINT32_MAX);
    assert_int_equal(tag.whole, 2);
    trd__tag_subtract(&tag, UINT32_MAX - UINT32_C(1), UINT32_MAX);
    assert_int_equal(tag.whole, 1);
}

/* All that is charged comes back, whatever ends when, and in between no more than that. */
static void charges_come_back_in_full(void **state) {
    (void)state;
    struct trd_rng rng = dice();
    struct trd_charge charge = {0};
    uint64_t begun_ns = 0, settled_ns = 0;
    for (int call = 0; call < 20000; call++) {
        if (trd_rng_below(&rng, 2)) {
            const uint64_t estimate_ns = trd_rng_below(&rng, 1000);
            trd__charge_begin(&charge, estimate_ns);
            begun_ns += estimate_ns;
        } else if (charge.count) {
            settled_ns += trd__charge_settle(&charge, charge.count - 1);
        } else {
            assert_int_equal(trd__charge_settle(&charge, 0), 0);
            assert_int_equal(begun_ns, settled_ns);
        }
        assert_int_equal(begun_ns, settled_ns + charge.sum_ns);
        if (call % 1000 == 0) {
            settled_ns += trd__charge_settle(&charge, 0); /* all have been dropped */
            assert_int_equal(begun_ns, settled_ns);
        }
    }
}

static void an_estimate_is_told_or_remembered_or_borrowed(void **state) {
    (void)state;
    struct trd_task_with_attr task = {.task.flags = TRD_TASK_HAS_ATTR, .attr.cost_ns = 500};
    struct trd_task_with_attr plain = {0}; /* no flag: the attributes beside it do not count */
    plain.attr.cost_ns = 300;
    struct trd_charge charge = {0};
    assert_int_equal(trd__charge_estimate(&charge, &task.task, 70), 500);
    assert_int_equal(trd__charge_estimate(&charge, &plain.task, 70), 70);
    assert_int_equal(trd__charge_estimate(&charge, &plain.task, 0), 1);
    trd__charge_learn(&charge.mean_ns, 800);
    assert_int_equal(trd__charge_estimate(&charge, &plain.task, 70), 800);
    trd__charge_learn(&charge.mean_ns, 1600);
    trd__charge_learn(&charge.mean_ns, 100);
    assert_int_equal(trd__charge_estimate(&charge, &plain.task, 70), 800); /* 900, then 800 */
    task.task.flags |= TRD_TASK_RESUMABLE;
    assert_int_equal(trd__charge_estimate(&charge, &task.task, 70), 800); /* 500 is for all */
    task.task.flags = TRD_TASK_HAS_ATTR;
    task.attr.cost_ns = UINT64_MAX;
    assert_int_equal(trd__charge_estimate(&charge, &task.task, 70), TRD_CHARGE_MAX_NS);
}

enum { TASKS = 40 };

/* Tasks go in in the order of their numbers; some are taken out, and come back to their place. */
static void levels_keep_tasks_in_the_order_of_their_sequence(void **state) {
    (void)state;
    struct trd_rng rng = dice();
    for (int round = 0; round < 500; round++) {
        struct trd_task tasks[TASKS] = {0};
        uint32_t level[TASKS];
        bool is_in[TASKS] = {false};
        struct trd_levels levels = {0};
        for (size_t i = 0; i < TASKS; i++) {
            tasks[i].sequence = i;
            level[i] = (uint32_t)(trd_rng_below(&rng, 3) * 15 + trd_rng_below(&rng, 2));
            is_in[i] = true;
            trd__levels_insert(&levels, level[i], &tasks[i]);
        }
        for (int call = 0; call < 100; call++) {
            const size_t i = trd_rng_below(&rng, TASKS);
            (is_in[i] ? trd__levels_remove : trd__levels_insert)(&levels, level[i], &tasks[i]);
            is_in[i] = !is_in[i];
        }
        uint32_t occupied = 0;
        for (size_t i = 0; i < TASKS; i++) {
            occupied |= is_in[i] ? UINT32_C(1) << level[i] : 0;
        }
        assert_int_equal(levels.occupied, occupied);
        for (size_t i = 0; i < TASKS; i++) {
            if (is_in[i]) {
                assert_ptr_equal(trd__ring_first(&levels.level[level[i]]), &tasks[i]);
                trd__levels_remove(&levels, level[i], &tasks[i]);
            }
        }
        assert_int_equal(levels.occupied, 0);
    }
}

static bool by_cost(struct trd_task *a, struct trd_task *b) {
    return a->submit_ns != b->submit_ns ? a->submit_ns < b->submit_ns : a->sequence < b->sequence;
}

/* The rule: nearest to a number first. */
static bool by_distance(const void *context, struct trd_task *a, struct trd_task *b) {
    const int64_t middle = *(const int64_t *)context;
    const int64_t distance_a = llabs((int64_t)a->submit_ns - middle);
    const int64_t distance_b = llabs((int64_t)b->submit_ns - middle);
    return distance_a != distance_b ? distance_a < distance_b : a->sequence < b->sequence;
}

static void a_heap_moves_what_has_changed(void **state) {
    (void)state;
    struct trd_rng rng = dice();
    struct trd_task tasks[TASKS] = {0};
    struct trd_heap heap = {0};
    for (size_t i = 0; i < TASKS; i++) {
        tasks[i].sequence = i;
        trd__heap_push(&heap, &tasks[i], by_cost);
    }
    for (int call = 0; call < 5000; call++) {
        struct trd_task *task = trd__heap_at(&heap, 1 + trd_rng_below(&rng, heap.count));
        task->submit_ns = trd_rng_below(&rng, 100);
        trd__heap_move(&heap, task, by_cost);
        for (uint64_t position = 2; position <= heap.count; position++) {
            assert_true(by_cost(trd__heap_at(&heap, position / 2), trd__heap_at(&heap, position)));
        }
    }
}

static void a_heap_can_have_a_rule_with_a_context(void **state) {
    (void)state;
    struct trd_rng rng = dice();
    struct trd_task tasks[TASKS] = {0};
    struct trd_heap heap = {0};
    const int64_t middle = 50;
    const struct trd_heap_rule rule = {by_distance, &middle};
    for (size_t i = 0; i < TASKS; i++) {
        tasks[i].sequence = i;
        tasks[i].submit_ns = trd_rng_below(&rng, 100);
        trd__heap_push_by(&heap, &tasks[i], &rule);
    }
    for (size_t i = 0; i < TASKS; i += 3) {
        trd__heap_remove_by(&heap, &tasks[i], &rule);
    }
    struct trd_task *last = trd__heap_pop_by(&heap, &rule);
    for (struct trd_task *task; (task = trd__heap_pop_by(&heap, &rule)); last = task) {
        assert_true(by_distance(&middle, last, task));
        assert_true(task->sequence % 3 != 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_is_the_exact_quotient_of_what_was_added),
        cmocka_unit_test(tags_of_different_weights_compare_as_fractions),
        cmocka_unit_test(a_tag_keeps_its_value_when_the_weight_changes),
        cmocka_unit_test(charges_come_back_in_full),
        cmocka_unit_test(an_estimate_is_told_or_remembered_or_borrowed),
        cmocka_unit_test(levels_keep_tasks_in_the_order_of_their_sequence),
        cmocka_unit_test(a_heap_moves_what_has_changed),
        cmocka_unit_test(a_heap_can_have_a_rule_with_a_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
