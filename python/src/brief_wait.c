/* brief_wait.c - waiting a moment without sleeping.
 *
 * A call that does little is over in two microseconds; to put the thread that waits for it to sleep
 * and to wake it again costs ten times as much, and its worker the same. So they look for a moment
 * first: the waiter whether the call is over; and then, as a worker that was called, whether the
 * interpreter's lock is free. (Whoever has just submitted a call holds that lock, and gives it away
 * when he waits for the result.) To ask the interpreter for a lock that is held is to sleep, so we
 * look at it from outside. That is a hint and nothing else: what it takes is only time.
 *
 * The kernel often runs a worker at once on the processor of whoever has called it, who then stands
 * still, with the lock: after a short look the worker lets him go on. To ask for the lock instead
 * would take four changes of threads until it changes hands.
 *
 * What bounds the waste: a moment is as long as a sleep costs, so at worst a wait costs twice as
 * much. A thread that has looked in vain twice running sleeps at once the next time, then the next
 * three times, and so on. One thread looks at the interpreter's lock at a time. On one processor
 * nobody looks for long: whom he waits for could not run.
 */
#include "extension.h"

#include <sched.h>

#include <treadle/clock.h>

enum {
    BRIEF_NS = 20 * 1000, /* to fall asleep and be woken, on another processor */
    GLANCE_NS = 400,      /* longer, and who has the lock is probably on this very processor */
    BRIEF_LOOKS = 8,      /* between two looks at the clock */
    BRIEF_SKIPS_MAX = 31, /* waits that do not look, after looks in vain */
};

/* How a thread has fared with one kind of look. */
struct luck {
    uint32_t skips;      /* what the next look in vain costs */
    uint32_t skips_left; /* waits that do not look */
};

static _Thread_local struct luck luck_with_flags, luck_with_interpreter;

static bool is_worth_it(struct luck *luck) {
    if (luck->skips_left > 0) {
        luck->skips_left--;
        return false;
    }
    return true;
}

static void note_luck(struct luck *luck, bool is_lucky) {
    luck->skips_left = is_lucky ? 0 : luck->skips;
    luck->skips = is_lucky ? 0 : luck->skips < BRIEF_SKIPS_MAX ? 2 * luck->skips + 1 : luck->skips;
}

static void pause_a_moment(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb" ::: "memory");
#endif
}

/* Where nobody can say, there is one. */
static bool has_second_processor(void) {
    PyObject *os = PyImport_ImportModule("os");
    PyObject *self = PyLong_FromLong(0);
    PyObject *set = os && self ? method_call(os, "sched_getaffinity", self) : NULL;
    Py_ssize_t count = set ? PyObject_Size(set) : 0;
    Py_XDECREF(set);
    Py_XDECREF(self);
    Py_XDECREF(os);
    PyErr_Clear(); /* it is an optimisation */
    return count != 1;
}

void brief_wait_open(struct brief_wait *brief) {
    struct gil_layout layout;
    brief->may_look = has_second_processor();
    if (gil_layout_find(PyInterpreterState_Get(), &layout) == NULL) {
        brief->locked = layout.locked;
    }
}

void brief_wait_for(const struct brief_wait *brief, const _Atomic bool *flag) {
    if (!brief->may_look || !is_worth_it(&luck_with_flags)) {
        return;
    }
    const uint64_t end_ns = trd_clock_now_ns() + BRIEF_NS;
    bool is_over = false;
    do {
        for (int i = 0; i < BRIEF_LOOKS && !is_over; i++) {
            pause_a_moment();
            /* Relaxed: what has led to it is read under the lock that protects it. */
            is_over = !atomic_load_explicit(flag, memory_order_relaxed);
        }
    } while (!is_over && trd_clock_now_ns() < end_ns);
    note_luck(&luck_with_flags, is_over);
}

static bool is_interpreter_free(const struct brief_wait *brief, uint64_t patience_ns) {
    const uint64_t end_ns = trd_clock_now_ns() + patience_ns;
    do {
        for (int i = 0; i < BRIEF_LOOKS; i++) {
            /* Relaxed: a word that others change at will; the interpreter decides. */
            if (__atomic_load_n(brief->locked, __ATOMIC_RELAXED) != 1) {
                return true;
            }
            pause_a_moment();
        }
    } while (trd_clock_now_ns() < end_ns);
    return false;
}

void brief_wait_for_interpreter(struct brief_wait *brief) {
    /* Relaxed: whether one or two look is all that hangs on it. */
    if (brief->locked == NULL || !is_worth_it(&luck_with_interpreter) ||
        atomic_exchange_explicit(&brief->is_looked_at, true, memory_order_relaxed)) {
        return;
    }
    bool is_free = is_interpreter_free(brief, brief->may_look ? GLANCE_NS : 0);
    if (!is_free) {
        (void)sched_yield(); /* it cannot fail */
        is_free = is_interpreter_free(brief, brief->may_look ? BRIEF_NS : 0);
    }
    atomic_store_explicit(&brief->is_looked_at, false, memory_order_relaxed); /* as above */
    note_luck(&luck_with_interpreter, is_free);
}
