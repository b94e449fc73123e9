/* cpu_load.h - how much of the processors others leave to this process. */
#ifndef TRD_OS_CPU_LOAD_H
#define TRD_OS_CPU_LOAD_H

#include <stdbool.h>
#include <stdint.h>

/** What was seen when it was asked last. All zero at first. */
struct trd__cpu_load {
    uint64_t busy_ns; /* of the processors we may use, by anybody, thieves of a host included */
    uint64_t own_ns;  /* CPU time of this process */
    uint64_t seen_ns; /* monotonic */
    double others;    /* processors that others use, smoothed */
    bool is_known;
};

/** Cores really available: those of trd__cpu_cores(), less what other processes (and a host that
 * takes processors away) have used of the affinity mask since the last call, but at least half
 * of them: others give way to us as we give way to them. Where /proc/stat says nothing, all of
 * them. Reads files; the kernel counts in steps of 10 ms, so ask a few times a second at most. */
double trd__cpu_available(struct trd__cpu_load *load);

#endif
