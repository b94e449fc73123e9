/* cputime.h - how a thread spends its time, readable by other threads. */
#ifndef TRD_OS_CPUTIME_H
#define TRD_OS_CPUTIME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct trd__cputime {
    clockid_t clock;
    pid_t thread;
};

/** Of the calling thread. False when there is no such clock. */
bool trd__cputime_open(struct trd__cputime *cputime);
/** Nanoseconds on a processor; a system call, about 0.4 us. False when the thread has ended. */
bool trd__cputime_read(const struct trd__cputime *cputime, uint64_t *ns_out);
/** Nanoseconds that it was ready and waited for a processor, from the kernel's scheduler
 * statistics; about 5 us. False when the thread has ended, or the kernel keeps none. */
bool trd__cputime_read_ready(const struct trd__cputime *cputime, uint64_t *ns_out);

#endif
