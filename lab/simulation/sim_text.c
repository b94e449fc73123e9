/* sim_text.c - the summary of a simulation, for a person. */
#include "lab/simulation/sim_write.h"

#include "lab/queueing/formulas.h"
#include "lab/simulation/sim_spark.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { CELL_BYTES = 40, ROWS_MAX = 12 };

/* A time with a unit that leaves it between 1 and 1000. */
static const char *time_text(double ns, char text[static CELL_BYTES]) {
    static const struct {
        double ns;
        const char *unit;
    } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1.0, "ns"}};
    size_t i = 0;

    while (i < 3 && fabs(ns) < units[i].ns) {
        i++;
    }
    (void)snprintf(text, CELL_BYTES, "%.4g %s", ns / units[i].ns, units[i].unit);
    return text;
}

/* One line: what was simulated with its standard error, what is exact, and how far apart. */
static void print_time(FILE *out, const char *name, struct trd_sim_estimate seen, double exact) {
    char mean[CELL_BYTES], error[CELL_BYTES], theory[CELL_BYTES];

    (void)fprintf(out, "  %-26s %12s  +- %-10s", name, time_text(seen.mean, mean),
                  time_text(seen.error, error));
    if (!isnan(exact)) {
        (void)fprintf(out, " %12s", time_text(exact, theory));
        if (seen.error > 0.0) {
            (void)fprintf(out, "  %+6.2f", (seen.mean - exact) / seen.error);
        }
    }
    (void)fputc('\n', out);
}

static void print_square(FILE *out, struct trd_sim_estimate seen, double exact) {
    (void)fprintf(out, "  %-26s %7.4g ms^2  +- %-10.3g", "wait, second moment", seen.mean / 1e12,
                  seen.error / 1e12);
    if (!isnan(exact)) {
        (void)fprintf(out, " %7.4g ms^2", exact / 1e12);
        if (seen.error > 0.0) {
            (void)fprintf(out, "  %+6.2f", (seen.mean - exact) / seen.error);
        }
    }
    (void)fputc('\n', out);
}

static void print_quantiles(FILE *out, const struct lab_simulated *simulated) {
    static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
    const struct trd_sim_config *config = &simulated->request->config;
    const struct trd_sim_row *row = &simulated->report->total;

    (void)fprintf(out, "  %-26s %12s  %-13s %12s  %12s\n", "", "wait", "", "exact", "response");
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        char name[CELL_BYTES], wait[CELL_BYTES], response[CELL_BYTES], exact[CELL_BYTES] = "";

        (void)snprintf(name, sizeof name, "p%g", quantiles[i] * 100.0);
        if (simulated->expected.has_quantiles) {
            (void)time_text(lab_theory_wait_quantile(config->rate_per_s / 1e9,
                                                     config->clients[0].service.mean_ns,
                                                     config->workers_max, quantiles[i]),
                            exact); /* written there */
        }
        (void)fprintf(
            out, "  %-26s %12s  %-13s %12s  %12s\n", name,
            time_text((double)trd_histogram_quantile(&row->wait, quantiles[i]), wait), "(to 1/32)",
            exact,
            time_text((double)trd_histogram_quantile(&row->response, quantiles[i]), response));
    }
}

static void print_clients(FILE *out, const struct lab_simulated *simulated) {
    const struct trd_sim_report *report = simulated->report;

    if (report->client_count <= 1) {
        return;
    }
    (void)fprintf(out, "\nWait by client\n");
    for (size_t i = 0; i < report->client_count && i < ROWS_MAX; i++) {
        print_time(out, simulated->request->names[i], report->clients[i].wait_ns,
                   lab_sim_expect_client(&simulated->expected, i));
    }
    if (report->client_count > ROWS_MAX) {
        (void)fprintf(out, "  and %zu more: see --json\n", report->client_count - ROWS_MAX);
    }
}

