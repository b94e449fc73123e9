/* catalogue.c - reads the object that `--list` prints. */
#include "lab/plan/catalogue.h"

#include <jansson.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static struct lab_support support_of(const json_t *object, const char *key) {
    return (struct lab_support){
        .is_supported = json_is_true(json_object_get(object, key)),
        .reason = text_of(object, "reason"),
        .install = text_of(object, "install"),
    };
}

static void read_workload(struct lab_workload_info *info, const json_t *item) {
    const json_t *variants = json_object_get(item, "variants");
    size_t index;
    const json_t *variant;

    *info = (struct lab_workload_info){
        .id = text_of(item, "id"),
        .kind = text_of(item, "kind"),
        .summary = text_of(item, "summary"),
        .needs_http = json_is_true(json_object_get(item, "needs_http")),
        .support = support_of(item, "supported"),
    };
    json_array_foreach(variants, index, variant) {
        const char *name = json_string_value(variant);

        if (name != NULL && info->variant_count < LAB_VARIANTS_MAX) {
            info->variants[info->variant_count++] = name;
        }
    }
}

static void read_executor(struct lab_executor_info *info, const json_t *item) {
    *info = (struct lab_executor_info){
        .id = text_of(item, "id"),
        .summary = text_of(item, "summary"),
        .is_pool = json_is_true(json_object_get(item, "pool")),
        .is_treadle = json_is_true(json_object_get(item, "treadle")),
        .support = support_of(item, "supported"),
    };
}

static void read_outcome(struct lab_outcome_info *info, const json_t *item) {
    size_t index;
    const json_t *pair;

    *info = (struct lab_outcome_info){
        .id = text_of(item, "id"),
        .claim = text_of(item, "claim"),
        .summary = text_of(item, "summary"),
        .support = support_of(item, "supported"),
    };
    json_array_foreach(json_object_get(item, "executors"), index, pair) {
        const char *executor = json_string_value(json_array_get(pair, 0));
        const char *variant = json_string_value(json_array_get(pair, 1));

        if (executor != NULL && info->pair_count < LAB_PAIRS_MAX) {
            info->pairs[info->pair_count].executor = executor;
            info->pairs[info->pair_count].variant = variant != NULL ? variant : "";
            info->pair_count++;
        }
    }
}

/* Room for every element of the array at `key`; a missing one counts as empty. */
static void *array_for(const json_t *root, const char *key, size_t item_bytes, size_t *count_out) {
    *count_out = json_array_size(json_object_get(root, key));
    return calloc(*count_out > 0 ? *count_out : 1, item_bytes);
}

static int allocate(struct lab_lane *lane, const char *label) {
    lane->label = strdup(label);
    lane->workloads =
        array_for(lane->json, "workloads", sizeof *lane->workloads, &lane->workload_count);
    lane->executors =
        array_for(lane->json, "executors", sizeof *lane->executors, &lane->executor_count);
    lane->outcomes =
        array_for(lane->json, "outcomes", sizeof *lane->outcomes, &lane->outcome_count);
    lane->version_count = json_object_size(json_object_get(lane->json, "versions"));
    lane->versions = calloc(lane->version_count + 1, sizeof *lane->versions);
    if (lane->label == NULL || lane->workloads == NULL || lane->executors == NULL ||
        lane->outcomes == NULL || lane->versions == NULL) {
        return -ENOMEM;
    }
    return 0;
}

static void read_all(struct lab_lane *lane) {
    size_t index = 0;
    const json_t *item;
    const char *name;
    json_t *version;

    json_array_foreach(json_object_get(lane->json, "workloads"), index, item) {
        read_workload(&lane->workloads[index], item);
    }
    json_array_foreach(json_object_get(lane->json, "executors"), index, item) {
        read_executor(&lane->executors[index], item);
    }
    json_array_foreach(json_object_get(lane->json, "outcomes"), index, item) {
        read_outcome(&lane->outcomes[index], item);
    }
    index = 0;
    json_object_foreach(json_object_get(lane->json, "versions"), name, version) {
        const char *text = json_string_value(version);

        lane->versions[index++] = (struct lab_version){name, text != NULL ? text : ""};
    }
    lane->extension = support_of(json_object_get(lane->json, "extension"), "available");
}

int lab_lane_parse(struct lab_lane *lane, const char *text, const char *executable) {
    const char *label;
    int code = 0;

    *lane = (struct lab_lane){.lane = executable != NULL ? "python" : "native"};
    lane->json = json_loads(text, 0, NULL);
    label = json_string_value(json_object_get(json_object_get(lane->json, "interpreter"), "label"));
    if (json_integer_value(json_object_get(lane->json, "protocol")) != 1 || label == NULL) {
        code = -EINVAL;
        goto free_lane;
    }
    if (executable != NULL) {
        lane->executable = strdup(executable);
        code = lane->executable == NULL ? -ENOMEM : 0;
    }
    if (code == 0) {
        code = allocate(lane, label);
    }
    if (code != 0) {
        goto free_lane;
    }
    read_all(lane);
    return 0;

free_lane:
    lab_lane_free(lane);
    return code;
}

void lab_lane_free(struct lab_lane *lane) {
    free(lane->executable);
    free(lane->label);
    free(lane->workloads);
    free(lane->executors);
    free(lane->outcomes);
    free(lane->versions);
    json_decref(lane->json);
    *lane = (struct lab_lane){.lane = lane->lane};
}

const struct lab_workload_info *lab_lane_workload(const struct lab_lane *lane, const char *id) {
    for (size_t i = 0; i < lane->workload_count; i++) {
        if (strcmp(lane->workloads[i].id, id) == 0) {
            return &lane->workloads[i];
        }
    }
    return NULL;
}

const struct lab_executor_info *lab_lane_executor(const struct lab_lane *lane, const char *id) {
    for (size_t i = 0; i < lane->executor_count; i++) {
        if (strcmp(lane->executors[i].id, id) == 0) {
            return &lane->executors[i];
        }
    }
    return NULL;
}
