/* sim_text.c - the summary of a simulation, for a person. */
#include "lab/command/sim_write.h"

#include "lab/queueing/formulas.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { CELL_BYTES = 40 };

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
static void print_time(const char *name, struct trd_sim_estimate seen, double exact) {
    char mean[CELL_BYTES], error[CELL_BYTES], theory[CELL_BYTES];

    printf("  %-22s %12s  +- %-10s", name, time_text(seen.mean, mean),
           time_text(seen.error, error));
    if (!isnan(exact)) {
        printf(" %12s", time_text(exact, theory));
        if (seen.error > 0.0) {
            printf("  %+6.2f", (seen.mean - exact) / seen.error);
        }
    }
    printf("\n");
}

static void print_square(struct trd_sim_estimate seen, double exact) {
    printf("  %-22s %7.4g ms^2  +- %-10.3g", "wait, second moment", seen.mean / 1e12,
           seen.error / 1e12);
    if (!isnan(exact)) {
        printf(" %7.4g ms^2", exact / 1e12);
        if (seen.error > 0.0) {
            printf("  %+6.2f", (seen.mean - exact) / seen.error);
        }
    }
    printf("\n");
}

static void print_quantiles(const struct lab_sim_request *request,
                            const struct lab_sim_expected *expected,
                            const struct trd_sim_row *row) {
    static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
    const struct trd_sim_config *config = &request->config;

    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        char name[CELL_BYTES], seen[CELL_BYTES], exact[CELL_BYTES];

        (void)snprintf(name, sizeof name, "wait, p%g", quantiles[i] * 100.0);
        printf("  %-22s %12s  %13s", name,
               time_text((double)trd_histogram_quantile(&row->wait, quantiles[i]), seen),
               "(to 1/32)");
        if (expected->has_quantiles) {
            printf(" %12s", time_text(lab_theory_wait_quantile(config->rate_per_s / 1e9,
                                                               request->clients[0].service.mean_ns,
                                                               config->workers_max, quantiles[i]),
                                      exact));
        }
        printf("\n");
    }
}

static void print_rows(const struct lab_sim_request *request,
                       const struct lab_sim_expected *expected,
                       const struct trd_sim_report *report) {
    if (report->client_count > 1) {
        printf("\nWait by client\n");
    }
    for (size_t i = 0; i < report->client_count && report->client_count > 1; i++) {
        print_time(request->names[i], report->clients[i].wait_ns, expected->client_wait_ns[i]);
    }
    if (report->priority_count > 1) {
        printf("\nWait by priority\n");
    }
    for (size_t i = 0; i < report->priority_count && report->priority_count > 1; i++) {
        const struct trd_sim_row *row = &report->priorities[i];
        char name[CELL_BYTES];

        (void)snprintf(name, sizeof name, "priority %" PRId64, row->priority);
        print_time(name, row->wait_ns, lab_sim_expect_priority(request, row->priority));
    }
}

static void print_run(const struct lab_sim_request *request,
                      const struct lab_sim_expected *expected,
                      const struct trd_sim_report *report) {
    char late[CELL_BYTES], limit[CELL_BYTES];
    bool is_exact = report->tasks.area_ns == report->tasks.sum_ns &&
                    report->queue.area_ns == report->queue.sum_ns &&
                    report->work.area_ns == report->work.sum_ns;

    printf("  %-22s %12.6g  %13s", "tasks a second", report->total.rate_per_s, "");
    printf(isnan(expected->rate_per_s) ? "\n" : " %12.6g\n", expected->rate_per_s);
    printf("  %-22s %12.4f  %13s", "utilisation", report->utilisation, "");
    printf(isnan(expected->load) ? "\n" : " %12.4f\n", expected->load);
    (void)snprintf(limit, sizeof limit, "part waiting > %s",
                   time_text((double)request->config.late_ns, late));
    (void)snprintf(late, sizeof late, "+- %.2g", report->total.late.error);
    printf("  %-22s %12.4g  %s\n", limit, report->total.late.mean, late);
    printf("  %-22s %12.4g  (most %u)\n", "workers", report->workers_mean, report->workers_peak);
    printf("  %-22s %12s\n", "Little's law", is_exact ? "exact" : "BROKEN");
    if (report->refused || report->expired) {
        printf("  %-22s %12" PRIu64 "\n", "refused or expired", report->refused + report->expired);
    }
}

void lab_sim_write_text(const struct lab_sim_request *request,
                        const struct lab_sim_expected *expected,
                        const struct trd_sim_report *report) {
    printf("%s, %s, %s: %" PRIu64 " tasks after %" PRIu64 " to warm up, seed %" PRIu64 "\n\n",
           expected->system, request->config.policy, request->config.sizer, report->total.finished,
           report->warmup_count, request->config.seed);
    printf("  %-22s %12s  %-13s %12s  %6s\n", "", "simulated", "standard error", "exact", "z");
    print_time("wait, mean", report->total.wait_ns, expected->wait_ns);
    print_square(report->total.wait_ns2, expected->wait_ns2);
    print_time("response, mean", report->total.response_ns, expected->response_ns);
    print_time("service, mean", report->total.service_ns, NAN);
    print_quantiles(request, expected, &report->total);
    print_run(request, expected, report);
    print_rows(request, expected, report);
}
