/* brief_wait.h - waiting a moment without sleeping; see brief_wait.c. */
#ifndef TREADLE_PYTHON_BRIEF_WAIT_H
#define TREADLE_PYTHON_BRIEF_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "gil_layout.h"

/** What an interpreter's threads must know for it. */
struct brief_wait {
    bool may_look;             /* constant: there is a second processor */
    const int *locked;         /* constant: the interpreter's lock, see gil_layout.h; or NULL */
    _Atomic bool is_looked_at; /* atomic: somebody looks at that */
};

/** With the interpreter's lock. */
void brief_wait_open(struct brief_wait *brief);

/** Waits until `*flag` is false, for no longer than a sleep would cost, and not at all where that
 * was in vain lately. Called without the interpreter's lock. */
void brief_wait_for(const struct brief_wait *brief, const _Atomic bool *flag);
/** The same until the interpreter's lock is free, before taking it. Returns at once where nobody
 * knows how to look at it, or there is none. */
void brief_wait_for_interpreter(struct brief_wait *brief);

#endif
