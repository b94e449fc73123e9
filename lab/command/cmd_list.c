/* cmd_list.c - `treadle list`: what there is, what is missing, why, and how to get it. */
#include "lab/command/cmd_list.h"

#include "lab/command/command.h"
#include "lab/command/options.h"
#include "lab/command/say.h"
#include "lab/runner/probe.h"

#include <treadle/policy.h>
#include <treadle/sizer.h>

#include <stdio.h>
#include <string.h>

struct wanted {
    const char *pythons[LAB_LANES_MAX];
    size_t count;
};

static int set_python(void *context, const char *value) {
    struct wanted *wanted = context;

    if (wanted->count == LAB_LANES_MAX) {
        lab_say_error("list: at most %d interpreters", LAB_LANES_MAX);
        return LAB_EXIT_USAGE;
    }
    wanted->pythons[wanted->count++] = value;
    return 0;
}

static const struct lab_option table[] = {
    {"python", "PATH", "an interpreter to look at; again for more of them", set_python},
    {NULL, NULL, NULL, NULL},
};

static const struct lab_usage usage = {
    .command = "list",
    .synopsis = "[--python PATH]...",
    .about =
        "Lists policies, sizers, workloads, executors and interpreters; what is missing here,\n"
        "why, and the command that would change it.",
    .examples = "  treadle list\n"
                "  treadle list --python python3.11 --python python3.13\n",
    .options = table,
};

static const char *title_start = "", *title_end = "";

static void print_title(const char *title) {
    printf("%s%s%s\n", title_start, title, title_end);
}

static void print_params(const struct trd_param *params) {
    for (; params != NULL && params->name != NULL; params++) {
        printf("  %-19s :%s=%g  %s\n", "", params->name, params->fallback, params->summary);
    }
}

/* The names of the policies that may stand in one place of a composition. */
static void print_places(const char *place, unsigned flag) {
    const char *before = "";

    printf("  %-19s ", place);
    for (const struct trd_policy *const *policy = trd_policies(); *policy != NULL; policy++) {
        if (((*policy)->flags & flag) != 0) {
            printf("%s%s", before, (*policy)->name);
            before = ", ";
        }
    }
    printf("\n");
}

static void print_composition(void) {
    print_title(
        "\nCompositions, written admission/fairness/order, such as codel/drr/edf or drr/sjf");
    print_places("fairness", TRD_POLICY_FAIRNESS);
    print_places("order", TRD_POLICY_ORDER);
    for (const struct trd_admission *const *one = trd_admissions(); *one != NULL; one++) {
        printf("  %-19s %s\n", (*one)->name, (*one)->summary);
        print_params((*one)->params);
    }
}

static void print_plug_ins(void) {
    print_title("Policies");
    for (const struct trd_policy *const *policy = trd_policies(); *policy != NULL; policy++) {
        printf("  %-19s %s\n", (*policy)->name, (*policy)->summary);
        print_params((*policy)->params);
    }
    print_composition();
    print_title("\nSizers");
    for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer != NULL; sizer++) {
        printf("  %-19s %s\n", (*sizer)->name, (*sizer)->summary);
        print_params((*sizer)->params);
    }
}

/* Is it listed by an earlier lane already? */
static bool is_known_workload(const struct lab_lanes *lanes, size_t before, const char *id) {
    for (size_t i = 0; i < before; i++) {
        if (lab_lane_workload(&lanes->items[i], id) != NULL) {
            return true;
        }
    }
    return false;
}

static bool is_known_executor(const struct lab_lanes *lanes, size_t before, const char *id) {
    for (size_t i = 0; i < before; i++) {
        if (lab_lane_executor(&lanes->items[i], id) != NULL) {
            return true;
        }
    }
    return false;
}

static void print_variants(const struct lab_workload_info *work) {
    for (size_t i = 0; i < work->variant_count; i++) {
        printf("%s%s", i == 0 ? " (" : ", ", work->variants[i]);
    }
    printf("%s\n", work->variant_count > 0 ? ")" : "");
}

