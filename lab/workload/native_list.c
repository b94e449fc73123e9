/* native_list.c - `treadle cell --list`: what the native lane can run, in the words of section 3 of
 * docs/reference/cell-protocol.md. */
#include "lab/workload/native.h"

#include <jansson.h>
#include <treadle/treadle.h>

#include <errno.h>
#include <string.h>

static json_t *workload_row(const struct lab_native_workload *workload) {
    return json_pack("{s:s, s:s, s:s, s:[], s:{}, s:b, s:b, s:s, s:s}", "id", workload->name,
                     "kind", workload->kind, "summary", workload->summary, "variants", "params",
                     "needs_http", strcmp(workload->name, "http") == 0, "supported", 1, "reason",
                     "", "install", "");
}

static json_t *executor_row(const char *id, const char *summary, int is_pool) {
    return json_pack("{s:s, s:s, s:b, s:b, s:b, s:s, s:s}", "id", id, "summary", summary, "pool",
                     is_pool, "treadle", is_pool, "supported", 1, "reason", "", "install", "");
}

int lab_native_list(FILE *out) {
    json_t *workloads = json_array();
    json_t *object;
    int code;

    for (const struct lab_native_workload *const *workload = lab_native_workloads();
         *workload != NULL; workload++) {
        (void)json_array_append_new(workloads, workload_row(*workload)); /* checked by the dump */
    }
    object = json_pack("{s:i, s:{s:s}, s:{s:b, s:s, s:s}, s:o, s:[o, o], s:[], s:{s:s}}",
                       "protocol", 1, "interpreter", "label", "", "extension", "available", 1,
                       "reason", "", "install", "", "workloads", workloads, "executors",
                       executor_row("serial", "one task after the other, no pool", 0),
                       executor_row("treadle-pool", "libtreadle's own pool of threads", 1),
                       "outcomes", "versions", "libtreadle", trd_version());
    code = object == NULL ? -ENOMEM : json_dumpf(object, out, JSON_INDENT(1));
    json_decref(object);
    return code != 0 || fputc('\n', out) == EOF ? -EIO : 0;
}
