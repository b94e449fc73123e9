/* cmd_doctor.c - `treadle doctor`: is this machine fit to measure? */
#include "lab/command/doctor.h"

#include "lab/command/command.h"
#include "lab/command/options.h"
#include "lab/command/say.h"

#include <stdio.h>
#include <string.h>

static int set_quiet(void *context, const char *value) {
    (void)value;
    *(bool *)context = true;
    return 0;
}

static const struct lab_option table[] = {
    {"require-quiet", NULL, "exit 3 when the machine is too noisy", set_quiet},
    {NULL, NULL, NULL, NULL},
};

static const struct lab_usage usage = {
    .command = "doctor",
    .synopsis = "[--require-quiet]",
    .about =
        "Looks at this machine for a few seconds: cores, other processes, clocks, memory, and how\n"
        "much identical work differs from itself. Each line is ok, warn with advice, or n/a where\n"
        "the machine does not tell.",
    .examples = "  treadle doctor\n"
                "  treadle doctor --require-quiet && treadle study\n",
    .options = table,
};

static const char *word_of(enum lab_health health, bool is_colour) {
    switch (health) {
    case LAB_HEALTH_OK:
        return is_colour ? "\033[32mok  \033[0m" : "ok  ";
    case LAB_HEALTH_WARN:
        return is_colour ? "\033[33mwarn\033[0m" : "warn";
    case LAB_HEALTH_UNKNOWN:
        break;
    }
    return "n/a ";
}

struct tally {
    int warnings;
    bool is_noisy;
};

static void run_checks(const struct lab_check *check, struct tally *tally) {
    bool is_colour = lab_say_is_colour(stdout);

    for (; check->name != NULL; check++) {
        struct lab_finding finding = {.health = LAB_HEALTH_UNKNOWN, .value = "", .advice = ""};

        check->look(&finding);
        printf("%s  %-18s %s\n", word_of(finding.health, is_colour), check->name, finding.value);
        if (finding.health == LAB_HEALTH_WARN) {
            printf("      %-18s %s\n", "", finding.advice);
            tally->warnings++;
            tally->is_noisy = tally->is_noisy || check->is_noise;
        }
        fflush(stdout);
    }
}

int lab_doctor_main(int argc, char **argv) {
    struct tally tally = {0};
    bool needs_quiet = false;
    int code = lab_options_parse(&usage, argc, argv, &needs_quiet);

    if (code != LAB_OPTIONS_GO_ON) {
        return code;
    }
    run_checks(lab_machine_checks, &tally);
    run_checks(lab_noise_checks, &tally);
    if (tally.is_noisy) {
        printf("\nToo noisy right now: a study will say so, and its intervals will be wide.\n");
    } else if (tally.warnings > 0) {
        printf("\nFit to measure, with %d warning%s.\n", tally.warnings,
               tally.warnings == 1 ? "" : "s");
    } else {
        printf("\nFit to measure.\n");
    }
    return needs_quiet && tally.is_noisy ? LAB_EXIT_NOISY : LAB_EXIT_OK;
}
