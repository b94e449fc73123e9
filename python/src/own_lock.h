/* own_lock.h - the lock of an object's own words, where the interpreter runs without a lock.
 *
 * With the interpreter's lock, whatever happens between two calls into the interpreter is atomic,
 * and everything here is nothing. A free-threaded interpreter has no such lock: there every future,
 * engine and executor has one of its own, of a byte.
 *
 * An own lock is a leaf: whoever holds it takes no other one, calls nobody's code, and gives no
 * reference back, which may do that. He may enter the pool, whose lock is a leaf, too. The
 * interpreter can stop all threads for the garbage collector at any time: who waits for an own lock
 * is no hindrance to that.
 */
#ifndef TREADLE_PYTHON_OWN_LOCK_H
#define TREADLE_PYTHON_OWN_LOCK_H

#include <Python.h>

#include <stdatomic.h>
#include <stdint.h>

/** All zero: nobody holds it. */
struct own_lock {
#ifdef Py_GIL_DISABLED
    PyMutex mutex;
#else
    char unused; /* C has no structures of nothing */
#endif
};

static inline void own_lock_take(struct own_lock *lock) {
#ifdef Py_GIL_DISABLED
    PyMutex_Lock(&lock->mutex);
#else
    (void)lock;  /* the interpreter's lock is enough */
#endif
}

static inline void own_lock_give(struct own_lock *lock) {
#ifdef Py_GIL_DISABLED
    PyMutex_Unlock(&lock->mutex);
#else
    (void)lock;  /* as above */
#endif
}

/** Adds `by` to a number that threads share, and returns what it is then. What a thread has done
 * before is seen by whoever gets a later number. */
static inline uint64_t shared_add(_Atomic uint64_t *number, uint64_t by) {
#ifdef Py_GIL_DISABLED
    return atomic_fetch_add_explicit(number, by, memory_order_acq_rel) + by;
#else
    /* Relaxed, and in two steps: under the interpreter's lock there is nobody else. */
    uint64_t sum = atomic_load_explicit(number, memory_order_relaxed) + by;
    atomic_store_explicit(number, sum, memory_order_relaxed);
    return sum;
#endif
}

/** A reference that another thread will give back. An object of a free-threaded interpreter counts
 * its owner thread's references apart from those of all others: a reference taken on one side and
 * given back on the other makes the object wait until its owner comes round to settle that, under a
 * lock and at every future. Taken on the others' side from the start, it costs one atomic addition.
 */
static inline void reference_lend(PyObject *object) {
#if defined(Py_GIL_DISABLED) && !defined(Py_REF_DEBUG)
    if (!_Py_IsImmortal(object)) {
        _Py_atomic_add_ssize(&object->ob_ref_shared, 1 << _Py_REF_SHARED_SHIFT);
    }
#else
    Py_INCREF(object);
#endif
}

/** Makes a reference of this thread's one that another thread will give back. */
static inline void reference_hand_over(PyObject *object) {
#if defined(Py_GIL_DISABLED) && !defined(Py_REF_DEBUG)
    if (!_Py_IsImmortal(object)) {
        reference_lend(object);
        Py_DECREF(object); /* not the last one */
    }
#else
    (void)object; /* it is that already */
#endif
}

static inline uint64_t shared_read(const _Atomic uint64_t *number) {
    /* Relaxed: a number that is a moment old is as good. */
    return atomic_load_explicit(number, memory_order_relaxed);
}

#endif
