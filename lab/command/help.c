/* help.c - `treadle help` and `treadle --help`. */
#include "lab/command/command.h"
#include "lab/command/say.h"

#include <stdio.h>
#include <string.h>

void lab_help_overview(void) {
    printf(
        "Usage: treadle COMMAND [OPTIONS]\n\n"
        "Measures which executor, which pool size and which scheduling policy a Python workload\n"
        "should use, on this machine.\n\nCommands:\n");
    for (const struct lab_command *command = lab_commands(); command->name != NULL; command++) {
        if (command->summary != NULL) {
            printf("  %-8s %s\n", command->name, command->summary);
        }
    }
    printf("\nOptions:\n  --help     this help\n  --version  the version\n\n"
           "Examples:\n"
           "  treadle doctor                    is this machine fit to measure?\n"
           "  treadle study --quick             the whole study, thinly, in six minutes\n"
           "  treadle help study                all of its options\n");
}

int lab_help_main(int argc, char **argv) {
    static char help[] = "--help";
    const struct lab_command *command;

    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        lab_help_overview();
        return LAB_EXIT_OK;
    }
    command = lab_command_find(argv[1]);
    if (command == NULL) {
        char *again[] = {argv[0], argv[1], NULL};

        return lab_command_main(2, again); /* says what is known */
    }
    return command->run(2, (char *[]){argv[1], help, NULL});
}
