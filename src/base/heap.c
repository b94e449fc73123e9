/* heap.c - the intrusive heap: a complete binary tree of nodes that know their parent.
 *
 * Position p (1 is the root) is reached from the root by the bits of p below its highest one, 0 for
 * left and 1 for right; so the last position and the next free one are found without an array. The
 * idea is that of the heap in libuv (src/heap-inl.h, by Ben Noordhuis).
 */
#include "base/heap.h"

#define LEFT(task) ((task)->node.tree.left)
#define RIGHT(task) ((task)->node.tree.right)
#define PARENT(task) ((task)->node.tree.parent)

/* The link that holds position `position`, and the task above it. */
static struct trd_task **heap_link(struct trd_heap *heap, uint64_t position,
                                   struct trd_task **parent_out) {
    struct trd_task **link = &heap->root;
    struct trd_task *parent = NULL;
    int bits = 63 - __builtin_clzll(position);
    for (int bit = bits - 1; bit >= 0; bit--) {
        parent = *link;
        link = ((position >> bit) & 1) ? &RIGHT(parent) : &LEFT(parent);
    }
    *parent_out = parent;
    return link;
}

/* The link that points at `task`. */
static struct trd_task **heap_owner(struct trd_heap *heap, struct trd_task *task) {
    struct trd_task *parent = PARENT(task);
    if (!parent) {
        return &heap->root;
    }
    return LEFT(parent) == task ? &LEFT(parent) : &RIGHT(parent);
}

/* Sets both children of `task` and makes them know it. */
static void heap_adopt(struct trd_task *task, struct trd_task *left, struct trd_task *right) {
    LEFT(task) = left;
    RIGHT(task) = right;
    if (left) {
        PARENT(left) = task;
    }
    if (right) {
        PARENT(right) = task;
    }
}

/* Lets `child` and its parent change places. */
static void heap_rise(struct trd_heap *heap, struct trd_task *child) {
    struct trd_task *parent = PARENT(child);
    struct trd_task **owner = heap_owner(heap, parent);
    struct trd_task *left = LEFT(child);
    struct trd_task *right = RIGHT(child);
    PARENT(child) = PARENT(parent);
    if (LEFT(parent) == child) {
        heap_adopt(child, parent, RIGHT(parent));
    } else {
        heap_adopt(child, LEFT(parent), parent);
    }
    heap_adopt(parent, left, right);
    *owner = child;
}

static void heap_sift_up(struct trd_heap *heap, struct trd_task *task, trd__heap_order *is_before) {
    while (PARENT(task) && is_before(task, PARENT(task))) {
        heap_rise(heap, task);
    }
}

static void heap_sift_down(struct trd_heap *heap, struct trd_task *task,
                           trd__heap_order *is_before) {
    for (;;) {
        struct trd_task *least = task;
        if (LEFT(task) && is_before(LEFT(task), least)) {
            least = LEFT(task);
        }
        if (RIGHT(task) && is_before(RIGHT(task), least)) {
            least = RIGHT(task);
        }
        if (least == task) {
            return;
        }
        heap_rise(heap, least);
    }
}

void trd__heap_push(struct trd_heap *heap, struct trd_task *task, trd__heap_order *is_before) {
    struct trd_task *parent;
    struct trd_task **link = heap_link(heap, ++heap->count, &parent);
    task->node.tree.left = task->node.tree.right = NULL;
    task->node.tree.parent = parent;
    *link = task;
    heap_sift_up(heap, task, is_before);
}

void trd__heap_remove(struct trd_heap *heap, struct trd_task *task, trd__heap_order *is_before) {
    struct trd_task *parent;
    assert(heap->count > 0);
    struct trd_task **link = heap_link(heap, heap->count--, &parent);
    struct trd_task *last = *link;
    *link = NULL;
    if (last == task) {
        return;
    }
    *heap_owner(heap, task) = last;
    PARENT(last) = PARENT(task);
    heap_adopt(last, LEFT(task), RIGHT(task));
    heap_sift_down(heap, last, is_before);
    heap_sift_up(heap, last, is_before);
}

struct trd_task *trd__heap_pop(struct trd_heap *heap, trd__heap_order *is_before) {
    struct trd_task *task = heap->root;
    if (task) {
        trd__heap_remove(heap, task, is_before);
    }
    return task;
}
