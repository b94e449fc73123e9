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

/* One of the two ways to say an order; the compiler makes one heap of each. */
struct heap_order {
    trd__heap_order *plain;
    const struct trd_heap_rule *rule; /* when `plain` is NULL */
};

static inline bool heap_is_before(struct heap_order order, struct trd_task *a, struct trd_task *b) {
    return order.plain ? order.plain(a, b) : order.rule->is_before(order.rule->context, a, b);
}

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

/* Sifting does not swap: the task is taken out, others move into the hole that it leaves, and it is
 * set down at the end. So a level costs a look at the two children and nothing else. */
struct heap_hole {
    struct trd_task **owner; /* the link to fill */
    struct trd_task *parent, *left, *right;
};

static inline void heap_fill(struct heap_hole hole, struct trd_task *task) {
    heap_adopt(task, hole.left, hole.right); /* one of which may be the task itself, for now */
    PARENT(task) = hole.parent;
    *hole.owner = task;
}

static inline void heap_sift_up(struct trd_heap *heap, struct trd_task *task,
                                struct heap_order order) {
    struct heap_hole hole = {NULL, PARENT(task), LEFT(task), RIGHT(task)};
    if (!hole.parent || !heap_is_before(order, task, hole.parent)) {
        return;
    }
    struct trd_task *below = task; /* what the parent's link still points at */
    while (hole.parent && heap_is_before(order, task, hole.parent)) {
        struct trd_task *parent = hole.parent;
        const bool is_left = LEFT(parent) == below;
        struct trd_task *sibling = is_left ? RIGHT(parent) : LEFT(parent);
        hole.parent = PARENT(parent);
        heap_adopt(parent, hole.left, hole.right);
        hole.left = is_left ? parent : sibling;
        hole.right = is_left ? sibling : parent;
        below = parent;
    }
    hole.owner = !hole.parent                 ? &heap->root
                 : LEFT(hole.parent) == below ? &LEFT(hole.parent)
                                              : &RIGHT(hole.parent);
    heap_fill(hole, task);
}

static inline void heap_sift_down(struct trd_heap *heap, struct trd_task *task,
                                  struct heap_order order) {
    struct heap_hole hole = {heap_owner(heap, task), PARENT(task), LEFT(task), RIGHT(task)};
    while (hole.left) {
        const bool is_left = !hole.right || !heap_is_before(order, hole.right, hole.left);
        struct trd_task *child = is_left ? hole.left : hole.right;
        if (!heap_is_before(order, child, task)) {
            break;
        }
        const struct heap_hole next = {is_left ? &LEFT(child) : &RIGHT(child), child, LEFT(child),
                                       RIGHT(child)};
        heap_fill(hole, child);
        hole = next;
    }
    if (hole.parent != PARENT(task) || *hole.owner != task) {
        heap_fill(hole, task);
    }
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
    PARENT(last) = PARENT(task);
    heap_adopt(last, LEFT(task), RIGHT(task));
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

void trd__heap_move(struct trd_heap *heap, struct trd_task *task, trd__heap_order *is_before) {
    heap_sift_down(heap, task, (struct heap_order){.plain = is_before});
    heap_sift_up(heap, task, (struct heap_order){.plain = is_before});
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
