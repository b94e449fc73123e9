/* command.c - the table of subcommands and the way to them. */
#include "lab/command/command.h"

#include "lab/command/cmd_list.h"
#include "lab/command/cmd_sim.h"
#include "lab/command/cmd_study.h"
#include "lab/command/doctor.h"
#include "lab/command/say.h"
#include "lab/command/suggest.h"
#include "lab/runner/guard.h"
#include "lab/workload/cell.h"

#include <treadle/treadle.h>

#include <stdio.h>
#include <string.h>

enum { COMMANDS_MAX = 32 };

static const struct lab_command commands[] = {
    {"study", "measures executors, pool sizes and policies", lab_study_main},
    {"report", "writes a study's report again", lab_report_main},
    {"list", "what there is, what is missing and why", lab_list_main},
    {"sim", "the scheduler in virtual time", lab_sim_main},
    {"doctor", "is this machine fit to measure?", lab_doctor_main},
    {"guard", NULL, lab_guard_main},
    {"cell", NULL, lab_cell_main},
    {"serve-http", NULL, lab_serve_http_main},
    {"help", "explains a subcommand", lab_help_main},
    {NULL, NULL, NULL},
};

const struct lab_command *lab_commands(void) {
    return commands;
}

const struct lab_command *lab_command_find(const char *name) {
    for (const struct lab_command *command = commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0) {
            return command;
        }
    }
    return NULL;
}

static int say_unknown(const char *word) {
    const char *names[COMMANDS_MAX];
    size_t count = 0;
    const char *nearest;

    for (const struct lab_command *command = commands; command->name != NULL; command++) {
        if (command->summary != NULL && count < COMMANDS_MAX) {
            names[count++] = command->name;
        }
    }
    nearest = lab_suggest(word, names, count);
    if (nearest != NULL) {
        lab_say_error("unknown command '%s': did you mean `treadle %s`?", word, nearest);
    } else {
        lab_say_error("unknown command '%s': `treadle --help` lists them", word);
    }
    return LAB_EXIT_USAGE;
}

int lab_command_main(int argc, char **argv) {
    const struct lab_command *command;

    if (argc < 2) {
        lab_help_overview();
        return LAB_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        lab_help_overview();
        return LAB_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("treadle %s\n", trd_version());
        return LAB_EXIT_OK;
    }
    if (argv[1][0] == '-') {
        lab_say_error("unknown option '%s': options follow a subcommand, see `treadle --help`",
                      argv[1]);
        return LAB_EXIT_USAGE;
    }
    command = lab_command_find(argv[1]);
    return command != NULL ? command->run(argc - 1, argv + 1) : say_unknown(argv[1]);
}
