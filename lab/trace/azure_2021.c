/* azure_2021.c - the trace of 2021: one row a task, app, func, end_timestamp and duration in
 * seconds. A task arrives at its end less its duration.
 *
 * Rows stand in order of their ends, arrivals are wanted in order of starts. The scan finds how far
 * a row's start lies before the latest end up to that row, at most: the window. Once the reader has
 * come to a row that ends at t, no later row starts before t less the window, so what starts
 * earlier may go; the rest is held back. That is right for any order of rows; the better they are
 * sorted and the shorter the tasks, the less is held. */
#include "lab/trace/due_heap.h"
#include "lab/trace/trace_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_MAX = 1 << 22 };

static const double STAMP_MAX_S = 4e9; /* in seconds since 1970, the year 2096 */
static const double DURATION_MAX_S = 1e9;
static const double ROUNDING_S = 1e-5; /* more than what differences of such numbers lose */

struct columns {
    size_t app, func, end, duration;
};

struct scanned {
    struct columns columns;
    double start_s; /* of the earliest task */
    double window_s;
};

static const char *const needed[] = {"app", "func", "end_timestamp", "duration", NULL};

static int find_columns(const struct lab_csv *csv, struct columns *columns,
                        struct trd_error *error) {
    size_t *const places[] = {&columns->app, &columns->func, &columns->end, &columns->duration};

    for (size_t i = 0; needed[i] != NULL; i++) {
        int failed = lab_csv_column(csv, needed[i], places[i], error);

        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

struct row {
    const char *app, *func;
    double end_s, duration_s;
};

/* 1 and a row; 0; -errno. */
static int next_row(struct lab_csv *csv, const struct columns *columns, struct row *row,
                    struct trd_error *error) {
    int got = lab_csv_next(csv, error);

    if (got != 1) {
        return got;
    }
    if (lab_csv_name(csv, columns->app, &row->app, error) != 0 ||
        lab_csv_name(csv, columns->func, &row->func, error) != 0 ||
        lab_csv_number(csv, columns->end, "seconds", 0.0, STAMP_MAX_S, &row->end_s, error) != 0 ||
        lab_csv_number(csv, columns->duration, "seconds", 0.0, DURATION_MAX_S, &row->duration_s,
                       error) != 0) {
        return -EINVAL;
    }
    return 1;
}

static uint64_t nanoseconds(double seconds) {
    return (uint64_t)(seconds * 1e9 + 0.5);
}

/* A task takes at least a nanosecond. */
static uint64_t service_of(const struct row *row) {
    uint64_t service_ns = nanoseconds(row->duration_s);

    return service_ns > 0 ? service_ns : 1;
}

static int scan_rows(struct lab_trace *trace, struct lab_csv *csv, struct scanned *scanned,
                     struct trd_error *error) {
    struct row row;
    double last_start_s = -STAMP_MAX_S, last_end_s = -STAMP_MAX_S;
    int got;

    scanned->start_s = STAMP_MAX_S;
    while ((got = next_row(csv, &scanned->columns, &row, error)) == 1) {
        double start_s = row.end_s - row.duration_s;
        uint32_t function = lab_trace_function(trace, row.app, row.func, error);

        if (function == LAB_NAME_NONE) {
            return -ENOMEM;
        }
        trace->functions[function].task_count++;
        trace->functions[function].sum_ns += (double)service_of(&row);
        last_end_s = row.end_s > last_end_s ? row.end_s : last_end_s;
        last_start_s = start_s > last_start_s ? start_s : last_start_s;
        scanned->start_s = start_s < scanned->start_s ? start_s : scanned->start_s;
        if (last_end_s - start_s > scanned->window_s) {
            scanned->window_s = last_end_s - start_s;
        }
    }
    if (last_start_s > scanned->start_s) {
        trace->summary.length_ns = nanoseconds(last_start_s - scanned->start_s);
    }
    return got;
}

static int azure_2021_scan(struct lab_trace *trace, struct lab_csv *csv, struct trd_error *error) {
    struct scanned *scanned = calloc(1, sizeof *scanned);

    if (scanned == NULL) {
        return lab_trace_no_memory(error);
    }
    trace->own = scanned;
    return find_columns(csv, &scanned->columns, error) != 0 ? -EINVAL
                                                            : scan_rows(trace, csv, scanned, error);
}

struct azure_2021_reader {
    const struct lab_trace *trace;
    const struct scanned *scanned;
    struct lab_csv *csv;
    struct lab_due_heap held;
    double last_end_s;
    bool is_at_end;
};

static void *azure_2021_open(const struct lab_trace *trace, uint64_t seed,
                             struct trd_error *error) {
    struct azure_2021_reader *reader = calloc(1, sizeof *reader);

    (void)seed; /* the trace leaves nothing open */
    if (reader == NULL) {
        (void)lab_trace_no_memory(error); /* said by NULL */
        return NULL;
    }
    reader->trace = trace;
    reader->scanned = trace->own;
    reader->csv = lab_csv_open(trace->path, error);
    if (reader->csv == NULL) {
        free(reader);
        return NULL;
    }
    return reader;
}

/* Reads one row into the heap. As next_row(). */
static int hold_row(struct azure_2021_reader *reader, struct trd_error *error) {
    struct row row;
    int got = next_row(reader->csv, &reader->scanned->columns, &row, error);
    double start_s;
    uint32_t function;

    if (got != 1) {
        return got;
    }
    start_s = row.end_s - row.duration_s - reader->scanned->start_s;
    function = lab_trace_find(reader->trace, row.app, row.func);
    if (function == LAB_NAME_NONE || start_s < 0.0) {
        return lab_csv_refuse(reader->csv, error, "the file has changed while it was read");
    }
    if (reader->held.count == HELD_MAX) {
        return lab_csv_refuse(reader->csv, error,
                              "more than %d rows to be put in order: sort the file by "
                              "end_timestamp, or leave out the longest tasks",
                              HELD_MAX);
    }
    reader->last_end_s = row.end_s > reader->last_end_s ? row.end_s : reader->last_end_s;
    return lab_due_push(&reader->held, (struct lab_due){.at_ns = nanoseconds(start_s),
                                                        .order = reader->csv->line,
                                                        .service_ns = service_of(&row),
                                                        .function = function})
               ? 1
               : lab_trace_no_memory(error);
}

/* May the earliest of the held go: can no later row start before it? */
static bool is_earliest_due(const struct azure_2021_reader *reader) {
    double safe_s =
        reader->last_end_s - reader->scanned->window_s - ROUNDING_S - reader->scanned->start_s;

    return reader->held.count > 0 &&
           (reader->is_at_end ||
            (safe_s > 0.0 && reader->held.items[0].at_ns < nanoseconds(safe_s)));
}

static int azure_2021_next(void *state, struct lab_trace_task *task_out, struct trd_error *error) {
    struct azure_2021_reader *reader = state;
    struct lab_due due;

    while (!is_earliest_due(reader)) {
        int got = reader->is_at_end ? 0 : hold_row(reader, error);

        if (got < 0 || reader->is_at_end) {
            return got;
        }
        reader->is_at_end = got == 0;
    }
    due = lab_due_pop(&reader->held);
    *task_out = (struct lab_trace_task){due.at_ns, due.service_ns, due.function};
    return 1;
}

static void azure_2021_close(void *state) {
    struct azure_2021_reader *reader = state;

    lab_csv_close(reader->csv);
    lab_due_free(&reader->held);
    free(reader);
}

const struct lab_trace_format lab_trace_azure_2021 = {
    .name = "Azure Functions 2021",
    .columns = needed,
    .scan = azure_2021_scan,
    .forget = free,
    .open = azure_2021_open,
    .next = azure_2021_next,
    .close = azure_2021_close,
};
