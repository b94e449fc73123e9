/* arena.h - the tasks of the simulator, recycled.
 *
 * Memory is taken in slabs and grows with the largest number of tasks in flight. Not thread-safe.
 */
#ifndef TRD_SIM_ARENA_H
#define TRD_SIM_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include <treadle/task.h>

/** A task of the simulator: what the engine knows of it, and what only the simulator knows. */
struct trd__sim_task {
    struct trd_task_with_attr shell; /* first, so that the engine's pointer is this one */
    uint64_t service_ns;
    uint32_t source;   /* index of its client in the configuration */
    uint32_t customer; /* of a closed system */
    struct trd__sim_task *next_free;
};

struct trd__slab;

struct trd__arena {
    struct trd__slab *slabs;
    struct trd__sim_task *first_free;
    uint64_t used, used_peak;
};

/** A zeroed task, or NULL when memory ran out. */
struct trd__sim_task *trd__arena_take(struct trd__arena *arena);
/** Gives it back. */
void trd__arena_give(struct trd__arena *arena, struct trd__sim_task *task);
/** Calls `visit(context, task)` for every task, used or not; an unused one is neither queued nor
 * running. It must not take or give back tasks. */
void trd__arena_each(struct trd__arena *arena,
                     void (*visit)(void *context, struct trd__sim_task *task), void *context);
/** Frees every slab; no task may be used any more. */
void trd__arena_free(struct trd__arena *arena);

#endif
