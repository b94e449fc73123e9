/* sim_page.c - a simulation as a page: the frame, the first screen, the settings. */
#include "lab/simulation/sim_page.h"

#include "lab/report/html.h"
#include "lab/simulation/arrival_kind.h"
#include "lab/simulation/setting.h"
#include "lab/simulation/time_law.h"

#include <math.h>
#include <string.h>

struct lab_shown lab_sim_show(double value) {
    struct lab_shown shown;

    (void)snprintf(shown.text, sizeof shown.text, "%.4g", value + 0.0); /* no "-0" */
    return shown;
}

struct lab_shown lab_sim_show_ns(double ns) {
    return lab_show_seconds(ns / 1e9);
}

static void write_header(struct lab_sim_page *page) {
    const struct lab_simulated *simulated = page->simulated;
    const struct trd_sim_config *config = &simulated->request->config;
    const struct trd_sim_report *report = simulated->report;

    lab_emit(page->out,
             "<header><div><h1>%s under %s</h1><p class=\"sub\">Simulated: %s tasks after %s to "
             "warm up · sizer %s · seed %zu",
             simulated->expected.system, config->policy,
             lab_show_count((double)report->total.finished).text,
             lab_show_count((double)report->warmup_count).text, config->sizer,
             (size_t)config->seed);
    if (report->replications > 1) {
        lab_emit(page->out, " · %u replications", report->replications);
    }
    lab_emit(page->out, "</p></div><button id=\"theme\" type=\"button\" hidden>Dark</button>"
                        "</header>\n");
}

/* Can the numbers be trusted? */
static void write_books(struct lab_sim_page *page) {
    const struct trd_sim_report *report = page->simulated->report;
    bool is_good = lab_sim_is_balanced(report);

    lab_emit(page->out, "<div class=\"strip%s\" role=\"note\"><b>%s</b> ", is_good ? "" : " warn",
             is_good ? "The books balance:" : "The books do not balance:");
    lab_emit(page->out,
             "Little's law for tasks, for the queue and for busy workers was kept in two ways%s. ",
             is_good ? ", which agree to the nanosecond" : " that disagree: please report this");
    if (report->unused_ns > 0) {
        lab_emit(page->out, "Workers stood idle for %s in all while a task waited. ",
                 lab_sim_show_ns((double)report->unused_ns).text);
    }
    lab_emit(page->out, "</div>\n");
}

static void write_answer(FILE *out, const char *topic, const char *headline, const char *detail) {
    lab_emit(out, "<div class=\"answer\"><h2>%s</h2><p>%s</p><div>%s</div></div>\n", topic,
             headline, detail);
}

static void write_response(struct lab_sim_page *page) {
    const struct trd_sim_row *total = &page->simulated->report->total;
    double exact = page->simulated->expected.response_ns;
    char headline[128], detail[256];

    (void)snprintf(headline, sizeof headline, "%s ± %s",
                   lab_sim_show_ns(total->response_ns.mean).text,
                   lab_sim_show_ns(total->response_ns.error).text);
    if (isnan(exact) || !(total->response_ns.error > 0.0)) {
        (void)snprintf(detail, sizeof detail,
                       "of it %s waiting; there is no formula for this system",
                       lab_sim_show_ns(total->wait_ns.mean).text);
    } else {
        (void)snprintf(detail, sizeof detail, "the formula says %s: %.1f standard errors away",
                       lab_sim_show_ns(exact).text,
                       fabs(total->response_ns.mean - exact) / total->response_ns.error);
    }
    write_answer(page->out, "Mean response, ± standard error", headline, detail);
}

static void write_tail(struct lab_sim_page *page) {
    const struct trd_sim_row *total = &page->simulated->report->total;
    char detail[256];

    (void)snprintf(detail, sizeof detail, "half are done within %s, one in a thousand needs %s",
                   lab_sim_show_ns((double)trd_histogram_quantile(&total->response, 0.5)).text,
                   lab_sim_show_ns((double)trd_histogram_quantile(&total->response, 0.999)).text);
    write_answer(page->out, "99 % respond within",
                 lab_sim_show_ns((double)trd_histogram_quantile(&total->response, 0.99)).text,
                 detail);
}

static void write_throughput(struct lab_sim_page *page) {
    const struct trd_sim_report *report = page->simulated->report;
    const struct trd_sim_row *total = &report->total;
    char headline[128], detail[256];

    (void)snprintf(headline, sizeof headline, "%s tasks a second",
                   lab_sim_show(total->rate_per_s).text);
    if (lab_sim_has_timeouts(page->simulated)) {
        (void)snprintf(detail, sizeof detail, "%s of them within their client's patience",
                       lab_sim_show(total->goodput_per_s).text);
    } else {
        (void)snprintf(
            detail, sizeof detail, "refused, expired or given up: %s tasks",
            lab_show_count((double)(report->refused + report->expired + report->given_up)).text);
    }
    write_answer(page->out, "Throughput", headline, detail);
}

