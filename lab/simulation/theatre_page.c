/* theatre_page.c - the theatre as a page: a table of what every policy made of the tasks, and a
 * Gantt chart for each. All charts have one scale of time. Above the workers' lanes stands who
 * waits, faintly, so that a queue is seen to grow and to melt. */
#include "lab/simulation/theatre.h"

#include "lab/report/html.h"
#include "lab/report/report_text.h"
#include "lab/report/svg.h"
#include "lab/report/svg_scale.h"
#include "lab/simulation/arrival_kind.h"
#include "lab/simulation/sim_page.h"
#include "lab/simulation/time_law.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { WIDTH = 420, LEFT = 22, RIGHT = 8, LANE = 22, LANE_GAP = 5, WAIT_BAND = 96, AXIS = 24 };

struct page {
    FILE *out;
    const struct lab_theatre *theatre;
    unsigned ids;
    uint32_t rows; /* of waits, in the act with most */
};

/* Colours 1 to 6; clients beyond have the grey of 0. */
static unsigned series_of(uint32_t client_index) {
    return client_index < LAB_THEATRE_CLIENTS_MAX ? client_index + 1 : 0;
}

static const char *client_of(const struct page *page, uint32_t client_index) {
    return page->theatre->request->names[client_index];
}

static struct lab_wait *waits_of(const struct lab_act *act, size_t *count_out, uint32_t *rows_out) {
    size_t room = act->report.slice_count + 1;
    struct lab_wait *waits = malloc(room * sizeof *waits);

    *rows_out = 0;
    *count_out = waits != NULL ? lab_theatre_waits(&act->report, waits, room, rows_out) : 0;
    return waits;
}

static double row_height(const struct page *page) {
    return fmin(6.0, (double)WAIT_BAND / fmax(1.0, page->rows));
}

static double lanes_top(const struct page *page) {
    return 10.0 + row_height(page) * page->rows + 8.0;
}

static void draw_waits(struct page *page, const struct lab_scale *x, const struct lab_wait *waits,
                       size_t count) {
    double height = row_height(page);

    for (size_t i = 0; i < count; i++) {
        const struct lab_wait *wait = &waits[i];
        double from = lab_scale_at(x, (double)wait->from_ns / 1e9);
        double to = lab_scale_at(x, (double)wait->to_ns / 1e9);
        /* The first row lies next to the lanes: a queue grows upwards. */
        double y = lanes_top(page) - 8.0 - height * (wait->row + 1.0);

        lab_emit(page->out,
                 "<rect class=\"wait s%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                 "height=\"%.1f\"><title>task %zu of %s waits %s</title></rect>",
                 series_of(wait->client_index), from, y, fmax(to - from, 0.4),
                 fmax(height - 1.0, 1.0), (size_t)wait->task, client_of(page, wait->client_index),
                 lab_show_seconds((double)(wait->to_ns - wait->from_ns) / 1e9).text);
        if (wait->is_lost) {
            lab_emit(page->out,
                     "<path class=\"lost\" d=\"M%.1f,%.1fl4,4m0,-4l-4,4\"><title>task %zu of %s is "
                     "not run</title></path>",
                     to - 2.0, y + height / 2.0 - 2.0, (size_t)wait->task,
                     client_of(page, wait->client_index));
        }
    }
}

static void draw_slices(struct page *page, const struct lab_scale *x, const struct lab_act *act) {
    for (size_t i = 0; i < act->report.slice_count; i++) {
        const struct trd_sim_slice *slice = &act->report.slices[i];
        double from = lab_scale_at(x, (double)slice->start_ns / 1e9);
        double to = lab_scale_at(x, (double)slice->end_ns / 1e9);

        if (slice->worker == TRD_WORKER_NONE) {
            continue;
        }
        lab_emit(page->out,
                 "<rect class=\"bar s%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%u\" "
                 "rx=\"2\"><title>task %zu of %s: waited %s, %s %s, response %s</title></rect>",
                 series_of(slice->client_index), from,
                 lanes_top(page) + slice->worker * (LANE + LANE_GAP), fmax(to - from, 0.8),
                 (unsigned)LANE, (size_t)slice->task, client_of(page, slice->client_index),
                 lab_show_seconds((double)(slice->start_ns - slice->submit_ns) / 1e9).text,
                 slice->end == TRD_SIM_END_AGAIN ? "ran on for" : "ran",
                 lab_show_seconds((double)(slice->end_ns - slice->start_ns) / 1e9).text,
                 lab_show_seconds((double)(slice->end_ns - slice->submit_ns) / 1e9).text);
    }
}

