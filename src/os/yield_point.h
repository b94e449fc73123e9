/* yield_point.h - marked places between two steps that other threads may come between.
 *
 * In the library they are nothing. The tests link a second build of it, with TRD_YIELD_POINTS
 * defined, where a marked place calls a hook of the test's: it may make the thread wait a moment,
 * so that rare interleavings become common ones, or fork, at every such place in turn. The hook may
 * not call the library: some places are passed with the lock held.
 *
 * A new place is one line in yield_points.def and one call. The stress test demands that it reaches
 * every one, so a place that no code passes any more is found, too. */
#ifndef TRD_OS_YIELD_POINT_H
#define TRD_OS_YIELD_POINT_H

enum trd__yield_point {
#define TRD_YIELD_POINT(name) TRD_YIELD_##name,
#include "os/yield_points.def"
#undef TRD_YIELD_POINT
    TRD_YIELD_COUNT,
};

#ifdef TRD_YIELD_POINTS

#include <stdatomic.h>

typedef void trd__yield_hook(enum trd__yield_point point);

/** Called at every marked place unless NULL. Set while no pool exists. */
extern _Atomic(trd__yield_hook *) trd__yield_to;

static inline void trd__yield(enum trd__yield_point point) {
    /* Acquire: the hook finds what its owner has prepared. */
    trd__yield_hook *hook = atomic_load_explicit(&trd__yield_to, memory_order_acquire);
    if (hook) {
        hook(point);
    }
}

#else

static inline void trd__yield(enum trd__yield_point point) {
    (void)point; /* a place like any other */
}

#endif
#endif
