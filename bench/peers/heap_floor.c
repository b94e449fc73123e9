/* heap_floor.c - what ordering by a key costs at least: a bare heap of COUNT tasks with keys of
 * their own, filled and emptied, without locks, threads or an engine. Prints "pass_ns VALUE". */
#include <stdio.h>
#include <stdlib.h>

#include <treadle/clock.h>
#include <treadle/rng.h>

#include "base/heap.h"

static bool is_before(struct trd_task *a, struct trd_task *b) {
    const struct trd_task_with_attr *left = (void *)a, *right = (void *)b;
    const uint64_t key_a = left->attr.cost_ns, key_b = right->attr.cost_ns;
    return key_a != key_b ? key_a < key_b : a->sequence < b->sequence;
}

int main(int count, char **words) {
    const size_t tasks_count = count > 1 ? strtoul(words[1], NULL, 10) : 1000000;
    struct trd_task_with_attr *tasks = calloc(tasks_count, sizeof *tasks);
    struct trd_heap heap = {0};
    struct trd_rng rng;
    if (!tasks) {
        (void)fprintf(stderr, "heap_floor: no memory\n");
        return 2;
    }
    trd_rng_init(&rng, 1);
    for (size_t i = 0; i < tasks_count; i++) {
        tasks[i].task.flags = TRD_TASK_HAS_ATTR;
        tasks[i].task.sequence = i;
        tasks[i].attr.cost_ns = trd_rng_next(&rng) >> 44;
    }
    const uint64_t begin_ns = trd_clock_now_ns();
    for (size_t i = 0; i < tasks_count; i++) {
        trd__heap_push(&heap, &tasks[i].task, is_before);
    }
    while (heap.root) {
        trd__heap_remove(&heap, heap.root, is_before);
    }
    const double taken_ns = (double)(trd_clock_now_ns() - begin_ns);
    (void)printf("pass_ns %.9g\n", taken_ns / (double)tasks_count);
    free(tasks);
    return 0;
}
