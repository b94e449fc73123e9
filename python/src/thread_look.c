/* thread_look.c - reads /proc/self/task/ID/syscall: "running", or the number of the system call in
 * which the thread sleeps and its arguments; a number below 0 when it sleeps outside of any. And
 * /proc/self/task/ID/stat, whose 39th field is the core that the thread is or was on. */
#include <Python.h> /* first: it asks for all that the C library has, such as sched_getcpu() */

#include "thread_look.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char running[] = "running";

/* Returns the length, or -errno. */
static ssize_t look_read(unsigned long id, const char *name, char *text, size_t bytes) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/task/%lu/%s", id, name); /* fits any number */
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return -errno;
    }
    ssize_t length = read(file, text, bytes - 1);
    length = length < 0 ? -errno : length;
    (void)close(file); /* nothing was written */
    text[length > 0 ? length : 0] = '\0';
    return length;
}

static int is_futex(long call) {
#ifdef SYS_futex_time64
    if (call == SYS_futex_time64) {
        return 1;
    }
#endif
    return call == SYS_futex;
}

enum thread_doing thread_look(unsigned long id, uintptr_t *futex_out) {
    char text[256];
    ssize_t length = look_read(id, "syscall", text, sizeof(text));
    if (length <= 0) {
        return length == -ENOENT || length == -ESRCH ? THREAD_GONE : THREAD_HIDDEN;
    }
    if (strncmp(text, running, sizeof(running) - 1) == 0) {
        return THREAD_READY;
    }
    char *end = NULL;
    long call = strtol(text, &end, 10);
    if (end == text) {
        return THREAD_HIDDEN;
    }
    if (!is_futex(call)) {
        return THREAD_BLOCKED;
    }
    *futex_out = (uintptr_t)strtoull(end, NULL, 16);
    return THREAD_LOCKED;
}

/* The core that the thread is or was on; -1 when that is not told. */
static long look_core(unsigned long id) {
    enum { FIELD_STATE = 3, FIELD_CORE = 39 };
    char text[1024];
    if (look_read(id, "stat", text, sizeof(text)) <= 0) {
        return -1;
    }
    const char *at = strrchr(text, ')'); /* the end of the name, which may hold anything */
    for (int field = FIELD_STATE - 1; at != NULL && field < FIELD_CORE; field++) {
        at = strchr(at + 1, ' ');
    }
    return at ? strtol(at, NULL, 10) : -1;
}

static int64_t elapsed_ns(const struct timespec *begin, const struct timespec *end) {
    return (int64_t)(end->tv_sec - begin->tv_sec) * 1000000000 + (end->tv_nsec - begin->tv_nsec);
}

enum thread_core thread_has_core(unsigned long id) {
    /* How Linux numbers the CPU clock of a thread; pthread_getcpuclockid() would need a thread that
     * is sure to live. */
    const clockid_t clock = (clockid_t)(~id << 3 | 6);
    struct timespec begin, end, cpu_begin, cpu_end;
    if (clock_gettime(CLOCK_MONOTONIC, &begin) != 0 || clock_gettime(clock, &cpu_begin) != 0) {
        return THREAD_MAYBE;
    }
    const long core = look_core(id);
    if (core < 0 || core == sched_getcpu() || clock_gettime(clock, &cpu_end) != 0 ||
        clock_gettime(CLOCK_MONOTONIC, &end) != 0) {
        return THREAD_MAYBE;
    }
    const bool is_on = 2 * elapsed_ns(&cpu_begin, &cpu_end) > elapsed_ns(&begin, &end);
    return is_on ? THREAD_ON_CORE : THREAD_OFF_CORE;
}
