/* sleeper.c - a thread that sleeps until another wakes it, and can be interrupted.
 *
 * The lost wake-up: a sleeper looks at what it waits for, and lists itself, while it holds the
 * list's lock (with an interpreter's lock: that one) without a break; whoever changes that holds
 * the same lock, and wakes who is listed. So either the sleeper saw the change, or the change sees
 * the sleeper.
 *
 * A sleeper's memory is its stack: the waker takes it off the list before it releases the sleeper's
 * lock, and the sleeper needs the list's lock, which the waker still holds, to leave.
 */
#include "extension.h"

/* The longest single wait; a longer one is repeated. A day, in microseconds. */
#define WAIT_STEP_US (INT64_C(86400) * 1000000)

/* Relaxed: the list's lock orders it; without that, it is only a hint. */
static bool is_listed(const struct sleeper *sleeper) {
    return atomic_load_explicit(&sleeper->is_listed, memory_order_relaxed);
}

static void set_listed(struct sleeper *sleeper, bool is_listed) {
    atomic_store_explicit(&sleeper->is_listed, is_listed, memory_order_relaxed);
}

static struct sleeper *sleeper_wake(struct sleeper *sleeper) {
    struct sleeper *next = sleeper->next;
    set_listed(sleeper, false);
    PyThread_release_lock(sleeper->lock);
    return next;
}

void sleepers_wake_all_locked(struct sleeper **list) {
    struct sleeper *sleeper = *list;
    *list = NULL;
    while (sleeper != NULL) {
        sleeper = sleeper_wake(sleeper);
    }
}

void sleepers_wake_one_locked(struct sleeper **list) {
    if (*list != NULL) {
        *list = sleeper_wake(*list);
    }
}

/* Behind the others, so that they are woken in the order in which they came. */
static void sleeper_list_locked(struct sleeper **list, struct sleeper *sleeper) {
    while (*list != NULL) {
        list = &(*list)->next;
    }
    sleeper->next = NULL;
    set_listed(sleeper, true);
    *list = sleeper;
}

static void sleeper_unlist_locked(struct sleeper **list, struct sleeper *sleeper) {
    if (!is_listed(sleeper)) {
        return;
    }
    while (*list != sleeper) {
        list = &(*list)->next;
    }
    *list = sleeper->next;
    set_listed(sleeper, false);
}

/* Sleeps once, at most until `deadline_ns`. 0, or -1 with an exception (a signal's handler). */
static int sleeper_doze(struct sleeper *sleeper, uint64_t deadline_ns, struct brief_wait *brief) {
    int64_t step_us = WAIT_STEP_US;
    if (deadline_ns != TRD_FOREVER) {
        uint64_t now_ns = trd_clock_now_ns();
        /* Rounded up: a wait that ends before its deadline would have to be repeated. */
        uint64_t left_us = now_ns < deadline_ns ? (deadline_ns - now_ns + 999) / 1000 : 0;
        step_us = left_us < (uint64_t)WAIT_STEP_US ? (int64_t)left_us : WAIT_STEP_US;
    }
    PyLockStatus status = PY_LOCK_ACQUIRED;
    Py_BEGIN_ALLOW_THREADS;
    brief_wait_for(brief, &sleeper->is_listed);
    if (is_listed(sleeper)) {
        status = PyThread_acquire_lock_timed(sleeper->lock, step_us, 1);
    }
    brief_wait_for_interpreter(brief);
    Py_END_ALLOW_THREADS;
    return status == PY_LOCK_INTR ? PyErr_CheckSignals() : 0;
}

int sleepers_join_locked(struct sleeper **list, uint64_t deadline_ns, struct own_lock *lock,
                         struct brief_wait *brief) {
    struct sleeper sleeper = {.lock = PyThread_allocate_lock()};
    if (sleeper.lock == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    (void)PyThread_acquire_lock(sleeper.lock, WAIT_LOCK); /* new and ours: it cannot fail */
    sleeper_list_locked(list, &sleeper);
    int error = 0;
    while (is_listed(&sleeper) && error == 0) {
        if (deadline_ns != TRD_FOREVER && trd_clock_now_ns() >= deadline_ns) {
            break;
        }
        own_lock_give(lock);
        error = sleeper_doze(&sleeper, deadline_ns, brief);
        own_lock_take(lock);
    }
    sleeper_unlist_locked(list, &sleeper);
    /* Free it unlocked: some platforms' locks insist. Nobody else knows it any more. */
    PyThread_release_lock(sleeper.lock);
    PyThread_free_lock(sleeper.lock);
    return error;
}
