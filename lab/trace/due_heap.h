/* due_heap.h - things that are due, the earliest first; of equals the one that came first. */
#ifndef TREADLE_LAB_DUE_HEAP_H
#define TREADLE_LAB_DUE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lab_due {
    uint64_t at_ns, order; /* `order` is unique */
    uint64_t service_ns;
    uint32_t function;
};

/* All zero is empty. */
struct lab_due_heap {
    struct lab_due *items; /* items[0] is the earliest */
    size_t count, capacity;
};

bool lab_due_push(struct lab_due_heap *heap, struct lab_due due); /* false: out of memory */
/* The heap must not be empty. */
struct lab_due lab_due_pop(struct lab_due_heap *heap);
void lab_due_free(struct lab_due_heap *heap);

#endif
