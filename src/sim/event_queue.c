/* event_queue.c - the 4-ary heap. Children of position p are 4p + 1 to 4p + 4. */
#include "sim/event_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { WAYS = 4 };

int trd__event_queue_reserve(struct trd__event_queue *queue, size_t capacity) {
    if (capacity <= queue->capacity) {
        return 0;
    }
    if (capacity < 2 * queue->capacity) {
        capacity = 2 * queue->capacity;
    }
    if (capacity > SIZE_MAX / sizeof *queue->dues) {
        return -ENOMEM;
    }
    struct trd__due *dues = realloc(queue->dues, capacity * sizeof *dues);
    if (!dues) {
        return -ENOMEM;
    }
    queue->dues = dues;
    queue->capacity = capacity;
    return 0;
}

void trd__event_queue_free(struct trd__event_queue *queue) {
    free(queue->dues);
    *queue = (struct trd__event_queue){0};
}

static bool is_before(const struct trd__due *a, const struct trd__due *b) {
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

void trd__event_queue_add(struct trd__event_queue *queue, uint64_t time_ns, uint32_t kind,
                          uint32_t index) {
    assert(queue->count < queue->capacity);
    const struct trd__due due = {time_ns, queue->added++, kind, index};
    size_t at = queue->count++;
    while (at > 0 && is_before(&due, &queue->dues[(at - 1) / WAYS])) {
        queue->dues[at] = queue->dues[(at - 1) / WAYS];
        at = (at - 1) / WAYS;
    }
    queue->dues[at] = due;
}

const struct trd__due *trd__event_queue_first(const struct trd__event_queue *queue) {
    assert(queue->count > 0);
    return &queue->dues[0];
}

/* The earliest child of `at`, or `at` itself when it has none. */
static size_t least_child(const struct trd__event_queue *queue, size_t at) {
    const size_t first = WAYS * at + 1;
    if (first >= queue->count) {
        return at;
    }
    const size_t end = first + WAYS < queue->count ? first + WAYS : queue->count;
    size_t least = first;
    for (size_t i = first + 1; i < end; i++) {
        if (is_before(&queue->dues[i], &queue->dues[least])) {
            least = i;
        }
    }
    return least;
}

struct trd__due trd__event_queue_take(struct trd__event_queue *queue) {
    assert(queue->count > 0);
    const struct trd__due first = queue->dues[0];
    const struct trd__due last = queue->dues[--queue->count];
    size_t at = 0;
    for (size_t child; (child = least_child(queue, at)) != at; at = child) {
        if (!is_before(&queue->dues[child], &last)) {
            break;
        }
        queue->dues[at] = queue->dues[child];
    }
    if (queue->count > 0) {
        queue->dues[at] = last;
    }
    return first;
}
