/* manifest.c - writes the facts of a study. */
#include "lab/runner/manifest.h"

#include "lab/runner/machine.h"

#include <treadle/treadle.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int lab_manifest_put(struct lab_store *store, struct trd_error *error, const char *key,
                     const char *format, ...) {
    char value[4096];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    return lab_store_put_fact(store, key, value, error);
}

void lab_manifest_time(time_t moment, char *text, size_t space) {
    struct tm parts;

    if (gmtime_r(&moment, &parts) == NULL ||
        strftime(text, space, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
        snprintf(text, space, "n/a");
    }
}

static int put_machine(struct lab_store *store, struct trd_error *error) {
    struct lab_machine machine;
    char limit[64] = "none", quota[64] = "none";
    int code;

    lab_machine_read(&machine);
    if (machine.memory_limit_bytes > 0.0) {
        snprintf(limit, sizeof limit, "%.1f GiB", machine.memory_limit_bytes / (1 << 30));
    }
    if (machine.quota_cores > 0.0) {
        snprintf(quota, sizeof quota, "%.2f cores", machine.quota_cores);
    }
    code = lab_manifest_put(store, error, "cores", "%u", machine.cores);
    code = code != 0 ? code : lab_manifest_put(store, error, "machine", "%s", machine.processor);
    code = code != 0 ? code : lab_manifest_put(store, error, "system", "%s", machine.system);
    code = code != 0 ? code : lab_manifest_put(store, error, "kernel", "%s", machine.kernel);
    code = code != 0 ? code
                     : lab_manifest_put(store, error, "cores online", "%u", machine.cores_online);
    code = code != 0 ? code : lab_manifest_put(store, error, "cpu limit", "%s", quota);
    code = code != 0 ? code
                     : lab_manifest_put(store, error, "memory", "%.1f GiB",
                                        machine.memory_bytes / (1 << 30));
    return code != 0 ? code : lab_manifest_put(store, error, "memory limit", "%s", limit);
}

/* "name version, name version" */
static void join_versions(const struct lab_lane *lane, char *text, size_t space) {
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < lane->version_count && length + 1 < space; i++) {
        int added = snprintf(text + length, space - length, "%s%s %s", i > 0 ? ", " : "",
                             lane->versions[i].name, lane->versions[i].version);

        length += added > 0 ? (size_t)added : 0;
    }
}

/* The first interpreter is "interpreter"; the others are numbered. */
static int put_lanes(struct lab_store *store, const struct lab_lanes *lanes,
                     struct trd_error *error) {
    int code = 0, number = 0;

    for (size_t i = 0; code == 0 && i < lanes->count; i++) {
        const struct lab_lane *lane = &lanes->items[i];
        char suffix[16] = "", key[64], versions[2048];

        if (lane->executable == NULL) {
            continue;
        }
        if (++number > 1) {
            snprintf(suffix, sizeof suffix, " %d", number);
        }
        snprintf(key, sizeof key, "interpreter%s", suffix);
        code = lab_manifest_put(store, error, key, "%s", lane->label);
        snprintf(key, sizeof key, "executable%s", suffix);
        code = code != 0 ? code : lab_manifest_put(store, error, key, "%s", lane->executable);
        join_versions(lane, versions, sizeof versions);
        snprintf(key, sizeof key, "versions%s", suffix);
        code = code != 0 ? code : lab_manifest_put(store, error, key, "%s", versions);
        if (code == 0 && !lane->extension.is_supported) {
            snprintf(key, sizeof key, "extension%s", suffix);
            code = lab_manifest_put(store, error, key, "%s", lane->extension.reason);
        }
    }
    return code != 0 ? code : lab_manifest_put(store, error, "interpreters", "%d", number);
}

static const char *design_name(const struct lab_design *design) {
    if (design->is_quick) {
        return "quick";
    }
    return design->budget_s > 0.0 ? "budget" : "full";
}

static uint32_t most_blocks(const struct lab_plan *plan) {
    uint32_t blocks = 0;

    for (size_t i = 0; i < plan->group_count; i++) {
        blocks = plan->groups[i].blocks > blocks ? plan->groups[i].blocks : blocks;
    }
    return blocks;
}

int lab_manifest_begin(struct lab_store *store, const struct lab_design *design,
                       const struct lab_lanes *lanes, const struct lab_plan *plan, double margin,
                       const char *command, struct trd_error *error) {
    char now[64];
    int code = lab_manifest_put(store, error, "treadle", "%s", trd_version());

    lab_manifest_time(time(NULL), now, sizeof now);
    code = code != 0 ? code : lab_manifest_put(store, error, "command", "%s", command);
    code = code != 0 ? code : lab_manifest_put(store, error, "started", "%s", now);
    code = code != 0
               ? code
               : lab_manifest_put(store, error, "seed", "%llu", (unsigned long long)design->seed);
    code = code != 0 ? code : lab_manifest_put(store, error, "design", "%s", design_name(design));
    code = code != 0 ? code : lab_manifest_put(store, error, "blocks", "%u", most_blocks(plan));
    code = code != 0 ? code : lab_manifest_put(store, error, "margin", "%.3f", margin);
    code = code != 0
               ? code
               : lab_manifest_put(store, error, "planned seconds", "%.0f", lab_plan_seconds(plan));
    code = code != 0 ? code
                     : lab_manifest_put(store, error, "budget seconds", "%.0f", design->budget_s);
    code = code != 0 ? code : put_machine(store, error);
    return code != 0 ? code : put_lanes(store, lanes, error);
}
