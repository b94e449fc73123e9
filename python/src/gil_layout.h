/* gil_layout.h - where an interpreter keeps its lock, so that it can be looked at from outside. */
#ifndef TREADLE_PYTHON_GIL_LAYOUT_H
#define TREADLE_PYTHON_GIL_LAYOUT_H

#include <Python.h>

#include <stdint.h>

/** Addresses of one interpreter's lock; they stay valid as long as the interpreter. */
struct gil_layout {
    const int *locked;              /* 1 while a thread holds it, 0 while nobody does */
    PyThreadState *const *holder;   /* who holds it, or was the last to */
    uintptr_t waits_from, waits_to; /* what its waiters sleep on lies in between */
};

/** Finds the lock of `interpreter`. Returns NULL, or why it cannot be found: a static text. What
 * was found is not to be trusted before gil_check(). */
const char *gil_layout_find(PyInterpreterState *interpreter, struct gil_layout *layout);

/** Who holds the lock at this moment, or NULL. On any thread, with the lock or without it. */
static inline const PyThreadState *gil_holder(const struct gil_layout *layout) {
    /* Relaxed: both are words that others change at will, and nothing is read through them. */
    if (__atomic_load_n(layout->locked, __ATOMIC_RELAXED) != 1) {
        return NULL;
    }
    return __atomic_load_n(layout->holder, __ATOMIC_RELAXED);
}

/* gil_check.c */

/** Tries whether `layout` shows what the lock of this thread's interpreter does: held by this
 * thread, waited for and held by another one, free. Called with the lock, and gives it away for a
 * moment. Returns NULL when all of it was seen, else a static text: what was not. */
const char *gil_check(PyInterpreterState *interpreter, const struct gil_layout *layout);

#endif
