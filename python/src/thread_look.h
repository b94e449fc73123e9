/* thread_look.h - what another thread of this process is doing, as the kernel tells it. */
#ifndef TREADLE_PYTHON_THREAD_LOOK_H
#define TREADLE_PYTHON_THREAD_LOOK_H

#include <stdint.h>

enum thread_doing {
    THREAD_READY,   /* on a core, or ready for one */
    THREAD_LOCKED,  /* asleep on a futex: a lock, a condition, another thread */
    THREAD_BLOCKED, /* asleep otherwise: input, output, a timer */
    THREAD_GONE,    /* it has ended */
    THREAD_HIDDEN,  /* the kernel does not tell, or not us */
};

/** Looks at thread `id` (its number in the kernel). With THREAD_LOCKED, *futex_out is the address
 * it sleeps on. Any thread; does not wait; costs some microseconds, most of them for opening the
 * file: it is not kept open, for pools may have more workers than a process may have files. */
enum thread_doing thread_look(unsigned long id, uintptr_t *futex_out);

enum thread_core {
    THREAD_ON_CORE,
    THREAD_OFF_CORE,
    THREAD_MAYBE, /* its core is the one we are on: perhaps we have taken it away */
};

/** Whether a thread that computes has a core, by how its CPU clock goes. As above, and twice as
 * dear. */
enum thread_core thread_has_core(unsigned long id);

#endif
