/* cell_run.c - one run: ready, go, done, go, result; what is measured from outside is measured at
 * the two stops, so none of it falls into the timed window. */
#include "lab/runner/cell_run.h"

#include "lab/runner/cell_spec.h"
#include "lab/runner/conversation.h"
#include "lab/runner/environment.h"
#include "lab/runner/noise.h"
#include "lab/runner/result.h"
#include "lab/runner/scratch.h"
#include "lab/runner/tree.h"

#include <jansson.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXIT_LIMIT_S 5.0 /* for a child that has given its result to end by itself */

/* Counters at one of the two stops. */
struct stop {
    struct lab_noise machine;
    double tree_s, server_s, own_s;
};

struct run {
    struct lab_bench *bench;
    const struct lab_plan_cell *cell;
    struct lab_cell_result *result;
    struct lab_child child;
    struct lab_conversation conversation;
    struct stop ready;
    double deadline_s;
    bool has_ready, has_result;
};

static double own_cpu_s(void) {
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Before the window: the machine last, so that reading the rest is not in it. */
static void read_ready(struct run *run) {
    run->ready.tree_s = lab_tree_cpu_s(run->child.guard);
    run->ready.server_s = lab_server_cpu_s(&run->bench->server);
    run->ready.own_s = own_cpu_s();
    run->ready.machine = lab_noise_read();
    run->has_ready = true;
}

/* After the window: the machine first. */
static void read_done(struct run *run) {
    struct lab_noise machine = lab_noise_read();
    double own_s = own_cpu_s();
    double tree_s = lab_tree_cpu_s(run->child.guard) - run->ready.tree_s;
    double server_s = lab_server_cpu_s(&run->bench->server) - run->ready.server_s;
    struct lab_tree_memory memory = lab_tree_memory(run->child.guard);
    struct lab_noise_share share = lab_noise_between(&run->ready.machine, &machine,
                                                     tree_s + server_s + own_s - run->ready.own_s);
    struct lab_raw_run *raw = &run->result->raw;

    raw->cpu_s = tree_s;
    raw->pss_bytes = memory.pss_bytes;
    raw->rss_peak_bytes = memory.rss_peak_bytes;
    raw->others_cpu = share.others;
    raw->steal = share.steal;
    raw->is_noisy = lab_noise_is_loud(share);
}

static void say(struct run *run, const char *text) {
    size_t length = strlen(text);

    while (length > 0) {
        ssize_t written = write(run->child.in, text, length);

        if (written <= 0 && errno != EINTR) {
            return; /* it has ended: we shall hear so */
        }
        text += written > 0 ? written : 0;
        length -= written > 0 ? (size_t)written : 0;
    }
}

static bool is_timed(const struct lab_plan_cell *cell) {
    return strcmp(cell->part, "outcomes") != 0;
}

/* Acts on one line. */
static void take_line(struct run *run, const char *line) {
    json_t *object = json_loads(line, 0, NULL);
    const char *event = json_string_value(json_object_get(object, "event"));

    if (event == NULL) {
        json_decref(object);
        return; /* not of the protocol: somebody else writes to descriptor 3 */
    }
    if (strcmp(event, "ready") == 0) {
        read_ready(run);
        say(run, "go\n");
    } else if (strcmp(event, "done") == 0) {
        if (run->has_ready) {
            read_done(run);
        }
        say(run, "go\n");
    } else if (strcmp(event, "result") == 0) {
        lab_result_read(run->result, object, is_timed(run->cell));
        run->has_result = true;
        run->deadline_s = lab_now_s() + EXIT_LIMIT_S;
        lab_child_close_in(&run->child);
    }
    json_decref(object);
}

static void say_hung(struct run *run) {
    run->result->raw.outcome = LAB_OUTCOME_HUNG;
    snprintf(run->result->reason, sizeof run->result->reason,
             "no result within %.0f s: hung, and killed with everything below it",
             run->cell->limit_s);
}

/* Listens until it is over. 0 or -EINTR. */
static int converse(struct run *run) {
    bool is_over = false;
    int code = 0;
    char ended_by[32], *line, *last_words = NULL;

    run->deadline_s = lab_now_s() + run->cell->limit_s;
    while (!is_over) {
        switch (lab_conversation_hear(&run->conversation, run->deadline_s, &line)) {
        case LAB_HEARD_LINE:
            take_line(run, line);
            break;
        case LAB_HEARD_NOTHING:
            if (!run->has_result) {
                say_hung(run);
                run->has_result = true;
            }
            is_over = true;
            break;
        case LAB_HEARD_INTERRUPT:
            code = -EINTR;
            is_over = true;
            break;
        case LAB_HEARD_END:
        case LAB_HEARD_TOO_MUCH:
            is_over = true;
            break;
        }
    }
    last_words = strdup(lab_conversation_last_words(&run->conversation));
    lab_child_end(&run->child, ended_by, sizeof ended_by);
    if (code == 0 && !run->has_result) {
        lab_result_crashed(run->result, ended_by, last_words != NULL ? last_words : "");
    }
    free(last_words);
    return code;
}

/* Mixes what tells one run from another, so that hash seed and padding differ between them. */
static uint64_t run_seed(const struct lab_plan_cell *cell, uint64_t seed) {
    const char *words[] = {cell->workload, cell->executor, cell->policy, cell->variant};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (const char *letter = words[i]; *letter != '\0'; letter++) {
            seed = (seed ^ (unsigned char)*letter) * UINT64_C(1099511628211);
        }
    }
    return seed ^ cell->workers;
}

