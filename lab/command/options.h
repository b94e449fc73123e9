/* options.h - the options of a subcommand: one table that parses them and prints their help. */
#ifndef TREADLE_LAB_OPTIONS_H
#define TREADLE_LAB_OPTIONS_H

/* One option. An array of them ends with a NULL `name`. */
struct lab_option {
    const char *name;    /* without the dashes */
    const char *value;   /* what stands for its value in the help; NULL: a flag */
    const char *summary; /* one line */
    /* Takes the value (NULL for a flag). 0, or an exit code after saying what is wrong. */
    int (*set)(void *context, const char *value);
};

struct lab_usage {
    const char *command;  /* "study" */
    const char *synopsis; /* what follows "treadle study " */
    const char *about;    /* sentences, wrapped */
    const char *examples; /* lines, indented by two */
    const struct lab_option *options;
    /* Takes an argument that is no option. NULL: there are none. As `set`. */
    int (*operand)(void *context, const char *value);
};

enum { LAB_OPTIONS_GO_ON = -1 };

/* Parses argv[1..]. Returns LAB_OPTIONS_GO_ON, or the exit code to leave with: 0 when the help was
 * asked for and printed, 2 when something was wrong and has been said. */
int lab_options_parse(const struct lab_usage *usage, int argc, char **argv, void *context);

#endif
