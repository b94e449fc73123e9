/* cmd_study.c - `treadle study`: plans, runs and reports a study, or goes on with one. */
#define _DEFAULT_SOURCE
#include "lab/command/cmd_study.h"

#include "lab/command/command.h"
#include "lab/command/options.h"
#include "lab/command/say.h"
#include "lab/command/study_options.h"
#include "lab/command/study_resume.h"
#include "lab/command/write_results.h"
#include "lab/runner/environment.h"
#include "lab/runner/interrupt.h"
#include "lab/runner/machine.h"
#include "lab/runner/manifest.h"
#include "lab/runner/quiet.h"
#include "lab/runner/study.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Of the quick study's budget: what is not runs of cells. */
#define AROUND_S 10.0

static int say(const struct trd_error *error) {
    lab_say_error("study: %s", error->message);
    return LAB_EXIT_USAGE;
}

static uint64_t draw_seed(void) {
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec * 1000003u ^ (uint64_t)now.tv_nsec ^ (uint64_t)getpid() << 20) &
           0xffffffffu;
}

static void default_out(char *out, size_t space) {
    time_t now = time(NULL);
    struct tm parts;

    if (localtime_r(&now, &parts) == NULL ||
        strftime(out, space, "treadle-study-%Y%m%d-%H%M%S", &parts) == 0) {
        snprintf(out, space, "treadle-study-%lld", (long long)now);
    }
}

static void join_command(int argc, char **argv, char *text, size_t space) {
    size_t length = (size_t)snprintf(text, space, "treadle");

    for (int i = 0; i < argc && length + 1 < space; i++) {
        int added = snprintf(text + length, space - length, " %s", argv[i]);

        length += added > 0 ? (size_t)added : 0;
    }
}

/* What cannot run, once for every cause, with the command that would change it. */
static void say_missing(const struct lab_plan *plan) {
    const char *last = "";

    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct lab_plan_cell *cell = &plan->cells[i];
        bool is_said = !cell->is_skipped || strcmp(cell->reason, last) == 0;

        for (size_t j = 0; j < i && !is_said; j++) {
            is_said = plan->cells[j].is_skipped &&
                      strcmp(plan->cells[j].reason, cell->reason) == 0 &&
                      strcmp(plan->cells[j].interpreter, cell->interpreter) == 0;
        }
        if (!is_said) {
            last = cell->reason;
            fprintf(stderr, "skipped: %s, %s: %s%s%s\n", cell->workload, cell->executor,
                    cell->reason, cell->install[0] != '\0' ? "; to get it: " : "", cell->install);
        }
    }
}

static void say_plan(const struct lab_store *store, const struct lab_plan *plan) {
    char time[32];

    lab_progress_time(lab_plan_seconds(plan), time, sizeof time);
    fprintf(stderr, "study: %zu cells in %zu groups, %zu runs, about %s; results in %s\n",
            plan->cell_count, plan->group_count, plan->slot_count, time, lab_store_dir(store));
    say_missing(plan);
}

/* Leaves with the exit code that fits, after saying what the user should know. */
static int finish(struct lab_store *store, const struct lab_study *study, bool needs_quiet) {
    struct trd_error error;
    struct lab_found found;
    char now[64];

    lab_manifest_time(time(NULL), now, sizeof now);
    if (lab_store_put_fact(store, "ended", now, &error) != 0 ||
        lab_store_finish(store, &error) != 0 || lab_write_results(store, &found, &error) != 0) {
        return say(&error);
    }
    if (study->dropped_count > 0) {
        fprintf(stderr,
                "note: this machine was slower than planned: %zu blocks of lesser importance were "
                "left out to keep within the time; without --quick or --budget all are run\n",
                study->dropped_count);
    }
    if (found.is_noisy) {
        fprintf(stderr,
                "NOISY: others, or the host, took processor time in more than a tenth of "
                "the blocks: intervals are wider than they need be; `treadle doctor` says more\n");
    }
    if (!found.is_complete) {
        return LAB_EXIT_PARTIAL;
    }
    return found.is_noisy && needs_quiet ? LAB_EXIT_NOISY : LAB_EXIT_OK;
}

