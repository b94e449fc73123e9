/* slab.h - memory for the tasks that a pool makes itself.
 *
 * Segments of 64 KiB, cut into slots of one size. Whoever submits takes slots out of a segment that
 * is attached to its door, without a lock; whoever completes gives slots back, many at once, by one
 * exchange on the segment's own word. A segment that is used up is let go, and comes back, to any
 * door, when a quarter of it is free again: so what stays long pins at most a third more than its
 * own size. One that is free as a whole can be any size's. Of those as many are kept as were taken
 * into use in this period and the last one, and a few; the others go back to the kernel: once a
 * period, many at a time, while some worker sees to that, else at once. */
#ifndef TRD_POOL_SLAB_H
#define TRD_POOL_SLAB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/prefetch.h"
#include "os/lock.h"

struct trd_pool;
struct trd__segment;

/* Sizes of slots: 64, 128 and 192 bytes; and how long a period is. */
enum { TRD_SLAB_SIZES = 3, TRD_SLAB_UNIT = 64, TRD_SLAB_PERIOD_NS = 250000000 };

/* A pool's. All zero at first. */
struct trd__slab {
    struct trd__lock lock; /* a leaf: taken with the pool's lock, never the other way round */
    bool is_closed;        /* lock; the pool is gone, and what comes back goes to the kernel */
    struct trd__segment *partial[TRD_SLAB_SIZES]; /* lock; a quarter or more is free */
    struct trd__segment *empty;                   /* lock; free as a whole */
    uint32_t empty_count;                         /* lock */
    unsigned char *fresh;                         /* lock; mapped and never touched: a row of */
    uint32_t fresh_count, mapped;                 /* lock; so many; and so many ever */
    uint32_t used_now, used_before;               /* lock; taken into use in the last two periods */
    uint64_t period_ns;                           /* lock; when the present one began */
    uint64_t tended_ns; /* lock; until then somebody will trim, and what is free waits for that */
    uint64_t trim_ns;   /* lock of the pool; the last trim */
};

/* Slots of one size for whoever takes them: a run of them, out of the segment attached. */
struct trd__slab_run {
    unsigned char *next; /* the first one */
    uint32_t left;       /* how many there are */
    struct trd__segment *attached;
};
/* All zero at first. */
struct trd__slab_hand {
    struct trd__slab_run run[TRD_SLAB_SIZES];
};

/** The rest of trd__slab_take() when the run is over. */
void *trd__slab_refill(struct trd_pool *pool, struct trd__slab_run *run, uint32_t size);
/** A slot of (size + 1) * TRD_SLAB_UNIT bytes, aligned to that unit, its bytes undefined. NULL: no
 * memory. One thread at a time for one hand. */
static inline void *trd__slab_take(struct trd_pool *pool, struct trd__slab_hand *hand,
                                   uint32_t size) {
    enum { AHEAD = 8 }; /* so many slots before its own turn one is called into the cache */
    struct trd__slab_run *run = &hand->run[size];
    const size_t bytes = (size_t)(size + 1) * TRD_SLAB_UNIT;
    if (run->left == 0) {
        return trd__slab_refill(pool, run, size);
    }
    unsigned char *slot = run->next;
    run->next = slot + bytes;
    run->left--;
    trd__prefetch_write(slot + AHEAD * bytes); /* if it is no slot, that does no harm */
    return slot;
}
/** Gives slots back: `count` of any sizes and pools. Any thread. A pool may be gone afterwards. */
void trd__slab_give(void *const *slots, uint32_t count);
/** The pool whose slot this is. It lives at least as long as the slot. */
struct trd_pool *trd__slab_pool(const void *slot);
/** Lets go of what a hand has attached; it is empty then. */
void trd__slab_detach(struct trd__slab_hand *hand);
/** Gives the kernel back what is not needed, up to `most` segments. */
void trd__slab_trim(struct trd__slab *slab, uint64_t now_ns, uint32_t most);
/** For a worker that is going to sleep: may a trim in a period have something to give back? If not,
 * what comes later goes back at once. */
bool trd__slab_has_spare(struct trd__slab *slab, uint64_t now_ns);
/** For a worker that ends: trims, and what comes later goes back at once, unless another trims. */
void trd__slab_leave(struct trd__slab *slab, uint64_t now_ns);
/** Gives everything back that is free, and from now on at once what will be. */
void trd__slab_close(struct trd__slab *slab);

#endif
