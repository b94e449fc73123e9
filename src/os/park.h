/* park.h - one thread sleeps until another wakes it; many threads sleep until something changes.
 *
 * A park is a thread's own bed. A wake-up that comes first is kept, so it cannot be lost:
 *
 *     the sleeper                     the waker
 *     exchange EMPTY -> ASLEEP        exchange any -> WOKEN
 *     sleep while ASLEEP              was it ASLEEP? then call the kernel
 *
 * Both sides change the one word atomically, so one of them is second: if the waker is, it sees
 * ASLEEP and wakes; if the sleeper is, it sees WOKEN and does not sleep. (And the kernel compares
 * the word once more before it lets a thread sleep.)
 *
 * An event is for things that any number of threads may wait for, under a lock that protects what
 * they wait for. They read the event's number before they give the lock away; whoever changes the
 * state raises the number under the lock. So a change after the look is a changed number, and the
 * kernel does not let the waiter sleep on an old one.
 */
#ifndef TRD_OS_PARK_H
#define TRD_OS_PARK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** All zero is empty. */
struct trd__park {
    _Atomic uint32_t word;
};

/** Sleeps until woken, and forgets the wake-up. Spins first for up to `spins` rounds of some 10 to
 * 40 ns. At most until `deadline_ns`; returns false when that has passed. One thread at a time. */
bool trd__park_sleep(struct trd__park *park, uint32_t spins, uint64_t deadline_ns);
/** Wakes the sleeper, or the next one who wants to sleep. */
void trd__park_wake(struct trd__park *park);

/** All zero is ready. */
struct trd__event {
    _Atomic uint32_t number;
};

/** The number to give to trd__event_wait(). Call under the lock. */
uint32_t trd__event_number(struct trd__event *event);
/** Sleeps until the number is another one, at most until `deadline_ns`. May return early without a
 * reason. 0 or -ETIMEDOUT. Call without the lock. */
int trd__event_wait(struct trd__event *event, uint32_t number, uint64_t deadline_ns);
/** Says that something has changed. Call under the lock; then, without it, wake. */
void trd__event_raise(struct trd__event *event);
/** Wakes up to `count` waiters. Only names the address: the event may be gone already. */
void trd__event_wake(struct trd__event *event, uint32_t count);

#endif
