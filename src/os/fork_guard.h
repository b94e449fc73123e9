/* fork_guard.h - tells a child made by fork() from its parent.
 *
 * A child has its parent's memory but none of its threads, and whatever lock one of them held stays
 * held for ever. So everything asks the guard before it takes a lock. It is a page that the kernel
 * empties in every child (MADV_WIPEONFORK, Linux 4.14), so asking costs a load, and there is no
 * global variable and no handler. Where the kernel cannot, it compares process numbers. */
#ifndef TRD_OS_FORK_GUARD_H
#define TRD_OS_FORK_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "os/thread.h"

struct trd__guard_page {
    bool is_wiped_on_fork; /* false in a child, and where the kernel cannot wipe */
    int64_t process;       /* else: who opened it */
};

struct trd__guard {
    struct trd__guard_page *page;
};

/** 0 or -errno. */
int trd__guard_open(struct trd__guard *guard);
void trd__guard_close(struct trd__guard *guard);
/** Is this the process that opened it? */
static inline bool trd__guard_is_owner(const struct trd__guard *guard) {
    return guard->page->is_wiped_on_fork || guard->page->process == trd__process_id();
}

#endif
