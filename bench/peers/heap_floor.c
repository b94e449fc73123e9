/* heap_floor.c - what ordering by a key costs at least: a textbook's binary heap of COUNT keys,
 * filled and emptied, without locks, threads or an engine. Prints "pass_ns VALUE". */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <treadle/clock.h>
#include <treadle/rng.h>

struct entry {
    uint64_t key, sequence;
    void *task;
};

struct binary_heap {
    struct entry *entries; /* each before both of its children, 2i + 1 and 2i + 2 */
    size_t count;
};

static bool is_before(const struct entry *a, const struct entry *b) {
    return a->key != b->key ? a->key < b->key : a->sequence < b->sequence;
}

static void heap_push(struct binary_heap *heap, struct entry entry) {
    size_t at = heap->count++;
    while (at > 0 && is_before(&entry, &heap->entries[(at - 1) / 2])) {
        heap->entries[at] = heap->entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->entries[at] = entry;
}

static struct entry heap_pop(struct binary_heap *heap) {
    const struct entry first = heap->entries[0];
    const struct entry last = heap->entries[--heap->count];
    size_t at = 0;
    for (size_t child = 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count &&
            is_before(&heap->entries[child + 1], &heap->entries[child])) {
            child++;
        }
        if (!is_before(&heap->entries[child], &last)) {
            break;
        }
        heap->entries[at] = heap->entries[child];
        at = child;
    }
    heap->entries[at] = last;
    return first;
}

int main(int count, char **words) {
    const size_t jobs = count > 1 ? strtoul(words[1], NULL, 10) : 1000000;
    struct binary_heap heap = {.entries = calloc(jobs + 1, sizeof *heap.entries)};
    struct trd_rng rng;
    if (!heap.entries) {
        (void)fprintf(stderr, "heap_floor: no memory\n");
        return 2;
    }
    trd_rng_init(&rng, 1);
    const uint64_t begin_ns = trd_clock_now_ns();
    for (size_t i = 0; i < jobs; i++) {
        heap_push(&heap, (struct entry){trd_rng_next(&rng) >> 44, i, NULL});
    }
    uint64_t before = 0;
    while (heap.count > 0) {
        const uint64_t key = heap_pop(&heap).key;
        if (key < before) {
            (void)fprintf(stderr, "heap_floor: out of order\n");
            return 2;
        }
        before = key;
    }
    const double taken_ns = (double)(trd_clock_now_ns() - begin_ns);
    (void)printf("pass_ns %.9g\n", taken_ns / (double)(jobs ? jobs : 1));
    free(heap.entries);
    return 0;
}
