/* slab.c - segments and who owns which part of them.
 *
 * A segment's `word` is where givers and the taker meet: the list of slots that came back, how many
 * they are, and two flags. Slots are named by their number; 0, where the header lies, ends a list.
 *
 *     ATTACHED   somebody takes slots out of it; it is in no list, and nobody else moves it
 *     SETTLING   somebody is about to take the slab's lock and to put the segment where it belongs
 *
 * Whoever changes the word so that there is a reason to move a segment that is not attached (a
 * quarter of it, or all of it, is free) sets SETTLING in the same exchange, unless it is set
 * already: then the one who set it will see the new word, because he clears it, under the lock,
 * before he looks. So exactly one thread is going to touch the segment, and it is not given to the
 * kernel before that: only segments that are free as a whole are, out of the list of those, where
 * the last settler has put them, and no later one can come, for no slot of it is out.
 */
#include "pool/slab.h"

#include <treadle/clock.h>

#include "os/pages.h"
#include "pool/live.h"

/* A power of two. */
#ifndef TRD_SEGMENT_BYTES
#define TRD_SEGMENT_BYTES (1 << 16)
#endif
/* So many empty ones are kept, needed or not. */
#ifndef TRD_SEGMENTS_KEPT
#define TRD_SEGMENTS_KEPT 4
#endif
enum { SEGMENT_BYTES = TRD_SEGMENT_BYTES, SLAB_KEPT_LEAST = TRD_SEGMENTS_KEPT };

#define ATTACHED (UINT64_C(1) << 32)
#define SETTLING (UINT64_C(1) << 33)
#define HEAD(word) ((uint32_t)(word)&0xffff)
#define COUNT(word) ((uint32_t)((word) >> 16) & 0xffff)
#define FLAGS(word) ((word) & (ATTACHED | SETTLING))
#define WORD(flags, count, head) ((flags) | (uint64_t)(count) << 16 | (head))

enum segment_place { PLACE_NONE = 0, PLACE_PARTIAL, PLACE_EMPTY };

struct trd__segment {
    struct trd_pool *pool;            /* constant */
    _Atomic uint64_t word;            /* atomic */
    uint32_t slot_bytes, capacity;    /* constant while it is attached or slots are out */
    uint32_t local;                   /* the taker's: list of slots that it has taken back */
    uint32_t bump;                    /* the taker's: slots from here on were never taken */
    struct trd__segment *prev, *next; /* lock: neighbours in a list */
    enum segment_place place;         /* lock */
};

_Static_assert(sizeof(struct trd__segment) <= TRD_SLAB_UNIT, "the header is one unit");

static struct trd__segment *segment_of(const void *slot) {
    return (struct trd__segment *)((uintptr_t)slot & ~(uintptr_t)(SEGMENT_BYTES - 1));
}

/* Slot `number`, from 1; the header takes the place of one unit, and slots end at the end. */
static void *segment_slot(struct trd__segment *segment, uint32_t number) {
    return (unsigned char *)segment + SEGMENT_BYTES -
           (size_t)segment->slot_bytes * (segment->capacity + 1 - number);
}

static uint32_t segment_number(const struct trd__segment *segment, const void *slot) {
    const size_t end =
        (size_t)((const unsigned char *)segment + SEGMENT_BYTES - (const unsigned char *)slot);
    return segment->capacity + 1 - (uint32_t)(end / segment->slot_bytes);
}

/* The number of the next one is kept in the slot itself. */
static uint32_t *segment_link(struct trd__segment *segment, uint32_t number) {
    return segment_slot(segment, number);
}

static uint32_t segment_size(const struct trd__segment *segment) {
    return segment->slot_bytes / TRD_SLAB_UNIT - 1;
}

static struct trd__segment **list_of(struct trd__slab *slab, const struct trd__segment *segment) {
    return segment->place == PLACE_EMPTY ? &slab->empty : &slab->partial[segment_size(segment)];
}

static void list_insert_locked(struct trd__slab *slab, struct trd__segment *segment,
                               enum segment_place place) {
    segment->place = place;
    struct trd__segment **first = list_of(slab, segment);
    segment->prev = NULL;
    segment->next = *first;
    if (*first) {
        (*first)->prev = segment;
    }
    *first = segment;
    slab->empty_count += place == PLACE_EMPTY;
}

static void list_remove_locked(struct trd__slab *slab, struct trd__segment *segment) {
    if (segment->place == PLACE_NONE) {
        return;
    }
    slab->empty_count -= segment->place == PLACE_EMPTY;
    *(segment->prev ? &segment->prev->next : list_of(slab, segment)) = segment->next;
    if (segment->next) {
        segment->next->prev = segment->prev;
    }
    segment->place = PLACE_NONE;
}

