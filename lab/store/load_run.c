/* load_run.c - a row of the store as a run: numbers, and the JSON arrays as they came. */
#include "lab/store/load_run.h"

#include "lab/store/sql.h"

#include <jansson.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Tasks that ran on the one side, tasks that were dropped (no start) on the other. */
static int read_latency(const char *text, struct lab_run *run) {
    json_t *rows = json_loads(text, 0, NULL);
    size_t index;
    const json_t *row;

    run->latency = calloc(json_array_size(rows) + 1, sizeof *run->latency);
    run->dropped = calloc(json_array_size(rows) + 1, sizeof *run->dropped);
    if (run->latency == NULL || run->dropped == NULL) {
        json_decref(rows);
        return -ENOMEM;
    }
    json_array_foreach(rows, index, row) {
        const struct lab_latency task = {
            .client = (uint32_t)json_integer_value(json_array_get(row, 0)),
            .priority = (int32_t)json_integer_value(json_array_get(row, 1)),
            .intended_s = json_number_value(json_array_get(row, 2)),
            .start_s = json_number_value(json_array_get(row, 3)),
            .end_s = json_number_value(json_array_get(row, 4)),
            .asked_s = json_number_value(json_array_get(row, 5)),
        };

        if (json_is_null(json_array_get(row, 3))) {
            run->dropped[run->dropped_count++] = task;
        } else {
            run->latency[run->latency_count++] = task;
        }
    }
    json_decref(rows);
    return 0;
}

static int read_metrics(const char *text, struct lab_run *run) {
    json_t *object = json_loads(text, 0, NULL);
    const char *name;
    json_t *value;
    int code = 0;

    run->metrics = calloc(json_object_size(object) + 1, sizeof *run->metrics);
    if (run->metrics == NULL) {
        json_decref(object);
        return -ENOMEM;
    }
    json_object_foreach(object, name, value) {
        struct lab_metric *metric = &run->metrics[run->metric_count];

        if (!json_is_number(value) && !json_is_boolean(value)) {
            continue;
        }
        metric->name = strdup(name);
        if (metric->name == NULL) {
            code = -ENOMEM;
            break;
        }
        metric->value = json_is_number(value) ? json_number_value(value) : json_is_true(value);
        run->metric_count++;
    }
    json_decref(object);
    return code;
}

int lab_load_run(sqlite3_stmt *row, struct lab_run *run) {
    *run = (struct lab_run){
        .id = sqlite3_column_int64(row, 0),
        .block = (uint32_t)sqlite3_column_int64(row, 2),
        .attempt = (uint32_t)sqlite3_column_int64(row, 3),
        .outcome = lab_outcome_parse(lab_sql_text(row, 4)),
        .reason = strdup(lab_sql_text(row, 5)),
        .tasks = (uint64_t)sqlite3_column_int64(row, 7),
        .wall_s = lab_sql_real(row, 8),
        .setup_s = lab_sql_real(row, 9),
        .first_s = lab_sql_real(row, 10),
        .is_steady = sqlite3_column_int64(row, 11) != 0,
        .is_noisy = sqlite3_column_int64(row, 12) != 0,
        .cpu_s = lab_sql_real(row, 13),
        .pss_bytes = lab_sql_real(row, 14),
        .rss_peak_bytes = lab_sql_real(row, 15),
        .others_cpu = lab_sql_real(row, 16),
        .steal = lab_sql_real(row, 17),
    };
    if (run->reason == NULL || read_latency(lab_sql_text(row, 18), run) != 0) {
        return -ENOMEM;
    }
    return read_metrics(lab_sql_text(row, 19), run);
}

void lab_load_run_free(struct lab_run *run) {
    free(run->reason);
    free(run->latency);
    free(run->dropped);
    for (size_t i = 0; i < run->metric_count; i++) {
        free(run->metrics[i].name);
    }
    free(run->metrics);
    *run = (struct lab_run){0};
}
