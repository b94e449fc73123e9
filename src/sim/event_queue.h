/* event_queue.h - what will happen, in order: a 4-ary min-heap in an array.
 *
 * Ties in time break on the order of insertion, so a run does not depend on the heap's shape. An
 * event is 16 bytes and the four children of a node share a cache line. What most often follows the
 * end of a task is the start of another: so taking the first event only leaves a hole at the top,
 * and the next one added falls from there, instead of one walk down and one up. All zero is empty.
 * Not thread-safe. */
#ifndef TRD_SIM_EVENT_QUEUE_H
#define TRD_SIM_EVENT_QUEUE_H

#undef NDEBUG /* a broken invariant stops the program in release builds, too */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an event is of. */
enum trd__event {
    TRD__EVENT_FINISH, /* a worker's slice ends */
    TRD__EVENT_THOUGHT,
    TRD__EVENT_TICK,
    TRD__EVENT_STEP,
    TRD__EVENT_TIMEOUT,
    TRD__EVENT_PHASE,   /* a task has waited */
    TRD__EVENT_HANDOFF, /* a lock reaches its next holder */
};

enum { TRD__EVENT_INDEX_BITS = 24, TRD__EVENT_KIND_BITS = 4 };

/* The key is order of insertion, kind and index, from the top: 36 bits of order are enough for
 * 10^10 events, and what comes after that only breaks ties otherwise. */
struct trd__due {
    uint64_t time_ns;
    uint64_t key;
};

struct trd__event_queue {
    void *memory;
    struct trd__due *dues; /* so placed in it that every group of children is a cache line */
    size_t count, capacity;
    uint64_t added;
    bool has_hole; /* the first event has been taken and nothing put in its place */
};

/** Makes room for `capacity` events. 0 or -ENOMEM. */
int trd__event_queue_reserve(struct trd__event_queue *queue, size_t capacity);
void trd__event_queue_free(struct trd__event_queue *queue);
/** Takes out the event of this kind and index, which is there. O(n). */
void trd__event_queue_remove(struct trd__event_queue *queue, enum trd__event kind, uint32_t index);

static inline enum trd__event trd__due_kind(const struct trd__due *due) {
    return (enum trd__event)(due->key >> TRD__EVENT_INDEX_BITS &
                             ((1u << TRD__EVENT_KIND_BITS) - 1));
}

static inline uint32_t trd__due_index(const struct trd__due *due) {
    return (uint32_t)due->key & ((1u << TRD__EVENT_INDEX_BITS) - 1);
}

static inline bool trd__due_is_before(struct trd__due a, struct trd__due b) {
    __extension__ typedef unsigned __int128 wide;
    return ((wide)a.time_ns << 64 | a.key) < ((wide)b.time_ns << 64 | b.key);
}

/* Puts `due` where it belongs below `at`, which is free. */
static inline void trd__event_queue_sink(struct trd__event_queue *queue, size_t at,
                                         struct trd__due due) {
    struct trd__due *dues = queue->dues;
    const size_t count = queue->count;
    for (size_t first = 4 * at + 1; first < count; first = 4 * at + 1) {
        const size_t end = first + 4 < count ? first + 4 : count;
        size_t least = first;
        for (size_t i = first + 1; i < end; i++) {
            least = trd__due_is_before(dues[i], dues[least]) ? i : least;
        }
        if (!trd__due_is_before(dues[least], due)) {
            break;
        }
        dues[at] = dues[least];
        at = least;
    }
    dues[at] = due;
}

/* Fills the hole. */
static inline void trd__event_queue_settle(struct trd__event_queue *queue) {
    if (queue->has_hole) {
        queue->has_hole = false;
        if (--queue->count > 0) {
            trd__event_queue_sink(queue, 0, queue->dues[queue->count]);
        }
    }
}

/** The earliest event, or NULL. O(1), or O(log n) when nothing was added after the last one was
 * taken. */
static inline const struct trd__due *trd__event_queue_first(struct trd__event_queue *queue) {
    trd__event_queue_settle(queue);
    return queue->count ? queue->dues : NULL;
}

/** Takes the event out that trd__event_queue_first() has just returned. */
static inline void trd__event_queue_take(struct trd__event_queue *queue) {
    assert(queue->count > 0 && !queue->has_hole);
    queue->has_hole = true;
}

/** Adds an event; there must be room. O(log n). */
static inline void trd__event_queue_add(struct trd__event_queue *queue, uint64_t time_ns,
                                        enum trd__event kind, uint32_t index) {
    const struct trd__due due = {time_ns, (queue->added++ << TRD__EVENT_KIND_BITS | (uint64_t)kind)
                                                  << TRD__EVENT_INDEX_BITS |
                                              index};
    if (queue->has_hole) {
        queue->has_hole = false;
        trd__event_queue_sink(queue, 0, due);
        return;
    }
    assert(queue->count < queue->capacity);
    size_t at = queue->count++;
    for (; at > 0 && trd__due_is_before(due, queue->dues[(at - 1) / 4]); at = (at - 1) / 4) {
        queue->dues[at] = queue->dues[(at - 1) / 4];
    }
    queue->dues[at] = due;
}

#endif
