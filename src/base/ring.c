/* ring.c - the circle of tasks. */
#include "base/ring.h"

#define NEXT(task) ((task)->node.list.next)
#define PREV(task) ((task)->node.list.prev)

void trd__ring_insert(struct trd_ring *ring, struct trd_task *task) {
    struct trd_task *last = ring->last;
    if (!last) {
        NEXT(task) = PREV(task) = ring->last = task;
        return;
    }
    struct trd_task *next = NEXT(last);
    if (last->sequence < task->sequence) {
        ring->last = task;
    } else {
        while (next->sequence < task->sequence) { /* ends at `last`, which is newer */
            next = NEXT(next);
        }
    }
    NEXT(task) = next;
    PREV(task) = PREV(next);
    NEXT(PREV(next)) = task;
    PREV(next) = task;
}

void trd__ring_remove(struct trd_ring *ring, struct trd_task *task) {
    if (NEXT(task) == task) {
        assert(ring->last == task);
        ring->last = NULL;
        return;
    }
    NEXT(PREV(task)) = NEXT(task);
    PREV(NEXT(task)) = PREV(task);
    if (ring->last == task) {
        ring->last = PREV(task);
    }
}

void trd__levels_insert(struct trd_levels *levels, uint32_t index, struct trd_task *task) {
    assert(index < TRD_LEVELS);
    trd__ring_insert(&levels->level[index], task);
    levels->occupied |= UINT32_C(1) << index;
}

void trd__levels_remove(struct trd_levels *levels, uint32_t index, struct trd_task *task) {
    assert(index < TRD_LEVELS);
    trd__ring_remove(&levels->level[index], task);
    if (!levels->level[index].last) {
        levels->occupied &= ~(UINT32_C(1) << index);
    }
}
