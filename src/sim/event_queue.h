/* event_queue.h - what will happen, in order: a 4-ary min-heap in an array.
 *
 * Ties in time break on the order of insertion, so a run does not depend on the heap's shape. All
 * zero is empty. Not thread-safe. */
#ifndef TRD_SIM_EVENT_QUEUE_H
#define TRD_SIM_EVENT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trd__due {
    uint64_t time_ns;
    uint64_t order; /* set by the queue: how many were added before */
    uint32_t kind, index;
};

struct trd__event_queue {
    struct trd__due *dues;
    size_t count, capacity;
    uint64_t added;
};

/** Makes room for `capacity` events. 0 or -ENOMEM. */
int trd__event_queue_reserve(struct trd__event_queue *queue, size_t capacity);
void trd__event_queue_free(struct trd__event_queue *queue);
/** Adds an event; there must be room. O(log n). */
void trd__event_queue_add(struct trd__event_queue *queue, uint64_t time_ns, uint32_t kind,
                          uint32_t index);
/** The earliest event; the queue must not be empty. O(1). */
const struct trd__due *trd__event_queue_first(const struct trd__event_queue *queue);
/** Takes the earliest event out. O(log n). */
struct trd__due trd__event_queue_take(struct trd__event_queue *queue);

#endif
