/* thread.c - POSIX threads, with signals blocked and names set. */
#define _GNU_SOURCE
#include "os/thread.h"

#include <assert.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/shared_object.h"

enum { THREAD_NAME_BYTES = 16 }; /* the kernel's limit, NUL included */

/* All signals but those that a thread raises by its own fault: blocking these would only keep crash
 * handlers from saying where. */
static void thread_blocked_signals(sigset_t *set) {
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    (void)sigfillset(set); /* cannot fail with a valid set */
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        (void)sigdelset(set, own[i]); /* a valid number: cannot fail */
    }
}

int trd__thread_start(pthread_t *thread_out, void *(*run)(void *arg), void *arg) {
    sigset_t blocked, before;
    thread_blocked_signals(&blocked);
    /* The new thread inherits the mask of its creator. */
    int failed = pthread_sigmask(SIG_SETMASK, &blocked, &before);
    if (failed) {
        return -failed;
    }
    failed = pthread_create(thread_out, NULL, run, arg);
    const int unmasked = pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert(unmasked == 0);
    (void)unmasked; /* used by the assertion only */
    return -failed;
}

void trd__thread_join(pthread_t thread) {
    const int failed = pthread_join(thread, NULL);
    assert(failed == 0);
    (void)failed; /* used by the assertion only */
}

void trd__thread_name(const char *prefix, const char *suffix) {
    char name[THREAD_NAME_BYTES];
    const size_t most = sizeof name - 1;
    size_t suffix_length = strlen(suffix), prefix_length = strlen(prefix);
    suffix_length = suffix_length < most ? suffix_length : most;
    prefix_length = prefix_length < most - suffix_length ? prefix_length : most - suffix_length;
    memcpy(name, prefix, prefix_length);
    memcpy(name + prefix_length, suffix, suffix_length);
    name[prefix_length + suffix_length] = '\0';
    (void)pthread_setname_np(pthread_self(), name); /* a name is a courtesy */
}

/* What sched_setattr(2) takes. The C library has no name for it before glibc 2.41. */
struct thread_schedule {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t slice_ns, deadline_ns, period_ns; /* the first is "runtime" for a deadline's policy */
};

void trd__thread_be_prompt(void) {
    /* Shorter than the usual slice on one processor, 0.7 ms; with more of them that is longer. */
    enum { PROMPT_NS = 500000 };
    struct thread_schedule schedule = {0};
    if (syscall(SYS_sched_getattr, 0, &schedule, sizeof schedule, 0) != 0) {
        return;
    }
    /* An older kernel says 0, for it has none to set. */
    if (schedule.policy == SCHED_OTHER && schedule.slice_ns > PROMPT_NS) {
        schedule.slice_ns = PROMPT_NS;
        (void)syscall(SYS_sched_setattr, 0, &schedule, 0); /* a courtesy, as the name is */
    }
}

static pthread_once_t exit_once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key;
static _Atomic(trd__thread_leave *) exit_leave;
static int exit_failed;

static void thread_make_key(void) {
    /* Acquire: partner of the release in trd__thread_at_exit(). */
    trd__thread_leave *leave = atomic_load_explicit(&exit_leave, memory_order_acquire);
    /* Threads may end after a program has closed the library: it must be there to be called. */
    trd__shared_object_pin((const void *)&exit_key);
    exit_failed = pthread_key_create(&exit_key, leave);
}

int trd__thread_at_exit(trd__thread_leave *leave, void *arg) {
    /* Release: whoever is the once sees it; it is always the same. */
    atomic_store_explicit(&exit_leave, leave, memory_order_release);
    const int once_failed = pthread_once(&exit_once, thread_make_key);
    const int failed = once_failed ? once_failed : exit_failed;
    return failed ? -failed : -pthread_setspecific(exit_key, arg);
}

int64_t trd__process_id(void) {
    return getpid();
}
