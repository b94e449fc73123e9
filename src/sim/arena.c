/* arena.c - slabs of tasks and the list of free ones. */
#include "sim/arena.h"

#include <stdlib.h>

enum { SLAB_TASKS = 256 };

struct trd__slab {
    struct trd__slab *next;
    struct trd__sim_task tasks[SLAB_TASKS];
};

static int arena_grow(struct trd__arena *arena) {
    struct trd__slab *slab = calloc(1, sizeof *slab);
    if (!slab) {
        return -1;
    }
    slab->next = arena->slabs;
    arena->slabs = slab;
    for (int i = SLAB_TASKS - 1; i >= 0; i--) {
        slab->tasks[i].next_free = arena->first_free;
        arena->first_free = &slab->tasks[i];
    }
    return 0;
}

struct trd__sim_task *trd__arena_take(struct trd__arena *arena) {
    if (!arena->first_free && arena_grow(arena)) {
        return NULL;
    }
    struct trd__sim_task *task = arena->first_free;
    arena->first_free = task->next_free;
    *task = (struct trd__sim_task){0};
    if (++arena->used > arena->used_peak) {
        arena->used_peak = arena->used;
    }
    return task;
}

void trd__arena_give(struct trd__arena *arena, struct trd__sim_task *task) {
    task->next_free = arena->first_free;
    arena->first_free = task;
    arena->used--;
}

void trd__arena_each(struct trd__arena *arena,
                     void (*visit)(void *context, struct trd__sim_task *task), void *context) {
    for (struct trd__slab *slab = arena->slabs; slab; slab = slab->next) {
        for (size_t i = 0; i < SLAB_TASKS; i++) {
            visit(context, &slab->tasks[i]);
        }
    }
}

void trd__arena_free(struct trd__arena *arena) {
    while (arena->slabs) {
        struct trd__slab *slab = arena->slabs;
        arena->slabs = slab->next;
        free(slab);
    }
    *arena = (struct trd__arena){0};
}
