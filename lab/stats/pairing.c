/* pairing.c - what is measured of a run, and the paired differences of two cells. */
#include "lab/stats/pairing.h"

#include "lab/stats/quantile.h"

#include <math.h>
#include <stdlib.h>

double lab_time_per_task(const struct lab_run *run) {
    bool is_timed = run->outcome == LAB_OUTCOME_OK && run->tasks > 0 && run->wall_s > 0;
    return is_timed ? run->wall_s / (double)run->tasks : NAN;
}

double lab_completion_time(const struct lab_run *run) {
    return run->outcome == LAB_OUTCOME_OK && run->wall_s > 0 ? run->wall_s : NAN;
}

double lab_latency_mean(const struct lab_run *run) {
    double sum = 0;
    if (run->outcome != LAB_OUTCOME_OK || run->latency_count == 0)
        return NAN;
    for (size_t i = 0; i < run->latency_count; i++)
        sum += run->latency[i].end_s - run->latency[i].intended_s;
    return sum / (double)run->latency_count;
}

/* NaN also when memory is short. */
static double latency_quantile(const struct lab_run *run, double p) {
    if (run->outcome != LAB_OUTCOME_OK || !lab_quantile_is_supported(run->latency_count, p))
        return NAN;
    double *waits = calloc(run->latency_count, sizeof *waits);
    if (!waits)
        return NAN;
    for (size_t i = 0; i < run->latency_count; i++)
        waits[i] = run->latency[i].end_s - run->latency[i].intended_s;
    lab_sort(waits, run->latency_count);
    double quantile = lab_quantile(waits, run->latency_count, p);
    free(waits);
    return quantile;
}

double lab_latency_p50(const struct lab_run *run) {
    return latency_quantile(run, 0.50);
}

double lab_latency_p99(const struct lab_run *run) {
    return latency_quantile(run, 0.99);
}

/* Both cells keep their runs by block, so one pass over the two finds what they share. */
void lab_pair(const struct lab_cell *a, const struct lab_cell *b, lab_measure *measure,
              struct lab_pairs *pairs) {
    pairs->count = 0;
    pairs->noisy_count = 0;
    for (size_t i = 0, j = 0; i < a->run_count && pairs->count < LAB_BLOCKS_MAX; i++) {
        while (j < b->run_count && b->runs[j].block < a->runs[i].block)
            j++;
        if (j == b->run_count || b->runs[j].block != a->runs[i].block)
            continue;
        double difference = log(measure(&b->runs[j]) / measure(&a->runs[i]));
        if (!isfinite(difference))
            continue;
        pairs->difference[pairs->count++] = difference;
        pairs->noisy_count += a->runs[i].is_noisy || b->runs[j].is_noisy;
    }
}
