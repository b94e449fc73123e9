/* lock.h - a mutual exclusion lock: spins a little, then sleeps. 4 bytes, all zero is free.
 *
 * The word is 0 when the lock is free, 1 when it is held, 2 when it is held and somebody may sleep
 * for it (Drepper, "Futexes are tricky", 2011, mutex2). A sleeper is never lost: it sleeps only
 * while the word is 2, and whoever takes a 2 away on unlocking wakes one sleeper, who leaves a 2
 * behind in turn, for the others.
 *
 * Unlocking touches the word once and then only names its address to the kernel, so the next owner
 * may free the memory at once.
 *
 * Why not the C library's: it has to support everything; this one is inlined, so the uncontended
 * path costs one exchange each way, and spins for as long as the engine may hold it.
 */
#ifndef TRD_OS_LOCK_H
#define TRD_OS_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

#include "os/futex.h"
#include "os/yield_point.h"

struct trd__lock {
    _Atomic uint32_t word;
};

/** The rest of trd__lock_take() when somebody else holds it. */
void trd__lock_wait(struct trd__lock *lock);

static inline void trd__lock_take(struct trd__lock *lock) {
    uint32_t expected = 0;
    trd__yield(TRD_YIELD_LOCK_TAKE);
    /* Acquire: sees all that the last owner did; partner of the release in trd__lock_give(). */
    if (!atomic_compare_exchange_strong_explicit(&lock->word, &expected, 1, memory_order_acquire,
                                                 memory_order_relaxed)) {
        trd__lock_wait(lock);
    }
    trd__yield(TRD_YIELD_LOCK_TAKEN);
}

static inline void trd__lock_give(struct trd__lock *lock) {
    /* Release: partner of the acquire in trd__lock_take() and trd__lock_wait(). */
    if (atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2) {
        trd__futex_wake(&lock->word, 1);
    }
    trd__yield(TRD_YIELD_LOCK_GIVEN);
}

#endif
