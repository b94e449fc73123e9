/* gil_layout.c - finds an interpreter's lock in its memory.
 *
 * CPython 3.13 and later publish offsets for debuggers at the start of their runtime's state, with
 * a cookie and the version they are for. Before that the interpreter's own internal headers say
 * where the lock lies; they are used if they were there when the extension was built, and only with
 * the feature release they are of, whose layout does not change. What the lock itself looks like is
 * the same in all of these releases. A release that nobody has looked at yet is not guessed at.
 */
#include <patchlevel.h>
#if PY_VERSION_HEX < 0x030D0000
#define Py_BUILD_CORE 1 /* before the first header: the internal ones want it throughout */
#endif
#include "gil_layout.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

/* The lock. */
struct lock_state {
#ifdef Py_GIL_DISABLED
    int enabled;
#endif
    unsigned long interval_us;
    PyThreadState *last_holder;
    int locked;
    unsigned long switch_number;
    pthread_cond_t cond;
    pthread_mutex_t mutex;
    pthread_cond_t switch_cond;
    pthread_mutex_t switch_mutex;
};

#if PY_VERSION_HEX >= 0x030F0000

static const struct lock_state *lock_find(PyInterpreterState *interpreter, const char **why) {
    (void)interpreter;
    *why = "this release of the interpreter is not known to the meter";
    return NULL;
}

#elif PY_VERSION_HEX >= 0x030D0000

/* What the runtime's state begins with. */
struct published_offsets {
    char cookie[8];
    uint64_t version;
    uint64_t free_threaded;
    uint64_t runtime[3];
    struct {
        uint64_t size, id, next, threads_head;
#if PY_VERSION_HEX >= 0x030E0000
        uint64_t threads_main;
#endif
        uint64_t gc, imports_modules, sysdict, builtins;
        uint64_t ceval_gil;                    /* of a pointer to the lock in use */
        uint64_t gil, enabled, locked, holder; /* of the interpreter's own lock and its members */
    } interpreter;
};

extern const struct published_offsets _PyRuntime;

static const struct lock_state *lock_find(PyInterpreterState *interpreter, const char **why) {
    const struct published_offsets *published = &_PyRuntime;
    if (memcmp(published->cookie, "xdebugpy", sizeof(published->cookie)) != 0 ||
        published->version >> 16 != PY_VERSION_HEX >> 16) {
        *why = "the interpreter does not publish where its lock lies";
        return NULL;
    }
    const uint64_t gil = published->interpreter.gil, size = published->interpreter.size;
    if (published->interpreter.locked - gil != offsetof(struct lock_state, locked) ||
        published->interpreter.holder - gil != offsetof(struct lock_state, last_holder) ||
        size < sizeof(void *) || published->interpreter.ceval_gil > size - sizeof(void *)) {
        *why = "the interpreter's lock does not look as in other releases";
        return NULL;
    }
    const char *start = (const char *)interpreter;
    return *(const struct lock_state *const *)(const void *)(start +
                                                             published->interpreter.ceval_gil);
}

#elif __has_include(<internal/pycore_runtime.h>)

#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>

static const struct lock_state *lock_find(PyInterpreterState *interpreter, const char **why) {
    /* Py_Version would be simpler, and is not there before 3.11. */
    int major = 0, minor = 0;
    if (sscanf(Py_GetVersion(), "%d.%d", &major, &minor) != 2 || major != PY_MAJOR_VERSION ||
        minor != PY_MINOR_VERSION) {
        *why = "the extension was built for another release of the interpreter";
        return NULL;
    }
#if PY_VERSION_HEX >= 0x030C0000
    return (const void *)interpreter->ceval.gil;
#else
    (void)interpreter; /* one lock for all of them */
    return (const void *)&_PyRuntime.ceval.gil;
#endif
}

#else

static const struct lock_state *lock_find(PyInterpreterState *interpreter, const char **why) {
    (void)interpreter;
    *why = "the interpreter's internal headers were not there when the extension was built";
    return NULL;
}

#endif

const char *gil_layout_find(PyInterpreterState *interpreter, struct gil_layout *layout) {
    const char *why = "the interpreter has no lock";
    const struct lock_state *lock = lock_find(interpreter, &why);
    if (lock == NULL) {
        return why;
    }
#ifdef Py_GIL_DISABLED
    if (__atomic_load_n(&lock->enabled, __ATOMIC_RELAXED) == 0) {
        return "the interpreter runs without its lock";
    }
#endif
    *layout = (struct gil_layout){
        .locked = &lock->locked,
        .holder = &lock->last_holder,
        .waits_from = (uintptr_t)&lock->cond,
        .waits_to = (uintptr_t)(lock + 1),
    };
    return NULL;
}
