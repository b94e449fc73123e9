/* test_base.c - the containers of src/base and the event queue against plain models. */
#include "tests/check.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <treadle/metrics.h>
#include <treadle/rng.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/table.h"
#include "sim/event_queue.h"

enum { NODES = 300 };

static uint64_t base_seed(void) {
    const char *given = getenv("TREADLE_TEST_SEED");
    const uint64_t seed = given && *given ? strtoull(given, NULL, 10) : 12345;
    print_message("seed %llu (TREADLE_TEST_SEED repeats it)\n", (unsigned long long)seed);
    return seed;
}

static void a_list_keeps_its_order_through_removals(void **state) {
    (void)state;
    struct trd_task *tasks = calloc(NODES, sizeof *tasks);
    bool is_in[NODES] = {false};
    struct trd_list list = {0};
    struct trd_rng rng;
    assert_non_null(tasks);
    trd_rng_init(&rng, base_seed());
    for (size_t i = 0; i < NODES; i++) {
        trd__list_append(&list, &tasks[i]);
        is_in[i] = true;
    }
    for (size_t i = 0; i < NODES / 2; i++) {
        const size_t victim = trd_rng_below(&rng, NODES);
        if (is_in[victim]) {
            trd__list_remove(&list, &tasks[victim]);
            is_in[victim] = false;
        }
    }
    size_t low = 0, high = NODES;
    for (bool is_front = true;; is_front = !is_front) {
        while (low < high && !is_in[low]) {
            low++;
        }
        while (low < high && !is_in[high - 1]) {
            high--;
        }
        if (low == high) {
            break;
        }
        const struct trd_task *expected = is_front ? &tasks[low++] : &tasks[--high];
        assert_ptr_equal(is_front ? trd__list_pop_first(&list) : trd__list_pop_last(&list),
                         expected);
    }
    assert_null(trd__list_pop_first(&list));
    assert_null(trd__list_pop_last(&list));
    free(tasks);
}

static bool by_sequence(struct trd_task *a, struct trd_task *b) {
    return a->sequence < b->sequence;
}

/* Every task's parent comes before it and knows it; the tree is complete. Returns its size. */
static uint64_t check_heap(struct trd_task *task, struct trd_task *parent, uint64_t position,
                           uint64_t count) {
    if (!task) {
        return 0;
    }
    assert_true(position <= count);
    assert_ptr_equal(task->node.tree.parent, parent);
    assert_true(!parent || by_sequence(parent, task));
    return 1 + check_heap(task->node.tree.left, task, 2 * position, count) +
           check_heap(task->node.tree.right, task, 2 * position + 1, count);
}

static void a_heap_stays_complete_and_ordered_through_random_calls(void **state) {
    (void)state;
    struct trd_task *tasks = calloc(NODES, sizeof *tasks);
    bool is_in[NODES] = {false};
    struct trd_heap heap = {0};
    struct trd_rng rng;
    assert_non_null(tasks);
    trd_rng_init(&rng, base_seed());
    for (int call = 0; call < 30000; call++) {
        const size_t i = trd_rng_below(&rng, NODES);
        if (call % 3 == 2) {
            struct trd_task *first = trd__heap_pop(&heap, by_sequence);
            for (size_t k = 0; k < NODES; k++) {
                assert_true(!is_in[k] || !by_sequence(&tasks[k], first));
            }
            if (first) {
                is_in[first - tasks] = false;
            }
        } else if (is_in[i]) {
            trd__heap_remove(&heap, &tasks[i], by_sequence);
            is_in[i] = false;
        } else {
            tasks[i].sequence = trd_rng_next(&rng);
            trd__heap_push(&heap, &tasks[i], by_sequence);
            is_in[i] = true;
        }
        assert_int_equal(check_heap(heap.root, NULL, 1, heap.count), heap.count);
    }
    free(tasks);
}

static void records_of_a_table_never_move(void **state) {
    (void)state;
    struct trd_table table;
    uint64_t *first[2000];
    trd__table_init(&table, 24);
    assert_int_equal(table.record_bytes % _Alignof(max_align_t), 0);
    for (uint32_t i = 0; i < 2000; i++) {
        while (i >= table.capacity) {
            trd__table_add_chunk(&table, calloc(1, trd__table_next_bytes(&table)));
        }
        first[i] = trd__table_at(&table, i);
        assert_int_equal(*first[i], 0);
        *first[i] = i;
    }
    for (uint32_t i = 0; i < 2000; i++) {
        assert_ptr_equal(trd__table_at(&table, i), first[i]);
        assert_int_equal(*first[i], i); /* so no two overlap */
    }
    for (uint32_t i = 0; i < table.chunk_count; i++) {
        free(table.chunk[i]);
    }
}

static void a_histogram_knows_values_to_a_thirty_second(void **state) {
    (void)state;
    static struct trd_histogram histogram;
    struct trd_rng rng;
    trd_rng_init(&rng, base_seed());
    for (int i = 0; i < 20000; i++) {
        const uint64_t value = trd_rng_next(&rng) >> trd_rng_below(&rng, 64);
        memset(&histogram, 0, sizeof histogram);
        trd_histogram_add(&histogram, value);
        trd_histogram_add(&histogram, UINT64_MAX);
        const uint64_t known = trd_histogram_quantile(&histogram, 0.5);
        assert_true(known >= value);
        assert_true(known - value <= value / 32);
    }
}

