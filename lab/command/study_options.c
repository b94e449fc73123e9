/* study_options.c - what the user wants of a study. */
#define _DEFAULT_SOURCE /* realpath */
#include "lab/command/study_options.h"

#include "lab/command/command.h"
#include "lab/command/options.h"
#include "lab/command/say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int say_bad(const char *option, const char *value, const char *wanted) {
    lab_say_error("study: --%s '%s': give %s", option, value, wanted);
    return LAB_EXIT_USAGE;
}

static int set_quick(void *context, const char *value) {
    struct lab_study_options *options = context;

    (void)value;
    options->is_quick = true;
    return 0;
}

static int set_quiet(void *context, const char *value) {
    struct lab_study_options *options = context;

    (void)value;
    options->needs_quiet = true;
    return 0;
}

static int set_budget(void *context, const char *value) {
    struct lab_study_options *options = context;

    return lab_seconds_parse(value, &options->budget_s)
               ? 0
               : say_bad("budget", value, "a time such as 90s, 10m or 2h");
}

static int set_python(void *context, const char *value) {
    struct lab_study_options *options = context;

    if (options->python_count == LAB_LANES_MAX) {
        return say_bad("python", value, "fewer interpreters");
    }
    options->pythons[options->python_count++] = value;
    return 0;
}

static int set_list(struct lab_list *list, const char *option, const char *value) {
    if (lab_list_parse(list, value) != 0 || list->count == 0) {
        return say_bad(option, value, "one to 64 names separated by commas");
    }
    return 0;
}

static int set_workloads(void *context, const char *value) {
    return set_list(&((struct lab_study_options *)context)->workloads, "workloads", value);
}

static int set_executors(void *context, const char *value) {
    return set_list(&((struct lab_study_options *)context)->executors, "executors", value);
}

static int set_policies(void *context, const char *value) {
    return set_list(&((struct lab_study_options *)context)->policies, "policies", value);
}

static int set_parts(void *context, const char *value) {
    return set_list(&((struct lab_study_options *)context)->parts, "parts", value);
}

static int set_sizes(void *context, const char *value) {
    struct lab_study_options *options = context;
    struct lab_list list = {0};
    int code = set_list(&list, "sizes", value);

    options->size_count = 0;
    for (size_t i = 0; code == 0 && i < list.count; i++) {
        unsigned long long size;

        if (strcmp(list.items[i], "adaptive") == 0) {
            options->has_adaptive = true;
        } else if (options->size_count < LAB_SIZES_MAX &&
                   lab_number_parse(list.items[i], 1, 1024, &size)) {
            options->sizes[options->size_count++] = (uint32_t)size;
        } else {
            code = say_bad("sizes", list.items[i],
                           "numbers of workers from 1 to 1024, at most 32 of them, or 'adaptive'");
        }
    }
    lab_list_free(&list);
    return code;
}

static int set_seed(void *context, const char *value) {
    struct lab_study_options *options = context;
    unsigned long long seed;

    if (!lab_number_parse(value, 0, INT64_MAX, &seed)) {
        return say_bad("seed", value, "a whole number");
    }
    options->seed = seed;
    options->has_seed = true;
    return 0;
}

static int set_blocks(void *context, const char *value) {
    struct lab_study_options *options = context;
    unsigned long long blocks;

    if (!lab_number_parse(value, 1, 1000, &blocks)) {
        return say_bad("blocks", value, "a number from 1 to 1000");
    }
    options->blocks = (uint32_t)blocks;
    return 0;
}

static int set_cell_seconds(void *context, const char *value) {
    struct lab_study_options *options = context;

    return lab_seconds_parse(value, &options->cell_s) && options->cell_s <= 600.0
               ? 0
               : say_bad("cell-seconds", value, "seconds up to 600, such as 0.5");
}

static int set_limit(void *context, const char *value) {
    struct lab_study_options *options = context;

    return lab_seconds_parse(value, &options->limit_s) && options->limit_s <= 86400.0
               ? 0
               : say_bad("limit", value, "a time such as 30s or 5m");
}

static int set_margin(void *context, const char *value) {
    struct lab_study_options *options = context;
    char *end;

    options->margin = strtod(value, &end);
    options->has_margin = true;
    if (end == value || *end != '\0' || !(options->margin > 0.0 && options->margin < 1.0)) {
        return say_bad("margin", value, "a share between 0 and 1, such as 0.03");
    }
    return 0;
}

static int set_folder(char *to, const char *option, const char *value) {
    if (value[0] == '\0' || strlen(value) >= LAB_PATH_SPACE) {
        return say_bad(option, value, "a folder");
    }
    snprintf(to, LAB_PATH_SPACE, "%s", value);
    return 0;
}

static int set_out(void *context, const char *value) {
    return set_folder(((struct lab_study_options *)context)->out, "out", value);
}

static int set_resume(void *context, const char *value) {
    return set_folder(((struct lab_study_options *)context)->resume, "resume", value);
}

/* A file that must be there now: cells are started later, one by one. */
static int set_file(char *to, const char *option, const char *value) {
    char *real = realpath(value, NULL);

    if (real == NULL || access(real, R_OK) != 0 || strlen(real) >= LAB_PATH_SPACE) {
        lab_say_error("study: --%s %s: %s; name a file that can be read", option, value,
                      strerror(errno));
        free(real);
        return LAB_EXIT_USAGE;
    }
    snprintf(to, LAB_PATH_SPACE, "%s", real);
    free(real);
    return 0;
}

