/* thread_look.c - reads /proc/self/task/ID/syscall: "running", or the number of the system call in
 * which the thread sleeps and its arguments; a number below 0 when it sleeps outside of any. */
#include "thread_look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char running[] = "running";

/* Returns the length, or -errno. */
static ssize_t look_read(unsigned long id, char *text, size_t bytes) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/task/%lu/syscall", id); /* fits any number */
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
    ssize_t length = look_read(id, text, sizeof(text));
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
