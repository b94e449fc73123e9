/* event_queue.c - the memory of the event queue, and removal. */
#include "sim/event_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 64, ROOT_AT = 3 }; /* children 4p + 1 to 4p + 4 then begin a line */

int trd__event_queue_reserve(struct trd__event_queue *queue, size_t capacity) {
    if (capacity <= queue->capacity) {
        return 0;
    }
    if (capacity < 2 * queue->capacity) {
        capacity = 2 * queue->capacity;
    }
    if (capacity > SIZE_MAX / sizeof *queue->dues - 2 * LINE_BYTES) {
        return -ENOMEM;
    }
    unsigned char *memory = malloc((capacity + ROOT_AT) * sizeof *queue->dues + LINE_BYTES);
    if (!memory) {
        return -ENOMEM;
    }
    const size_t over = (uintptr_t)memory % LINE_BYTES;
    struct trd__due *dues =
        (struct trd__due *)(void *)(memory + (over ? LINE_BYTES - over : 0)) + ROOT_AT;
    if (queue->count) {
        memcpy(dues, queue->dues, queue->count * sizeof *dues);
    }
    free(queue->memory);
    queue->memory = memory;
    queue->dues = dues;
    queue->capacity = capacity;
    return 0;
}

void trd__event_queue_free(struct trd__event_queue *queue) {
    free(queue->memory);
    *queue = (struct trd__event_queue){0};
}

void trd__event_queue_remove(struct trd__event_queue *queue, enum trd__event kind, uint32_t index) {
    trd__event_queue_settle(queue);
    size_t at = 0;
    while (at < queue->count &&
           (trd__due_kind(&queue->dues[at]) != kind || trd__due_index(&queue->dues[at]) != index)) {
        at++;
    }
    assert(at < queue->count);
    const struct trd__due last = queue->dues[--queue->count];
    if (at == queue->count) {
        return;
    }
    for (; at > 0 && trd__due_is_before(last, queue->dues[(at - 1) / 4]); at = (at - 1) / 4) {
        queue->dues[at] = queue->dues[(at - 1) / 4];
    }
    trd__event_queue_sink(queue, at, last);
}
