/* arena.h - the tasks of the simulator, recycled.
 *
 * Memory is taken in slabs and grows with the largest number of tasks in flight. What a task needs
 * depends on the run: a plain one is the engine's 64 bytes with two words of the simulator's own,
 * so the arena hands out as many bytes of struct trd__sim_task as the run asks for. The task that
 * was given back last is taken first: it is still in the cache. Not thread-safe. */
#ifndef TRD_SIM_ARENA_H
#define TRD_SIM_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include <treadle/task.h>

/** A task of the simulator. The words of its payload are its service time, and its client in the
 * configuration with its customer in the upper half. */
struct trd__sim_task {
    struct trd_task_with_attr shell; /* first, so that the engine's pointer is this one */

    /* Not in plain tasks: */
    uint64_t number;     /* of its arrival, from 1 */
    uint64_t left_ns;    /* service it has not got yet */
    uint64_t queued_ns;  /* when it was queued last */
    uint64_t wait_ns;    /* until its first start */
    uint64_t timeout_ns; /* when its client's patience ends; UINT64_MAX: never */
    uint64_t armed_ns;   /* when an event is due for this slot; 0: none */
    uint32_t slot;       /* its place in the arena */
    uint32_t host;       /* whose scheduler has it */

    /* On a machine: */
    double phase_ns[3];                 /* of one visit, by enum trd__phase */
    uint32_t worker;                    /* the one that has it */
    uint32_t visits_left;               /* after this one */
    uint32_t phase;                     /* enum trd__phase */
    struct trd__sim_task *next_waiting; /* for a lock */
};

/** How much of it a run needs. */
enum {
    TRD__TASK_PLAIN_BYTES = sizeof(struct trd_task),
    TRD__TASK_ATTR_BYTES = sizeof(struct trd_task_with_attr),
    TRD__TASK_FULL_BYTES = sizeof(struct trd__sim_task),
};

struct trd__arena {
    unsigned char **slabs;
    size_t slab_count, slab_capacity;
    size_t task_bytes; /* one of the three above */
    struct trd_task *first_free;
    uint64_t used, used_peak;
};

/** More memory: 0 or -ENOMEM. */
int trd__arena_grow(struct trd__arena *arena);
/** The task in a slot that was handed out once. */
struct trd__sim_task *trd__arena_at(const struct trd__arena *arena, uint32_t slot);
/** Frees every slab; no task may be used any more. */
void trd__arena_free(struct trd__arena *arena);

/** A task as it was left, its slot aside; zeroed at first. NULL when memory ran out. */
static inline struct trd__sim_task *trd__arena_take(struct trd__arena *arena) {
    if (!arena->first_free && trd__arena_grow(arena)) {
        return NULL;
    }
    struct trd_task *task = arena->first_free;
    arena->first_free = task->node.list.next;
    if (++arena->used > arena->used_peak) {
        arena->used_peak = arena->used;
    }
    return (struct trd__sim_task *)(void *)task;
}

/** Gives it back. */
static inline void trd__arena_give(struct trd__arena *arena, struct trd__sim_task *task) {
    task->shell.task.node.list.next = arena->first_free;
    arena->first_free = &task->shell.task;
    arena->used--;
}

#endif
