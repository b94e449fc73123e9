/* study_names.c - are the names that were given known? If not, these are. */
#include "lab/command/study_options.h"

#include "lab/command/command.h"
#include "lab/command/say.h"
#include "lab/command/suggest.h"

#include <treadle/policy.h>

#include <stdio.h>
#include <string.h>

enum { KNOWN_MAX = 128 };

struct known {
    const char *names[KNOWN_MAX];
    size_t count;
};

static void add(struct known *known, const char *name) {
    for (size_t i = 0; i < known->count; i++) {
        if (strcmp(known->names[i], name) == 0) {
            return;
        }
    }
    if (known->count < KNOWN_MAX) {
        known->names[known->count++] = name;
    }
}

static void join(const struct known *known, char *text, size_t space) {
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < known->count && length + 1 < space; i++) {
        int added =
            snprintf(text + length, space - length, "%s%s", i > 0 ? ", " : "", known->names[i]);

        length += added > 0 ? (size_t)added : 0;
    }
}

static int check(const struct lab_list *list, const char *what, const struct known *known) {
    for (size_t i = 0; i < list->count; i++) {
        struct known all = *known;
        char text[2048], guess[128] = "";
        const char *nearest;
        size_t before = all.count;

        add(&all, list->items[i]);
        if (all.count == before) {
            continue;
        }
        nearest = lab_suggest(list->items[i], known->names, known->count);
        if (nearest != NULL) {
            snprintf(guess, sizeof guess, "did you mean %s? ", nearest);
        }
        join(known, text, sizeof text);
        lab_say_error("study: unknown %s '%s': %sknown: %s", what, list->items[i], guess, text);
        return LAB_EXIT_USAGE;
    }
    return 0;
}

static int check_workloads(const struct lab_list *list, const struct lab_lanes *lanes) {
    struct known known = {0};

    for (size_t lane = 0; lane < lanes->count; lane++) {
        for (size_t i = 0; i < lanes->items[lane].workload_count; i++) {
            add(&known, lanes->items[lane].workloads[i].id);
        }
    }
    for (size_t i = 0; i < list->count; i++) {
        if (strchr(list->items[i], ':') != NULL) {
            add(&known, list->items[i]); /* a function of the user's; its cell will look it up */
        }
    }
    return check(list, "workload", &known);
}

static int check_executors(const struct lab_list *list, const struct lab_lanes *lanes) {
    struct known known = {0};

    for (size_t lane = 0; lane < lanes->count; lane++) {
        for (size_t i = 0; i < lanes->items[lane].executor_count; i++) {
            add(&known, lanes->items[lane].executors[i].id);
        }
    }
    return check(list, "executor", &known);
}

static int check_policies(const struct lab_list *list) {
    struct known known = {0};

    for (const struct trd_policy *const *policy = trd_policies(); *policy != NULL; policy++) {
        add(&known, (*policy)->name);
    }
    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->items[i];
        struct trd_policy_spec spec;
        struct trd_error error;

        if (trd_policy_parse(text, &spec, &error) == 0) {
            add(&known, text); /* with parameters, or composed */
        } else if (strpbrk(text, ":/") != NULL) {
            lab_say_error("study: policy '%s': %s", text, error.message);
            return LAB_EXIT_USAGE;
        }
    }
    return check(list, "policy", &known);
}

int lab_study_options_check(const struct lab_study_options *options,
                            const struct lab_lanes *lanes) {
    static const struct known parts = {
        .names = {"executors", "sizes", "policies", "outcomes", "selftest"}, .count = 5};
    int code = check_workloads(&options->workloads, lanes);

    code = code != 0 ? code : check_executors(&options->executors, lanes);
    code = code != 0 ? code : check_policies(&options->policies);
    return code != 0 ? code : check(&options->parts, "part", &parts);
}
