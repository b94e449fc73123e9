/* scarcity.h - memory, threads, mappings and files that run out, one request after the other.
 *
 * The linker puts the functions of scarcity.c in the place of the C library's (see meson.build), in
 * the library under test as in the test. While scarcity is on, every request is numbered, on
 * whatever thread; one of them, or all from one on, are refused. So a test repeats what it does
 * with the first request refused, then with the second, until none is any more. */
#ifndef TESTS_SCARCITY_H
#define TESTS_SCARCITY_H

#include <stdbool.h>
#include <stdint.h>

enum scarcity_kind {
    SCARCITY_ONE, /**< one request is refused */
    SCARCITY_ALL, /**< that one and all after it */
};

/** From now on the request number `at`, counted from 0, is refused. */
void scarcity_begin(enum scarcity_kind kind, uint64_t at);
/** Nothing is refused any more. Returns whether anything was. */
bool scarcity_end(void);
/** What the library and the test hold: blocks of memory, mappings, files. */
int64_t scarcity_held(void);

/** Calls `scene` with the first request refused, then the second, and so on, until nothing was
 * refused; in both ways. `scene` calls scarcity_begin() and _end(), and leaves nothing held: which
 * is checked. Returns how many requests were refused. */
uint64_t scarcity_sweep(bool (*scene)(enum scarcity_kind kind, uint64_t at));

#endif
