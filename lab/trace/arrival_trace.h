/* arrival_trace.h - recorded arrivals as files: the published traces of Azure Functions.
 *
 * A file is read twice: once to check all of it and to count the functions in it, then as often as
 * simulations want its tasks, in order of arrival and one at a time. Memory grows with the
 * functions and with what a format must hold back to put its rows in order, not with the tasks.
 * docs/reference/simulator.md describes the formats.
 */
#ifndef TREADLE_LAB_ARRIVAL_TRACE_H
#define TREADLE_LAB_ARRIVAL_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include <treadle/sim.h>

enum { LAB_TRACE_NAME_BYTES = 32 };

struct lab_trace;

/* The functions of a trace as clients of a simulation: the busiest have one each, all others share
 * the last. `key` is that of their app, so that fairness is between apps. */
struct lab_trace_client {
    char name[LAB_TRACE_NAME_BYTES]; /* beginnings of the names of app and function */
    uint64_t key;
    uint64_t task_count;
    double mean_ns; /* of its durations */
    uint16_t class_index;
};

struct lab_trace_summary {
    const char *format; /* "Azure Functions 2021" */
    uint64_t task_count;
    uint64_t length_ns; /* from the first arrival to the last, as recorded */
    double mean_ns;     /* of the durations */
    uint32_t function_count, app_count;
    uint32_t guessed_count; /* functions that have no durations of their own */
};

/* Scans a trace. `durations` is the second file of the 2019 format; NULL: named as in the data set.
 * 0; -EINVAL, -EIO or -ENOMEM with `error`, which names file, line and field. */
int lab_trace_open(const char *path, const char *durations, struct lab_trace **trace_out,
                   struct trd_error *error);
void lab_trace_close(struct lab_trace *trace); /* NULL is allowed */

const struct lab_trace_summary *lab_trace_summary(const struct lab_trace *trace);
/* At most TRD_SIM_CLIENTS_MAX. */
const struct lab_trace_client *lab_trace_clients(const struct lab_trace *trace, size_t *count_out);

struct lab_trace_options {
    uint64_t seed; /* for what the format leaves open */
    double speed;  /* how many times as fast the tasks come; their durations stay */
    /* On a machine: the parts of a duration that hold a lock and that only compute; the rest is
     * waiting. */
    double held_part, cpu_part;
};

/* Reads the tasks of a trace. Readers are independent of each other: each may be used by a thread
 * of its own, while the trace stays open. */
struct lab_trace_reader;
int lab_trace_read(const struct lab_trace *trace, const struct lab_trace_options *options,
                   struct lab_trace_reader **reader_out, struct trd_error *error);
void lab_trace_reader_free(struct lab_trace_reader *reader); /* NULL is allowed */

/* A trd_sim_feed's `next`, the reader its context. */
int lab_trace_next(void *reader, struct trd_sim_arrival *arrival_out, struct trd_error *error);

#endif