static void write_workers(struct lab_sim_page *page) {
    const struct trd_sim_report *report = page->simulated->report;
    char headline[128], detail[256];

    (void)snprintf(headline, sizeof headline, "%s worker%s, %s busy",
                   lab_sim_show(report->workers_mean).text, report->workers_peak == 1 ? "" : "s",
                   lab_show_percent(report->utilisation).text);
    (void)snprintf(detail, sizeof detail, "at most %u of them; at most %s tasks at a time",
                   report->workers_peak, lab_show_count((double)report->in_flight_peak).text);
    write_answer(page->out, "Workers", headline, detail);
}

static void write_laws(FILE *out, const struct trd_sim_client *client, bool has_machine) {
    const struct {
        const char *name;
        const struct trd_sim_time *time;
        bool is_shown;
    } laws[] = {
        {"service", &client->service, !has_machine}, {"held", &client->phases.held, has_machine},
        {"cpu", &client->phases.cpu, has_machine},   {"wait", &client->phases.wait, has_machine},
        {"deadline", &client->deadline, true},       {"timeout", &client->timeout, true}};

    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        if (laws[i].is_shown && trd_sim_time_moment(laws[i].time, 1, INFINITY) > 0.0) {
            lab_emit(out, " %s <code>%s</code>", laws[i].name, lab_law_show(laws[i].time).text);
        }
    }
}

static void write_command(struct lab_sim_page *page) {
    const struct lab_sim_request *request = page->simulated->request;

    lab_emit(page->out, "<pre>treadle");
    for (size_t i = 0; i < request->argument_count; i++) {
        bool is_plain = strpbrk(request->arguments[i], " \t'\"*?[]{}()$&;<>|\\") == NULL;

        lab_emit(page->out, is_plain ? " %s" : " '%s'", request->arguments[i]);
    }
    lab_emit(page->out, "</pre>");
}

void lab_sim_page_settings(struct lab_sim_page *page) {
    enum { CLIENTS_SHOWN = 24 };
    const struct lab_simulated *simulated = page->simulated;
    const struct trd_sim_config *config = &simulated->request->config;
    char digest[24];

    lab_html_section(page->out, "card", "settings", "Settings",
                     "The same command gives the same numbers, on any machine.");
    write_command(page);
    (void)snprintf(digest, sizeof digest, "%016llx", (unsigned long long)simulated->report->digest);
    lab_emit(page->out, "<dl><dt>Arrivals</dt><dd><code>%s</code>", lab_arrivals_show(config).text);
    if (config->arrivals != TRD_SIM_CLOSED) {
        lab_emit(page->out, ", %s a second", lab_sim_show(config->rate_per_s).text);
    }
    if (!isnan(simulated->expected.load)) {
        lab_emit(page->out, ", load %s", lab_sim_show(simulated->expected.load).text);
    }
    lab_emit(page->out, "</dd>");
    for (size_t i = 0; i < config->client_count && i < CLIENTS_SHOWN; i++) {
        lab_emit(page->out, "<dt>Client %s</dt><dd>", simulated->request->names[i]);
        write_laws(page->out, &config->clients[i], config->machine.cores > 0.0);
        lab_emit(page->out, "</dd>");
    }
    if (config->client_count > CLIENTS_SHOWN) {
        lab_emit(page->out, "<dt>and</dt><dd>%zu more</dd>", config->client_count - CLIENTS_SHOWN);
    }
    if (config->machine.cores > 0.0) {
        lab_emit(page->out, "<dt>Machine</dt><dd>%s cores, %u interpreter locks, hand-off %s</dd>",
                 lab_sim_show(config->machine.cores).text, config->machine.gils,
                 lab_sim_show_ns(config->machine.handoff_ns).text);
    }
    lab_emit(page->out, "<dt>Digest</dt><dd><code>%s</code>: equal for equal runs</dd></dl>",
             digest);
    lab_emit(page->out, "</section>\n");
}

static int write_page(void *context) {
    struct lab_sim_page *page = context;
    char title[128];

    (void)snprintf(title, sizeof title, "%s, simulated", page->simulated->expected.system);
    lab_html_begin(page->out, title);
    write_header(page);
    lab_emit(page->out, "<main>\n");
    write_books(page);
    lab_emit(page->out, "<div class=\"answers\">\n");
    write_response(page);
    write_tail(page);
    write_throughput(page);
    write_workers(page);
    lab_emit(page->out, "</div>\n<div class=\"grid\">\n");
    lab_sim_page_series(page);
    lab_sim_page_distributions(page);
    lab_sim_page_machine(page);
    lab_sim_page_rows(page);
    lab_sim_page_numbers(page);
    lab_sim_page_settings(page);
    lab_emit(page->out, "</div>\n</main>\n");
    lab_html_end(page->out,
                 "Written by treadle sim; this file needs no network and no JavaScript.");
    return 0;
}

int lab_sim_write_html(FILE *out, const struct lab_simulated *simulated) {
    struct lab_sim_page page = {.out = out, .simulated = simulated};

    return lab_html_write(out, write_page, &page);
}
