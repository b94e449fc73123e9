/* slab.c - segments and who owns which part of them.
 *
 * A segment's `word` is where givers and the taker meet: the list of slots that came back, how many
 * they are, and two flags. Slots are named by their number; 0, where the header lies, ends a list.
 * Slots that come back side by side, as tasks of one batch do, make a run, and a list is one of
 * runs, each described in its first slot. So a taker writes into slots that another core has
 * written last, but seldom has to read one and wait for it; and tasks that follow one another stay
 * neighbours in memory, which is how processors guess what will be needed next.
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
enum { SEGMENT_BYTES = TRD_SEGMENT_BYTES, SLAB_KEPT_LEAST = TRD_SEGMENTS_KEPT, SLAB_ROW = 16 };

#define ATTACHED (UINT64_C(1) << 32)
#define SETTLING (UINT64_C(1) << 33)
#define HEAD(word) ((uint32_t)(word)&0xffff)
#define COUNT(word) ((uint32_t)((word) >> 16) & 0xffff)
#define FLAGS(word) ((word) & (ATTACHED | SETTLING))
#define WORD(flags, count, head) ((flags) | (uint64_t)(count) << 16 | (head))

enum segment_place { PLACE_NONE = 0, PLACE_PARTIAL, PLACE_EMPTY };

struct trd__segment {
    struct trd_pool *pool;         /* constant */
    _Atomic uint64_t word;         /* atomic */
    uint32_t slot_bytes, capacity; /* constant while it is attached or slots are out */
    uint32_t local; /* the taker's: list of the runs that it has, besides the one in its hand */
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

/* What stands in the first slot of a run that is free. */
struct run {
    uint32_t next;  /* the first slot of the next run in the list, or 0 */
    uint32_t count; /* slots of this one */
};

