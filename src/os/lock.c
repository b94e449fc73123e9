/* lock.c - waiting for a lock that somebody else holds. */
#include "os/lock.h"

#include <treadle/clock.h>

#include "os/pause.h"

/* 8 us where it was measured: longer than the engine holds its lock, which is 2 to 3 us for a batch
 * of short tasks, and shorter than going to sleep and being woken. */
enum { LOCK_SPINS = 400 };

void trd__lock_wait(struct trd__lock *lock) {
    for (int i = 0; i < LOCK_SPINS; i++) {
        /* Relaxed: only a hint; the exchange below decides. */
        if (atomic_load_explicit(&lock->word, memory_order_relaxed) == 0) {
            uint32_t expected = 0;
            if (atomic_compare_exchange_strong_explicit(
                    &lock->word, &expected, 1, memory_order_acquire, memory_order_relaxed)) {
                return;
            }
        }
        trd__pause();
    }
    /* From here on the word is 2 whenever it is not 0: its owner will wake somebody. */
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0) {
        (void)trd__futex_wait(&lock->word, 2, TRD_FOREVER); /* for ever: cannot time out */
    }
}
