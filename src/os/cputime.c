/* cputime.c - a thread's CPU clock, and the second number of its schedstat. */
#define _GNU_SOURCE
#include "os/cputime.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <treadle/clock.h>

bool trd__cputime_open(struct trd__cputime *cputime) {
    cputime->thread = gettid();
    return pthread_getcpuclockid(pthread_self(), &cputime->clock) == 0;
}

bool trd__cputime_read(const struct trd__cputime *cputime, uint64_t *ns_out) {
    struct timespec used = {0};
    if (clock_gettime(cputime->clock, &used)) {
        return false;
    }
    *ns_out = (uint64_t)used.tv_sec * TRD_NS_PER_S + (uint64_t)used.tv_nsec;
    return true;
}

bool trd__cputime_read_ready(const struct trd__cputime *cputime, uint64_t *ns_out) {
    char path[64], text[96];
    (void)snprintf(path, sizeof path, "/proc/self/task/%ld/schedstat", /* it fits */
                   (long)cputime->thread);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    const ssize_t length = read(file, text, sizeof text - 1);
    (void)close(file); /* only read */
    if (length <= 0) {
        return false;
    }
    text[length] = '\0';
    char *after = text;
    (void)strtoull(text, &after, 10); /* time on a processor */
    char *end = after;
    *ns_out = strtoull(after, &end, 10);
    return end != after;
}
