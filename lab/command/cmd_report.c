/* cmd_report.c - `treadle report DIR`: writes a study's report again, from its samples. */
#include "lab/command/cmd_study.h"

#include "lab/command/command.h"
#include "lab/command/options.h"
#include "lab/command/say.h"
#include "lab/command/write_results.h"

#include <stddef.h>
#include <stdio.h>

static int set_dir(void *context, const char *value) {
    const char **dir = context;

    if (*dir != NULL) {
        lab_say_error("report: one folder at a time: '%s' is the second", value);
        return LAB_EXIT_USAGE;
    }
    *dir = value;
    return 0;
}

static const struct lab_option table[] = {{NULL, NULL, NULL, NULL}};

static const struct lab_usage usage = {
    .command = "report",
    .synopsis = "DIR",
    .about = "Writes DIR/report.html and DIR/study.json again from DIR/study.db, and prints the\n"
             "summary. Exit code 4: the study is not complete.",
    .examples = "  treadle report treadle-study-20240504-102030\n",
    .options = table,
    .operand = set_dir,
};

int lab_report_main(int argc, char **argv) {
    const char *dir = NULL;
    struct lab_store *store;
    struct lab_found found;
    struct trd_error error;
    int code = lab_options_parse(&usage, argc, argv, &dir);

    if (code != LAB_OPTIONS_GO_ON) {
        return code;
    }
    if (dir == NULL) {
        lab_say_error("report: name the folder of a study: treadle report DIR");
        return LAB_EXIT_USAGE;
    }
    code = lab_store_read(&store, dir, &error);
    if (code == 0) {
        code = lab_write_results(store, &found, &error);
        lab_store_close(store);
    }
    if (code != 0) {
        lab_say_error("report: %s", error.message);
        return LAB_EXIT_USAGE;
    }
    if (!found.is_complete) {
        fprintf(stderr, "note: the study is not complete; go on with `treadle study --resume %s`\n",
                dir);
        return LAB_EXIT_PARTIAL;
    }
    return LAB_EXIT_OK;
}
