/* trace.c - recorded decisions on disk.
 *
 * A text header of "word value" lines, an empty line, and the events as they lie in memory. The
 * header says how large an event is and holds a number whose bytes tell the order of bytes, so a
 * file of another machine or version is refused, not misread.
 */
#include <treadle/trace.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/sim_config.h"

#define TRACE_MAGIC "treadle-trace 1"
#define TRACE_ORDER UINT64_C(0x0123456789abcdef)

enum { LINE_MAX_BYTES = 256, READ_AT_ONCE = 4096 };

/* What the header holds besides the trace's own members. */
struct trace_header {
    uint64_t event_bytes, count, is_truncated;
};

void trd_trace_free(struct trd_trace *trace) {
    free(trace->events);
    *trace = (struct trd_trace){0};
}

/* A specification stands on one line of the header. */
static bool is_line(const char *text, size_t bytes) {
    return memchr(text, '\0', bytes) && text[0] != '\0' && !strpbrk(text, "\r\n");
}

static int trace_write(const struct trd_trace *trace, FILE *file) {
    const uint64_t order = TRACE_ORDER;
    const int said = fprintf(
        file,
        TRACE_MAGIC "\npolicy %s\nsizer %s\nworkers_min %" PRIu32 "\nworkers_max %" PRIu32
                    "\npending_max %" PRIu64 "\nseed %" PRIu64 "\nstart_ns %" PRIu64
                    "\ntruncated %d\nevent_bytes %zu\nevents %zu\n\n",
        trace->policy, trace->sizer, trace->workers_min, trace->workers_max, trace->pending_max,
        trace->seed, trace->start_ns, trace->is_truncated, sizeof *trace->events, trace->count);
    if (said < 0 || fwrite(&order, sizeof order, 1, file) != 1 ||
        fwrite(trace->events, sizeof *trace->events, trace->count, file) != trace->count) {
        return errno ? -errno : -EIO;
    }
    return 0;
}

int trd_trace_save(const struct trd_trace *trace, const char *path) {
    if (!is_line(trace->policy, sizeof trace->policy) ||
        !is_line(trace->sizer, sizeof trace->sizer) || (trace->count && !trace->events)) {
        return -EINVAL;
    }
    FILE *file = fopen(path, "wb");
    if (!file) {
        return -errno;
    }
    errno = 0;
    int failed = trace_write(trace, file);
    if (fclose(file) && !failed) {
        failed = -errno;
    }
    if (failed) {
        (void)remove(path); /* half a trace is of no use; the failure above is the one to tell */
    }
    return failed;
}

/* The next line of the header without its end; false at the end of the file or of the room. */
static bool header_line(FILE *file, char line[static LINE_MAX_BYTES]) {
    if (!fgets(line, LINE_MAX_BYTES, file)) {
        return false;
    }
    char *end = strchr(line, '\n');
    if (!end) {
        return false;
    }
    *end = '\0';
    return true;
}

static bool take_text(const char *value, char *into, size_t bytes) {
    if (value[0] == '\0' || strlen(value) >= bytes) {
        return false;
    }
    memcpy(into, value, strlen(value) + 1);
    return true;
}

static bool take_number(const char *value, uint64_t max, uint64_t *into) {
    char *end;
    if (value[0] < '0' || value[0] > '9') {
        return false;
    }
    errno = 0;
    const unsigned long long number = strtoull(value, &end, 10);
    *into = number;
    return *end == '\0' && errno == 0 && number <= max;
}

static bool take_workers(const char *value, uint32_t *into) {
    uint64_t number = 0;
    const bool is_good = take_number(value, UINT32_MAX, &number);
    *into = (uint32_t)number;
    return is_good;
}

