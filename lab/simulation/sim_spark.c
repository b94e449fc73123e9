/* sim_spark.c - sparklines. */
#include "lab/simulation/sim_spark.h"

#include <langinfo.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { HEIGHTS = 9 };

void lab_spark(FILE *out, const double *values, size_t count, double high) {
    static const char *const blocks[HEIGHTS] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[HEIGHTS] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
    const char *const *letters = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? blocks : ascii;
    size_t width = count < LAB_SPARK_WIDTH ? count : LAB_SPARK_WIDTH;

    for (size_t i = 0; i < width; i++) {
        size_t first = i * count / width, end = (i + 1) * count / width;
        double sum = 0.0, height;

        for (size_t k = first; k < end; k++) {
            sum += values[k];
        }
        height = high > 0.0 ? sum / (double)(end - first) / high * (HEIGHTS - 1) : 0.0;
        /* What is there at all is shown. */
        height = height > 0.0 ? fmax(1.0, fmin(floor(height + 0.5), HEIGHTS - 1)) : 0.0;
        (void)fputs(letters[(size_t)height], out);
    }
}

/* Where a bucket begins: 32 steps an octave, as the histogram's header says. */
static double bucket_low(size_t index) {
    size_t octave = index / TRD_HISTOGRAM_STEPS;

    return octave == 0 ? (double)index
                       : ldexp((double)(index % TRD_HISTOGRAM_STEPS + TRD_HISTOGRAM_STEPS),
                               (int)octave - 1);
}

void lab_spark_classes(const struct trd_histogram *histogram, double low, double high,
                       double counts[LAB_SPARK_WIDTH]) {
    double ratio = log(high / low) / LAB_SPARK_WIDTH;

    memset(counts, 0, LAB_SPARK_WIDTH * sizeof *counts);
    for (size_t i = 0; i < TRD_HISTOGRAM_BUCKETS; i++) {
        double first = fmax(bucket_low(i), low), end = fmin(bucket_low(i + 1), high);
        double whole = bucket_low(i + 1) - bucket_low(i);

        /* A bucket may reach over several classes, or several into one. */
        for (double at = first; histogram->bucket[i] > 0 && at < end;) {
            double class = fmin(floor(log(at / low) / ratio + 1e-9), LAB_SPARK_WIDTH - 1);
            double next = fmin(end, low * exp(ratio * (class + 1.0)));

            next = next > at ? next : end;
            counts[(size_t)fmax(class, 0.0)] += histogram->bucket[i] * (next - at) / whole;
            at = next;
        }
    }
}
