/* command.h - the subcommands of `treadle` and what they share: exit codes and dispatch.
 *
 * A subcommand is one file and one line in the table of command.c.
 */
#ifndef TREADLE_LAB_COMMAND_H
#define TREADLE_LAB_COMMAND_H

#include <stdbool.h>

/* What the command exits with. */
enum lab_exit {
    LAB_EXIT_OK = 0,
    LAB_EXIT_USAGE = 2,         /* wrong arguments, or the environment says no */
    LAB_EXIT_NOISY = 3,         /* only with --require-quiet */
    LAB_EXIT_PARTIAL = 4,       /* some of it is measured; it can be resumed */
    LAB_EXIT_INTERRUPTED = 130, /* Ctrl-C */
};

struct lab_command {
    const char *name;
    const char *summary; /* NULL: not listed, used by the laboratory itself */
    /* argv[0] is the subcommand's name. Prints its own help for --help. Returns an exit code. */
    int (*run)(int argc, char **argv);
};

/* Runs `treadle` with the arguments of main(). Returns its exit code. */
int lab_command_main(int argc, char **argv);

/* The table, ended by a NULL name. */
const struct lab_command *lab_commands(void);

/* The subcommand of this name, or NULL. */
const struct lab_command *lab_command_find(const char *name);

/* `treadle help`, in help.c. */
int lab_help_main(int argc, char **argv);
void lab_help_overview(void);

#endif