static void draw_chart(struct page *page, const struct lab_act *act) {
    const struct lab_theatre *theatre = page->theatre;
    uint32_t workers = theatre->request->config.workers_max, rows;
    double top = lanes_top(page), bottom = top + workers * (LANE + LANE_GAP);
    struct lab_scale x =
        lab_scale_make(0.0, (double)theatre->end_ns / 1e9, 0.0, false, LEFT, WIDTH - RIGHT);
    char description[256];
    size_t count;
    struct lab_wait *waits = waits_of(act, &count, &rows);

    (void)snprintf(description, sizeof description,
                   "Gantt chart: what each of %u workers runs over time under %s; above, the tasks "
                   "that wait.",
                   workers, act->policy);
    lab_svg_open(page->out, page->ids++, WIDTH, bottom + AXIS, act->policy, description);
    lab_svg_axis_x(page->out, &x, 4.0, bottom, lab_show_seconds_tick);
    for (uint32_t worker = 0; worker < workers; worker++) {
        double y = top + worker * (LANE + LANE_GAP);
        char name[12];

        (void)snprintf(name, sizeof name, "%u", worker + 1);
        lab_svg_rect(page->out, "lane", LEFT, y, WIDTH - RIGHT - LEFT, LANE, 2);
        lab_svg_text(page->out, "a", LAB_ANCHOR_END, LEFT - 6, y + LANE / 2.0 + 4.0, name);
    }
    draw_waits(page, &x, waits, count);
    draw_slices(page, &x, act);
    lab_svg_close(page->out);
    free(waits);
}

static struct lab_shown seconds(double ns) {
    return lab_show_seconds(ns / 1e9);
}

static void write_panels(struct page *page) {
    const struct lab_theatre *theatre = page->theatre;

    lab_html_section(page->out, "card", "charts", "What happened when",
                     "One lane a worker, one colour a client, one scale of time for all charts. "
                     "The thin bars above the lanes are tasks that wait; a cross is one that is "
                     "not run. Point at a bar to read it.");
    lab_emit(page->out, "<p class=\"keys\">");
    for (uint32_t i = 0; i < theatre->request->config.client_count; i++) {
        if (i == LAB_THEATRE_CLIENTS_MAX) {
            lab_emit(page->out, "<i class=\"sq q0\"></i>others ");
            break;
        }
        lab_emit(page->out, "<i class=\"sq q%u\"></i>%s ", series_of(i), client_of(page, i));
    }
    lab_emit(page->out, "</p><div class=\"panels big\">\n");
    for (size_t i = 0; i < theatre->act_count; i++) {
        const struct lab_act *act = &theatre->acts[i];

        lab_emit(page->out,
                 "<div class=\"panel act\"><h3>%s <span class=\"soft\">mean %s · p95 "
                 "%s</span></h3>\n",
                 act->policy, seconds(act->all.mean_ns).text, seconds(act->all.p95_ns).text);
        draw_chart(page, act);
        lab_emit(page->out, "</div>\n");
    }
    lab_emit(page->out, "</div></section>\n");
}

/* A number with a bar as long as its part of the largest. */
static void write_measure(FILE *out, const char *key, double ns, double largest, bool is_best) {
    lab_emit(out, "<td class=\"n meter\" data-k=\"%s\">", key);
    if (isnan(ns)) {
        lab_emit(out, "–</td>");
        return;
    }
    lab_emit(out, is_best ? "<b>%s</b>" : "%s", seconds(ns).text);
    lab_emit(out, "<i style=\"width:%.0f%%\"></i></td>", 100.0 * ns / largest);
}

typedef double measure_of(const struct lab_act *act, size_t client);

static double mean_of(const struct lab_act *act, size_t client) {
    (void)client; /* of all of them */
    return act->all.mean_ns;
}

static double p95_of(const struct lab_act *act, size_t client) {
    (void)client; /* of all of them */
    return act->all.p95_ns;
}

static double max_of(const struct lab_act *act, size_t client) {
    (void)client; /* of all of them */
    return act->all.max_ns;
}

static double client_mean_of(const struct lab_act *act, size_t client) {
    return act->clients[client].mean_ns;
}

/* One number of an act, with the smallest of all acts marked. */
static void write_column(const struct page *page, const struct lab_act *act, const char *key,
                         measure_of *measure, size_t client) {
    const struct lab_theatre *theatre = page->theatre;
    double smallest = INFINITY, largest = 0.0, value = measure(act, client);

    for (size_t i = 0; i < theatre->act_count; i++) {
        double other = measure(&theatre->acts[i], client);

        smallest = isnan(other) ? smallest : fmin(smallest, other);
        largest = isnan(other) ? largest : fmax(largest, other);
    }
    write_measure(page->out, key, value, largest, value <= smallest);
}

