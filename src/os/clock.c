/* clock.c - the time, and the CPU time of threads. */
#include <treadle/clock.h>

#include "os/cputime.h"

#include <pthread.h>
#include <time.h>

static uint64_t ns_of(const struct timespec *time) {
    return (uint64_t)time->tv_sec * TRD_NS_PER_S + (uint64_t)time->tv_nsec;
}

uint64_t trd_clock_now_ns(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there on Linux */
    return ns_of(&now);
}

bool trd__cputime_open(struct trd__cputime *cputime) {
    return pthread_getcpuclockid(pthread_self(), &cputime->clock) == 0;
}

bool trd__cputime_read(const struct trd__cputime *cputime, uint64_t *ns_out) {
    struct timespec used = {0};
    if (clock_gettime(cputime->clock, &used)) {
        return false;
    }
    *ns_out = ns_of(&used);
    return true;
}
