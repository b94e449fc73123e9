/* metrics.h - histograms and the statistics of a pool. */
#ifndef TREADLE_METRICS_H
#define TREADLE_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/** Log-linear: 32 steps an octave, so a value is known to 1/32 (3.2 %), from 0 to 2^64 - 1.
 * The bucket layout follows HdrHistogram (Tene). All zero is empty. Not thread-safe. */
enum { TRD_HISTOGRAM_STEPS = 32, TRD_HISTOGRAM_BUCKETS = 60 * 32 };

struct trd_histogram {
    uint64_t count;
    uint64_t sum; /**< wraps past 2^64 - 1: 584 years of nanoseconds */
    uint64_t min, max;
    uint32_t bucket[TRD_HISTOGRAM_BUCKETS];
};

void trd_histogram_add(struct trd_histogram *histogram, uint64_t value);
void trd_histogram_merge(struct trd_histogram *into, const struct trd_histogram *from);
/** The smallest value v such that at least `quantile` (0 to 1) of the values are <= v, to the
 * histogram's precision; 0 when it is empty. O(buckets). */
uint64_t trd_histogram_quantile(const struct trd_histogram *histogram, double quantile);
/** 0 when empty. */
double trd_histogram_mean(const struct trd_histogram *histogram);

/** A snapshot of a pool, taken under its lock: all members belong to one moment. */
struct trd_stats {
    uint64_t now_ns;  /**< when it was taken */
    uint64_t age_ns;  /**< since the pool was made */
    uint32_t workers; /**< starting ones included */
    uint32_t workers_wanted;
    uint32_t workers_peak;
    uint32_t busy;    /**< workers with a task */
    uint32_t blocked; /**< workers inside a declared blocking region */
    uint32_t clients; /**< clients remembered, the anonymous one included */
    uint64_t queued;  /**< accepted, and no worker is busy with it: next in its hands is queued */
    uint64_t queued_peak;
    uint64_t submitted; /**< accepted */
    uint64_t refused;
    uint64_t finished; /**< run to their end */
    uint64_t cancelled;
    uint64_t expired;
    uint64_t lost;
    uint64_t caller_ran; /**< run by their submitter because the queue was full; not in the above */
    uint64_t busy_ns;    /**< worker-time with a task */
    uint64_t worker_ns;  /**< worker-time in all: utilisation is busy_ns / worker_ns */
    struct trd_histogram wait_ns; /**< accepted to started */
    struct trd_histogram run_ns;  /**< started to finished */
};

/** What a pool with `is_insightful` knows of one callable, or of one client: see
 * trd_pool_class_stats(). */
struct trd_group_stats {
    uint64_t key; /**< which callable or client; 0: the anonymous client, the rest */
    bool is_rest; /**< all those together that got no row of their own */
    struct trd_histogram wait_ns; /**< accepted to started; `count`: tasks started */
    struct trd_histogram run_ns;  /**< started to finished; `count`: tasks finished */
};

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
