/* pages.c - aligned mappings. */
#define _GNU_SOURCE
#include "os/pages.h"

#include <sys/mman.h>

void *trd__pages_take(uint32_t count, size_t bytes) {
    /* With one piece more there are as many aligned ones in it; what is around them goes back. */
    const size_t all_bytes = (count + (size_t)1) * bytes;
    unsigned char *all =
        mmap(NULL, all_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) {
        return NULL;
    }
    const size_t before = (bytes - (uintptr_t)all % bytes) % bytes;
    if (before) {
        (void)munmap(all, before); /* part of a mapping of ours: fails only for want of memory, */
    }
    (void)munmap(all + before + count * bytes, bytes - before); /* and then it stays unused */
    return all + before;
}

void trd__pages_give(void *pages, size_t bytes) {
    (void)munmap(pages, bytes); /* a mapping of ours */
}
