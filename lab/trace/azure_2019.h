/* azure_2019.h - what the scan of the trace of 2019 keeps: counts and quantiles. */
#ifndef TREADLE_LAB_AZURE_2019_H
#define TREADLE_LAB_AZURE_2019_H

#include "lab/trace/trace_format.h"

enum { LAB_AZURE_PERCENTILES = 7 };

/* A minute in which a function was invoked. */
struct azure_minute {
    uint32_t count;
    uint16_t minute; /* from 0 */
};

/* One row of invocations. */
struct azure_stream {
    uint32_t function;
    size_t first, end; /* its minutes */
};

/* Durations of a function, in ms, at the percentiles of azure_shares. */
struct azure_durations {
    double value[LAB_AZURE_PERCENTILES];
    double count; /* of invocations that they rest on; -1: none are known */
};

struct azure_2019 {
    struct azure_stream *streams;
    size_t stream_count, stream_capacity;
    struct azure_minute *minutes;
    size_t minute_count, minute_capacity;
    struct azure_durations *durations; /* by function; missing ones are filled in */
};

/* The percentiles of the data set, 0 to 1. */
extern const double azure_shares[LAB_AZURE_PERCENTILES];

/* Reads tasks; in azure_2019_read.c. */
void *azure_2019_open(const struct lab_trace *trace, uint64_t seed, struct trd_error *error);
int azure_2019_next(void *state, struct lab_trace_task *task_out, struct trd_error *error);
void azure_2019_close(void *state);

#endif
