/* sim_page_tables.c - the tables of a simulation's page. */
#include "lab/simulation/sim_page.h"

#include "lab/report/html.h"

#include <inttypes.h>
#include <math.h>

enum { ROWS_MAX = 24 };

/* The cells of a formula's value and how far away it is, in standard errors. */
static void write_exact(FILE *out, struct trd_sim_estimate seen, double exact,
                        struct lab_shown shown) {
    if (isnan(exact)) {
        lab_emit(out, "<td class=\"n soft\" data-k=\"formula\">–</td><td class=\"n soft\" "
                      "data-k=\"z\">–</td>");
        return;
    }
    lab_emit(out, "<td class=\"n\" data-k=\"formula\">%s</td>", shown.text);
    if (seen.error > 0.0) {
        double z = (seen.mean - exact) / seen.error;

        lab_emit(out, "<td class=\"n\" data-k=\"z\">%s%.2f</td>", z < 0.0 ? "−" : "+", fabs(z));
    } else {
        lab_emit(out, "<td class=\"n soft\" data-k=\"z\">–</td>");
    }
}

static void write_time(FILE *out, const char *name, struct trd_sim_estimate seen, double exact) {
    lab_emit(out,
             "<tr><th scope=\"row\">%s</th><td class=\"n\" data-k=\"simulated\">%s</td>"
             "<td class=\"n\" data-k=\"±\">%s</td>",
             name, lab_sim_show_ns(seen.mean).text, lab_sim_show_ns(seen.error).text);
    write_exact(out, seen, exact, lab_sim_show_ns(exact));
    lab_emit(out, "</tr>\n");
}

static void write_square(FILE *out, struct trd_sim_estimate seen, double exact) {
    lab_emit(out,
             "<tr><th scope=\"row\">Wait, second moment (ms²)</th><td class=\"n\" "
             "data-k=\"simulated\">%s</td><td class=\"n\" data-k=\"±\">%s</td>",
             lab_sim_show(seen.mean / 1e12).text, lab_sim_show(seen.error / 1e12).text);
    write_exact(out, seen, exact, lab_sim_show(exact / 1e12));
    lab_emit(out, "</tr>\n");
}

static void write_part(FILE *out, const char *name, struct trd_sim_estimate seen) {
    lab_emit(out,
             "<tr><th scope=\"row\">%s</th><td class=\"n\" data-k=\"simulated\">%s</td>"
             "<td class=\"n\" data-k=\"±\">%s</td><td class=\"n soft\" "
             "data-k=\"formula\">–</td><td class=\"n soft\" data-k=\"z\">–</td></tr>\n",
             name, lab_show_percent(seen.mean).text, lab_show_percent(seen.error).text);
}

void lab_sim_page_numbers(struct lab_sim_page *page) {
    static const char *const columns[] = {"",         ">Simulated", ">Standard error",
                                          ">Formula", ">z",         NULL};
    const struct trd_sim_row *total = &page->simulated->report->total;
    const struct lab_sim_expected *expected = &page->simulated->expected;
    char late[128] = "Tasks that wait at all";

    lab_html_section(page->out, "card", "numbers", "Simulated and by formula",
                     "Standard errors by batch means. z is the distance from the formula in "
                     "standard errors: beyond 4 one of the two is wrong.");
    lab_html_table(page->out, "stack tight", columns);
    lab_emit(page->out, "<tbody>\n");
    write_time(page->out, "Wait", total->wait_ns, expected->wait_ns);
    write_square(page->out, total->wait_ns2, expected->wait_ns2);
    write_time(page->out, "Response", total->response_ns, expected->response_ns);
    write_time(page->out, "Service", total->service_ns, NAN);
    if (page->simulated->request->config.late_ns > 0) {
        (void)snprintf(late, sizeof late, "Tasks that wait longer than %s",
                       lab_sim_show_ns((double)page->simulated->request->config.late_ns).text);
    }
    write_part(page->out, late, total->late);
    if (lab_sim_has_timeouts(page->simulated)) {
        write_part(page->out, "Tasks that end within their client's patience", total->timely);
    }
    lab_emit(page->out, "</tbody></table></div></section>\n");
}

static void write_quantile(FILE *out, const char *key, const struct trd_histogram *histogram,
                           double quantile) {
    lab_emit(out, "<td class=\"n\" data-k=\"%s\">%s</td>", key,
             lab_sim_show_ns((double)trd_histogram_quantile(histogram, quantile)).text);
}

