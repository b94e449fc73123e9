/* due_heap.c - a binary heap. */
#include "lab/trace/due_heap.h"

#include <stdlib.h>

static bool is_before(const struct lab_due *a, const struct lab_due *b) {
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

bool lab_due_push(struct lab_due_heap *heap, struct lab_due due) {
    size_t at = heap->count;

    if (heap->count == heap->capacity) {
        size_t capacity = heap->capacity > 0 ? 2 * heap->capacity : 256;
        struct lab_due *items = realloc(heap->items, capacity * sizeof *items);

        if (items == NULL) {
            return false;
        }
        heap->items = items;
        heap->capacity = capacity;
    }
    for (; at > 0 && is_before(&due, &heap->items[(at - 1) / 2]); at = (at - 1) / 2) {
        heap->items[at] = heap->items[(at - 1) / 2];
    }
    heap->items[at] = due;
    heap->count++;
    return true;
}

struct lab_due lab_due_pop(struct lab_due_heap *heap) {
    struct lab_due first = heap->items[0], last = heap->items[--heap->count];
    size_t at = 0;

    for (size_t child = 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count && is_before(&heap->items[child + 1], &heap->items[child])) {
            child++;
        }
        if (!is_before(&heap->items[child], &last)) {
            break;
        }
        heap->items[at] = heap->items[child];
        at = child;
    }
    heap->items[at] = last;
    return first;
}

void lab_due_free(struct lab_due_heap *heap) {
    free(heap->items);
    *heap = (struct lab_due_heap){0};
}