static void quantiles_count_ranks_and_merging_adds_up(void **state) {
    (void)state;
    static struct trd_histogram odd, even, all;
    static const struct trd_histogram none;
    assert_int_equal(trd_histogram_quantile(&all, 0.5), 0);
    for (uint64_t i = 1; i <= 60; i++) {
        trd_histogram_add(i % 2 ? &odd : &even, i);
    }
    trd_histogram_merge(&all, &odd);
    trd_histogram_merge(&all, &even);
    trd_histogram_merge(&all, &none);
    assert_int_equal(all.count, 60);
    assert_int_equal(all.min, 1);
    assert_int_equal(all.max, 60);
    assert_true(fabs(trd_histogram_mean(&all) - 30.5) < 1e-12);
    assert_int_equal(trd_histogram_quantile(&all, 0.0), 1);
    assert_int_equal(trd_histogram_quantile(&all, 0.5), 30);
    assert_int_equal(trd_histogram_quantile(&all, 0.9), 54);
    assert_int_equal(trd_histogram_quantile(&all, 1.0), 60);
}

/* The first numbers of the published algorithm for the state 1, 2, 3, 4. */
static void the_generator_is_xoshiro256_starstar(void **state) {
    (void)state;
    const uint64_t reference[] = {UINT64_C(11520), UINT64_C(0), UINT64_C(1509978240),
                                  UINT64_C(1215971899390074240)};
    struct trd_rng rng = {{1, 2, 3, 4}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(trd_rng_next(&rng), reference[i]);
    }
}

static void jumps_give_streams_that_differ_and_repeat(void **state) {
    (void)state;
    struct trd_rng a, b, c;
    trd_rng_init(&a, 0);
    trd_rng_init(&b, 0);
    assert_memory_equal(&a, &b, sizeof a);
    trd_rng_jump(&a);
    trd_rng_jump(&b);
    assert_memory_equal(&a, &b, sizeof a);
    trd_rng_init(&c, 0);
    for (int i = 0; i < 1000; i++) {
        assert_int_not_equal(trd_rng_next(&a), trd_rng_next(&c));
    }
}

static void draws_stay_in_their_range_and_have_their_mean(void **state) {
    (void)state;
    enum { DRAWS = 200000 };
    struct trd_rng rng;
    double uniform = 0.0, exponential = 0.0;
    uint64_t counts[7] = {0};
    trd_rng_init(&rng, base_seed());
    for (int i = 0; i < DRAWS; i++) {
        const double u = trd_rng_double(&rng);
        assert_true(u >= 0.0 && u < 1.0);
        uniform += u;
        exponential += trd_rng_exponential(&rng, 5.0);
        counts[trd_rng_below(&rng, 7)]++;
    }
    assert_true(fabs(uniform / DRAWS - 0.5) < 4.0 * sqrt(1.0 / 12.0 / DRAWS));
    assert_true(fabs(exponential / DRAWS - 5.0) < 4.0 * 5.0 / sqrt(DRAWS));
    for (int i = 0; i < 7; i++) {
        assert_true(fabs((double)counts[i] - DRAWS / 7.0) < 4.0 * sqrt(DRAWS * 6.0 / 49.0));
    }
}

/* In order of time; equal times in order of insertion; nothing is lost, and what was removed does
 * not come. Taking leaves a hole that the next event may fill: both ways are gone. */
static void events_come_out_in_order_and_ties_as_they_went_in(void **state) {
    (void)state;
    enum { EVENTS = 20000 };
    struct trd__event_queue queue = {0};
    struct trd_rng rng;
    uint64_t last_ns = 0;
    uint32_t added = 0, out = 0, last_index = 0;
    trd_rng_init(&rng, base_seed());
    while (out < EVENTS) {
        const struct trd__due *first;
        if (added < EVENTS && trd_rng_below(&rng, 100) < 55) {
            assert_int_equal(trd__event_queue_reserve(&queue, queue.count + 1), 0);
            trd__event_queue_add(&queue, last_ns + 1 + trd_rng_below(&rng, 20), TRD__EVENT_TICK,
                                 added++);
        } else if ((first = trd__event_queue_first(&queue)) != NULL) {
            const uint32_t index = trd__due_index(first);
            assert_int_equal(trd__due_kind(first), TRD__EVENT_TICK);
            assert_true(first->time_ns > last_ns ||
                        (first->time_ns == last_ns && index > last_index));
            if (trd_rng_below(&rng, 10) == 0) {
                const uint32_t last = trd__due_index(&queue.dues[queue.count - 1]);
                trd__event_queue_remove(&queue, TRD__EVENT_TICK, last);
            } else {
                last_ns = first->time_ns;
                last_index = index;
                trd__event_queue_take(&queue);
            }
            out++;
        }
    }
    assert_null(trd__event_queue_first(&queue));
    trd__event_queue_free(&queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_keeps_its_order_through_removals),
        cmocka_unit_test(a_heap_stays_complete_and_ordered_through_random_calls),
        cmocka_unit_test(records_of_a_table_never_move),
        cmocka_unit_test(a_histogram_knows_values_to_a_thirty_second),
        cmocka_unit_test(quantiles_count_ranks_and_merging_adds_up),
        cmocka_unit_test(the_generator_is_xoshiro256_starstar),
        cmocka_unit_test(jumps_give_streams_that_differ_and_repeat),
        cmocka_unit_test(draws_stay_in_their_range_and_have_their_mean),
        cmocka_unit_test(events_come_out_in_order_and_ties_as_they_went_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