static void write_row(FILE *out, const char *name, const struct trd_sim_row *row, double exact) {
    lab_emit(out,
             "<tr><th scope=\"row\">%s</th><td class=\"n\" data-k=\"done\">%s</td><td class=\"n\" "
             "data-k=\"a second\">%s</td><td class=\"n\" data-k=\"wait\">%s <span "
             "class=\"soft\">± %s</span></td>",
             name, lab_show_count((double)row->finished).text, lab_sim_show(row->rate_per_s).text,
             lab_sim_show_ns(row->wait_ns.mean).text, lab_sim_show_ns(row->wait_ns.error).text);
    lab_emit(out, "<td class=\"n%s\" data-k=\"formula\">%s</td>", isnan(exact) ? " soft" : "",
             isnan(exact) ? "–" : lab_sim_show_ns(exact).text);
    lab_emit(out, "<td class=\"n\" data-k=\"response\">%s</td>",
             lab_sim_show_ns(row->response_ns.mean).text);
    write_quantile(out, "p50", &row->response, 0.5);
    write_quantile(out, "p99", &row->response, 0.99);
    lab_emit(out,
             "<td class=\"n\" data-k=\"in time\">%s</td><td class=\"n\" "
             "data-k=\"not run\">%s</td></tr>\n",
             lab_show_percent(row->timely.mean).text,
             lab_show_count((double)(row->refused + row->expired + row->given_up)).text);
}

static void open_rows(FILE *out, const char *id, const char *title, const char *first) {
    const char *const columns[] = {first,      ">Done",     ">A second", ">Wait",
                                   ">Formula", ">Response", ">p50",      ">p99",
                                   ">In time", ">Not run",  NULL};

    lab_html_section(out, "card", id, title,
                     "Response: from arrival to end, mean and percentiles. In time: ended before "
                     "the client lost patience. Not run: refused, expired or given up.");
    lab_html_table(out, "stack tight", columns);
    lab_emit(out, "<tbody>\n");
}

static void close_rows(FILE *out, size_t count) {
    if (count > ROWS_MAX) {
        lab_emit(out, "<tr><td class=\"soft\" colspan=\"10\">and %zu more: see --json</td></tr>\n",
                 count - ROWS_MAX);
    }
    lab_emit(out, "</tbody></table></div></section>\n");
}

void lab_sim_page_rows(struct lab_sim_page *page) {
    const struct lab_simulated *simulated = page->simulated;
    const struct trd_sim_report *report = simulated->report;

    if (report->client_count > 1) {
        open_rows(page->out, "clients", "Clients", "Client");
        for (size_t i = 0; i < report->client_count && i < ROWS_MAX; i++) {
            write_row(page->out, simulated->request->names[i], &report->clients[i],
                      lab_sim_expect_client(&simulated->expected, i));
        }
        close_rows(page->out, report->client_count);
    }
    /* With one client each, priorities are the clients again. */
    if (report->priority_count > 1 && report->priority_count < report->client_count) {
        open_rows(page->out, "priorities", "Priorities", "Priority");
        for (size_t i = 0; i < report->priority_count && i < ROWS_MAX; i++) {
            const struct trd_sim_row *row = &report->priorities[i];
            char name[32];

            (void)snprintf(name, sizeof name, "%" PRId64, row->priority);
            write_row(page->out, name, row,
                      lab_sim_expect_priority(simulated->request, row->priority));
        }
        close_rows(page->out, report->priority_count);
    }
}

void lab_sim_page_machine(struct lab_sim_page *page) {
    static const char *const columns[] = {"A task is", ">For", ">Part", NULL};
    const struct trd_sim_report *report = page->simulated->report;
    const struct trd_sim_machine_report *machine = &report->machine;
    const struct {
        const char *name;
        uint64_t ns;
    } parts[] = {{"computing with an interpreter lock", machine->held_ns},
                 {"computing without", machine->cpu_ns},
                 {"waiting for a lock", machine->lock_wait_ns},
                 {"waiting for a core", machine->run_wait_ns},
                 {"waiting for anything else", machine->wait_ns}};
    double sum = 1e-9, tasks = fmax(1.0, (double)report->total.finished);
    char subtitle[160];

    if (!(page->simulated->request->config.machine.cores > 0.0)) {
        return;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        sum += (double)parts[i].ns;
    }
    (void)snprintf(subtitle, sizeof subtitle,
                   "Once it has a worker. Cores are %s busy, interpreter locks %s held.",
                   lab_show_percent(machine->core_utilisation).text,
                   lab_show_percent(machine->lock_utilisation).text);
    lab_html_section(page->out, "card", "machine", "On the machine", subtitle);
    lab_html_table(page->out, "stack tight", columns);
    lab_emit(page->out, "<tbody>\n");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        double part = (double)parts[i].ns / sum;

        lab_emit(page->out,
                 "<tr><th scope=\"row\">%s</th><td class=\"n\" data-k=\"for\">%s</td><td "
                 "class=\"n meter\" data-k=\"part\">%s<i style=\"width:%.0f%%\"></i></td></tr>\n",
                 parts[i].name, lab_sim_show_ns((double)parts[i].ns / tasks).text,
                 lab_show_percent(part).text, 100.0 * part);
    }
    lab_emit(page->out, "</tbody></table></div></section>\n");
}
