/* clock.c - the time. */
#include <treadle/clock.h>

#include <time.h>

static uint64_t ns_of(const struct timespec *time) {
    return (uint64_t)time->tv_sec * TRD_NS_PER_S + (uint64_t)time->tv_nsec;
}

uint64_t trd_clock_now_ns(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there on Linux */
    return ns_of(&now);
}