static void print_priorities(FILE *out, const struct lab_simulated *simulated) {
    const struct trd_sim_report *report = simulated->report;

    if (report->priority_count <= 1) {
        return;
    }
    (void)fprintf(out, "\nWait by priority\n");
    for (size_t i = 0; i < report->priority_count && i < ROWS_MAX; i++) {
        const struct trd_sim_row *row = &report->priorities[i];
        char name[CELL_BYTES];

        (void)snprintf(name, sizeof name, "priority %" PRId64, row->priority);
        print_time(out, name, row->wait_ns,
                   lab_sim_expect_priority(simulated->request, row->priority));
    }
}

static void print_machine(FILE *out, const struct lab_simulated *simulated) {
    const struct trd_sim_machine_report *machine = &simulated->report->machine;
    const double tasks = fmax(1.0, (double)simulated->report->total.finished);
    const struct {
        const char *name;
        uint64_t ns;
    } parts[] = {{"computing with a lock", machine->held_ns},
                 {"computing without", machine->cpu_ns},
                 {"waiting for a lock", machine->lock_wait_ns},
                 {"waiting for a core", machine->run_wait_ns},
                 {"waiting for anything else", machine->wait_ns}};

    if (!(simulated->request->config.machine.cores > 0.0)) {
        return;
    }
    (void)fprintf(out, "\nA task on the machine (cores %.1f %% busy, locks %.1f %%)\n",
                  100.0 * machine->core_utilisation, 100.0 * machine->lock_utilisation);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char time[CELL_BYTES];

        (void)fprintf(out, "  %-26s %12s\n", parts[i].name,
                      time_text((double)parts[i].ns / tasks, time));
    }
}

bool lab_sim_has_timeouts(const struct lab_simulated *simulated) {
    const struct trd_sim_config *config = &simulated->request->config;

    for (size_t i = 0; i < config->client_count; i++) {
        if (trd_sim_time_moment(&config->clients[i].timeout, 1, INFINITY) > 0.0) {
            return true;
        }
    }
    return false;
}

bool lab_sim_is_balanced(const struct trd_sim_report *report) {
    return report->tasks.area_ns == report->tasks.sum_ns &&
           report->queue.area_ns == report->queue.sum_ns &&
           report->work.area_ns == report->work.sum_ns;
}

static void print_losses(FILE *out, const struct trd_sim_report *report) {
    const struct {
        const char *name;
        uint64_t count;
    } losses[] = {{"refused", report->refused},
                  {"expired", report->expired},
                  {"given up", report->given_up},
                  {"yields", report->yielded}};

    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        if (losses[i].count > 0) {
            (void)fprintf(out, "  %-26s %12" PRIu64 "\n", losses[i].name, losses[i].count);
        }
    }
}

static void print_run(FILE *out, const struct lab_simulated *simulated) {
    const struct trd_sim_report *report = simulated->report;
    const struct trd_sim_row *total = &report->total;
    char late[CELL_BYTES], limit[CELL_BYTES];

    (void)fprintf(out, "  %-26s %12.6g  %13s", "tasks a second", total->rate_per_s, "");
    (void)fprintf(out, isnan(simulated->expected.rate_per_s) ? "\n" : " %12.6g\n",
                  simulated->expected.rate_per_s);
    if (lab_sim_has_timeouts(simulated)) {
        (void)fprintf(out, "  %-26s %12.6g\n", "in time, a second", total->goodput_per_s);
    }
    (void)fprintf(out, "  %-26s %12.4f  %13s", "utilisation", report->utilisation, "");
    (void)fprintf(out, isnan(simulated->expected.load) ? "\n" : " %12.4f\n",
                  simulated->expected.load);
    (void)snprintf(limit, sizeof limit, "part waiting > %s",
                   time_text((double)simulated->request->config.late_ns, late));
    (void)snprintf(late, sizeof late, "+- %.2g", total->late.error);
    (void)fprintf(out, "  %-26s %12.4g  %s\n", limit, total->late.mean, late);
    (void)fprintf(out, "  %-26s %12.4g  (most %u)\n", "workers", report->workers_mean,
                  report->workers_peak);
    print_losses(out, report);
    (void)fprintf(out, "  %-26s %12s\n", "Little's law",
                  lab_sim_is_balanced(report) ? "exact" : "BROKEN");
}