static int run(struct lab_store *store, struct lab_plan *plan, struct lab_lanes *lanes,
               const struct lab_study_setup *setup) {
    struct trd_error error = {.message = ""};
    struct lab_bench bench = {
        .lanes = lanes->items,
        .lane_count = lanes->count,
        .inputs = setup->inputs,
        .weights = setup->weights,
    };
    struct lab_study study = {
        .store = store,
        .plan = plan,
        .bench = &bench,
        .seed = setup->seed,
        .budget_s = setup->budget_s > AROUND_S ? setup->budget_s - AROUND_S : setup->budget_s,
    };
    int code;

    lab_python_path(bench.python_path, sizeof bench.python_path);
    snprintf(bench.scratch, sizeof bench.scratch, "%.4000s/scratch", lab_store_dir(store));
    (void)signal(SIGPIPE, SIG_IGN); /* a cell that has gone is heard of otherwise */
    (void)signal(SIGXFSZ, SIG_IGN); /* a file size limit then is an error like a full disk */
    code = lab_interrupt_catch();
    if (code != 0) {
        snprintf(error.message, sizeof error.message, "cannot start: %s", strerror(-code));
        return say(&error);
    }
    code = lab_study_run(&study, &error);
    if (code == 0) {
        return finish(store, &study, setup->needs_quiet);
    }
    if (code == -EINTR) {
        fprintf(stderr,
                "interrupted: %zu runs of this session are kept; go on with\n"
                "  treadle study --resume %s\n",
                study.run_count, lab_store_dir(store));
        return LAB_EXIT_INTERRUPTED;
    }
    (void)say(&error);
    return study.is_stuck && study.run_count > 0 ? LAB_EXIT_PARTIAL : LAB_EXIT_USAGE;
}

static int put_all(struct lab_store *store, const struct lab_study_options *options,
                   const struct lab_design *design, const struct lab_lanes *lanes,
                   const struct lab_plan *plan, const char *command, struct trd_error *error) {
    char folder[LAB_PATH_SPACE];
    int code = lab_manifest_begin(store, design, lanes, plan,
                                  lab_study_options_margin(options, plan), command, error);

    if (getcwd(folder, sizeof folder) == NULL) {
        folder[0] = '\0';
    }
    code = code != 0 ? code : lab_store_put_fact(store, "folder", folder, error);
    code = code != 0 ? code : lab_store_put_fact(store, "inputs", options->inputs, error);
    code = code != 0 ? code : lab_store_put_fact(store, "weights", options->weights, error);
    return code != 0 ? code : lab_store_put_plan(store, plan, error);
}

static int plan_and_run(struct lab_study_options *options, struct lab_lanes *lanes,
                        const char *command) {
    struct lab_machine machine;
    struct lab_design design;
    struct lab_plan plan;
    struct lab_store *store = NULL;
    struct trd_error error;
    int code;

    lab_machine_read(&machine);
    if (options->out[0] == '\0') {
        default_out(options->out, sizeof options->out);
    }
    options->seed = options->has_seed ? options->seed : draw_seed();
    design = lab_study_options_design(options, lanes, machine.cores);
    lab_plan_init(&plan);
    code = lab_design_plan(&plan, &design, lanes->items, lanes->count);
    if (code != 0) {
        lab_say_error("study: %s", code == -ENOMEM
                                       ? "out of memory"
                                       : "nothing is left to run: name fewer restrictions");
        lab_plan_free(&plan);
        return LAB_EXIT_USAGE;
    }
    code = lab_store_create(&store, options->out, &error);
    code = code != 0 ? code : put_all(store, options, &design, lanes, &plan, command, &error);
    if (code != 0) {
        code = say(&error);
    } else {
        const struct lab_study_setup setup = {
            .seed = design.seed,
            .budget_s = design.budget_s,
            .needs_quiet = options->needs_quiet,
            .inputs = options->inputs,
            .weights = options->weights,
        };

        say_plan(store, &plan);
        code = run(store, &plan, lanes, &setup);
    }
    lab_store_close(store);
    lab_plan_free(&plan);
    return code;
}

static int start(struct lab_study_options *options, const char *command) {
    struct lab_lanes lanes;
    struct trd_error error;
    int code;

    if (lab_lanes_find(&lanes, options->pythons, options->python_count, &error) != 0) {
        return say(&error);
    }
    code = lab_study_options_check(options, &lanes);
    if (code == 0 && !lab_quiet_now(options->needs_quiet)) {
        code = LAB_EXIT_NOISY;
    }
    code = code != 0 ? code : plan_and_run(options, &lanes, command);
    lab_lanes_free(&lanes);
    return code;
}

static int go_on(struct lab_study_options *options) {
    struct lab_resumed resumed;
    struct trd_error error;
    int code = lab_resume_open(&resumed, options->resume, &error);

    if (code != 0) {
        return say(&error);
    }
    resumed.setup.needs_quiet = options->needs_quiet;
    if (resumed.is_finished) {
        struct lab_found found;

        fprintf(stderr, "study: %s is finished: nothing is left to run\n",
                lab_store_dir(resumed.store));
        code = lab_write_results(resumed.store, &found, &error) != 0 ? say(&error) : LAB_EXIT_OK;
    } else {
        say_plan(resumed.store, &resumed.plan);
        code = run(resumed.store, &resumed.plan, &resumed.lanes, &resumed.setup);
    }
    lab_resume_close(&resumed);
    return code;
}

int lab_study_main(int argc, char **argv) {
    struct lab_study_options options;
    char command[4096];
    int code;

    join_command(argc, argv, command, sizeof command);
    code = lab_study_options_parse(&options, argc, argv);
    if (code == LAB_OPTIONS_GO_ON) {
        code = options.resume[0] != '\0' ? go_on(&options) : start(&options, command);
    }
    lab_study_options_free(&options);
    return code;
}
