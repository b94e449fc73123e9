/* azure_2019.c - the trace of 2019: for each function and minute of a day how often it was invoked,
 * and in a second file percentiles of its durations. Both are read and checked here, and kept
 * compactly: only minutes with invocations. */
#include "lab/trace/azure_2019.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MINUTES_MAX = 1440 };

static const double COUNT_MAX = 1e9;
static const double MILLISECONDS_MAX = 1e9;

const double azure_shares[LAB_AZURE_PERCENTILES] = {0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0};

/* Room for one more item in a growing array. */
static bool grow(void **items, size_t count, size_t *capacity, size_t item_bytes) {
    size_t wanted = *capacity > 0 ? 2 * *capacity : 256;
    void *grown;

    if (count < *capacity) {
        return true;
    }
    grown = realloc(*items, wanted * item_bytes);
    if (grown == NULL) {
        return false;
    }
    *items = grown;
    *capacity = wanted;
    return true;
}

static bool add_minute(struct azure_2019 *own, uint16_t minute, uint32_t count) {
    void *minutes = own->minutes;
    bool has_room = grow(&minutes, own->minute_count, &own->minute_capacity, sizeof *own->minutes);

    own->minutes = minutes;
    if (has_room) {
        own->minutes[own->minute_count++] = (struct azure_minute){count, minute};
    }
    return has_room;
}

static bool add_stream(struct azure_2019 *own, struct azure_stream stream) {
    void *streams = own->streams;
    bool has_room = grow(&streams, own->stream_count, &own->stream_capacity, sizeof *own->streams);

    own->streams = streams;
    if (has_room) {
        own->streams[own->stream_count++] = stream;
    }
    return has_room;
}

/* The columns "1", "2", ... as far as they go. */
static size_t find_minutes(const struct lab_csv *csv, size_t *columns) {
    size_t count = 0;

    for (; count < MINUTES_MAX; count++) {
        struct trd_error unused;
        char name[8];

        (void)snprintf(name, sizeof name, "%zu", count + 1);
        /* They stand side by side, as a rule. */
        if (count > 0 && columns[count - 1] + 1 < csv->column_count &&
            strcmp(csv->names[columns[count - 1] + 1], name) == 0) {
            columns[count] = columns[count - 1] + 1;
        } else if (lab_csv_column(csv, name, &columns[count], &unused) != 0) {
            break;
        }
    }
    return count;
}

/* A minute that is missing among others is a mistake, not the end of the day. */
static int check_minutes(const struct lab_csv *csv, size_t count, struct trd_error *error) {
    for (size_t i = 0; i < csv->column_count; i++) {
        char *end;
        unsigned long minute = strtoul(csv->names[i], &end, 10);

        if (csv->names[i][0] >= '0' && csv->names[i][0] <= '9' && *end == '\0' && minute > count) {
            return lab_csv_refuse(csv, error,
                                  "the minutes are 1 to at most %d without a gap: there is a "
                                  "column '%.20s', but none '%zu'",
                                  MINUTES_MAX, csv->names[i], count + 1);
        }
    }
    return 0;
}

/* Enters the counts of the row at hand. */
static int take_counts(struct lab_trace *trace, struct lab_csv *csv, const size_t *columns,
                       size_t column_count, struct trd_error *error) {
    struct azure_2019 *own = trace->own;
    struct azure_stream stream = {.first = own->minute_count};
    size_t app, function;
    const char *app_name, *function_name;
    uint64_t sum = 0;

    if (lab_csv_column(csv, "HashApp", &app, error) != 0 ||
        lab_csv_column(csv, "HashFunction", &function, error) != 0 ||
        lab_csv_name(csv, app, &app_name, error) != 0 ||
        lab_csv_name(csv, function, &function_name, error) != 0) {
        return -EINVAL;
    }
    for (size_t i = 0; i < column_count; i++) {
        double count;

        if (lab_csv_number(csv, columns[i], "invocations", 0.0, COUNT_MAX, &count, error) != 0) {
            return -EINVAL;
        }
        if (count > (double)(uint32_t)count) {
            return lab_csv_refuse(csv, error, "field '%zu' must be a whole number, not '%.60s'",
                                  i + 1, csv->fields[columns[i]]);
        }
        if (count > 0.0 && !add_minute(own, (uint16_t)i, (uint32_t)count)) {
            return lab_trace_no_memory(error);
        }
        sum += (uint32_t)count;
    }
    if (sum == 0) {
        return 0; /* never invoked: it takes no room */
    }
    stream.end = own->minute_count;
    stream.function = lab_trace_function(trace, app_name, function_name, error);
    if (stream.function == LAB_NAME_NONE || !add_stream(own, stream)) {
        return lab_trace_no_memory(error);
    }
    trace->functions[stream.function].task_count += sum;
    return 0;
}

