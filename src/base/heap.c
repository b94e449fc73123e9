/* heap.c - the intrusive heap: a complete binary tree of nodes that know their parent.
 *
 * Position p (1 is the root) is reached from the root by the bits of p below its highest one, 0 for
 * left and 1 for right; so the last position and the next free one are found without an array. The
 * idea is that of the heap in libuv (src/heap-inl.h, by Ben Noordhuis).
 */
#include "base/heap_sift.h"

/* The link that holds position `position`, and the task above it. */
static struct trd_task **heap_link(struct trd_heap *heap, uint64_t position,
                                   struct trd_task **parent_out) {
    struct trd_task **link = &heap->root;
    struct trd_task *parent = NULL;
    int bits = 63 - __builtin_clzll(position);
    for (int bit = bits - 1; bit >= 0; bit--) {
        parent = *link;
        link = ((position >> bit) & 1) ? &TRD_HEAP_RIGHT(parent) : &TRD_HEAP_LEFT(parent);
    }
    *parent_out = parent;
    return link;
}

static inline void heap_push(struct trd_heap *heap, struct trd_task *task,
                             struct heap_order order) {
    struct trd_task *parent;
    struct trd_task **link = heap_link(heap, ++heap->count, &parent);
    task->node.tree.left = task->node.tree.right = NULL;
    task->node.tree.parent = parent;
    *link = task;
    heap_sift_up(heap, task, order);
}

static inline void heap_remove(struct trd_heap *heap, struct trd_task *task,
                               struct heap_order order) {
    struct trd_task *parent;
    assert(heap->count > 0);
    struct trd_task **link = heap_link(heap, heap->count--, &parent);
    struct trd_task *last = *link;
    *link = NULL;
    if (last == task) {
        return;
    }
    *heap_owner(heap, task) = last;
    TRD_HEAP_PARENT(last) = TRD_HEAP_PARENT(task);
    heap_adopt(last, TRD_HEAP_LEFT(task), TRD_HEAP_RIGHT(task));
    heap_sift_down(heap, last, order);
    heap_sift_up(heap, last, order);
}

void trd__heap_push(struct trd_heap *heap, struct trd_task *task, trd__heap_order *is_before) {
    heap_push(heap, task, (struct heap_order){.plain = is_before});
}

void trd__heap_remove(struct trd_heap *heap, struct trd_task *task, trd__heap_order *is_before) {
    heap_remove(heap, task, (struct heap_order){.plain = is_before});
}

struct trd_task *trd__heap_pop(struct trd_heap *heap, trd__heap_order *is_before) {
    struct trd_task *task = heap->root;
    if (task) {
        trd__heap_remove(heap, task, is_before);
    }
    return task;
}

void trd__heap_push_by(struct trd_heap *heap, struct trd_task *task,
                       const struct trd_heap_rule *rule) {
    heap_push(heap, task, (struct heap_order){.rule = rule});
}

void trd__heap_remove_by(struct trd_heap *heap, struct trd_task *task,
                         const struct trd_heap_rule *rule) {
    heap_remove(heap, task, (struct heap_order){.rule = rule});
}

struct trd_task *trd__heap_pop_by(struct trd_heap *heap, const struct trd_heap_rule *rule) {
    struct trd_task *task = heap->root;
    if (task) {
        trd__heap_remove_by(heap, task, rule);
    }
    return task;
}

struct trd_task *trd__heap_at(struct trd_heap *heap, uint64_t position) {
    struct trd_task *parent;
    assert(position >= 1 && position <= heap->count);
    return *heap_link(heap, position, &parent);
}
