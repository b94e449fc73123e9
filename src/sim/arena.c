/* arena.c - slabs of tasks and the list of free ones. */
#include "sim/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SLAB_TASKS = 256, LINE_BYTES = 64 };

int trd__arena_grow(struct trd__arena *arena) {
    if (arena->slab_count == arena->slab_capacity) {
        const size_t capacity = arena->slab_capacity ? 2 * arena->slab_capacity : 16;
        unsigned char **slabs = realloc(arena->slabs, capacity * sizeof *slabs);
        if (!slabs) {
            return -ENOMEM;
        }
        arena->slabs = slabs;
        arena->slab_capacity = capacity;
    }
    const size_t bytes = SLAB_TASKS * arena->task_bytes;
    void *slab = NULL;
    /* On cache lines, so that a plain task is on one. */
    if (posix_memalign(&slab, LINE_BYTES, bytes)) {
        return -ENOMEM;
    }
    arena->slabs[arena->slab_count++] = slab;
    memset(slab, 0, bytes);
    for (uint32_t i = SLAB_TASKS; i > 0; i--) {
        const uint32_t slot = (uint32_t)(arena->slab_count - 1) * SLAB_TASKS + i - 1;
        struct trd__sim_task *task = trd__arena_at(arena, slot);
        if (arena->task_bytes == TRD__TASK_FULL_BYTES) {
            task->slot = slot;
        }
        task->shell.task.node.list.next = arena->first_free;
        arena->first_free = &task->shell.task;
    }
    return 0;
}

struct trd__sim_task *trd__arena_at(const struct trd__arena *arena, uint32_t slot) {
    unsigned char *slab = arena->slabs[slot / SLAB_TASKS];
    return (struct trd__sim_task *)(void *)(slab + slot % SLAB_TASKS * arena->task_bytes);
}

void trd__arena_free(struct trd__arena *arena) {
    for (size_t i = 0; i < arena->slab_count; i++) {
        free(arena->slabs[i]);
    }
    free(arena->slabs);
    *arena = (struct trd__arena){0};
}
