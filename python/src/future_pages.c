/* future_pages.c - huge pages for futures, without an interpreter's lock.
 *
 * A free-threaded interpreter's collector finds objects by walking over its own heap, so futures
 * cannot lie in memory of ours (future_memory.c), and every 4 KiB of many futures would be a trip
 * into the kernel. But the heap is mimalloc's: aligned segments of 32 MiB, mapped as a whole and
 * handed out from their beginning. So where futures have spread over a few blocks of the size of a
 * huge page, the kernel is asked to back what follows in the same segment at once.
 *
 * That is a wish about memory which is not ours, and changes nothing that can be seen in it. Where
 * the interpreter's segments should be others some day, it is made in vain, or the neighbours get
 * huge pages, too.
 */
#include "future_pages.h"

#include <Python.h>

#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

enum {
    BLOCK_BITS = 21,
    SEGMENT_BITS = 25,
    FEW_BLOCKS = 2,     /* who has a few futures pays for a few pages */
    BLOCK_COUNT = 4096, /* that are told apart */
};

static _Atomic uint32_t blocks_seen[BLOCK_COUNT]; /* their numbers */
static _Atomic uint32_t block_count;

/* The rest of the segment behind `block`. */
static void want_huge_pages(uintptr_t block) {
#ifdef MADV_HUGEPAGE
    const uintptr_t begin = (block + 1) << BLOCK_BITS;
    const uintptr_t end = ((begin - 1) | (((uintptr_t)1 << SEGMENT_BITS) - 1)) + 1;
    if (begin < end) {
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE); /* a wish */
    }
#else
    (void)block;
#endif
}

void future_pages_note(const void *future) {
    const uintptr_t block = (uintptr_t)future >> BLOCK_BITS;
    _Atomic uint32_t *seen = &blocks_seen[block % BLOCK_COUNT];
    /* Relaxed, all three: when a block is counted twice, or not, a wish comes sooner or later. */
    if (atomic_load_explicit(seen, memory_order_relaxed) == (uint32_t)block) {
        return;
    }
    atomic_store_explicit(seen, (uint32_t)block, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&block_count, 1, memory_order_relaxed) >= FEW_BLOCKS) {
        want_huge_pages(block);
    }
}