/* One sparkline: a member of the points of the series. */
static void print_series(FILE *out, const char *name, const struct trd_sim_report *report,
                         size_t offset) {
    double values[TRD_SIM_POINTS_MAX], high = 0.0;

    for (size_t i = 0; i < report->point_count; i++) {
        values[i] = *(const double *)((const char *)&report->series[i] + offset);
        high = fmax(high, values[i]);
    }
    (void)fprintf(out, "  %-15s ", name);
    lab_spark(out, values, report->point_count, high);
    (void)fprintf(out, "  most %.4g\n", high);
}

static void print_pictures(FILE *out, const struct trd_sim_report *report) {
    const struct trd_histogram *responses = &report->total.response;
    double counts[LAB_SPARK_WIDTH], highest = 0.0;
    double low = fmax(1.0, (double)trd_histogram_quantile(responses, 0.001));
    double high = fmax(2.0, (double)trd_histogram_quantile(responses, 0.9999));
    char length[CELL_BYTES], from[CELL_BYTES], upto[CELL_BYTES];

    if (report->point_count > 1) {
        (void)fprintf(out, "\nOver %s of virtual time%s\n",
                      time_text((double)(report->point_count * report->series_step_ns), length),
                      report->replications > 1 ? " (the first run)" : "");
        print_series(out, "queue", report, offsetof(struct trd_sim_point, queued));
        print_series(out, "workers", report, offsetof(struct trd_sim_point, workers));
        print_series(out, "busy", report, offsetof(struct trd_sim_point, busy));
        print_series(out, "tasks a second", report, offsetof(struct trd_sim_point, finished_per_s));
    }
    if (responses->count > 0 && high > low) {
        lab_spark_classes(responses, low, high, counts);
        for (int i = 0; i < LAB_SPARK_WIDTH; i++) {
            highest = fmax(highest, counts[i]);
        }
        (void)fprintf(out, "\nResponses, from %s to %s on a logarithmic scale\n  %-15s ",
                      time_text(low, from), time_text(high, upto), "how many");
        lab_spark(out, counts, LAB_SPARK_WIDTH, highest);
        (void)fputc('\n', out);
    }
}

static void print_trace(FILE *out, const struct lab_sim_request *request) {
    const struct lab_trace_summary *summary;

    if (request->trace == NULL) {
        return;
    }
    summary = lab_trace_summary(request->trace);
    (void)fprintf(out, "%s: %" PRIu64 " tasks of %u functions in %u apps\n", summary->format,
                  summary->task_count, summary->function_count, summary->app_count);
    if (summary->guessed_count > 0) {
        (void)fprintf(out, "%u functions have no durations: theirs are the mean ones of all\n",
                      summary->guessed_count);
    }
}

void lab_sim_write_text(FILE *out, const struct lab_simulated *simulated) {
    const struct trd_sim_report *report = simulated->report;
    const struct trd_sim_config *config = &simulated->request->config;
    const struct lab_sim_expected *expected = &simulated->expected;

    (void)fprintf(out, "%s, %s, %s: %" PRIu64 " tasks after %" PRIu64 " to warm up, seed %" PRIu64,
                  expected->system, config->policy, config->sizer, report->total.finished,
                  report->warmup_count, config->seed);
    if (report->replications > 1) {
        (void)fprintf(out, ", %u replications", report->replications);
    }
    (void)fputc('\n', out);
    print_trace(out, simulated->request);
    (void)fprintf(out, "\n  %-26s %12s  %-13s %12s  %6s\n", "", "simulated", "standard error",
                  "exact", "z");
    print_time(out, "wait, mean", report->total.wait_ns, expected->wait_ns);
    print_square(out, report->total.wait_ns2, expected->wait_ns2);
    print_time(out, "response, mean", report->total.response_ns, expected->response_ns);
    print_time(out, "service, mean", report->total.service_ns, NAN);
    print_run(out, simulated);
    (void)fputc('\n', out);
    print_quantiles(out, simulated);
    print_machine(out, simulated);
    print_clients(out, simulated);
    print_priorities(out, simulated);
    print_pictures(out, report);
}
