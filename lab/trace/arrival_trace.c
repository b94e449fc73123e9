/* arrival_trace.c - traces of any format: recognises them, makes clients of their functions, and
 * turns their tasks into arrivals. */
#include "lab/trace/arrival_trace.h"

#include "lab/trace/trace_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES = 512 };

static const double AT_MAX_NS = 9e18; /* of virtual time */

static const struct lab_trace_format *const formats[] = {&lab_trace_azure_2019,
                                                         &lab_trace_azure_2021};

int lab_trace_no_memory(struct trd_error *error) {
    (void)snprintf(error->message, sizeof error->message, "out of memory");
    return -ENOMEM;
}

/* The name of a function among all: functions of two apps may have the same. */
static const char *key_of(const char *app, const char *function, char key[static KEY_BYTES]) {
    (void)snprintf(key, KEY_BYTES, "%s,%s", app, function); /* fields hold no comma */
    return key;
}

uint32_t lab_trace_find(const struct lab_trace *trace, const char *app, const char *function) {
    char key[KEY_BYTES];

    return lab_names_find(&trace->names, key_of(app, function, key));
}

uint32_t lab_trace_function(struct lab_trace *trace, const char *app, const char *function,
                            struct trd_error *error) {
    char key[KEY_BYTES];
    uint32_t app_index = lab_names_add(&trace->apps, app);
    uint32_t index = lab_names_add(&trace->names, key_of(app, function, key));

    if (app_index == LAB_NAME_NONE || index == LAB_NAME_NONE || index >= LAB_TRACE_FUNCTIONS_MAX) {
        (void)lab_trace_no_memory(error); /* said below */
        return LAB_NAME_NONE;
    }
    if (index >= trace->function_capacity) {
        uint32_t capacity = trace->names.capacity;
        struct lab_trace_function *functions =
            realloc(trace->functions, capacity * sizeof *functions);

        if (functions == NULL) {
            (void)lab_trace_no_memory(error); /* said below */
            return LAB_NAME_NONE;
        }
        memset(functions + trace->function_capacity, 0,
               (capacity - trace->function_capacity) * sizeof *functions);
        trace->functions = functions;
        trace->function_capacity = capacity;
    }
    trace->functions[index].app_index = app_index;
    return index;
}

struct rank {
    uint64_t task_count;
    uint32_t function;
};

/* The busiest first; of equals the one that turned up first. */
static int compare_ranks(const void *a, const void *b) {
    const struct rank *first = a, *second = b;

    if (first->task_count != second->task_count) {
        return first->task_count > second->task_count ? -1 : 1;
    }
    return first->function < second->function ? -1 : 1;
}

/* "HashApp/HashFunc": what can be told apart, and fits a table. */
static void name_client(const struct lab_trace *trace, uint32_t function, char *name) {
    const char *key = trace->names.names[function];
    const char *comma = strchr(key, ',');
    const char *app = trace->apps.names[trace->functions[function].app_index];

    (void)snprintf(name, LAB_TRACE_NAME_BYTES, "%.8s/%.16s", app, comma != NULL ? comma + 1 : key);
}

static void add_to_client(struct lab_trace *trace, uint32_t function, size_t client_index) {
    struct lab_trace_client *client = &trace->clients[client_index];
    struct lab_trace_function *from = &trace->functions[function];

    client->mean_ns += from->sum_ns; /* a sum for now */
    client->task_count += from->task_count;
    client->class_index = (uint16_t)client_index;
    from->client_index = (uint32_t)client_index;
    if (client->task_count == from->task_count) {
        client->key = 1 + (uint64_t)from->app_index;
        name_client(trace, function, client->name);
    } else {
        client->key = 0;
        (void)snprintf(client->name, sizeof client->name, "all others");
    }
}

static int make_clients(struct lab_trace *trace, struct trd_error *error) {
    uint32_t count = trace->names.count;
    struct rank *ranks = malloc((count > 0 ? count : 1) * sizeof *ranks);

    trace->client_count = count < TRD_SIM_CLIENTS_MAX ? count : TRD_SIM_CLIENTS_MAX;
    trace->clients = calloc(trace->client_count + 1, sizeof *trace->clients);
    if (ranks == NULL || trace->clients == NULL) {
        free(ranks);
        return lab_trace_no_memory(error);
    }
    for (uint32_t i = 0; i < count; i++) {
        ranks[i] = (struct rank){trace->functions[i].task_count, i};
    }
    qsort(ranks, count, sizeof *ranks, compare_ranks);
    for (uint32_t i = 0; i < count; i++) {
        add_to_client(trace, ranks[i].function,
                      i < trace->client_count ? i : trace->client_count - 1);
    }
    free(ranks);
    for (size_t i = 0; i < trace->client_count; i++) {
        struct lab_trace_client *client = &trace->clients[i];

        trace->summary.task_count += client->task_count;
        trace->summary.mean_ns += client->mean_ns;
        client->mean_ns /= client->task_count > 0 ? (double)client->task_count : 1.0;
    }
    return 0;
}

