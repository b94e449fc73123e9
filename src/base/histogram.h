/* histogram.h - the log-linear histogram, inlined for whoever adds a value a task.
 *
 * Values below 64 have a bucket each; above, every octave is cut into 32 equal steps. A bucket is
 * found by one count of leading zeros. */
#ifndef TRD_BASE_HISTOGRAM_H
#define TRD_BASE_HISTOGRAM_H

#include <treadle/metrics.h>

enum { TRD__HISTOGRAM_STEPS_LOG2 = 5 };

/** The bucket of a value. */
static inline uint32_t trd__histogram_index(uint64_t value) {
    if (value < TRD_HISTOGRAM_STEPS) {
        return (uint32_t)value;
    }
    const uint32_t shift = (uint32_t)(63 - __builtin_clzll(value)) - TRD__HISTOGRAM_STEPS_LOG2;
    return (shift << TRD__HISTOGRAM_STEPS_LOG2) + (uint32_t)(value >> shift);
}

/** As trd_histogram_add(). */
static inline void trd__histogram_add(struct trd_histogram *histogram, uint64_t value) {
    if (histogram->count == 0 || value < histogram->min) {
        histogram->min = value;
    }
    if (value > histogram->max) {
        histogram->max = value;
    }
    histogram->count++;
    histogram->sum += value;
    histogram->bucket[trd__histogram_index(value)]++;
}

#endif
