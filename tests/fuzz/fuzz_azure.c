/* fuzz_azure.c - a trace of Azure Functions may hold anything: it is read to its end in order of
 * arrival, or refused with a message that names the file.
 *
 * One input holds three files, cut at record separators: invocations and durations of the format of
 * 2019, and a trace of 2021. Built two ways, like fuzz_trace.c. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/trace/arrival_trace.h"

enum { FILES = 3, SEPARATOR = 0x1E, TASKS_MAX = 2000 };

static void write_file(const uint8_t *data, size_t size, char *path) {
    const int file = mkstemp(path);
    if (file < 0 || write(file, data, size) != (ssize_t)size || close(file)) {
        abort();
    }
}

static void check_refused(int failed, const struct trd_error *error) {
    if (failed >= 0 || error->message[0] == '\0' ||
        !memchr(error->message, '\0', sizeof error->message)) {
        abort();
    }
}

static void check_clients(const struct lab_trace *trace) {
    size_t count;
    const struct lab_trace_client *clients = lab_trace_clients(trace, &count);
    uint64_t tasks = 0;
    for (size_t i = 0; i < count; i++) {
        tasks += clients[i].task_count;
        if (!(clients[i].mean_ns >= 0.0) || clients[i].class_index >= 1024) {
            abort();
        }
    }
    if (count == 0 || count > TRD_SIM_CLIENTS_MAX ||
        tasks != lab_trace_summary(trace)->task_count) {
        abort();
    }
}

static void read_tasks(const struct lab_trace *trace) {
    const struct lab_trace_options options = {.seed = 1, .speed = 1.0, .held_part = 0.5};
    struct lab_trace_reader *reader;
    struct trd_sim_arrival arrival;
    struct trd_error error = {""};
    uint64_t before = 0;
    int got = 1;
    if (lab_trace_read(trace, &options, &reader, &error)) {
        abort(); /* it was read a moment ago */
    }
    for (int i = 0; i < TASKS_MAX && (got = lab_trace_next(reader, &arrival, &error)) == 1; i++) {
        if (arrival.at_ns < before || arrival.service_ns == 0 ||
            arrival.held_ns + arrival.cpu_ns + arrival.wait_ns < arrival.service_ns / 2) {
            abort();
        }
        before = arrival.at_ns;
    }
    if (got < 0) {
        check_refused(got, &error);
    }
    lab_trace_reader_free(reader);
}

static void try_trace(const char *path, const char *durations) {
    struct lab_trace *trace;
    struct trd_error error = {""};
    const int failed = lab_trace_open(path, durations, &trace, &error);
    if (failed) {
        check_refused(failed, &error);
        return;
    }
    check_clients(trace);
    read_tasks(trace);
    lab_trace_close(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char paths[FILES][32];
    for (int i = 0; i < FILES; i++) {
        const uint8_t *end = i < FILES - 1 && size > 0 ? memchr(data, SEPARATOR, size) : NULL;
        const size_t part = end ? (size_t)(end - data) : size;
        (void)snprintf(paths[i], sizeof paths[i], "/tmp/treadle-fuzz-XXXXXX");
        write_file(data, part, paths[i]);
        data += part + (end != NULL);
        size -= part + (end != NULL);
    }
    try_trace(paths[0], paths[1]);
    try_trace(paths[2], NULL);
    for (int i = 0; i < FILES; i++) {
        (void)unlink(paths[i]); /* it was ours */
    }
    return 0;
}

size_t fuzz_seed(uint8_t *data, size_t capacity) {
    static const char text[] =
        "HashOwner,HashApp,HashFunction,Trigger,1,2,3,4\n"
        "o1,a1,f1,http,2,0,1,0\no1,a1,f2,timer,1,1,1,1\no2,a2,f1,queue,0,30,0,4\n\x1e"
        "HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,"
        "percentile_Average_1,percentile_Average_25,percentile_Average_50,percentile_Average_75,"
        "percentile_Average_99,percentile_Average_100\n"
        "o1,a1,f1,10,3,1,50,1,1,5,8,12,40,50\no2,a2,f1,2.5,34,0,9,0,0.1,1,2,3,8,9\n\x1e"
        "app,func,end_timestamp,duration\n"
        "a1,f1,0.5,0.5\na1,f2,2.25,0.125\na2,f1,3,2.75\na1,f1,4e0,0\na2,f1,60.5,0.004\n";
    const size_t size = sizeof text - 1 < capacity ? sizeof text - 1 : capacity;
    memcpy(data, text, size);
    return size;
}
