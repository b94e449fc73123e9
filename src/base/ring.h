/* ring.h - an intrusive list of tasks whose head is one word, a circle that knows its last task;
 * and 32 of them side by side, with a bitmap of those that are not empty.
 *
 * All zero is empty. Not thread-safe. */
#ifndef TRD_BASE_RING_H
#define TRD_BASE_RING_H

#include <treadle/task.h>

struct trd_ring {
    struct trd_task *last;
};

/** The first task; NULL when the ring is empty. */
static inline struct trd_task *trd__ring_first(const struct trd_ring *ring) {
    return ring->last ? ring->last->node.list.next : (struct trd_task *)0;
}

/** Puts `task` where its sequence belongs, in a ring that was filled so. O(1) for the newest; a
 * task that comes back (it has yielded) passes those that came back before it and are older. */
void trd__ring_insert(struct trd_ring *ring, struct trd_task *task);
/** Takes out `task`, which must be in `ring`. O(1). */
void trd__ring_remove(struct trd_ring *ring, struct trd_task *task);

enum { TRD_LEVELS = 32 };

/** Rings, one a level. */
struct trd_levels {
    uint32_t occupied; /* bit i: level i is not empty */
    struct trd_ring level[TRD_LEVELS];
};

/** The highest and the lowest level that is not empty; one of them must not be. O(1). */
static inline uint32_t trd__levels_highest(const struct trd_levels *levels) {
    return 31 - (uint32_t)__builtin_clz(levels->occupied);
}

static inline uint32_t trd__levels_lowest(const struct trd_levels *levels) {
    return (uint32_t)__builtin_ctz(levels->occupied);
}

/** trd__ring_insert() and trd__ring_remove() of level `index`. */
void trd__levels_insert(struct trd_levels *levels, uint32_t index, struct trd_task *task);
void trd__levels_remove(struct trd_levels *levels, uint32_t index, struct trd_task *task);

#endif
