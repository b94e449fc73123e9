/* staged_os.h - in front of sources of the pool that are compiled into a test: what they ask from
 * the kernel is played by the schedule (schedules.h). A lock and a futex block a coroutine; time
 * goes on by a tick a reading. */
#ifndef TESTS_UNIT_STAGED_OS_H
#define TESTS_UNIT_STAGED_OS_H

#include "tests/unit/hooked_atomics.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <treadle/clock.h>

/* Instead of os/lock.h, and of the clock in os/quick_clock.h. */
#define TRD_OS_LOCK_H
#define trd__quick_clock_now_ns unused_quick_clock_now_ns
#include "os/quick_clock.h"
#undef trd__quick_clock_now_ns

struct trd__lock {
    _Atomic uint32_t word;
};

static inline bool lock_is_free(void *lock) {
    return ((struct trd__lock *)lock)->word == 0;
}

/* Alone the lock is free. Nothing comes before it is given back: whoever wants it has to wait, and
 * whoever does not can have come before. */
static inline void trd__lock_take(struct trd__lock *lock) {
    if (schedules_self() >= 0) {
        (void)schedules_await(lock_is_free, lock, false); /* for ever */
    }
    schedules_must(lock->word == 0);
    lock->word = 1;
}

static inline void trd__lock_give(struct trd__lock *lock) {
    schedules_must(lock->word == 1);
    lock->word = 0;
}

/* The clock, and how far that of each thread is ahead of it or behind. */
static uint64_t staged_time_ns;
static int64_t staged_skew_ns[SCHEDULES_THREADS];

static inline uint64_t staged_now_ns(void) {
    return ++staged_time_ns;
}

static inline uint64_t trd__quick_clock_now_ns(struct trd__quick_clock *clock) {
    (void)clock; /* has no state here */
    const int self = schedules_self();
    return staged_now_ns() + (uint64_t)(self < 0 ? 0 : staged_skew_ns[self]);
}

static bool staged_is_awake[SCHEDULES_THREADS];
static _Atomic uint32_t *staged_bed[SCHEDULES_THREADS];

static inline bool staged_is_woken(void *arg) {
    return *(const bool *)arg;
}

static inline int staged_futex_wait(_Atomic uint32_t *word, uint32_t expected,
                                    uint64_t deadline_ns) {
    const int self = schedules_self();
    if (*word != expected) {
        return 0;
    }
    staged_bed[self] = word;
    staged_is_awake[self] = false;
    const bool is_in_time =
        schedules_await(staged_is_woken, &staged_is_awake[self], deadline_ns != TRD_FOREVER);
    staged_bed[self] = NULL;
    if (!is_in_time && staged_time_ns < deadline_ns) {
        staged_time_ns = deadline_ns;
    }
    return is_in_time ? 0 : -ETIMEDOUT;
}

static inline void staged_futex_wake(_Atomic uint32_t *word, uint32_t count) {
    schedules_point();
    for (int i = 0; i < SCHEDULES_THREADS && count > 0; i++) {
        if (staged_bed[i] == word) {
            staged_bed[i] = NULL;
            staged_is_awake[i] = true;
            count--;
        }
    }
}

/* Memory: so many blocks are out. */
static int64_t staged_blocks;

static inline void *staged_count(void *block) {
    staged_blocks += block != NULL;
    return block;
}

static inline void staged_free(void *block) {
    staged_blocks -= block != NULL;
    free(block);
}

#ifndef STAGED_PAGE_BYTES
#define STAGED_PAGE_BYTES (1 << 16) /* from one to the next */
#endif
enum { STAGED_PAGES = 8, STAGED_USELESS = 0xdd };
static _Alignas(1 << 16) unsigned char staged_page[STAGED_PAGES][STAGED_PAGE_BYTES];
static size_t staged_page_bytes[STAGED_PAGES]; /* 0: it was never taken */
static bool staged_is_taken[STAGED_PAGES];
static unsigned staged_gives; /* calls of staged_pages_give() */

/* Nobody has written into memory that was given back. */
static inline void staged_pages_check(void) {
    for (int i = 0; i < STAGED_PAGES; i++) {
        for (size_t at = 0; at < staged_page_bytes[i] && !staged_is_taken[i]; at++) {
            schedules_must(staged_page[i][at] == STAGED_USELESS);
        }
    }
}

static inline void *staged_pages_take(uint32_t count, size_t bytes) {
    schedules_must(count == 1 && bytes <= sizeof staged_page[0]);
    for (int i = 0; i < STAGED_PAGES; i++) {
        if (!staged_is_taken[i]) {
            staged_pages_check();
            staged_is_taken[i] = true;
            staged_page_bytes[i] = bytes;
            staged_blocks++;
            memset(staged_page[i], 0, bytes);
            return staged_page[i];
        }
    }
    return NULL;
}

static inline void staged_pages_give(void *pages, size_t bytes) {
    size_t i = (size_t)((unsigned char(*)[STAGED_PAGE_BYTES])pages - staged_page);
    staged_gives++;
    for (size_t given = 0; given < bytes; given += staged_page_bytes[i], i++) {
        schedules_must(i < STAGED_PAGES && staged_is_taken[i] && staged_page_bytes[i] > 0);
        schedules_must(given == 0 || staged_page_bytes[i - 1] == STAGED_PAGE_BYTES);
        staged_is_taken[i] = false;
        staged_blocks--;
        memset(staged_page[i], STAGED_USELESS, staged_page_bytes[i]);
    }
}

#define trd_clock_now_ns staged_now_ns
#define trd__futex_wait staged_futex_wait
#define trd__futex_wake staged_futex_wake
#define trd__pages_take staged_pages_take
#define trd__pages_give staged_pages_give
#define malloc(bytes) staged_count(malloc(bytes))
#define calloc(count, bytes) staged_count(calloc(count, bytes))
#define aligned_alloc(align, bytes) staged_count(aligned_alloc(align, bytes))
#define free staged_free

#endif
