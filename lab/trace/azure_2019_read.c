/* azure_2019_read.c - tasks of the trace of 2019, which counts them only by the minute.
 *
 * n invocations in a minute are placed as n independent uniform times would be, one after another:
 * with x of the minute gone and n to come, the next one is at x + (1 - x)(1 - U^(1/n)). So a
 * function needs one number, however many tasks it has. Durations are drawn from the quantile
 * function that the percentiles are points of, straight lines between them. */
#include "lab/trace/azure_2019.h"
#include "lab/trace/due_heap.h"

#include <math.h>
#include <stdlib.h>

#include <treadle/rng.h>

static const double MINUTE_NS = 60e9;

/* Where a stream stands. */
struct place {
    size_t minute; /* index of its minute */
    uint32_t left; /* tasks of the minute that are to come, the one in the heap not included */
    double gone;   /* part of the minute */
};

struct azure_2019_reader {
    const struct azure_2019 *own;
    struct trd_rng rng;
    struct place *places;
    struct lab_due_heap due; /* the next task of every stream that has one */
};

/* Puts the next task of a stream into the heap. False: out of memory. */
static bool push_next(struct azure_2019_reader *reader, size_t index) {
    const struct azure_stream *stream = &reader->own->streams[index];
    struct place *place = &reader->places[index];
    const struct azure_minute *minute;
    double at;

    if (place->left == 0) {
        place->minute++;
        if (place->minute >= stream->end) {
            return true;
        }
        place->left = reader->own->minutes[place->minute].count;
        place->gone = 0.0;
    }
    minute = &reader->own->minutes[place->minute];
    /* 1 - U is above 0, its logarithm finite. */
    at = log(1.0 - trd_rng_double(&reader->rng)) / place->left;
    place->gone -= (1.0 - place->gone) * expm1(at);
    place->left--;
    return lab_due_push(
        &reader->due,
        (struct lab_due){
            .at_ns = (uint64_t)((minute->minute + fmin(place->gone, 1.0)) * MINUTE_NS),
            .order = index,
            .function = stream->function,
        });
}

void *azure_2019_open(const struct lab_trace *trace, uint64_t seed, struct trd_error *error) {
    struct azure_2019_reader *reader = calloc(1, sizeof *reader);
    const struct azure_2019 *own = trace->own;

    if (reader == NULL) {
        (void)lab_trace_no_memory(error); /* said by NULL */
        return NULL;
    }
    reader->own = own;
    trd_rng_init(&reader->rng, seed);
    reader->places = calloc(own->stream_count + 1, sizeof *reader->places);
    for (size_t i = 0; reader->places != NULL && i < own->stream_count; i++) {
        reader->places[i].minute = own->streams[i].first - 1; /* wraps, and back again */
        if (!push_next(reader, i)) {
            azure_2019_close(reader);
            (void)lab_trace_no_memory(error); /* said by NULL */
            return NULL;
        }
    }
    if (reader->places == NULL) {
        azure_2019_close(reader);
        (void)lab_trace_no_memory(error); /* said by NULL */
        return NULL;
    }
    return reader;
}

static uint64_t draw_service(const struct azure_durations *durations, struct trd_rng *rng) {
    double share = trd_rng_double(rng), milliseconds;
    size_t k = 1;

    while (share >= azure_shares[k]) { /* the last one is 1 */
        k++;
    }
    milliseconds = durations->value[k - 1] + (durations->value[k] - durations->value[k - 1]) *
                                                 (share - azure_shares[k - 1]) /
                                                 (azure_shares[k] - azure_shares[k - 1]);
    return milliseconds * 1e6 < 1.0 ? 1 : (uint64_t)(milliseconds * 1e6 + 0.5);
}

int azure_2019_next(void *state, struct lab_trace_task *task_out, struct trd_error *error) {
    struct azure_2019_reader *reader = state;
    struct lab_due due;

    if (reader->due.count == 0) {
        return 0;
    }
    due = lab_due_pop(&reader->due);
    *task_out = (struct lab_trace_task){
        due.at_ns, draw_service(&reader->own->durations[due.function], &reader->rng), due.function};
    return push_next(reader, due.order) ? 1 : lab_trace_no_memory(error);
}

void azure_2019_close(void *state) {
    struct azure_2019_reader *reader = state;

    lab_due_free(&reader->due);
    free(reader->places);
    free(reader);
}
