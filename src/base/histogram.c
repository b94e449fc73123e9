/* histogram.c - the log-linear histogram: merging and quantiles. */
#include "base/histogram.h"

enum { STEPS_LOG2 = TRD__HISTOGRAM_STEPS_LOG2 };
_Static_assert(TRD_HISTOGRAM_STEPS == 1 << STEPS_LOG2, "one octave is a whole number of bits");

/* The largest value that falls into the bucket. */
static uint64_t histogram_upper(uint32_t index) {
    if (index < 2 * TRD_HISTOGRAM_STEPS) {
        return index;
    }
    const uint32_t shift = (index >> STEPS_LOG2) - 1;
    const uint64_t step = (index & (TRD_HISTOGRAM_STEPS - 1)) + TRD_HISTOGRAM_STEPS;
    return (step << shift) + ((UINT64_C(1) << shift) - 1);
}

void trd_histogram_add(struct trd_histogram *histogram, uint64_t value) {
    trd__histogram_add(histogram, value);
}

void trd_histogram_merge(struct trd_histogram *into, const struct trd_histogram *from) {
    if (from->count == 0) {
        return;
    }
    if (into->count == 0 || from->min < into->min) {
        into->min = from->min;
    }
    if (from->max > into->max) {
        into->max = from->max;
    }
    into->count += from->count;
    into->sum += from->sum;
    for (uint32_t i = 0; i < TRD_HISTOGRAM_BUCKETS; i++) {
        into->bucket[i] += from->bucket[i];
    }
}

uint64_t trd_histogram_quantile(const struct trd_histogram *histogram, double quantile) {
    const double wanted = quantile * (double)histogram->count;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < TRD_HISTOGRAM_BUCKETS; i++) {
        seen += histogram->bucket[i];
        if (seen > 0 && (double)seen >= wanted) {
            const uint64_t upper = histogram_upper(i);
            return upper < histogram->max ? upper : histogram->max;
        }
    }
    return histogram->max;
}

double trd_histogram_mean(const struct trd_histogram *histogram) {
    return histogram->count ? (double)histogram->sum / (double)histogram->count : 0.0;
}
