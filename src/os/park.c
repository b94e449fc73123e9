/* park.c - sleeping and waking; the argument that no wake-up is lost is in park.h. */
#include "os/park.h"

#include "os/futex.h"
#include "os/pause.h"
#include "os/yield_point.h"

enum park_word { PARK_EMPTY = 0, PARK_ASLEEP, PARK_WOKEN };

/* Takes a wake-up that is there. Acquire: partner of the release in trd__park_wake(). */
static bool park_take(struct trd__park *park) {
    uint32_t expected = PARK_WOKEN;
    return atomic_compare_exchange_strong_explicit(&park->word, &expected, PARK_EMPTY,
                                                   memory_order_acquire, memory_order_relaxed);
}

bool trd__park_sleep(struct trd__park *park, uint32_t spins, uint64_t deadline_ns) {
    for (uint32_t i = 0; i < spins; i++) {
        /* Relaxed: only a hint; park_take() decides. */
        if (atomic_load_explicit(&park->word, memory_order_relaxed) == PARK_WOKEN) {
            break;
        }
        trd__pause();
    }
    trd__yield(TRD_YIELD_PARK_SLEEP);
    uint32_t expected = PARK_EMPTY;
    if (!atomic_compare_exchange_strong_explicit(&park->word, &expected, PARK_ASLEEP,
                                                 memory_order_acquire, memory_order_acquire)) {
        (void)park_take(park); /* it was WOKEN, and nobody else takes wake-ups */
        return true;
    }
    trd__yield(TRD_YIELD_PARK_ASLEEP);
    while (!park_take(park)) {
        if (trd__futex_wait(&park->word, PARK_ASLEEP, deadline_ns)) {
            /* Too late, unless the wake-up has come in between: then it must not stay behind. */
            return atomic_exchange_explicit(&park->word, PARK_EMPTY, memory_order_acquire) ==
                   PARK_WOKEN;
        }
    }
    return true;
}

void trd__park_wake(struct trd__park *park) {
    trd__yield(TRD_YIELD_PARK_WAKE);
    /* Release: the sleeper sees what was done before; partner of park_take(). */
    if (atomic_exchange_explicit(&park->word, PARK_WOKEN, memory_order_release) == PARK_ASLEEP) {
        trd__yield(TRD_YIELD_PARK_WOKEN);
        trd__futex_wake(&park->word, 1);
    }
}

uint32_t trd__event_number(struct trd__event *event) {
    /* Relaxed: the lock orders it. */
    return atomic_load_explicit(&event->number, memory_order_relaxed);
}

int trd__event_wait(struct trd__event *event, uint32_t number, uint64_t deadline_ns) {
    trd__yield(TRD_YIELD_EVENT_WAIT);
    return trd__futex_wait(&event->number, number, deadline_ns);
}

void trd__event_raise(struct trd__event *event) {
    /* Relaxed: the lock orders it, and the kernel reads the word itself. */
    (void)atomic_fetch_add_explicit(&event->number, 1, memory_order_relaxed); /* old one unused */
}

void trd__event_wake(struct trd__event *event, uint32_t count) {
    trd__yield(TRD_YIELD_EVENT_WAKE);
    trd__futex_wake(&event->number, count);
}
