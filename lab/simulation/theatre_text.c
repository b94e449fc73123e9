/* theatre_text.c - the theatre in a terminal: a line for each worker, a letter for each client. */
#include "lab/simulation/theatre.h"

#include "lab/simulation/setting.h"
#include "lab/simulation/sim_spark.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 72 };

static char letter_of(uint32_t client_index) {
    return client_index < 26 ? (char)('A' + client_index) : '*';
}

/* A response as "12.3ms". */
static struct lab_time_text shown(double ns) {
    struct lab_time_text text = {"-"};

    return isnan(ns) ? text
                     : lab_setting_show(ns >= 1e6   ? round(ns / 1e4) * 1e4
                                        : ns >= 1e3 ? round(ns / 1e1) * 1e1
                                                    : ns);
}

/* Who runs in the middle of each column. */
static void draw_lane(FILE *out, const struct lab_theatre *theatre, const struct lab_act *act,
                      uint32_t worker) {
    char line[COLUMNS + 1];
    double step = (double)theatre->end_ns / COLUMNS;

    memset(line, ' ', COLUMNS);
    line[COLUMNS] = '\0';
    for (size_t i = 0; i < act->report.slice_count; i++) {
        const struct trd_sim_slice *slice = &act->report.slices[i];
        bool is_begun = false;

        if (slice->worker != worker) {
            continue;
        }
        for (int at = (int)((double)slice->start_ns / step); at < COLUMNS; at++) {
            double middle = (at + 0.5) * step;

            if (middle >= (double)slice->end_ns) {
                break;
            }
            if (middle >= (double)slice->start_ns) { /* a capital where a task begins */
                line[at] = (char)(is_begun ? tolower(letter_of(slice->client_index))
                                           : letter_of(slice->client_index));
                is_begun = true;
            }
        }
    }
    (void)fprintf(out, "  %2u |%s|\n", worker + 1, line);
}

/* How many wait in each column. */
static void draw_queue(FILE *out, const struct lab_theatre *theatre, const struct lab_act *act,
                       double high) {
    double waiting[LAB_SPARK_WIDTH] = {0};
    double step = (double)theatre->end_ns / LAB_SPARK_WIDTH;
    size_t room = act->report.slice_count + 1;
    struct lab_wait *waits = malloc(room * sizeof *waits);
    uint32_t rows;
    size_t count = waits != NULL ? lab_theatre_waits(&act->report, waits, room, &rows) : 0;

    for (size_t i = 0; i < count; i++) {
        for (int at = 0; at < LAB_SPARK_WIDTH; at++) {
            double from = fmax((double)waits[i].from_ns, at * step);
            double to = fmin((double)waits[i].to_ns, (at + 1) * step);

            waiting[at] += fmax(0.0, to - from) / step;
        }
    }
    free(waits);
    (void)fprintf(out, "  waiting  ");
    lab_spark(out, waiting, LAB_SPARK_WIDTH, high);
    (void)fputc('\n', out);
}

static void write_act(FILE *out, const struct lab_theatre *theatre, const struct lab_act *act) {
    const struct lab_sim_request *request = theatre->request;

    (void)fprintf(out, "\n%s: mean %s, p95 %s, longest %s", act->policy,
                  shown(act->all.mean_ns).text, shown(act->all.p95_ns).text,
                  shown(act->all.max_ns).text);
    if (act->all.lost > 0) {
        (void)fprintf(out, ", %zu not run", act->all.lost);
    }
    (void)fputc('\n', out);
    for (uint32_t worker = 0; worker < request->config.workers_max; worker++) {
        draw_lane(out, theatre, act, worker);
    }
    draw_queue(out, theatre, act, (double)theatre->task_count / 4.0);
    for (size_t i = 0; i < request->config.client_count && i < LAB_THEATRE_CLIENTS_MAX; i++) {
        (void)fprintf(out, "%s%c %s %s", i == 0 ? "  mean     " : ", ", letter_of((uint32_t)i),
                      request->names[i], shown(act->clients[i].mean_ns).text);
    }
    (void)fputc('\n', out);
}

void lab_theatre_write_text(FILE *out, const struct lab_theatre *theatre) {
    const struct trd_sim_config *config = &theatre->request->config;

    (void)fprintf(out,
                  "The same %llu tasks under each policy: %u worker%s, %s from left to right, "
                  "seed %llu\n",
                  (unsigned long long)theatre->task_count, config->workers_max,
                  config->workers_max == 1 ? "" : "s", shown((double)theatre->end_ns).text,
                  (unsigned long long)config->seed);
    for (size_t i = 0; i < theatre->act_count; i++) {
        write_act(out, theatre, &theatre->acts[i]);
    }
}
