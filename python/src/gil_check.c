/* gil_check.c - tries whether what we read of the interpreter's lock is the interpreter's lock.
 *
 * A second thread wants the lock while we hold it: the holder must read as this thread, and the
 * second thread must be asleep on an address of the lock's. Then it gets the lock, and the holder
 * must read as that thread. In between, or afterwards, the lock must once read as free: at the
 * moment at which it is given away, before anybody who waits can have woken up.
 */
#include "gil_layout.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "thread_look.h"

enum {
    CHECK_LOOK_NS = 50 * 1000, /* between two looks at the second thread */
    CHECK_LOOKS_MAX = 40000,   /* two seconds and more: a thread has started by then */
    CHECK_STRANGE_LOOKS = 200, /* asleep elsewhere so often, it does not wait where we think */
    CHECK_RELEASES_MAX = 100,  /* times the lock is given away, to see it free */
};

/* The second thread. */
struct check {
    PyInterpreterState *interpreter;
    const struct gil_layout *layout;
    _Atomic unsigned long thread_id; /* 0 at first */
    bool is_seen_held, is_seen_free; /* set before it ends, read after it is joined */
};

static bool is_free(const struct gil_layout *layout) {
    return __atomic_load_n(layout->locked, __ATOMIC_RELAXED) == 0;
}

static void *check_main(void *arg) {
    struct check *check = arg;
    PyThreadState *mine = PyThreadState_New(check->interpreter);
    /* Release: whoever reads the number finds this thread on its way to the lock. */
    atomic_store_explicit(&check->thread_id, PyThread_get_thread_native_id(), memory_order_release);
    if (mine == NULL) {
        return NULL;
    }
    PyEval_RestoreThread(mine);
    check->is_seen_held = gil_holder(check->layout) == mine;
    PyThreadState_Clear(mine);
    PyThreadState_DeleteCurrent();
    check->is_seen_free = is_free(check->layout);
    return NULL;
}

/* With the lock: sees the other one wait for it. */
static const char *check_waiter(struct check *check) {
    const struct timespec pause = {.tv_nsec = CHECK_LOOK_NS};
    for (int looks = 0, strange = 0; looks < CHECK_LOOKS_MAX && strange < CHECK_STRANGE_LOOKS;
         looks++) {
        /* Acquire: pairs with the release above. */
        unsigned long id = atomic_load_explicit(&check->thread_id, memory_order_acquire);
        uintptr_t futex = 0;
        switch (id != 0 ? thread_look(id, &futex) : THREAD_READY) {
        case THREAD_HIDDEN:
            return "the kernel does not show what threads wait for (/proc/self/task/*/syscall)";
        case THREAD_GONE:
            return "no memory to try it";
        case THREAD_LOCKED:
            if (futex >= check->layout->waits_from && futex < check->layout->waits_to) {
                return NULL;
            }
            strange++;
            break;
        case THREAD_BLOCKED:
            strange++;
            break;
        case THREAD_READY:
            break;
        }
        (void)nanosleep(&pause, NULL); /* a shorter pause is as good */
    }
    return "a thread that waits for the interpreter's lock does not show it";
}

/* Gives the lock away until it has once been free. */
static bool check_release(const struct gil_layout *layout) {
    bool is_seen = false;
    for (int releases = 0; releases < CHECK_RELEASES_MAX && !is_seen; releases++) {
        PyThreadState *mine = PyEval_SaveThread();
        is_seen = is_free(layout);
        PyEval_RestoreThread(mine);
    }
    return is_seen;
}

const char *gil_check(PyInterpreterState *interpreter, const struct gil_layout *layout) {
    struct check check = {.interpreter = interpreter, .layout = layout};
    pthread_t thread;
    PyThreadState *mine = PyThreadState_Get();
    if (gil_holder(layout) != mine) {
        return "the interpreter's lock does not show who holds it";
    }
    if (pthread_create(&thread, NULL, check_main, &check) != 0) {
        return "no thread to try it";
    }
    const char *why = check_waiter(&check);
    bool is_still_held = gil_holder(layout) == mine;
    (void)PyEval_SaveThread();
    bool is_seen_free = is_free(layout);
    (void)pthread_join(thread, NULL); /* a thread of ours, joined once */
    PyEval_RestoreThread(mine);
    if (why != NULL) {
        return why;
    }
    if (!is_still_held || !check.is_seen_held || gil_holder(layout) != mine) {
        return "the interpreter's lock does not show who holds it";
    }
    if (!is_seen_free && !check.is_seen_free && !check_release(layout)) {
        return "the interpreter's lock does not show when it is free";
    }
    return NULL;
}
