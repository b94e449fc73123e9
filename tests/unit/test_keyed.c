/* test_keyed.c - tasks by key beside a plain array of them, with memory on loan, without, and with
 * some; and the loan itself. */
#include "tests/check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <treadle/rng.h>

#include "base/keyed.h"
#include "base/loan.h"

enum { TASKS = 700, PIECES = 64 };

static struct trd_rng dice(void) {
    const char *given = getenv("TREADLE_TEST_SEED");
    const uint64_t seed = given && *given ? strtoull(given, NULL, 10) : 77;
    struct trd_rng rng;
    print_message("seed %llu (TREADLE_TEST_SEED repeats it)\n", (unsigned long long)seed);
    trd_rng_init(&rng, seed);
    return rng;
}

/* The key of a test's task is its submit_ns. */
static bool by_key(const void *context, struct trd_task *a, struct trd_task *b) {
    (void)context;
    return a->submit_ns != b->submit_ns ? a->submit_ns < b->submit_ns : a->sequence < b->sequence;
}

static const struct trd_heap_rule rule = {by_key, NULL};

static void grant(struct trd_loan *loan, bool has_memory) {
    uint32_t size;
    for (size_t bytes; (bytes = trd__loan_wish(loan, &size)) > 0;) {
        trd__loan_grant(loan, size, has_memory ? aligned_alloc(TRD_LOAN_ALIGN, bytes) : NULL);
    }
}

/* Everything must be free. */
static void take_back(struct trd_loan *loan) {
    assert_int_equal(loan->used_count, 0);
    for (void *piece = trd__loan_reclaim(loan, 0), *next; piece; piece = next) {
        next = *(void **)piece;
        free(piece);
    }
    assert_int_equal(loan->bytes, 0);
}

static uint64_t entries(const struct trd_keyed *keyed) {
    uint64_t count = keyed->levels ? keyed->fill : 0;
    for (uint32_t level = 0; level + 1 < keyed->levels; level++) {
        count += UINT64_C(1) << 2 * level;
    }
    return count;
}

/* A heap beside the set of what is in it. */
struct bench {
    struct trd_keyed keyed;
    struct trd_loan loan;
    struct trd_task tasks[TASKS];
    bool is_in[TASKS];
    uint64_t sequence;
    size_t count;
};

static struct trd_task *bench_first(struct bench *bench) {
    struct trd_task *first = NULL;
    for (size_t i = 0; i < TASKS; i++) {
        if (bench->is_in[i] && (!first || by_key(NULL, &bench->tasks[i], first))) {
            first = &bench->tasks[i];
        }
    }
    return first;
}

static void bench_push(struct bench *bench, size_t i, uint64_t key, bool is_aside) {
    struct trd_task *task = &bench->tasks[i];
    memset(task, 0xa5, sizeof *task); /* its node means nothing */
    task->submit_ns = key;
    task->sequence = ++bench->sequence;
    if (is_aside) {
        trd__keyed_push_aside(&bench->keyed, task, &rule);
    } else {
        trd__keyed_push(&bench->keyed, &bench->loan, task, key, &rule);
    }
    bench->is_in[i] = true;
    bench->count++;
}

static void bench_remove(struct bench *bench, size_t i) {
    trd__keyed_remove(&bench->keyed, &bench->loan, &bench->tasks[i], &rule);
    memset(&bench->tasks[i], 0x5a, sizeof bench->tasks[i]); /* it is nobody's business any more */
    bench->is_in[i] = false;
    bench->count--;
}

static bool bench_pop(struct bench *bench) {
    struct trd_task *first = bench_first(bench);
    assert_ptr_equal(trd__keyed_first(&bench->keyed, &rule), first);
    assert_ptr_equal(trd__keyed_pop(&bench->keyed, &bench->loan, &rule), first);
    if (first) {
        bench->is_in[first - bench->tasks] = false;
        bench->count--;
    }
    return first != NULL;
}

static void bench_close(struct bench *bench) {
    while (bench_pop(bench)) {
    }
    assert_int_equal(bench->count, 0);
    assert_int_equal(bench->keyed.levels, 0);
    take_back(&bench->loan);
}

enum lender { ALWAYS, NEVER, SOMETIMES, REFUSES, LENDERS };

static void bench_lend(struct bench *bench, enum lender lender, struct trd_rng *rng) {
    switch (lender) {
    case ALWAYS:
        grant(&bench->loan, true);
        break;
    case SOMETIMES:
        if (trd_rng_below(rng, 40) == 0) {
            grant(&bench->loan, trd_rng_below(rng, 3) > 0);
        }
        break;
    case REFUSES:
        grant(&bench->loan, false);
        break;
    case NEVER:
    case LENDERS:
        break;
    }
}

/* All kinds of keys: one for all, few, many, rising, falling. */
static uint64_t key_of(struct trd_rng *rng, int kind, uint64_t nth) {
    switch (kind) {
    case 0:
        return UINT64_MAX;
    case 1:
        return trd_rng_below(rng, 5);
    case 2:
        return trd_rng_next(rng);
    case 3:
        return nth;
    default:
        return UINT64_MAX - nth;
    }
}

