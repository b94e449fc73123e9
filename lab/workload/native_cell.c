/* native_cell.c - `treadle cell`: speaks the cell protocol for native workloads. */
#include "lab/workload/cell.h"
#include "lab/workload/native.h"

#include "lab/command/command.h"

#include <jansson.h>
#include <treadle/treadle.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EVENT_FD = 3, PROTOCOL = 1 };

/* Writes one event as one line; the runner's absence ends the process. */
static void send_event(json_t *event) {
    char *line = json_dumps(event, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(event);
    if (!line || dprintf(EVENT_FD, "%s\n", line) < 0) {
        _exit(1);
    }
    free(line);
}

static void wait_go(void) {
    char line[16];
    if (!fgets(line, sizeof line, stdin) || strcmp(line, "go\n") != 0) {
        _exit(1);
    }
}

static void say_ready(double setup_s) {
    send_event(json_pack("{s:s, s:f}", "event", "ready", "setup_s", setup_s));
    wait_go();
}

static void say_done(void) {
    send_event(json_pack("{s:s}", "event", "done"));
    wait_go();
}

/* The strings and numbers of the specification; what is missing stays as it was. */
static void take_text(const json_t *object, const char *key, char *text, size_t bytes) {
    const char *value = json_string_value(json_object_get(object, key));
    if (value) {
        (void)snprintf(text, bytes, "%s", value);
    }
}

static void take_number(const json_t *object, const char *key, double *number) {
    const json_t *value = json_object_get(object, key);
    if (json_is_number(value)) {
        *number = json_number_value(value);
    }
}

static int read_spec(struct lab_native_spec *spec, char *reason) {
    char *line = NULL;
    size_t bytes = 0;
    json_error_t where;
    const ssize_t count = getline(&line, &bytes, stdin);
    json_t *object = count > 0 ? json_loads(line, 0, &where) : NULL;
    free(line);
    if (!json_is_object(object) ||
        json_integer_value(json_object_get(object, "protocol")) != PROTOCOL) {
        json_decref(object);
        (void)snprintf(reason, LAB_REASON_MAX, "stdin has no specification of protocol %d",
                       PROTOCOL);
        return -EPROTO;
    }
    double workers = 0.0, port = 0.0;
    *spec = (struct lab_native_spec){.timed_s = 0.25, .warm_s = 0.05, .scale = 1.0};
    take_text(object, "workload", spec->workload, sizeof spec->workload);
    take_text(object, "executor", spec->executor, sizeof spec->executor);
    take_text(object, "sizer", spec->sizer, sizeof spec->sizer);
    take_text(object, "policy", spec->policy, sizeof spec->policy);
    take_number(object, "workers", &workers);
    take_number(object, "http_port", &port);
    take_number(object, "timed_s", &spec->timed_s);
    take_number(object, "warm_s", &spec->warm_s);
    take_number(object, "scale", &spec->scale);
    spec->workers = workers >= 1.0 && workers <= 1e6 ? (uint32_t)workers : 1;
    spec->http_port = port >= 0.0 && port <= 65535.0 ? (uint16_t)port : 0;
    spec->seed = (uint64_t)json_integer_value(json_object_get(object, "seed"));
    json_decref(object);
    return 0;
}

static json_t *result_failed(const char *reason) {
    return json_pack("{s:s, s:s, s:s}", "event", "result", "outcome", "failed", "reason", reason);
}

static json_t *result_of(const struct lab_native_spec *spec) {
    static const struct lab_native_handshake handshake = {say_ready, say_done};
    struct lab_native_result result;
    char reason[LAB_REASON_MAX];
    const struct lab_native_workload *workload = lab_native_find(spec->workload);
    if (!workload) {
        (void)snprintf(reason, sizeof reason, "unknown native workload '%s'; known: http fibonacci",
                       spec->workload);
        return result_failed(reason);
    }
    const int failed = lab_native_run(workload, spec, &handshake, &result, reason);
    if (failed) {
        return result_failed(reason[0] ? reason : strerror(-failed));
    }
    return json_pack("{s:s, s:s, s:I, s:f, s:f, s:f, s:b, s:{s:s}, s:{s:f}}", "event", "result",
                     "outcome", "ok", "tasks", (json_int_t)result.tasks, "wall_s", result.wall_s,
                     "setup_s", result.setup_s, "first_s", result.first_s, "steady",
                     (int)result.is_steady, "versions", "libtreadle", trd_version(), "metrics",
                     "workers_peak", result.workers_peak);
}

int lab_cell_main(int argc, char **argv) {
    struct lab_native_spec spec;
    char reason[LAB_REASON_MAX] = "it takes no arguments but --list";
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        return lab_native_list(stdout) == 0 ? LAB_EXIT_OK : LAB_EXIT_USAGE;
    }
    if (fcntl(EVENT_FD, F_SETFD, FD_CLOEXEC) < 0) {
        (void)fputs("treadle cell: descriptor 3 is not open; `treadle study` runs this\n", stderr);
        return LAB_EXIT_USAGE;
    }
    if (argc != 1 || read_spec(&spec, reason)) {
        (void)fprintf(stderr, "treadle cell: %s\n", reason);
        return LAB_EXIT_USAGE;
    }
    send_event(result_of(&spec));
    return LAB_EXIT_OK;
}
