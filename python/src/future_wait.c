/* future_wait.c - sleeping until a future is over, without a condition.
 *
 * The lost wake-up: a sleeper looks at the future's state, lists itself and makes its lock while it
 * holds the interpreter's lock without a break; whoever changes the state holds that lock too, and
 * wakes everybody listed. So either the sleeper saw the change, or the change sees the sleeper.
 *
 * A sleeper's memory is its stack: the waker takes it off the list before it releases the sleeper's
 * lock, and the sleeper needs the interpreter's lock, which the waker still holds, to leave.
 *
 * When a condition comes to life, the sleepers are woken and go on sleeping on the condition: from
 * then on the owner of the condition decides when they may look.
 */
#include "extension.h"

/* The longest single wait; a longer one is repeated. A day, in microseconds. */
#define WAIT_STEP_US (INT64_C(86400) * 1000000)

void future_wake(struct future *future) {
    struct rare *rare = future_rare(future);
    if (rare == NULL) {
        return;
    }
    struct sleeper *sleeper = rare->sleepers;
    rare->sleepers = NULL;
    while (sleeper != NULL) {
        struct sleeper *next = sleeper->next;
        sleeper->is_listed = false;
        PyThread_release_lock(sleeper->lock);
        sleeper = next;
    }
}

static void sleeper_unlist(struct rare *rare, struct sleeper *sleeper) {
    if (!sleeper->is_listed) {
        return;
    }
    struct sleeper **place = &rare->sleepers;
    while (*place != sleeper) {
        place = &(*place)->next;
    }
    *place = sleeper->next;
    sleeper->is_listed = false;
}

/* Sleeps once, at most until `deadline_ns`. 0, or -1 with an exception (a signal's handler). */
static int sleeper_sleep(struct sleeper *sleeper, uint64_t deadline_ns) {
    int64_t step_us = WAIT_STEP_US;
    if (deadline_ns != TRD_FOREVER) {
        uint64_t now_ns = trd_clock_now_ns();
        /* Rounded up: a wait that ends before its deadline would have to be repeated. */
        uint64_t left_us = now_ns < deadline_ns ? (deadline_ns - now_ns + 999) / 1000 : 0;
        step_us = left_us < (uint64_t)WAIT_STEP_US ? (int64_t)left_us : WAIT_STEP_US;
    }
    PyLockStatus status;
    Py_BEGIN_ALLOW_THREADS status = PyThread_acquire_lock_timed(sleeper->lock, step_us, 1);
    Py_END_ALLOW_THREADS if (status == PY_LOCK_ACQUIRED) {
        return 0;
    }
    return status == PY_LOCK_INTR ? PyErr_CheckSignals() : 0;
}

static bool has_condition(const struct rare *rare) {
    return rare->condition != NULL;
}

/* Sleeps until it is woken, or until the deadline. 0, or -1 with an exception. */
static int wait_listed(struct rare *rare, struct sleeper *sleeper, uint64_t deadline_ns) {
    sleeper->next = rare->sleepers;
    sleeper->is_listed = true;
    rare->sleepers = sleeper;
    int error = 0;
    while (sleeper->is_listed && error == 0) {
        if (deadline_ns != TRD_FOREVER && trd_clock_now_ns() >= deadline_ns) {
            break;
        }
        error = sleeper_sleep(sleeper, deadline_ns);
    }
    sleeper_unlist(rare, sleeper);
    return error;
}

enum wait_end future_wait(struct future *future, uint64_t *timeout_ns) {
    struct rare *rare = future_rare_make(future);
    if (rare == NULL) {
        return WAIT_ERROR;
    }
    uint64_t now_ns = trd_clock_now_ns();
    uint64_t deadline_ns = *timeout_ns < TRD_FOREVER - now_ns ? now_ns + *timeout_ns : TRD_FOREVER;
    struct sleeper sleeper = {.lock = PyThread_allocate_lock()};
    if (sleeper.lock == NULL) {
        PyErr_NoMemory();
        return WAIT_ERROR;
    }
    (void)PyThread_acquire_lock(sleeper.lock, WAIT_LOCK); /* new and ours: it cannot fail */
    int error = wait_listed(rare, &sleeper, deadline_ns);
    /* Free it unlocked: some platforms' locks insist. Nobody can hold it any more. */
    PyThread_release_lock(sleeper.lock);
    PyThread_free_lock(sleeper.lock);
    if (deadline_ns != TRD_FOREVER) {
        now_ns = trd_clock_now_ns();
        *timeout_ns = now_ns < deadline_ns ? deadline_ns - now_ns : 0;
    }
    if (error != 0) {
        return WAIT_ERROR;
    }
    if (has_condition(rare)) {
        return WAIT_ON_CONDITION;
    }
    return future_is_over(future) ? WAIT_OVER : WAIT_TIMED_OUT;
}
