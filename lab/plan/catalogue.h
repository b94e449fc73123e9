/* catalogue.h - what one lane (an interpreter, or the native lane) can run, as it said itself:
 * the object that `--list` prints (docs/reference/cell-protocol.md, section 3).
 *
 * A lane owns its parsed JSON; every string below points into it and lives as long.
 */
#ifndef TREADLE_LAB_CATALOGUE_H
#define TREADLE_LAB_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

struct json_t;

enum { LAB_VARIANTS_MAX = 8, LAB_PAIRS_MAX = 16 };

/* Whether it can be run here; if not, one line why and the command that would change it. */
struct lab_support {
    bool is_supported;
    const char *reason, *install;
};

struct lab_workload_info {
    const char *id, *kind, *summary;
    const char *variants[LAB_VARIANTS_MAX]; /* the first is what "" means */
    size_t variant_count;
    bool needs_http;
    struct lab_support support;
};

struct lab_executor_info {
    const char *id, *summary;
    bool is_pool, is_treadle;
    struct lab_support support;
};

struct lab_outcome_info {
    const char *id, *claim, *summary;
    struct {
        const char *executor, *variant;
    } pairs[LAB_PAIRS_MAX];
    size_t pair_count;
    struct lab_support support;
};

struct lab_version {
    const char *name, *version;
};

struct lab_lane {
    const char *lane; /* "python" or "native" */
    char *executable; /* the interpreter as it is started; NULL in the native lane */
    char *label;      /* unique among the lanes of a study; "" in the native lane */
    struct lab_support extension;
    struct lab_workload_info *workloads;
    size_t workload_count;
    struct lab_executor_info *executors;
    size_t executor_count;
    struct lab_outcome_info *outcomes;
    size_t outcome_count;
    struct lab_version *versions;
    size_t version_count;
    struct json_t *json;
};

/* Parses what `--list` printed. 0; -EINVAL when it is not such an object; -ENOMEM. `executable` is
 * copied, NULL means the native lane. */
int lab_lane_parse(struct lab_lane *lane, const char *text, const char *executable);
void lab_lane_free(struct lab_lane *lane);

const struct lab_workload_info *lab_lane_workload(const struct lab_lane *lane, const char *id);
const struct lab_executor_info *lab_lane_executor(const struct lab_lane *lane, const char *id);

#endif
