/* cell_spec.c - a planned cell in the words of docs/reference/cell-protocol.md, section 1. */
#include "lab/runner/cell_spec.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>

const struct lab_lane *lab_spec_lane(const struct lab_bench *bench,
                                     const struct lab_plan_cell *cell) {
    for (size_t i = 0; i < bench->lane_count; i++) {
        if (strcmp(bench->lanes[i].lane, cell->lane) == 0 &&
            strcmp(bench->lanes[i].label, cell->interpreter) == 0) {
            return &bench->lanes[i];
        }
    }
    return NULL;
}

bool lab_bench_needs_server(const struct lab_bench *bench, const struct lab_plan_cell *cell) {
    const struct lab_lane *lane = lab_spec_lane(bench, cell);
    const struct lab_workload_info *work =
        lane != NULL ? lab_lane_workload(lane, cell->workload) : NULL;

    return work != NULL && work->needs_http;
}

char *lab_spec_line(const struct lab_bench *bench, const struct lab_plan_cell *cell,
                    uint64_t seed) {
    json_t *params = json_loads(cell->params[0] != '\0' ? cell->params : "{}", 0, NULL);
    json_t *object = json_pack(
        "{s:i, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:f, s:I, s:f, s:f, s:f, s:s, s:i, s:s, s:s,"
        " s:o}",
        "protocol", 1, "part", cell->part, "lane", cell->lane, "workload", cell->workload,
        "executor", cell->executor, "workers", (int)cell->workers, "sizer", cell->sizer, "policy",
        cell->policy, "variant", cell->variant, "load", cell->load, "seed", (json_int_t)seed,
        "timed_s", cell->timed_s, "warm_s", cell->warm_s, "scale", cell->scale, "scratch",
        bench->scratch, "http_port", bench->server.port, "inputs",
        strcmp(cell->kind, "user") == 0 ? bench->inputs : "", "weights", bench->weights, "params",
        params != NULL ? params : json_object());
    char *text = json_dumps(object, JSON_COMPACT);
    size_t length = text != NULL ? strlen(text) : 0;
    char *line = text != NULL ? realloc(text, length + 2) : NULL;

    json_decref(object);
    if (line == NULL) {
        free(text);
        return NULL;
    }
    line[length] = '\n';
    line[length + 1] = '\0';
    return line;
}