static struct run *segment_run(struct trd__segment *segment, uint32_t first) {
    return segment_slot(segment, first);
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

/* Two lists in the order of their addresses, as one. */
static struct trd__segment *segments_merge(struct trd__segment *a, struct trd__segment *b) {
    struct trd__segment *first = NULL, **end = &first;
    while (a && b) {
        struct trd__segment **lower = (uintptr_t)a < (uintptr_t)b ? &a : &b;
        *end = *lower;
        end = &(*end)->next;
        *lower = *end;
    }
    *end = a ? a : b;
    return first;
}

/* A list in the order of its addresses: lists of 2^i segments are merged as a counter counts. */
static struct trd__segment *segments_sort(struct trd__segment *list) {
    struct trd__segment *sorted[32] = {NULL};
    while (list) {
        struct trd__segment *run = list;
        list = list->next;
        run->next = NULL;
        unsigned i = 0;
        for (; sorted[i]; i++) {
            run = segments_merge(sorted[i], run);
            sorted[i] = NULL;
        }
        sorted[i] = run;
    }
    struct trd__segment *all = NULL;
    for (unsigned i = 0; i < sizeof sorted / sizeof sorted[0]; i++) {
        all = segments_merge(sorted[i], all);
    }
    return all;
}

/* To the kernel, neighbours together: every call makes all cores forget what they know of pages.
 * Each had a reference of the pool. */
static void segments_release(struct trd__segment *list) {
    struct trd__segment *next = segments_sort(list);
    while (next) {
        struct trd__segment *const first = next;
        struct trd_pool *pool = first->pool;
        uint32_t count = 0;
        while (next && (uintptr_t)next == (uintptr_t)first + count * (uintptr_t)SEGMENT_BYTES) {
            next = next->next;
            count++;
        }
        trd__pages_give(first, count * (size_t)SEGMENT_BYTES);
        while (count-- > 0) {
            trd__pool_unref(pool);
        }
    }
}

/* Is there a reason to move a segment whose word has become this one? */
static bool segment_is_due(const struct trd__segment *segment, uint64_t word) {
    return !(word & ATTACHED) && COUNT(word) >= segment->capacity / 4;
}

/* Begins the next period, if the present one is over. */
static void slab_date_locked(struct trd__slab *slab, uint64_t now_ns) {
    const uint64_t passed_ns = now_ns > slab->period_ns ? now_ns - slab->period_ns : 0;
    if (passed_ns >= TRD_SLAB_PERIOD_NS) {
        slab->used_before = passed_ns < 2 * (uint64_t)TRD_SLAB_PERIOD_NS ? slab->used_now : 0;
        slab->used_now = 0;
        slab->period_ns = now_ns;
    }
}

/* How many empty segments may be kept. */
static uint32_t slab_kept_locked(struct trd__slab *slab, uint64_t now_ns) {
    slab_date_locked(slab, now_ns);
    const uint32_t used = slab->used_now + slab->used_before;
    return used > SLAB_KEPT_LEAST ? used : SLAB_KEPT_LEAST;
}

/* Takes up to `count` segments out of the list of empty ones, for the kernel. */
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

/* How many empty ones there are too many. */
static uint32_t slab_surplus_locked(struct trd__slab *slab, uint64_t now_ns) {
    const uint32_t kept = slab->is_closed ? 0 : slab_kept_locked(slab, now_ns);
    return slab->empty_count > kept ? slab->empty_count - kept : 0;
}

/* The word says SETTLING, set by this thread: puts the segment where it belongs. */
static void segment_settle(struct trd__segment *segment) {
    struct trd__slab *slab = &segment->pool->slab;
    const uint64_t now_ns = trd_clock_now_ns();
    struct trd__segment *picked = NULL;
    trd__lock_take(&slab->lock);
    /* Acquire and release: sees what the givers did, and is seen by the next taker. */
    const uint64_t word =
        atomic_fetch_and_explicit(&segment->word, ~SETTLING, memory_order_acq_rel);
    if (!(word & ATTACHED) && COUNT(word) == segment->capacity) {
        list_remove_locked(slab, segment);
        list_insert_locked(slab, segment, PLACE_EMPTY);
        if (slab->is_closed || now_ns >= slab->tended_ns) {
            picked = slab_pick_locked(slab, slab_surplus_locked(slab, now_ns));
        }
    } else if (segment->place == PLACE_NONE && segment_is_due(segment, word)) {
        list_insert_locked(slab, segment, PLACE_PARTIAL);
    }
    trd__lock_give(&slab->lock);
    segments_release(picked);
}

/* Exchanges the word; settles when there is a reason and nobody is at it. `flags` are its new
 * ones but for SETTLING; `first` to `last` is a list of runs to add, of `count` slots, or none. */
static void segment_add(struct trd__segment *segment, uint64_t gone, uint32_t first, uint32_t last,
                        uint32_t count) {
    uint64_t word = atomic_load_explicit(&segment->word, memory_order_relaxed);
    uint64_t next;
    bool is_due;
    do {
        const uint64_t flags = FLAGS(word) & ~gone;
        if (first) {
            segment_run(segment, last)->next = HEAD(word);
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
    *segment_run(segment, 1) = (struct run){.count = segment->capacity};
    segment->local = 1;
    /* Relaxed: nobody else knows it. */
    atomic_store_explicit(&segment->word, ATTACHED, memory_order_relaxed);
}

/* A new segment. A pool that has taken many takes several at once: mapping costs more than a
 * hundred submits, and what is not touched costs nothing but addresses. */
static struct trd__segment *slab_map(struct trd__slab *slab) {
    trd__lock_take(&slab->lock);
    unsigned char *piece = slab->fresh;
    if (slab->fresh_count > 0) {
        slab->fresh += SEGMENT_BYTES;
        slab->fresh_count--;
        trd__lock_give(&slab->lock);
        return (void *)piece;
    }
    const uint32_t count = slab->mapped < SLAB_ROW ? 1 : SLAB_ROW;
    slab->mapped += count;
    trd__lock_give(&slab->lock);
    piece = trd__pages_take(count, SEGMENT_BYTES);
    if (!piece || count == 1) {
        return (void *)piece;
    }
    unsigned char *rest = piece + SEGMENT_BYTES;
    trd__lock_take(&slab->lock);
    if (slab->fresh_count == 0) {
        slab->fresh = rest;
        slab->fresh_count = count - 1;
        rest = NULL;
    }
    trd__lock_give(&slab->lock);
    if (rest) {
        trd__pages_give(rest, (count - 1) * (size_t)SEGMENT_BYTES); /* another was faster */
    }
    return (void *)piece;
}

/* A segment with free slots of that size, attached. */
static struct trd__segment *slab_attach(struct trd_pool *pool, uint32_t size) {
    struct trd__slab *slab = &pool->slab;
    const uint64_t now_ns = trd_clock_now_ns();
    trd__lock_take(&slab->lock);
    struct trd__segment *segment = slab->partial[size];
    slab_date_locked(slab, now_ns); /* so that what is taken now counts in this period */
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
        segment = slab_map(slab);
        if (segment) {
            segment->pool = pool;
            trd__pool_ref(pool);
            segment_cut(segment, size);
        }
    }
    return segment;
}

/* Gives the hand the next run of the segment attached. False: there is none. */
static bool segment_next_run(struct trd__segment *segment, struct trd__slab_run *run) {
    if (!segment->local && !segment_collect(segment)) {
        return false;
    }
    const struct run *first = segment_run(segment, segment->local);
    run->next = segment_slot(segment, segment->local);
    run->left = first->count;
    segment->local = first->next;
    return true;
}

void *trd__slab_refill(struct trd_pool *pool, struct trd__slab_run *run, uint32_t size) {
    while (!run->attached || !segment_next_run(run->attached, run)) {
        if (run->attached) {
            segment_add(run->attached, ATTACHED, 0, 0, 0);
        }
        run->attached = slab_attach(pool, size);
        if (!run->attached) {
            return NULL;
        }
    }
    unsigned char *slot = run->next;
    run->next = slot + run->attached->slot_bytes;
    run->left--;
    return slot;
}

/* How many of `slots` follow one another in memory, from the first one on. */
static uint32_t slots_in_run(const struct trd__segment *segment, void *const *slots,
                             uint32_t count) {
    uint32_t length = 1;
    while (length < count && (const unsigned char *)slots[length] ==
                                 (const unsigned char *)slots[length - 1] + segment->slot_bytes) {
        length++; /* no slot ends where the next segment begins: that is a header */
    }
    return length;
}

void trd__slab_give(void *const *slots, uint32_t count) {
    uint32_t i = 0;
    while (i < count) {
        struct trd__segment *segment = segment_of(slots[i]);
        uint32_t head = 0, last = 0, added = 0;
        while (i < count && segment_of(slots[i]) == segment) {
            const uint32_t first = segment_number(segment, slots[i]);
            const uint32_t length = slots_in_run(segment, slots + i, count - i);
            *segment_run(segment, first) = (struct run){.next = head, .count = length};
            last = head ? last : first;
            head = first;
            added += length;
            i += length;
        }
        segment_add(segment, 0, head, last, added);
    }
}

struct trd_pool *trd__slab_pool(const void *slot) {
    return segment_of(slot)->pool;
}

/* What was not taken comes back like the rest, in one list. */
static void segment_return(struct trd__segment *segment, const struct trd__slab_run *run) {
    uint32_t first = segment->local, last = first, count = run->left;
    for (uint32_t at = first; at; at = segment_run(segment, at)->next) {
        last = at;
        count += segment_run(segment, at)->count;
    }
    if (run->left) {
        const uint32_t number = segment_number(segment, run->next);
        *segment_run(segment, number) = (struct run){.next = first, .count = run->left};
        last = last ? last : number;
        first = number;
    }
    segment->local = 0; /* whoever attaches it next finds them there */
    segment_add(segment, ATTACHED, first, last, count);
}

void trd__slab_detach(struct trd__slab_hand *hand) {
    for (uint32_t size = 0; size < TRD_SLAB_SIZES; size++) {
        const struct trd__slab_run run = hand->run[size];
        hand->run[size] = (struct trd__slab_run){0};
        if (run.attached) {
            segment_return(run.attached, &run);
        }
    }
}

void trd__slab_trim(struct trd__slab *slab, uint64_t now_ns, uint32_t most) {
    trd__lock_take(&slab->lock);
    const uint32_t surplus = slab_surplus_locked(slab, now_ns);
    struct trd__segment *picked = slab_pick_locked(slab, surplus < most ? surplus : most);
    slab->tended_ns = now_ns + 2 * (uint64_t)TRD_SLAB_PERIOD_NS;
    trd__lock_give(&slab->lock);
    segments_release(picked);
}

bool trd__slab_has_spare(struct trd__slab *slab, uint64_t now_ns) {
    trd__lock_take(&slab->lock);
    const bool has_spare =
        slab_surplus_locked(slab, now_ns) > 0 || slab_kept_locked(slab, now_ns) > SLAB_KEPT_LEAST;
    slab->tended_ns = has_spare ? slab->tended_ns : 0;
    trd__lock_give(&slab->lock);
    return has_spare;
}

void trd__slab_leave(struct trd__slab *slab, uint64_t now_ns) {
    trd__slab_trim(slab, now_ns, UINT32_MAX);
    trd__lock_take(&slab->lock);
    slab->tended_ns = 0;
    trd__lock_give(&slab->lock);
}

void trd__slab_close(struct trd__slab *slab) {
    trd__lock_take(&slab->lock);
    slab->is_closed = true;
    struct trd__segment *picked = slab_pick_locked(slab, slab->empty_count);
    unsigned char *fresh = slab->fresh;
    const size_t fresh_bytes = slab->fresh_count * (size_t)SEGMENT_BYTES;
    slab->fresh_count = 0;
    trd__lock_give(&slab->lock);
    if (fresh_bytes) {
        trd__pages_give(fresh, fresh_bytes);
    }
    segments_release(picked);
}
