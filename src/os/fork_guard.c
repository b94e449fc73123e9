/* fork_guard.c - a page that children find empty. */
#define _GNU_SOURCE
#include "os/fork_guard.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "os/thread.h"

enum { GUARD_BYTES = 4096 }; /* rounded up to a page by the kernel */

int trd__guard_open(struct trd__guard *guard) {
    void *page =
        mmap(NULL, GUARD_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return -errno;
    }
    guard->page = page;
    guard->page->is_wiped_on_fork = madvise(page, GUARD_BYTES, MADV_WIPEONFORK) == 0;
    guard->page->process = trd__process_id();
    return 0;
}

void trd__guard_close(struct trd__guard *guard) {
    (void)munmap(guard->page, GUARD_BYTES); /* a mapping of ours: cannot fail */
    guard->page = NULL;
}
