/* heap.h - an intrusive binary min-heap of tasks, through trd_node.tree.
 *
 * The tree is complete, so its height is floor(log2 count): push, pop and removal at any position
 * are O(log n) in the worst case, without allocation. All zero is empty. The caller's `is_before`
 * must be a strict total order that does not change while tasks are queued (end it with the
 * sequence). Not thread-safe. */
#ifndef TRD_BASE_HEAP_H
#define TRD_BASE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include <treadle/task.h>

struct trd_heap {
    struct trd_task *root;
    uint64_t count;
};

/** Must `a` leave before `b`? */
typedef bool trd__heap_order(struct trd_task *a, struct trd_task *b);

/** An order that depends on something besides the two tasks. */
struct trd_heap_rule {
    bool (*is_before)(const void *context, struct trd_task *a, struct trd_task *b);
    const void *context;
};

void trd__heap_push(struct trd_heap *heap, struct trd_task *task, trd__heap_order *is_before);
/** Takes out `task`, which must be in `heap`. */
void trd__heap_remove(struct trd_heap *heap, struct trd_task *task, trd__heap_order *is_before);
/** Takes out the one before all others; NULL when the heap is empty. */
struct trd_task *trd__heap_pop(struct trd_heap *heap, trd__heap_order *is_before);

/** The same with a rule. */
void trd__heap_push_by(struct trd_heap *heap, struct trd_task *task,
                       const struct trd_heap_rule *rule);
void trd__heap_remove_by(struct trd_heap *heap, struct trd_task *task,
                         const struct trd_heap_rule *rule);
struct trd_task *trd__heap_pop_by(struct trd_heap *heap, const struct trd_heap_rule *rule);

/** The task at `position`, 1 to `count` in the order of the levels of the tree. O(log n). */
struct trd_task *trd__heap_at(struct trd_heap *heap, uint64_t position);

#endif
