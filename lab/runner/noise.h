/* noise.h - what else happens on the machine while a cell is timed. Read from /proc/stat. */
#ifndef TREADLE_LAB_NOISE_H
#define TREADLE_LAB_NOISE_H

#include <stdbool.h>

/* Counters of the whole machine at one moment, in seconds. */
struct lab_noise {
    double now_s;   /* monotonic */
    double idle_s;  /* all cores together, waiting for a disk included */
    double steal_s; /* taken by the hypervisor for others */
    unsigned cores; /* 0: not known here */
};

struct lab_noise lab_noise_read(void);

/* The gate, set in advance: STATISTICS as in docs/explanation. */
#define LAB_GATE_OTHERS 0.05
#define LAB_GATE_STEAL 0.01

/* Shares of all cores between two moments, 0 to 1, NaN where the machine does not tell. `ours_s` is
 * the CPU time of the study's own processes in between. */
struct lab_noise_share {
    double others, steal;
};
struct lab_noise_share lab_noise_between(const struct lab_noise *from, const struct lab_noise *to,
                                         double ours_s);

/* Is it beyond the gate? What is not known is not held against a run. */
bool lab_noise_is_loud(struct lab_noise_share share);

#endif
