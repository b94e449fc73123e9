/* pairing.h - the blocks of two cells, paired: what every comparison starts from.
 *
 * The unit of replication is a run; tasks inside a run are not replicates. Two cells are compared
 * within blocks, so that whatever the machine did during a block happens to both.
 */
#ifndef TREADLE_LAB_PAIRING_H
#define TREADLE_LAB_PAIRING_H

#include "lab/model/results.h"

#include <stddef.h>

/* Blocks of a comparison that are used; a study plans 40 at most. */
enum { LAB_BLOCKS_MAX = 128 };

/* The number of a run that is compared: positive, smaller is better; NaN when the run has none. */
typedef double lab_measure(const struct lab_run *run);

/* Seconds of the timed window by task. NaN when the run is not ok. */
double lab_time_per_task(const struct lab_run *run);
/* Length of the timed window in seconds: under open load, until the last task was done. */
double lab_completion_time(const struct lab_run *run);
/* Latency from the intended arrival, in seconds: the mean, and the quantiles that the number of
 * tasks in the run supports (quantile.h); otherwise NaN. */
double lab_latency_mean(const struct lab_run *run);
double lab_latency_p50(const struct lab_run *run);
double lab_latency_p99(const struct lab_run *run);

struct lab_pairs {
    double difference[LAB_BLOCKS_MAX]; /* ln(measure of b / measure of a), by block */
    size_t count;
    size_t noisy_count; /* of them, with a run flagged noisy: flagged, never dropped */
};

/* Pairs the runs of a and b that share a block and both have the measure. O(blocks). */
void lab_pair(const struct lab_cell *a, const struct lab_cell *b, lab_measure *measure,
              struct lab_pairs *pairs);

#endif