static void random_calls_agree_with_a_plain_array(void **state) {
    (void)state;
    struct trd_rng rng = dice();
    for (int kind = 0; kind < 5; kind++) {
        for (int lender = 0; lender < LENDERS; lender++) {
            struct bench *bench = calloc(1, sizeof *bench);
            assert_non_null(bench);
            for (int call = 0; call < 6000; call++) {
                const size_t i = trd_rng_below(&rng, TASKS);
                const uint64_t aim = call / 1000 % 2 ? 3 : 6; /* it grows, and shrinks again */
                if (bench->is_in[i]) {
                    bench_remove(bench, i);
                } else if (trd_rng_below(&rng, 10) < aim) {
                    bench_push(bench, i, key_of(&rng, kind, (uint64_t)call),
                               trd_rng_below(&rng, 50) == 0);
                    bench_lend(bench, (enum lender)lender, &rng);
                } else {
                    (void)bench_pop(bench);
                }
                assert_int_equal(entries(&bench->keyed) + bench->keyed.aside.count, bench->count);
            }
            bench_close(bench);
            free(bench);
        }
    }
}

/* For every length up to 90, so that there are four levels. */
static void any_position_can_be_taken_out(void **state) {
    (void)state;
    struct trd_rng rng = dice();
    struct bench *bench = calloc(1, sizeof *bench);
    assert_non_null(bench);
    for (size_t length = 1; length <= 90; length++) {
        for (size_t victim = 0; victim < length; victim++) {
            for (size_t i = 0; i < length; i++) {
                bench_push(bench, i, trd_rng_below(&rng, length), false);
                grant(&bench->loan, true);
            }
            if (length > 40) { /* so that notes are not up to date */
                (void)bench_pop(bench);
                (void)bench_pop(bench);
            }
            if (bench->is_in[victim]) {
                bench_remove(bench, victim);
            }
            while (bench_pop(bench)) {
            }
        }
    }
    bench_close(bench);
    free(bench);
}

static int by_value(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* A million; and a third of them is taken out from the middle. */
static void a_million_come_out_in_order(void **state) {
    (void)state;
    const size_t count = 1000000;
    struct trd_rng rng = dice();
    struct trd_keyed keyed = {.levels = 0};
    struct trd_loan loan = {.bytes = 0};
    struct trd_task *tasks = calloc(count, sizeof *tasks);
    uint64_t *keys = calloc(count, sizeof *keys);
    assert_true(tasks && keys);
    for (size_t i = 0; i < count; i++) {
        tasks[i].sequence = i;
        tasks[i].submit_ns = trd_rng_below(&rng, count);
        trd__keyed_push(&keyed, &loan, &tasks[i], tasks[i].submit_ns, &rule);
        grant(&loan, true);
    }
    assert_true(keyed.aside.count <= TRD_KEYED_LEVELS); /* each level began with one */
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        if (i % 3 == 0) {
            trd__keyed_remove(&keyed, &loan, &tasks[i], &rule);
        } else {
            keys[left++] = tasks[i].submit_ns;
        }
    }
    qsort(keys, left, sizeof *keys, by_value);
    struct trd_task *before = NULL;
    for (size_t i = 0; i < left; i++) {
        struct trd_task *task = trd__keyed_pop(&keyed, &loan, &rule);
        assert_true(task && task->submit_ns == keys[i] && task->sequence % 3 != 0);
        assert_true(!before || by_key(NULL, before, task));
        before = task;
    }
    assert_null(trd__keyed_pop(&keyed, &loan, &rule));
    take_back(&loan);
    free(tasks);
    free(keys);
}

/* Blocks do not overlap, whatever their sizes, and are whole. */
static void blocks_on_loan_are_apart(void **state) {
    (void)state;
    struct trd_rng rng = dice();
    struct trd_loan loan = {.bytes = 0};
    unsigned char *blocks[PIECES] = {NULL};
    uint32_t sizes[PIECES];
    for (uint32_t i = 0; i < PIECES; i++) {
        sizes[i] = (uint32_t)trd_rng_below(&rng, 6);
        while (!(blocks[i] = trd__loan_take(&loan, sizes[i]))) {
            grant(&loan, true);
        }
        assert_int_equal((uintptr_t)blocks[i] % 32, 0);
        memset(blocks[i], (int)i, (size_t)TRD_LOAN_BYTES << 2 * sizes[i]);
    }
    assert_null(trd__loan_reclaim(&loan, 0));
    for (uint32_t i = 0; i < PIECES; i++) {
        for (size_t byte = 0; byte < (size_t)TRD_LOAN_BYTES << 2 * sizes[i]; byte++) {
            assert_int_equal(blocks[i][byte], i);
        }
    }
    for (uint32_t i = 0; i < PIECES; i++) {
        trd__loan_return(&loan, sizes[i], blocks[i]);
    }
    assert_null(trd__loan_reclaim(&loan, loan.bytes)); /* no more than may be kept */
    take_back(&loan);
}

static void a_wish_that_was_refused_is_not_repeated_before_a_block_comes_back(void **state) {
    (void)state;
    struct trd_loan loan = {.bytes = 0};
    uint32_t size = 9;
    assert_int_equal(trd__loan_wish(&loan, &size), 0);
    void *block = trd__loan_take(&loan, 0);
    assert_null(block);
    grant(&loan, true);
    block = trd__loan_take(&loan, 0);
    assert_non_null(block);
    assert_null(trd__loan_take(&loan, 5));
    grant(&loan, false);
    assert_null(trd__loan_take(&loan, 5));
    assert_int_equal(trd__loan_wish(&loan, &size), 0);
    trd__loan_return(&loan, 0, block);
    assert_null(trd__loan_take(&loan, 5));
    assert_true(trd__loan_wish(&loan, &size) >= (size_t)TRD_LOAN_BYTES << 10);
    assert_int_equal(size, 5);
    take_back(&loan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_calls_agree_with_a_plain_array),
        cmocka_unit_test(any_position_can_be_taken_out),
        cmocka_unit_test(a_million_come_out_in_order),
        cmocka_unit_test(blocks_on_loan_are_apart),
        cmocka_unit_test(a_wish_that_was_refused_is_not_repeated_before_a_block_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
