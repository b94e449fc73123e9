/* compare.h - every comparison that a study makes, by part. */
#ifndef TREADLE_LAB_COMPARE_H
#define TREADLE_LAB_COMPARE_H

#include "lab/model/results.h"

/* Adds the comparisons of all groups:
 *   executors  serial against every pool; the standard library's two pools; Treadle's against both
 *   sizes      each size against the fastest of its executor, and against size 1
 *   policies   every policy against fifo: mean, p50 and p99 latency, completion time
 *   selftest   A against B, base against the planted difference
 * Pairs without a common block are left out. 0 or -ENOMEM. */
int lab_compare_all(struct lab_results *results);

/* Fills the self-test from those comparisons and from the runs; what the store has counted already
 * (blocks, noisy, repeated) stays. 0 or -ENOMEM. */
int lab_judge_selftest(struct lab_results *results);

#endif