static int start(struct run *run, uint64_t seed) {
    static char python_flag[] = "-m", module[] = "treadle.lab.cell", cell_word[] = "cell";
    static char self[] = LAB_SELF;
    const struct lab_lane *lane = lab_spec_lane(run->bench, run->cell);
    struct lab_environment environment;
    char *native[] = {self, cell_word, NULL};
    char *python[] = {lane != NULL ? lane->executable : NULL, python_flag, module, NULL};
    int code;

    if (lane == NULL) {
        return -ENOENT;
    }
    code = lab_environment_make(&environment, run->bench->python_path, run_seed(run->cell, seed));
    if (code != 0) {
        return code;
    }
    code = lab_child_start(&run->child, LAB_SELF, lane->executable != NULL ? python : native,
                           environment.items, false);
    lab_environment_free(&environment);
    return code;
}

int lab_cell_run(struct lab_bench *bench, const struct lab_plan_cell *cell, uint64_t seed,
                 struct lab_cell_result *result) {
    struct run run = {.bench = bench, .cell = cell, .result = result};
    char *line;
    int code;

    *result = (struct lab_cell_result){.raw = lab_raw_run_empty()};
    code = lab_scratch_make(bench->scratch);
    code = code != 0 ? code : start(&run, seed);
    if (code != 0) {
        return code;
    }
    lab_conversation_open(&run.conversation, &run.child);
    line = lab_spec_line(bench, cell, seed);
    if (line != NULL) {
        say(&run, line);
        code = converse(&run);
    } else {
        char ended_by[32];

        lab_child_end(&run.child, ended_by, sizeof ended_by);
        code = -ENOMEM;
    }
    free(line);
    lab_conversation_close(&run.conversation);
    lab_scratch_remove(bench->scratch);
    if (code != 0) {
        lab_cell_result_free(result);
        return code;
    }
    result->raw.reason = result->reason;
    result->raw.install = result->install;
    result->raw.latency = result->latency != NULL ? result->latency : "";
    result->raw.metrics = result->metrics != NULL ? result->metrics : "";
    result->raw.versions = result->versions != NULL ? result->versions : "";
    return 0;
}

void lab_cell_result_free(struct lab_cell_result *result) {
    free(result->latency);
    free(result->metrics);
    free(result->versions);
    result->latency = result->metrics = result->versions = NULL;
}
