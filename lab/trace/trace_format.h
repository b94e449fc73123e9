/* trace_format.h - what a format of traces is, and what a scanned trace knows. One file and one
 * line in the table of arrival_trace.c each. */
#ifndef TREADLE_LAB_TRACE_FORMAT_H
#define TREADLE_LAB_TRACE_FORMAT_H

#include "lab/trace/arrival_trace.h"
#include "lab/trace/csv_reader.h"
#include "lab/trace/name_table.h"

enum { LAB_TRACE_FUNCTIONS_MAX = 1 << 24 };

struct lab_trace_function {
    uint32_t app_index;
    uint32_t client_index;
    uint64_t task_count;
    double sum_ns; /* of the durations */
};

struct lab_trace_format;

struct lab_trace {
    const struct lab_trace_format *format;
    char *path, *durations_path; /* the second NULL unless the format wants it */
    struct lab_trace_summary summary;
    struct lab_names apps, names; /* of apps; of functions, "app,function" */
    struct lab_trace_function *functions;
    uint32_t function_capacity;
    struct lab_trace_client *clients;
    size_t client_count;
    void *own; /* the format's; freed by its `forget` */
};

/* A task as a format gives it. */
struct lab_trace_task {
    uint64_t at_ns, service_ns;
    uint32_t function;
};

struct lab_trace_format {
    const char *name;
    const char *const *columns; /* that the first line names; ends with NULL */
    /* Checks all of the file, which is at its first row, and enters its functions. */
    int (*scan)(struct lab_trace *trace, struct lab_csv *csv, struct trd_error *error);
    void (*forget)(void *own); /* optional */
    /* A reader's state; NULL with `error`: it cannot be made. */
    void *(*open)(const struct lab_trace *trace, uint64_t seed, struct trd_error *error);
    /* 1, 0 at the end, or -errno with `error`. Tasks come in order of arrival. */
    int (*next)(void *state, struct lab_trace_task *task_out, struct trd_error *error);
    void (*close)(void *state);
};

extern const struct lab_trace_format lab_trace_azure_2019, lab_trace_azure_2021;

/* The function of this app, entered if it is new. LAB_NAME_NONE with `error`: out of memory. */
uint32_t lab_trace_function(struct lab_trace *trace, const char *app, const char *function,
                            struct trd_error *error);
/* The same, known already: LAB_NAME_NONE if it is not. */
uint32_t lab_trace_find(const struct lab_trace *trace, const char *app, const char *function);

/* Says "out of memory"; returns -ENOMEM. */
int lab_trace_no_memory(struct trd_error *error);

#endif