static int set_inputs(void *context, const char *value) {
    return set_file(((struct lab_study_options *)context)->inputs, "inputs", value);
}

static int set_weights(void *context, const char *value) {
    return set_file(((struct lab_study_options *)context)->weights, "weights", value);
}

static const struct lab_option table[] = {
    {"quick", NULL, "six blocks of the essential rows, in six minutes", set_quick},
    {"budget", "TIME", "as much as fits into TIME: 90s, 10m, 2h", set_budget},
    {"python", "PATH", "an interpreter; again for more of them", set_python},
    {"workloads", "LIST", "only these; also module:function of your own", set_workloads},
    {"inputs", "FILE", "JSON lines: the arguments for your function", set_inputs},
    {"executors", "LIST", "only these", set_executors},
    {"sizes", "LIST", "pool sizes such as 1,2,4,8,adaptive", set_sizes},
    {"policies", "LIST", "only these", set_policies},
    {"parts", "LIST", "only these: executors,sizes,policies,outcomes,selftest", set_parts},
    {"blocks", "N", "so many blocks (6 when quick, else 24)", set_blocks},
    {"cell-seconds", "S", "length of every timed window", set_cell_seconds},
    {"limit", "TIME", "a run that takes longer has hung (about 15s)", set_limit},
    {"margin", "SHARE", "differences below it do not matter (0.03; quick 0.10)", set_margin},
    {"seed", "N", "of everything random in the study", set_seed},
    {"weights", "FILE", "weights of ResNet-18 for classify", set_weights},
    {"out", "DIR", "folder of the results (./treadle-study-DATE-TIME)", set_out},
    {"resume", "DIR", "go on with an interrupted study", set_resume},
    {"require-quiet", NULL, "exit 3 when the machine is too noisy", set_quiet},
    {NULL, NULL, NULL, NULL},
};

static const struct lab_usage usage = {
    .command = "study",
    .synopsis = "[--quick | --budget TIME] [OPTIONS]",
    .about =
        "Measures executors, pool sizes and scheduling policies on this machine, in randomised\n"
        "blocks of fresh processes. Writes study.db (raw samples), study.json and report.html.\n"
        "Progress goes to stderr, the summary to stdout. Ctrl-C keeps what was measured.",
    .examples = "  treadle study --quick\n"
                "  treadle study --budget 30m --python python3.11 --python python3.13\n"
                "  treadle study --quick --workloads mymodule:work --inputs inputs.jsonl\n"
                "  treadle study --quick --parts sizes --workloads http --sizes 1,4,16,adaptive\n"
                "  treadle study --resume treadle-study-20240504-102030\n",
    .options = table,
};

/* Options that a resumed study has settled already. */
static int check_resume(const struct lab_study_options *options) {
    bool is_changed = options->is_quick || options->budget_s > 0.0 || options->has_seed ||
                      options->python_count + options->workloads.count + options->executors.count +
                              options->policies.count + options->parts.count + options->size_count >
                          0 ||
                      options->blocks > 0 || options->out[0] != '\0';

    if (options->resume[0] != '\0' && is_changed) {
        lab_say_error("study: --resume goes on with the study as it was planned: give it alone");
        return LAB_EXIT_USAGE;
    }
    return LAB_OPTIONS_GO_ON;
}

int lab_study_options_parse(struct lab_study_options *options, int argc, char **argv) {
    int code;

    *options = (struct lab_study_options){0};
    code = lab_options_parse(&usage, argc, argv, options);
    if (code != LAB_OPTIONS_GO_ON) {
        return code;
    }
    if (options->is_quick && options->budget_s > 0.0) {
        lab_say_error("study: --quick has its own budget: give --quick or --budget, not both");
        return LAB_EXIT_USAGE;
    }
    return check_resume(options);
}

void lab_study_options_free(struct lab_study_options *options) {
    lab_list_free(&options->workloads);
    lab_list_free(&options->executors);
    lab_list_free(&options->policies);
    lab_list_free(&options->parts);
}

static struct lab_names names_of(const struct lab_list *list) {
    return (struct lab_names){list->items, list->count};
}

struct lab_design lab_study_options_design(const struct lab_study_options *options,
                                           const struct lab_lanes *lanes, unsigned cores) {
    size_t pythons = 0;

    for (size_t i = 0; i < lanes->count; i++) {
        pythons += lanes->items[i].executable != NULL;
    }
    return (struct lab_design){
        .is_quick = options->is_quick,
        .budget_s = options->is_quick ? LAB_QUICK_BUDGET_S * (double)pythons : options->budget_s,
        .blocks = options->blocks,
        .cell_s = options->cell_s,
        .limit_s = options->limit_s,
        .seed = options->seed,
        .cores = cores,
        .workloads = names_of(&options->workloads),
        .executors = names_of(&options->executors),
        .policies = names_of(&options->policies),
        .parts = names_of(&options->parts),
        .sizes = options->sizes,
        .size_count = options->size_count,
        .has_adaptive = options->has_adaptive,
    };
}

double lab_study_options_margin(const struct lab_study_options *options,
                                const struct lab_plan *plan) {
    uint32_t blocks = 0;

    for (size_t i = 0; i < plan->group_count; i++) {
        blocks = plan->groups[i].blocks > blocks ? plan->groups[i].blocks : blocks;
    }
    if (options->has_margin) {
        return options->margin;
    }
    return blocks >= LAB_BLOCKS_FULL ? 0.03 : 0.10;
}
