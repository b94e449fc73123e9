/* result.c - from the child's last line, or from its silence, to a raw run. */
#define _DEFAULT_SOURCE
#include "lab/runner/result.h"

#include <jansson.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* Line ends become spaces. */
static void flatten(char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\n' || *text == '\r' || *text == '\t') {
            *text = ' ';
        }
    }
}

static void copy_line(char *to, size_t space, const char *from) {
    snprintf(to, space, "%s", from != NULL ? from : "");
    flatten(to);
}

static char *dump(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);

    return value != NULL ? json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
}

void lab_result_read(struct lab_cell_result *result, const json_t *object, bool is_timed) {
    struct lab_raw_run *raw = &result->raw;
    const char *outcome = json_string_value(json_object_get(object, "outcome"));

    raw->outcome = lab_outcome_parse(outcome);
    copy_line(result->reason, sizeof result->reason,
              json_string_value(json_object_get(object, "reason")));
    copy_line(result->install, sizeof result->install,
              json_string_value(json_object_get(object, "install")));
    raw->tasks = (uint64_t)json_integer_value(json_object_get(object, "tasks"));
    raw->wall_s = number(object, "wall_s");
    raw->setup_s = number(object, "setup_s");
    raw->first_s = number(object, "first_s");
    raw->is_steady = json_is_true(json_object_get(object, "steady"));
    result->latency = dump(object, "latency");
    result->metrics = dump(object, "metrics");
    result->versions = dump(object, "versions");
    if (raw->outcome == LAB_OUTCOME_MISSING) {
        raw->outcome = LAB_OUTCOME_FAILED;
        snprintf(result->reason, sizeof result->reason, "the cell answered with outcome '%s'",
                 outcome != NULL ? outcome : "");
    } else if (is_timed && raw->outcome == LAB_OUTCOME_OK &&
               (raw->tasks == 0 || !(raw->wall_s > 0.0))) {
        raw->outcome = LAB_OUTCOME_FAILED;
        snprintf(result->reason, sizeof result->reason, "no task was finished in the timed window");
    }
}

/* The last line with a letter in it: in Python's tracebacks it names the error. */
static const char *last_line(char *text) {
    size_t length = strlen(text);

    while (length > 0 && strchr(" \n\r\t", text[length - 1]) != NULL) {
        text[--length] = '\0';
    }
    while (length > 0 && text[length - 1] != '\n') {
        length--;
    }
    return text + length;
}

void lab_result_crashed(struct lab_cell_result *result, const char *ended_by,
                        const char *last_words) {
    char how[96], *words = strdup(last_words);
    const char *line = words != NULL ? last_line(words) : "";
    int number_of = 0;

    result->raw.outcome = LAB_OUTCOME_CRASHED;
    if (sscanf(ended_by, "signal %d", &number_of) == 1) {
        snprintf(how, sizeof how, "killed by signal %d (%s)", number_of, strsignal(number_of));
    } else if (sscanf(ended_by, "exit %d", &number_of) == 1) {
        snprintf(how, sizeof how, "ended without a result, exit status %d", number_of);
    } else {
        snprintf(how, sizeof how, "ended without a result");
    }
    snprintf(result->reason, sizeof result->reason, "%s%s%.300s", how, line[0] != '\0' ? ": " : "",
             line);
    flatten(result->reason);
    free(words);
}