static const struct lab_trace_format *recognise(const struct lab_csv *csv) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const char *const *column = formats[i]->columns;
        struct trd_error unused;
        size_t at;

        while (*column != NULL && lab_csv_column(csv, *column, &at, &unused) == 0) {
            column++;
        }
        if (*column == NULL) {
            return formats[i];
        }
    }
    return NULL;
}

static int scan(struct lab_trace *trace, struct lab_csv *csv, struct trd_error *error) {
    int failed;

    trace->format = recognise(csv);
    if (trace->format == NULL) {
        return lab_csv_refuse(csv, error,
                              "not a trace of Azure Functions: the first line must name "
                              "app,func,end_timestamp,duration (2021) or "
                              "HashOwner,HashApp,HashFunction,Trigger,1,2,... (2019)");
    }
    failed = trace->format->scan(trace, csv, error);
    failed = failed != 0 ? failed : make_clients(trace, error);
    if (failed == 0 && trace->summary.task_count == 0) {
        failed = lab_csv_refuse(csv, error, "there is no task in the trace");
    }
    if (failed == 0) {
        trace->summary.format = trace->format->name;
        trace->summary.mean_ns /= (double)trace->summary.task_count;
        trace->summary.function_count = trace->names.count;
        trace->summary.app_count = trace->apps.count;
    }
    return failed;
}

int lab_trace_open(const char *path, const char *durations, struct lab_trace **trace_out,
                   struct trd_error *error) {
    struct lab_trace *trace = calloc(1, sizeof *trace);
    struct lab_csv *csv = NULL;
    int failed = -EINVAL;

    if (trace == NULL) {
        return lab_trace_no_memory(error);
    }
    trace->path = strdup(path);
    trace->durations_path = durations != NULL ? strdup(durations) : NULL;
    if (trace->path == NULL || (durations != NULL && trace->durations_path == NULL)) {
        failed = lab_trace_no_memory(error);
    } else {
        csv = lab_csv_open(trace->path, error);
        failed = csv != NULL ? scan(trace, csv, error) : -EINVAL;
    }
    lab_csv_close(csv);
    if (failed != 0) {
        lab_trace_close(trace);
        return failed;
    }
    *trace_out = trace;
    return 0;
}

void lab_trace_close(struct lab_trace *trace) {
    if (trace == NULL) {
        return;
    }
    if (trace->format != NULL && trace->format->forget != NULL) {
        trace->format->forget(trace->own);
    }
    lab_names_free(&trace->apps);
    lab_names_free(&trace->names);
    free(trace->functions);
    free(trace->clients);
    free(trace->path);
    free(trace->durations_path);
    free(trace);
}

const struct lab_trace_summary *lab_trace_summary(const struct lab_trace *trace) {
    return &trace->summary;
}

const struct lab_trace_client *lab_trace_clients(const struct lab_trace *trace, size_t *count_out) {
    *count_out = trace->client_count;
    return trace->clients;
}

struct lab_trace_reader {
    const struct lab_trace *trace;
    struct lab_trace_options options;
    void *state;
};

int lab_trace_read(const struct lab_trace *trace, const struct lab_trace_options *options,
                   struct lab_trace_reader **reader_out, struct trd_error *error) {
    struct lab_trace_reader *reader = malloc(sizeof *reader);

    if (reader == NULL) {
        return lab_trace_no_memory(error);
    }
    *reader = (struct lab_trace_reader){.trace = trace, .options = *options};
    reader->state = trace->format->open(trace, options->seed, error);
    if (reader->state == NULL) {
        free(reader);
        return -EINVAL;
    }
    *reader_out = reader;
    return 0;
}

void lab_trace_reader_free(struct lab_trace_reader *reader) {
    if (reader != NULL) {
        reader->trace->format->close(reader->state);
        free(reader);
    }
}

int lab_trace_next(void *context, struct trd_sim_arrival *arrival_out, struct trd_error *error) {
    struct lab_trace_reader *reader = context;
    const struct lab_trace_options *options = &reader->options;
    struct lab_trace_task task;
    double at_ns;
    int got = reader->trace->format->next(reader->state, &task, error);

    if (got != 1) {
        return got;
    }
    at_ns = (double)task.at_ns / options->speed;
    if (!(at_ns <= AT_MAX_NS)) {
        (void)snprintf(error->message, sizeof error->message,
                       "%.200s: takes longer than %g s at speed %g: let it be faster",
                       reader->trace->path, AT_MAX_NS / 1e9, options->speed);
        return -EINVAL;
    }
    *arrival_out = (struct trd_sim_arrival){
        .at_ns = (uint64_t)at_ns,
        .client_index = reader->trace->functions[task.function].client_index,
        .has_service = true,
        .service_ns = task.service_ns,
        .held_ns = (uint64_t)((double)task.service_ns * options->held_part),
        .cpu_ns = (uint64_t)((double)task.service_ns * options->cpu_part),
    };
    /* Rounding may give the parts one nanosecond too much. */
    if (arrival_out->held_ns + arrival_out->cpu_ns < task.service_ns) {
        arrival_out->wait_ns = task.service_ns - arrival_out->held_ns - arrival_out->cpu_ns;
    }
    return 1;
}