static int scan_invocations(struct lab_trace *trace, struct lab_csv *csv, struct trd_error *error) {
    const struct azure_2019 *own = trace->own;
    size_t columns[MINUTES_MAX];
    size_t count = find_minutes(csv, columns);
    int got, failed = check_minutes(csv, count, error);

    while (failed == 0 && (got = lab_csv_next(csv, error)) != 0) {
        failed = got == 1 ? take_counts(trace, csv, columns, count, error) : got;
    }
    for (size_t i = 0; i < own->minute_count; i++) {
        uint64_t end_ns = (own->minutes[i].minute + UINT64_C(1)) * UINT64_C(60000000000);

        if (end_ns > trace->summary.length_ns) {
            trace->summary.length_ns = end_ns;
        }
    }
    return failed;
}

struct duration_columns {
    size_t app, function, count, percentile[LAB_AZURE_PERCENTILES];
};

static int find_durations(const struct lab_csv *csv, struct duration_columns *columns,
                          struct trd_error *error) {
    if (lab_csv_column(csv, "HashApp", &columns->app, error) != 0 ||
        lab_csv_column(csv, "HashFunction", &columns->function, error) != 0 ||
        lab_csv_column(csv, "Count", &columns->count, error) != 0) {
        return -EINVAL;
    }
    for (size_t i = 0; i < LAB_AZURE_PERCENTILES; i++) {
        char name[40];

        (void)snprintf(name, sizeof name, "percentile_Average_%g", 100.0 * azure_shares[i]);
        if (lab_csv_column(csv, name, &columns->percentile[i], error) != 0) {
            return -EINVAL;
        }
    }
    return 0;
}

/* The durations of the row at hand; of several rows of a function the one with most behind it. */
static int take_durations(struct lab_trace *trace, const struct lab_csv *csv,
                          const struct duration_columns *columns, struct trd_error *error) {
    struct azure_2019 *own = trace->own;
    struct azure_durations durations;
    const char *app, *function;
    uint32_t index;

    if (lab_csv_name(csv, columns->app, &app, error) != 0 ||
        lab_csv_name(csv, columns->function, &function, error) != 0 ||
        lab_csv_number(csv, columns->count, "invocations", 0.0, 1e15, &durations.count, error) !=
            0) {
        return -EINVAL;
    }
    for (size_t i = 0; i < LAB_AZURE_PERCENTILES; i++) {
        double *value = &durations.value[i];

        if (lab_csv_number(csv, columns->percentile[i], "milliseconds", 0.0, MILLISECONDS_MAX,
                           value, error) != 0) {
            return -EINVAL;
        }
        if (i > 0 && *value < durations.value[i - 1]) {
            return lab_csv_refuse(csv, error, "field '%s' must not be below the percentile before",
                                  csv->names[columns->percentile[i]]);
        }
    }
    index = lab_trace_find(trace, app, function);
    if (index != LAB_NAME_NONE && durations.count > own->durations[index].count) {
        own->durations[index] = durations;
    }
    return 0;
}

/* "…/invocations_per_function_md.anon.d01.csv" has its durations in
 * "…/function_durations_percentiles.anon.d01.csv". */
static int name_durations(struct lab_trace *trace, struct trd_error *error) {
    static const char counts[] = "invocations_per_function_md";
    static const char durations[] = "function_durations_percentiles";
    const char *slash = strrchr(trace->path, '/');
    const char *name = slash != NULL ? slash + 1 : trace->path;
    size_t space = strlen(trace->path) + sizeof durations;

    if (trace->durations_path != NULL) {
        return 0;
    }
    if (strncmp(name, counts, strlen(counts)) != 0) {
        (void)snprintf(error->message, sizeof error->message,
                       "%.200s: the trace of 2019 needs its durations, too: a file that is not "
                       "named %s... as in the data set does not say where they are",
                       trace->path, counts);
        return -EINVAL;
    }
    trace->durations_path = malloc(space);
    if (trace->durations_path == NULL) {
        return lab_trace_no_memory(error);
    }
    (void)snprintf(trace->durations_path, space, "%.*s%s%s", (int)(name - trace->path), trace->path,
                   durations, name + strlen(counts));
    return 0;
}

