/* cputime.h - how much CPU time a thread has used, readable by other threads. */
#ifndef TRD_OS_CPUTIME_H
#define TRD_OS_CPUTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct trd__cputime {
    clockid_t clock;
};

/** The clock of the calling thread. False when there is none. */
bool trd__cputime_open(struct trd__cputime *cputime);
/** Nanoseconds used. False when the thread has ended. */
bool trd__cputime_read(const struct trd__cputime *cputime, uint64_t *ns_out);

#endif