/* To the kernel, with its reference of the pool. */
static void segment_release(struct trd__segment *segment) {
    struct trd_pool *pool = segment->pool;
    trd__pages_give(segment, SEGMENT_BYTES);
    trd__pool_unref(pool);
}

static void segments_release(struct trd__segment *first) {
    while (first) {
        struct trd__segment *next = first->next;
        segment_release(first);
        first = next;
    }
}

/* Is there a reason to move a segment whose word has become this one? */
static bool segment_is_due(const struct trd__segment *segment, uint64_t word) {
    return !(word & ATTACHED) && COUNT(word) >= segment->capacity / 4;
}

/* How many empty segments may be kept. */
static uint32_t slab_kept_locked(struct trd__slab *slab, uint64_t now_ns) {
    const uint64_t passed_ns = now_ns > slab->period_ns ? now_ns - slab->period_ns : 0;
    if (passed_ns >= TRD_SLAB_PERIOD_NS) {
        slab->used_before = passed_ns < 2 * (uint64_t)TRD_SLAB_PERIOD_NS ? slab->used_now : 0;
        slab->used_now = 0;
        slab->period_ns = now_ns;
    }
    const uint32_t used = slab->used_now + slab->used_before;
    return used > SLAB_KEPT_LEAST ? used : SLAB_KEPT_LEAST;
}

/* The word says SETTLING, set by this thread: puts the segment where it belongs. */
static void segment_settle(struct trd__segment *segment) {
    struct trd__slab *slab = &segment->pool->slab;
    const uint64_t now_ns = trd_clock_now_ns();
    trd__lock_take(&slab->lock);
    /* Acquire and release: sees what the givers did, and is seen by the next taker. */
    const uint64_t word =
        atomic_fetch_and_explicit(&segment->word, ~SETTLING, memory_order_acq_rel);
    const bool is_whole = !(word & ATTACHED) && COUNT(word) == segment->capacity;
    const bool is_released =
        is_whole && (slab->is_closed || slab->empty_count >= slab_kept_locked(slab, now_ns));
    if (is_whole) {
        list_remove_locked(slab, segment);
        if (!is_released) {
            list_insert_locked(slab, segment, PLACE_EMPTY);
        }
    } else if (segment->place == PLACE_NONE && segment_is_due(segment, word)) {
        list_insert_locked(slab, segment, PLACE_PARTIAL);
    }
    trd__lock_give(&slab->lock);
    if (is_released) {
        segment_release(segment);
    }
}

/* Exchanges the word; settles when there is a reason and nobody is at it. `flags` are its new
 * ones but for SETTLING; `first` to `last` is a list of `count` slots to add, or none. */
static void segment_add(struct trd__segment *segment, uint64_t gone, uint32_t first, uint32_t last,
                        uint32_t count) {
    uint64_t word = atomic_load_explicit(&segment->word, memory_order_relaxed);
    uint64_t next;
    bool is_due;
    do {
        const uint64_t flags = FLAGS(word) & ~gone;
        if (first) {
            *segment_link(segment, last) = HEAD(word);
        }
        next = WORD(flags, COUNT(word) + count, first ? first : HEAD(word));
        /* Once a quarter is free, it is in a list; then only the last slot is a reason. */
        const bool is_news =
            gone || COUNT(next) == segment->capacity || COUNT(word) < segment->capacity / 4;
        is_due = is_news && segment_is_due(segment, next) && !(flags & SETTLING);
        next |= is_due ? SETTLING : 0;
        trd__yield(TRD_YIELD_SLAB_ADD);
        /* Release: the slots' contents are done with; partner of the acquires of takers. */
    } while (!atomic_compare_exchange_weak_explicit(&segment->word, &word, next,
                                                    memory_order_acq_rel, memory_order_relaxed));
    if (is_due && trd__guard_is_owner(&segment->pool->guard)) {
        trd__yield(TRD_YIELD_SLAB_SETTLE);
        segment_settle(segment); /* in a child of fork() nobody takes out of its copy any more */
    }
}

/* The slots that came back; the segment is the taker's. Acquire: what was done with them is over.
 */
static bool segment_collect(struct trd__segment *segment) {
    uint64_t word = atomic_load_explicit(&segment->word, memory_order_relaxed);
    if (COUNT(word) == 0) {
        return false;
    }
    trd__yield(TRD_YIELD_SLAB_COLLECT);
    while (!atomic_compare_exchange_weak_explicit(&segment->word, &word, FLAGS(word),
                                                  memory_order_acquire, memory_order_relaxed)) {
    }
    segment->local = HEAD(word);
    return true;
}

/* Cuts an empty segment into slots of a size. */
static void segment_cut(struct trd__segment *segment, uint32_t size) {
    segment->slot_bytes = (size + 1) * TRD_SLAB_UNIT;
    segment->capacity = (SEGMENT_BYTES - TRD_SLAB_UNIT) / segment->slot_bytes;
    segment->bump = 1;
    segment->local = 0;
    /* Relaxed: nobody else knows it. */
    atomic_store_explicit(&segment->word, ATTACHED, memory_order_relaxed);
}

