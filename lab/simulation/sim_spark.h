/* sim_spark.h - lines of small bars in a terminal: blocks where the locale's letters are UTF-8,
 * digits of height otherwise. */
#ifndef TREADLE_LAB_SIM_SPARK_H
#define TREADLE_LAB_SIM_SPARK_H

#include <stddef.h>
#include <stdio.h>

#include <treadle/metrics.h>

enum { LAB_SPARK_WIDTH = 56 };

/* `count` values from 0 to `high` as at most LAB_SPARK_WIDTH letters; neighbours are averaged. */
void lab_spark(FILE *out, const double *values, size_t count, double high);

/* Counts of a histogram between two values, in LAB_SPARK_WIDTH classes whose bounds grow by equal
 * ratios. */
void lab_spark_classes(const struct trd_histogram *histogram, double low, double high,
                       double counts[LAB_SPARK_WIDTH]);

#endif