static void print_lanes(const struct lab_lanes *lanes) {
    print_title("\nWorkloads");
    for (size_t lane = 0; lane < lanes->count; lane++) {
        for (size_t i = 0; i < lanes->items[lane].workload_count; i++) {
            const struct lab_workload_info *work = &lanes->items[lane].workloads[i];

            if (!is_known_workload(lanes, lane, work->id)) {
                printf("  %-11s %-9s %s", work->id, work->kind, work->summary);
                print_variants(work);
            }
        }
    }
    printf("  %-11s %-9s %s\n", "MODULE:FUNC", "user",
           "a function of your own, with --inputs FILE (JSON lines)");
    print_title("\nExecutors");
    for (size_t lane = 0; lane < lanes->count; lane++) {
        for (size_t i = 0; i < lanes->items[lane].executor_count; i++) {
            const struct lab_executor_info *executor = &lanes->items[lane].executors[i];

            if (!is_known_executor(lanes, lane, executor->id)) {
                printf("  %-19s %s\n", executor->id, executor->summary);
            }
        }
    }
}

static void print_interpreters(const struct lab_lanes *lanes) {
    char known[1024];

    print_title("\nInterpreters");
    for (size_t lane = 0; lane < lanes->count; lane++) {
        const struct lab_lane *of = &lanes->items[lane];

        if (of->executable == NULL) {
            continue;
        }
        printf("  %-19s %s\n", of->label, of->executable);
        for (size_t i = 0; i < of->version_count; i++) {
            printf("%s%s %s", i == 0 ? "                      " : ", ", of->versions[i].name,
                   of->versions[i].version);
        }
        printf("%s", of->version_count > 0 ? "\n" : "");
    }
    lab_pythons_known(known, sizeof known);
    printf("  %-19s %s\n", "found on PATH", known);
}

static size_t print_one_missing(const struct lab_lane *lane, const char *name,
                                const struct lab_support *support) {
    if (support->is_supported) {
        return 0;
    }
    printf("  %s, %s: %s\n", name, lane->executable != NULL ? lane->label : "native lane",
           support->reason);
    if (support->install[0] != '\0') {
        printf("    to get it: %s\n", support->install);
    }
    return 1;
}

static void print_missing(const struct lab_lanes *lanes) {
    size_t count = 0;

    print_title("\nMissing");
    for (size_t lane = 0; lane < lanes->count; lane++) {
        const struct lab_lane *of = &lanes->items[lane];

        for (size_t i = 0; i < of->workload_count; i++) {
            count += print_one_missing(of, of->workloads[i].id, &of->workloads[i].support);
        }
        for (size_t i = 0; i < of->executor_count; i++) {
            count += print_one_missing(of, of->executors[i].id, &of->executors[i].support);
        }
        for (size_t i = 0; i < of->outcome_count; i++) {
            count += print_one_missing(of, of->outcomes[i].id, &of->outcomes[i].support);
        }
    }
    if (count == 0) {
        printf("  nothing\n");
    }
}

int lab_list_main(int argc, char **argv) {
    struct wanted wanted = {.count = 0};
    struct lab_lanes lanes;
    struct trd_error error;
    int code = lab_options_parse(&usage, argc, argv, &wanted);

    if (code != LAB_OPTIONS_GO_ON) {
        return code;
    }
    if (lab_lanes_find(&lanes, wanted.pythons, wanted.count, &error) != 0) {
        lab_say_error("list: %s", error.message);
        return LAB_EXIT_USAGE;
    }
    if (lab_say_is_colour(stdout)) {
        title_start = "\033[1m";
        title_end = "\033[0m";
    }
    print_plug_ins();
    print_lanes(&lanes);
    print_interpreters(&lanes);
    print_missing(&lanes);
    lab_lanes_free(&lanes);
    return LAB_EXIT_OK;
}