/* A segment with free slots of that size, attached. */
static struct trd__segment *slab_attach(struct trd_pool *pool, uint32_t size) {
    struct trd__slab *slab = &pool->slab;
    trd__lock_take(&slab->lock);
    struct trd__segment *segment = slab->partial[size];
    slab->used_now++;
    if (segment) {
        list_remove_locked(slab, segment);
        (void)atomic_fetch_or_explicit(&segment->word, ATTACHED, memory_order_acq_rel); /* as is */
    } else if (slab->empty) {
        segment = slab->empty;
        list_remove_locked(slab, segment);
        segment_cut(segment, size);
    }
    trd__lock_give(&slab->lock);
    if (!segment) {
        segment = trd__pages_take(SEGMENT_BYTES);
        if (segment) {
            segment->pool = pool;
            trd__pool_ref(pool);
            segment_cut(segment, size);
        }
    }
    return segment;
}

void *trd__slab_take(struct trd_pool *pool, struct trd__slab_hand *hand, uint32_t size) {
    for (;;) {
        struct trd__segment *segment = hand->attached[size];
        if (segment && segment->local) {
            void *slot = segment_slot(segment, segment->local);
            segment->local = *(uint32_t *)slot;
            return slot;
        }
        if (segment && segment->bump <= segment->capacity) {
            return segment_slot(segment, segment->bump++);
        }
        if (segment && segment_collect(segment)) {
            continue;
        }
        hand->attached[size] = NULL;
        if (segment) {
            segment_add(segment, ATTACHED, 0, 0, 0);
        }
        segment = slab_attach(pool, size);
        if (!segment) {
            return NULL;
        }
        hand->attached[size] = segment;
    }
}

void trd__slab_give(void *const *slots, uint32_t count) {
    uint32_t i = 0;
    while (i < count) {
        struct trd__segment *segment = segment_of(slots[i]);
        const uint32_t last = segment_number(segment, slots[i]);
        uint32_t first = last, run = 1;
        for (i++; i < count && segment_of(slots[i]) == segment; i++, run++) {
            *(uint32_t *)slots[i] = first;
            first = segment_number(segment, slots[i]);
        }
        segment_add(segment, 0, first, last, run);
    }
}

struct trd_pool *trd__slab_pool(const void *slot) {
    return segment_of(slot)->pool;
}

void trd__slab_detach(struct trd__slab_hand *hand) {
    for (uint32_t size = 0; size < TRD_SLAB_SIZES; size++) {
        struct trd__segment *segment = hand->attached[size];
        hand->attached[size] = NULL;
        if (!segment) {
            continue;
        }
        /* What was not taken comes back like the rest, in one list. */
        uint32_t first = segment->local, last = first, count = 0;
        for (uint32_t at = first; at; at = *segment_link(segment, at)) {
            last = at;
            count++;
        }
        for (; segment->bump <= segment->capacity; segment->bump++, count++) {
            *segment_link(segment, segment->bump) = first;
            last = first ? last : segment->bump;
            first = segment->bump;
        }
        segment->local = 0; /* whoever attaches it next finds them there */
        segment_add(segment, ATTACHED, first, last, count);
    }
}

/* Takes `count` segments out of the list of empty ones, for the kernel. */
static struct trd__segment *slab_pick_locked(struct trd__slab *slab, uint32_t count) {
    struct trd__segment *picked = NULL;
    for (; count > 0 && slab->empty; count--) {
        struct trd__segment *segment = slab->empty;
        list_remove_locked(slab, segment);
        segment->next = picked;
        picked = segment;
    }
    return picked;
}

void trd__slab_trim(struct trd__slab *slab, uint64_t now_ns) {
    trd__lock_take(&slab->lock);
    const uint32_t kept = slab_kept_locked(slab, now_ns);
    struct trd__segment *picked =
        slab_pick_locked(slab, slab->empty_count > kept ? slab->empty_count - kept : 0);
    trd__lock_give(&slab->lock);
    segments_release(picked);
}

bool trd__slab_has_spare(struct trd__slab *slab, uint64_t now_ns) {
    trd__lock_take(&slab->lock);
    const bool has_spare = slab_kept_locked(slab, now_ns) > SLAB_KEPT_LEAST;
    trd__lock_give(&slab->lock);
    return has_spare;
}

void trd__slab_close(struct trd__slab *slab) {
    trd__lock_take(&slab->lock);
    slab->is_closed = true;
    struct trd__segment *picked = slab_pick_locked(slab, slab->empty_count);
    trd__lock_give(&slab->lock);
    segments_release(picked);
}