static size_t client_columns(const struct lab_theatre *theatre) {
    size_t count = theatre->request->config.client_count;

    return count > 1 && count <= LAB_THEATRE_CLIENTS_MAX ? count : 0;
}

static void write_table(struct page *page) {
    const struct lab_theatre *theatre = page->theatre;
    char names[LAB_THEATRE_CLIENTS_MAX][LAB_SIM_NAME_BYTES + 8];
    const char *columns[6 + LAB_THEATRE_CLIENTS_MAX] = {"Policy", ">Mean", ">p95", ">Longest"};
    size_t clients = client_columns(theatre);

    for (size_t i = 0; i < clients; i++) {
        (void)snprintf(names[i], sizeof names[i], ">%s", client_of(page, (uint32_t)i));
        columns[4 + i] = names[i];
    }
    lab_html_section(page->out, "card", "numbers", "Responses",
                     "From arrival to end: over all tasks, then the mean of each client. The "
                     "smallest of a column is bold. So few tasks illustrate; they do not prove.");
    lab_html_table(page->out, "stack tight", columns);
    lab_emit(page->out, "<tbody>\n");
    for (size_t i = 0; i < theatre->act_count; i++) {
        const struct lab_act *act = &theatre->acts[i];

        lab_emit(page->out, "<tr><th scope=\"row\">%s", act->policy);
        if (act->all.lost > 0) {
            lab_emit(page->out, " <span class=\"soft\">%zu not run</span>", act->all.lost);
        }
        lab_emit(page->out, "</th>");
        write_column(page, act, "mean", mean_of, 0);
        write_column(page, act, "p95", p95_of, 0);
        write_column(page, act, "longest", max_of, 0);
        for (size_t k = 0; k < clients; k++) {
            write_column(page, act, client_of(page, (uint32_t)k), client_mean_of, k);
        }
        lab_emit(page->out, "</tr>\n");
    }
    lab_emit(page->out, "</tbody></table></div></section>\n");
}

static void write_header(struct page *page) {
    const struct lab_theatre *theatre = page->theatre;
    const struct trd_sim_config *config = &theatre->request->config;

    lab_emit(page->out,
             "<header><div><h1>The same %zu tasks under %zu polic%s</h1><p class=\"sub\">"
             "%u worker%s · %s arrivals, %s tasks a second · seed %zu · simulated",
             (size_t)theatre->task_count, theatre->act_count, theatre->act_count == 1 ? "y" : "ies",
             config->workers_max, config->workers_max == 1 ? "" : "s",
             lab_arrivals_show(config).text, lab_sim_show(config->rate_per_s).text,
             (size_t)config->seed);
    lab_emit(page->out, "</p></div><button id=\"theme\" type=\"button\" hidden>Dark</button>"
                        "</header>\n");
}

static void write_clients(struct page *page) {
    const struct trd_sim_config *config = &page->theatre->request->config;

    lab_html_section(page->out, "card", "clients", "Whose tasks they are", "");
    lab_emit(page->out, "<dl>");
    for (size_t i = 0; i < config->client_count && i < 64; i++) {
        const struct trd_sim_client *client = &config->clients[i];

        lab_emit(page->out, "<dt>%s</dt><dd>share %s, priority %ld, <code>%s</code>",
                 client_of(page, (uint32_t)i), lab_sim_show(client->share).text,
                 (long)client->priority, lab_law_show(&client->service).text);
        if (client->deadline.mean_ns > 0.0) {
            lab_emit(page->out, ", deadline <code>%s</code>", lab_law_show(&client->deadline).text);
        }
        lab_emit(page->out, "</dd>");
    }
    lab_emit(page->out, "</dl></section>\n");
}

static int write_page(void *context) {
    struct page *page = context;

    lab_html_begin(page->out, "Policy theatre");
    write_header(page);
    lab_emit(page->out, "<main><div class=\"grid\">\n");
    write_panels(page);
    write_table(page);
    write_clients(page);
    lab_emit(page->out, "</div></main>\n");
    lab_html_end(page->out,
                 "Written by treadle sim; this file needs no network and no JavaScript.");
    return 0;
}

int lab_theatre_write_html(FILE *out, const struct lab_theatre *theatre) {
    struct page page = {.out = out, .theatre = theatre};

    for (size_t i = 0; i < theatre->act_count; i++) {
        size_t count;
        uint32_t rows;

        free(waits_of(&theatre->acts[i], &count, &rows)); /* only the rows count */
        page.rows = rows > page.rows ? rows : page.rows;
    }
    return lab_html_write(out, write_page, &page);
}
