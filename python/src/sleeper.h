/* sleeper.h - threads that sleep until another one wakes them; see sleeper.c. */
#ifndef TREADLE_PYTHON_SLEEPER_H
#define TREADLE_PYTHON_SLEEPER_H

#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

/** A thread that sleeps. On that thread's stack. */
struct sleeper {
    struct sleeper *next;
    PyThread_type_lock lock; /* held while there is nothing to wake up for */
    bool is_listed;
};

/** Sleeps until woken, at most until `deadline_ns` (TRD_FOREVER: no limit). Releases the
 * interpreter's lock. The list must outlive the sleep. 0, whichever came; -1 with an exception, of
 * memory or of a signal's handler: then a wake-up may have been used up. */
int sleepers_join(struct sleeper **list, uint64_t deadline_ns);

/** Wakes everybody, or the one who came first. */
void sleepers_wake_all(struct sleeper **list);
void sleepers_wake_one(struct sleeper **list);

#endif
