/* options.c - parses "--name value", "--name=value" and operands by a table. */
#include "lab/command/options.h"

#include "lab/command/command.h"
#include "lab/command/say.h"
#include "lab/command/suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { OPTIONS_MAX = 64 };

static void print_help(const struct lab_usage *usage) {
    printf("Usage: treadle %s %s\n\n%s\n", usage->command, usage->synopsis, usage->about);
    printf("\nOptions:\n");
    for (const struct lab_option *option = usage->options; option->name != NULL; option++) {
        char left[64];

        snprintf(left, sizeof left, "--%s %s", option->name, option->value ? option->value : "");
        printf("  %-24s %s\n", left, option->summary);
    }
    printf("  %-24s %s\n", "--help", "this help");
    if (usage->examples != NULL) {
        printf("\nExamples:\n%s", usage->examples);
    }
}

static const struct lab_option *find(const struct lab_usage *usage, const char *name,
                                     size_t length) {
    for (const struct lab_option *option = usage->options; option->name != NULL; option++) {
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0) {
            return option;
        }
    }
    return NULL;
}

static int say_unknown(const struct lab_usage *usage, const char *name, size_t length) {
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    char word[64];
    const char *nearest;

    for (const struct lab_option *option = usage->options;
         option->name != NULL && count < OPTIONS_MAX; option++) {
        names[count++] = option->name;
    }
    snprintf(word, sizeof word, "%.*s", (int)(length < 63 ? length : 63), name);
    nearest = lab_suggest(word, names, count);
    if (nearest != NULL) {
        lab_say_error("%s: unknown option --%s: did you mean --%s?", usage->command, word, nearest);
    } else {
        lab_say_error("%s: unknown option --%s: see `treadle %s --help`", usage->command, word,
                      usage->command);
    }
    return LAB_EXIT_USAGE;
}

/* Handles argv[*index], which begins with "--" or is "-x"; may move *index on by one. */
static int take_option(const struct lab_usage *usage, int argc, char **argv, int *index,
                       void *context) {
    const char *name = argv[*index] + (strncmp(argv[*index], "--", 2) == 0 ? 2 : 1);
    size_t length = strcspn(name, "=");
    const struct lab_option *option = find(usage, name, length);
    const char *value = name[length] == '=' ? name + length + 1 : NULL;

    if (option == NULL) {
        return say_unknown(usage, name, length);
    }
    if (option->value == NULL) {
        if (value != NULL) {
            lab_say_error("%s: --%s takes no value: leave out '=%s'", usage->command, option->name,
                          value);
            return LAB_EXIT_USAGE;
        }
        return option->set(context, NULL);
    }
    if (value == NULL && *index + 1 < argc) {
        value = argv[++*index];
    }
    if (value == NULL) {
        lab_say_error("%s: --%s needs a value: --%s %s", usage->command, option->name, option->name,
                      option->value);
        return LAB_EXIT_USAGE;
    }
    return option->set(context, value);
}

static int take_operand(const struct lab_usage *usage, const char *value, void *context) {
    if (usage->operand == NULL) {
        lab_say_error("%s: unexpected argument '%s': see `treadle %s --help`", usage->command,
                      value, usage->command);
        return LAB_EXIT_USAGE;
    }
    return usage->operand(context, value);
}

int lab_options_parse(const struct lab_usage *usage, int argc, char **argv, void *context) {
    bool is_operands_only = false;

    for (int i = 1; i < argc; i++) {
        bool is_option = !is_operands_only && argv[i][0] == '-' && argv[i][1] != '\0';
        int code;

        if (is_option && strcmp(argv[i], "--") == 0) {
            is_operands_only = true;
            continue;
        }
        if (is_option && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            print_help(usage);
            return LAB_EXIT_OK;
        }
        code = is_option ? take_option(usage, argc, argv, &i, context)
                         : take_operand(usage, argv[i], context);
        if (code != 0) {
            return code;
        }
    }
    return LAB_OPTIONS_GO_ON;
}
