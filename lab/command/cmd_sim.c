/* cmd_sim.c - `treadle sim`: the scheduler in virtual time, and the replay of recorded pools. */
#include "lab/command/cmd_sim.h"

#include "lab/command/command.h"
#include "lab/command/options.h"
#include "lab/command/say.h"
#include "lab/command/sim_options.h"
#include "lab/simulation/sim_run.h"
#include "lab/simulation/sim_write.h"
#include "lab/simulation/theatre.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DIFFERENT = 1 };

static void say_failed(int failed, const struct trd_error *error) {
    lab_say_error("sim: %s", error->message[0] ? error->message : strerror(-failed));
}

static void write_replay(const struct lab_sim_request *request, const struct trd_trace *trace,
                         const struct trd_replay_report *report) {
    if (request->is_json) {
        printf("{\"identical\": %s, \"events\": %" PRIu64 ", \"submitted\": %" PRIu64
               ", \"truncated\": %s, \"first_difference\": %" PRIu64 "}\n",
               report->is_identical ? "true" : "false", report->event_count, report->submitted,
               trace->is_truncated ? "true" : "false", report->first_difference);
        return;
    }
    printf("%s, %s: %" PRIu64 " of %zu events replayed, %" PRIu64 " tasks: %s\n", trace->policy,
           trace->sizer, report->event_count, trace->count, report->submitted,
           report->is_identical ? "identical" : report->difference.message);
    if (trace->is_truncated) {
        printf("The pool ran out of memory for its record: what came later is not in it.\n");
    }
}

/* Exits 0 when the replay is identical, 1 when it is not. */
static int replay(const struct lab_sim_request *request) {
    struct trd_trace trace;
    struct trd_replay_report report;
    struct trd_policy_spec policy;
    struct trd_error error = {""};
    int failed = trd_trace_load(&trace, request->replay, &error);

    if (failed != 0) {
        say_failed(failed, &error);
        return LAB_EXIT_USAGE;
    }
    failed = trd_policy_load(trace.policy, &policy, &error); /* it may be a file of the user's */
    if (failed == 0) {
        trace.policy_spec = &policy;
        failed = trd_sim_replay(&trace, &report, &error);
    }
    if (failed != 0) {
        lab_say_error("sim: %s: %s", request->replay,
                      error.message[0] ? error.message : strerror(-failed));
    } else {
        write_replay(request, &trace, &report);
    }
    trd_trace_free(&trace);
    if (failed != 0) {
        return LAB_EXIT_USAGE;
    }
    return report.is_identical ? LAB_EXIT_OK : EXIT_DIFFERENT;
}

/* Something that was simulated, and how it is shown. */
struct show {
    const void *found;
    int (*text)(FILE *out, const void *found);
    int (*json)(FILE *out, const void *found);
    int (*html)(FILE *out, const void *found);
};

static int write_page(const struct show *show, const char *path) {
    FILE *out = fopen(path, "we");
    int failed = out != NULL ? show->html(out, show->found) : -errno;

    if (out != NULL && fclose(out) != 0 && failed == 0) {
        failed = -errno;
    }
    if (failed != 0) {
        lab_say_error("sim: cannot write %s: %s", path, strerror(-failed));
    }
    return failed;
}

static int show_all(const struct lab_sim_request *request, const struct show *show) {
    int failed =
        request->is_json ? show->json(stdout, show->found) : show->text(stdout, show->found);

    if (failed == 0 && fflush(stdout) != 0) {
        failed = -errno;
    }
    if (failed != 0) {
        lab_say_error("sim: cannot write the result: %s", strerror(-failed));
        return LAB_EXIT_USAGE;
    }
    return request->html != NULL && write_page(show, request->html) != 0 ? LAB_EXIT_USAGE
                                                                         : LAB_EXIT_OK;
}

static int simulated_text(FILE *out, const void *found) {
    lab_sim_write_text(out, found);
    return 0;
}

static int simulated_json(FILE *out, const void *found) {
    return lab_sim_write_json(out, found);
}

static int simulated_html(FILE *out, const void *found) {
    return lab_sim_write_html(out, found);
}

static int simulate(const struct lab_sim_request *request) {
    struct trd_sim_report report;
    struct lab_simulated simulated = {.request = request, .report = &report};
    const struct show show = {&simulated, simulated_text, simulated_json, simulated_html};
    struct trd_error error;
    int failed = lab_sim_run(request, &report, &error);
    int code;

    if (failed != 0) {
        say_failed(failed, &error);
        return LAB_EXIT_USAGE;
    }
    lab_sim_expect(request, &simulated.expected);
    code = show_all(request, &show);
    trd_sim_report_free(&report);
    return code;
}

static int theatre_text(FILE *out, const void *found) {
    lab_theatre_write_text(out, found);
    return 0;
}

static int theatre_json(FILE *out, const void *found) {
    return lab_theatre_write_json(out, found);
}

static int theatre_html(FILE *out, const void *found) {
    return lab_theatre_write_html(out, found);
}

static int play(const struct lab_sim_request *request) {
    struct lab_theatre *theatre = malloc(sizeof *theatre); /* large for a stack */
    const struct show show = {theatre, theatre_text, theatre_json, theatre_html};
    struct trd_error error = {"out of memory"};
    int code = LAB_EXIT_USAGE;
    int failed = theatre != NULL ? lab_theatre_play(request, theatre, &error) : -ENOMEM;

    if (failed != 0) {
        say_failed(failed, &error);
    } else {
        code = show_all(request, &show);
        lab_theatre_free(theatre);
    }
    free(theatre);
    return code;
}

int lab_sim_main(int argc, char **argv) {
    struct lab_sim_request request;
    int code;

    lab_sim_request_init(&request);
    code = lab_sim_options_parse(argc, argv, &request);
    if (code == LAB_OPTIONS_GO_ON && request.replay != NULL) {
        code = replay(&request);
    } else if (code == LAB_OPTIONS_GO_ON) {
        code = request.theatre != NULL ? play(&request) : simulate(&request);
    }
    lab_sim_request_free(&request);
    return code;
}