/* Takes "word value". Unknown words are refused: they would be of another version. */
static bool header_take(struct trd_trace *trace, struct trace_header *header, char *line) {
    char *value = strchr(line, ' ');
    if (!value) {
        return false;
    }
    *value++ = '\0';
    if (strcmp(line, "policy") == 0) {
        return take_text(value, trace->policy, sizeof trace->policy);
    }
    if (strcmp(line, "sizer") == 0) {
        return take_text(value, trace->sizer, sizeof trace->sizer);
    }
    if (strcmp(line, "workers_min") == 0) {
        return take_workers(value, &trace->workers_min);
    }
    if (strcmp(line, "workers_max") == 0) {
        return take_workers(value, &trace->workers_max);
    }
    const struct {
        const char *word;
        uint64_t max, *into;
    } numbers[] = {
        {"pending_max", UINT64_MAX, &trace->pending_max},
        {"seed", UINT64_MAX, &trace->seed},
        {"start_ns", UINT64_MAX, &trace->start_ns},
        {"truncated", 1, &header->is_truncated},
        {"event_bytes", SIZE_MAX, &header->event_bytes},
        {"events", SIZE_MAX / sizeof(struct trd_event), &header->count},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(line, numbers[i].word) == 0) {
            return take_number(value, numbers[i].max, numbers[i].into);
        }
    }
    return false;
}

static int read_header(struct trd_trace *trace, struct trace_header *header, FILE *file,
                       const char *path, struct trd_error *error) {
    char line[LINE_MAX_BYTES];
    uint64_t order = 0;
    int number = 1;
    if (!header_line(file, line) || strcmp(line, TRACE_MAGIC) != 0) {
        trd__sim_say(error, "%s: not a trace: its first line must be '" TRACE_MAGIC "'", path);
        return -EINVAL;
    }
    for (;;) {
        number++;
        if (!header_line(file, line)) {
            trd__sim_say(error, "%s: the header ends in line %d: the file is cut off", path,
                         number);
            return -EINVAL;
        }
        if (line[0] == '\0') {
            break;
        }
        if (!header_take(trace, header, line)) {
            trd__sim_say(error, "%s: line %d of the header ('%.40s ...') is not understood", path,
                         number, line);
            return -EINVAL;
        }
    }
    if (fread(&order, sizeof order, 1, file) != 1 || order != TRACE_ORDER ||
        header->event_bytes != sizeof(struct trd_event)) {
        trd__sim_say(
            error,
            "%s: written by another machine or version (an event has %zu bytes here, %" PRIu64
            " there): record it again",
            path, sizeof(struct trd_event), header->event_bytes);
        return -EINVAL;
    }
    if (!trace->policy[0] || !trace->sizer[0]) {
        trd__sim_say(error, "%s: the header names no policy or no sizer", path);
        return -EINVAL;
    }
    return 0;
}

/* Reads the events a piece at a time, so that a false count cannot ask for much memory. */
static int read_events(struct trd_trace *trace, uint64_t count, FILE *file, const char *path,
                       struct trd_error *error) {
    size_t capacity = 0;
    while (trace->count < count) {
        if (trace->count == capacity) {
            capacity = capacity ? 2 * capacity : READ_AT_ONCE;
            struct trd_event *events = realloc(trace->events, capacity * sizeof *trace->events);
            if (!events) {
                return -ENOMEM;
            }
            trace->events = events;
        }
        const size_t left = (size_t)count - trace->count;
        const size_t room = capacity - trace->count;
        const size_t got = fread(&trace->events[trace->count], sizeof *trace->events,
                                 left < room ? left : room, file);
        if (got == 0) {
            trd__sim_say(error, "%s: cut off after %zu of %" PRIu64 " events", path, trace->count,
                         count);
            return -EINVAL;
        }
        trace->count += got;
    }
    if (fgetc(file) != EOF) {
        trd__sim_say(error, "%s: something follows the last event", path);
        return -EINVAL;
    }
    return 0;
}

int trd_trace_load(struct trd_trace *trace, const char *path, struct trd_error *error) {
    struct trace_header header = {0};
    *trace = (struct trd_trace){0};
    FILE *file = fopen(path, "rb");
    if (!file) {
        const int failed = -errno;
        trd__sim_say(error, "%s: %s", path, strerror(errno));
        return failed;
    }
    int failed = read_header(trace, &header, file, path, error);
    failed = failed ? failed : read_events(trace, header.count, file, path, error);
    trace->is_truncated = header.is_truncated != 0;
    (void)fclose(file); /* only read */
    if (failed) {
        trd_trace_free(trace);
    }
    return failed;
}