/* Functions without durations get the mean quantiles of all that have some, weighted by tasks. */
static int fill_in(struct lab_trace *trace, struct trd_error *error) {
    struct azure_2019 *own = trace->own;
    struct azure_durations mean = {.count = 0.0};

    for (uint32_t i = 0; i < trace->names.count; i++) {
        double tasks = (double)trace->functions[i].task_count;

        for (size_t k = 0; own->durations[i].count >= 0.0 && k < LAB_AZURE_PERCENTILES; k++) {
            mean.value[k] += tasks * own->durations[i].value[k];
        }
        mean.count += own->durations[i].count >= 0.0 ? tasks : 0.0;
    }
    if (!(mean.count > 0.0) && trace->names.count > 0) {
        (void)snprintf(error->message, sizeof error->message,
                       "%.200s: holds no durations of any function that was invoked",
                       trace->durations_path);
        return -EINVAL;
    }
    for (size_t k = 0; k < LAB_AZURE_PERCENTILES; k++) {
        mean.value[k] /= mean.count;
    }
    for (uint32_t i = 0; i < trace->names.count; i++) {
        struct azure_durations *of = &own->durations[i];
        double mean_ms = 0.0;

        if (of->count < 0.0) {
            *of = mean;
            trace->summary.guessed_count++;
        }
        for (size_t k = 1; k < LAB_AZURE_PERCENTILES; k++) {
            mean_ms +=
                (azure_shares[k] - azure_shares[k - 1]) * (of->value[k] + of->value[k - 1]) / 2.0;
        }
        trace->functions[i].sum_ns = mean_ms * 1e6 * (double)trace->functions[i].task_count;
    }
    return 0;
}

static int scan_durations(struct lab_trace *trace, struct trd_error *error) {
    struct azure_2019 *own = trace->own;
    struct duration_columns columns;
    struct lab_csv *csv;
    int got = 0, failed;

    own->durations = malloc((trace->names.count + (size_t)1) * sizeof *own->durations);
    if (own->durations == NULL) {
        return lab_trace_no_memory(error);
    }
    for (uint32_t i = 0; i < trace->names.count; i++) {
        own->durations[i].count = -1.0;
    }
    csv = lab_csv_open(trace->durations_path, error);
    if (csv == NULL) {
        return -EINVAL;
    }
    failed = find_durations(csv, &columns, error);
    while (failed == 0 && (got = lab_csv_next(csv, error)) != 0) {
        failed = got == 1 ? take_durations(trace, csv, &columns, error) : got;
    }
    lab_csv_close(csv);
    return failed;
}

static int azure_2019_scan(struct lab_trace *trace, struct lab_csv *csv, struct trd_error *error) {
    int failed;

    trace->own = calloc(1, sizeof(struct azure_2019));
    if (trace->own == NULL) {
        return lab_trace_no_memory(error);
    }
    failed = name_durations(trace, error);
    failed = failed != 0 ? failed : scan_invocations(trace, csv, error);
    failed = failed != 0 ? failed : scan_durations(trace, error);
    return failed != 0 ? failed : fill_in(trace, error);
}

static void azure_2019_forget(void *pointer) {
    struct azure_2019 *own = pointer;

    if (own != NULL) {
        free(own->streams);
        free(own->minutes);
        free(own->durations);
        free(own);
    }
}

static const char *const columns_2019[] = {"HashOwner", "HashApp", "HashFunction",
                                           "Trigger",   "1",       NULL};

const struct lab_trace_format lab_trace_azure_2019 = {
    .name = "Azure Functions 2019",
    .columns = columns_2019,
    .scan = azure_2019_scan,
    .forget = azure_2019_forget,
    .open = azure_2019_open,
    .next = azure_2019_next,
    .close = azure_2019_close,
};
