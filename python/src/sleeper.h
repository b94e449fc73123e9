/* sleeper.h - threads that sleep until another one wakes them; see sleeper.c. */
#ifndef TREADLE_PYTHON_SLEEPER_H
#define TREADLE_PYTHON_SLEEPER_H

#include <Python.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "brief_wait.h"
#include "own_lock.h"

/** A thread that sleeps. On that thread's stack. */
struct sleeper {
    struct sleeper *next;
    PyThread_type_lock lock; /* held while there is nothing to wake up for */
    _Atomic bool is_listed;  /* the list's lock to write */
};

/** Sleeps until woken, at most until `deadline_ns` (TRD_FOREVER: no limit). Called with the lock
 * that protects the list, which is given away for the sleep, and so is the interpreter's. The list
 * must outlive the sleep. Before it, and before it takes the interpreter's lock back, the thread
 * looks for a moment whether it can do without. 0, whichever came; -1 with an exception, of memory
 * or of a signal's handler: then a wake-up may have been used up. */
int sleepers_join_locked(struct sleeper **list, uint64_t deadline_ns, struct own_lock *lock,
                         struct brief_wait *brief);

/** Wakes everybody, or the one who came first. With the lock that protects the list. */
void sleepers_wake_all_locked(struct sleeper **list);
void sleepers_wake_one_locked(struct sleeper **list);

#endif
