/* heap_sift.h - how a task of the intrusive heap finds its place, to be inlined.
 *
 * Whoever moves one at every turn includes this file: then the compiler knows the order, and
 * comparing is no call. The others call heap.h, which is made of the same source.
 */
#ifndef TRD_BASE_HEAP_SIFT_H
#define TRD_BASE_HEAP_SIFT_H

#include "base/heap.h"

#define TRD_HEAP_LEFT(task) ((task)->node.tree.left)
#define TRD_HEAP_RIGHT(task) ((task)->node.tree.right)
#define TRD_HEAP_PARENT(task) ((task)->node.tree.parent)

/* One of the two ways to say an order; the compiler makes one heap of each. */
struct heap_order {
    trd__heap_order *plain;
    const struct trd_heap_rule *rule; /* when `plain` is NULL */
};

static inline bool heap_is_before(struct heap_order order, struct trd_task *a, struct trd_task *b) {
    return order.plain ? order.plain(a, b) : order.rule->is_before(order.rule->context, a, b);
}

/* The link that points at `task`. */
static struct trd_task **heap_owner(struct trd_heap *heap, struct trd_task *task) {
    struct trd_task *parent = TRD_HEAP_PARENT(task);
    if (!parent) {
        return &heap->root;
    }
    return TRD_HEAP_LEFT(parent) == task ? &TRD_HEAP_LEFT(parent) : &TRD_HEAP_RIGHT(parent);
}

/* Sets both children of `task` and makes them know it. */
static void heap_adopt(struct trd_task *task, struct trd_task *left, struct trd_task *right) {
    TRD_HEAP_LEFT(task) = left;
    TRD_HEAP_RIGHT(task) = right;
    if (left) {
        TRD_HEAP_PARENT(left) = task;
    }
    if (right) {
        TRD_HEAP_PARENT(right) = task;
    }
}

/* Sifting does not swap: the task is taken out, others move into the hole that it leaves, and it is
 * set down at the end. So a level costs a look at the two children and nothing else. */
struct heap_hole {
    struct trd_task **owner; /* the link to fill */
    struct trd_task *parent, *left, *right;
};

static inline void heap_fill(struct heap_hole hole, struct trd_task *task) {
    heap_adopt(task, hole.left, hole.right); /* one of which may be the task itself, for now */
    TRD_HEAP_PARENT(task) = hole.parent;
    *hole.owner = task;
}

static inline void heap_sift_up(struct trd_heap *heap, struct trd_task *task,
                                struct heap_order order) {
    struct heap_hole hole = {NULL, TRD_HEAP_PARENT(task), TRD_HEAP_LEFT(task),
                             TRD_HEAP_RIGHT(task)};
    if (!hole.parent || !heap_is_before(order, task, hole.parent)) {
        return;
    }
    struct trd_task *below = task; /* what the parent's link still points at */
    while (hole.parent && heap_is_before(order, task, hole.parent)) {
        struct trd_task *parent = hole.parent;
        const bool is_left = TRD_HEAP_LEFT(parent) == below;
        struct trd_task *sibling = is_left ? TRD_HEAP_RIGHT(parent) : TRD_HEAP_LEFT(parent);
        hole.parent = TRD_HEAP_PARENT(parent);
        heap_adopt(parent, hole.left, hole.right);
        hole.left = is_left ? parent : sibling;
        hole.right = is_left ? sibling : parent;
        below = parent;
    }
    hole.owner = !hole.parent                          ? &heap->root
                 : TRD_HEAP_LEFT(hole.parent) == below ? &TRD_HEAP_LEFT(hole.parent)
                                                       : &TRD_HEAP_RIGHT(hole.parent);
    heap_fill(hole, task);
}

static inline void heap_sift_down(struct trd_heap *heap, struct trd_task *task,
                                  struct heap_order order) {
    struct heap_hole hole = {heap_owner(heap, task), TRD_HEAP_PARENT(task), TRD_HEAP_LEFT(task),
                             TRD_HEAP_RIGHT(task)};
    while (hole.left) {
        const bool is_left = !hole.right || !heap_is_before(order, hole.right, hole.left);
        struct trd_task *child = is_left ? hole.left : hole.right;
        if (!heap_is_before(order, child, task)) {
            break;
        }
        const struct heap_hole next = {is_left ? &TRD_HEAP_LEFT(child) : &TRD_HEAP_RIGHT(child),
                                       child, TRD_HEAP_LEFT(child), TRD_HEAP_RIGHT(child)};
        heap_fill(hole, child);
        hole = next;
    }
    if (hole.parent != TRD_HEAP_PARENT(task) || *hole.owner != task) {
        heap_fill(hole, task);
    }
}

/** `task` is in `heap` and has just changed what `is_before` looks at: gives it its new place. */
static inline void trd__heap_move(struct trd_heap *heap, struct trd_task *task,
                                  trd__heap_order *is_before) {
    heap_sift_down(heap, task, (struct heap_order){.plain = is_before});
    heap_sift_up(heap, task, (struct heap_order){.plain = is_before});
}

#endif
