/* theory.c - runs what a table of cases asks for and compares. */
#include "tests/theory/theory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 4.0

uint64_t theory_tasks(void) {
    const char *given = getenv("TREADLE_THEORY_TASKS");
    const unsigned long long tasks = given ? strtoull(given, NULL, 10) : 0;
    return tasks ? tasks : 500000;
}

void theory_near(double value, double exact, double tolerance) {
    if (!(fabs(value - exact) <= tolerance)) {
        fail_msg("%.17g is not %.17g +- %g", value, exact, tolerance);
    }
}

/* FNV-1a. */
static uint64_t mix(uint64_t hash, const char *text) {
    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Of the names, so that no two systems share their luck. */
static uint64_t seed_of(const struct theory_case *of) {
    const char *other = getenv("TREADLE_TEST_SEED");
    const uint64_t start = UINT64_C(0xcbf29ce484222325) + (other ? strtoull(other, NULL, 10) : 0);
    return mix(mix(start, of->system->name), of->policy);
}

static bool is_open(const struct trd_sim_config *config) {
    return config->arrivals != TRD_SIM_CLOSED;
}

/* Tasks a second that ask for `load` of all workers. */
static double rate_of(const struct trd_sim_config *config, double load) {
    const double hosts = config->host_count ? config->host_count : 1;
    double share = 0.0, work_ns = 0.0;
    for (size_t i = 0; i < config->client_count; i++) {
        const struct trd_sim_client *client = &config->clients[i];
        share += client->share;
        work_ns += client->share * trd_sim_time_moment(&client->service, 1, INFINITY);
    }
    return load * config->workers_max * hosts / (work_ns / share) * 1e9;
}

void theory_configure(const struct theory_case *of, struct trd_sim_config *config) {
    const struct theory_system *system = of->system;
    const double effort = system->effort > 0.0 ? system->effort : 1.0;
    const double runs = system->replications ? system->replications : 1;
    *config = system->config;
    config->policy = of->policy;
    config->workers_min = config->workers_max;
    config->task_count = (uint64_t)(effort * (double)theory_tasks() / runs);
    config->seed = seed_of(of);
    if (is_open(config)) {
        config->rate_per_s = rate_of(config, system->load);
    }
    if (system->wait_quantile > 0.0) {
        config->late_ns = (uint64_t)lab_theory_wait_quantile(
            config->rate_per_s / 1e9, config->clients[0].service.mean_ns, config->workers_max,
            system->wait_quantile);
    }
}

/* How many runs have obeyed the identities. */
static unsigned runs_ever;

void theory_run(const struct trd_sim_config *config, struct trd_sim_report *report) {
    struct trd_error error = {""};
    if (trd_sim_run(config, report, &error)) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(report->tasks.area_ns, report->tasks.sum_ns);
    assert_int_equal(report->queue.area_ns, report->queue.sum_ns);
    assert_int_equal(report->work.area_ns, report->work.sum_ns);
    assert_int_equal(report->unused_ns, 0);
    runs_ever++;
}

/* Neighbouring cases that share their runs, and what the runs have shown of each. */
struct group {
    const struct theory_case *cases;
    size_t count;
    struct theory_run run; /* the last one */
    unsigned runs;
    double values[THEORY_GROUP][THEORY_REPLICATIONS];
    double controls[THEORY_REPLICATIONS];         /* see control_of() */
    struct trd_sim_estimate single[THEORY_GROUP]; /* of a system without replications */
};

static void prepare(struct theory_run *run, const struct theory_case *of) {
    *run = (struct theory_run){.of = of};
    theory_configure(of, &run->config);
    assert_in_range(run->config.client_count, 1, THEORY_CLIENTS);
    if (is_open(&run->config)) {
        lab_sim_streams(&run->config, run->streams);
    }
}

static void look(struct group *group, struct trd_sim_estimate *seen) {
    theory_run(&group->run.config, &group->run.report);
    for (size_t i = 0; i < group->count; i++) {
        group->run.of = &group->cases[i];
        seen[i] = group->cases[i].formula->seen(&group->run);
    }
    trd_sim_report_free(&group->run.report);
}

/* With errors that are a series in the quantum, this leaves only those from its cube on
 * (Richardson 1911). */
static double extrapolate(double whole, double half, double quarter) {
    return (8.0 * quarter - 6.0 * half + whole) / 3.0;
}

/* How much longer than they should the same tasks wait in order of arrival. What is simulated errs
 * with them, so most of its error can be taken away (control variate). */
static double control_of(const struct group *group) {
    struct trd_sim_config config = group->run.config;
    struct trd_sim_report report;
    config.policy = "fifo";
    config.quantum_ns = 0;
    config.is_preemptive = false;
    theory_run(&config, &report);
    const double wait_ns = report.total.wait_ns.mean;
    trd_sim_report_free(&report);
    return wait_ns - lab_theory_wait(group->run.streams, config.client_count, config.workers_max);
}

static void replicate(struct group *group, unsigned nth) {
    struct trd_sim_estimate seen[3][THEORY_GROUP];
    const bool is_extrapolated = group->cases->system->is_extrapolated;
    const uint64_t quantum_ns = group->cases->system->config.quantum_ns;
    group->run.config.seed += UINT64_C(0x9e3779b97f4a7c15);
    for (unsigned k = 0; k < (is_extrapolated ? 3 : 1); k++) {
        group->run.config.quantum_ns = quantum_ns >> k;
        look(group, seen[k]);
    }
    group->controls[nth] = is_extrapolated ? control_of(group) : 0.0;
    for (size_t i = 0; i < group->count; i++) {
        group->values[i][nth] = is_extrapolated
                                    ? extrapolate(seen[0][i].mean, seen[1][i].mean, seen[2][i].mean)
                                    : seen[0][i].mean;
    }
}

static void run_group(struct group *group) {
    const unsigned replications = group->cases->system->replications;
    assert_in_range(replications, 0, THEORY_REPLICATIONS);
    prepare(&group->run, group->cases);
    if (replications == 0) {
        look(group, group->single);
        return;
    }
    for (unsigned nth = 0; nth < replications; nth++) {
        replicate(group, nth);
    }
}

/* Sum of (x - mean of x) (y - mean of y). */
static double products(const double *x, const double *y, size_t count) {
    double x_mean = 0.0, y_mean = 0.0, sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        x_mean += x[i] / (double)count;
        y_mean += y[i] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        sum += (x[i] - x_mean) * (y[i] - y_mean);
    }
    return sum;
}

/* The mean over replications, where the regression on the control crosses 0. */
static struct trd_sim_estimate estimate_of(const struct group *group, size_t nth) {
    const size_t runs = group->cases->system->replications;
    const double *values = group->values[nth], *controls = group->controls;
    double mean = 0.0, control = 0.0, slope = 0.0, freedom = (double)runs - 1.0;
    if (runs == 0) {
        return group->single[nth];
    }
    for (size_t i = 0; i < runs; i++) {
        mean += values[i] / (double)runs;
        control += controls[i] / (double)runs;
    }
    const double spread = products(controls, controls, runs);
    if (spread > 0.0) {
        slope = products(values, controls, runs) / spread;
        freedom -= 1.0;
    }
    const double rest = products(values, values, runs) - slope * slope * spread;
    const double part = 1.0 / (double)runs + (spread > 0.0 ? control * control / spread : 0.0);
    return (struct trd_sim_estimate){mean - slope * control, sqrt(rest / freedom * part)};
}

static double exact_of(struct theory_run *run, const struct theory_case *of) {
    run->of = of;
    return of->formula->exact(run);
}

/* How many errors away the formula would be if one in a hundred arrivals were missing: the power of
 * the case. NAN for closed systems. */
static double power_of(struct theory_run *run, const struct theory_case *of, double error) {
    const double exact = exact_of(run, of);
    struct theory_run other = *run;
    if (!is_open(&run->config)) {
        return NAN;
    }
    other.config.rate_per_s *= 0.99;
    for (size_t i = 0; i < other.config.client_count; i++) {
        other.streams[i].rate *= 0.99;
    }
    return fabs(exact_of(&other, of) - exact) / error;
}

static void print_case(const struct theory_case *of, double seen, double exact, double distance,
                       double power) {
    const double unit = pow(SERVICE_NS, of->formula->power);
    char loss[16] = "";
    if (power >= 0.0) {
        (void)snprintf(loss, sizeof loss, "%.1f", power);
    }
    print_message("%-4s %-28s %-28s %-10s %9.5g exact %9.5g  1%%: %5s  z %+5.2f\n", of->formula->id,
                  of->system->name, of->policy, of->formula->quantity, seen / unit, exact / unit,
                  loss, distance);
}

static bool compare(struct group *group, size_t i) {
    const struct theory_case *of = &group->cases[i];
    const struct trd_sim_estimate seen = estimate_of(group, i);
    const double exact = exact_of(&group->run, of);
    const double distance = (seen.mean - exact) / seen.error;
    print_case(of, seen.mean, exact, distance, power_of(&group->run, of, seen.error));
    if (fabs(distance) < LIMIT) {
        return true;
    }
    print_message("     FAILED: %.8g +- %.2g, not %.8g = %s; client %zu, seed %llu, %llu tasks\n",
                  seen.mean, seen.error, exact, of->formula->text, of->index + 1,
                  (unsigned long long)seed_of(of),
                  (unsigned long long)group->run.config.task_count);
    return false;
}

/* The number of cases, from the first on, that share their runs. */
static size_t group_size(const struct theory_case *cases, size_t count) {
    size_t size = 1;
    while (size < count && size < THEORY_GROUP && cases[size].system == cases->system &&
           strcmp(cases[size].policy, cases->policy) == 0) {
        size++;
    }
    return size;
}

void theory_check(const struct theory_case *cases, size_t count) {
    size_t failed = 0;
    for (size_t next = 0; next < count;) {
        struct group group = {.cases = cases + next};
        group.count = group_size(cases + next, count - next);
        run_group(&group);
        for (size_t i = 0; i < group.count; i++) {
            failed += !compare(&group, i);
        }
        next += group.count;
    }
    print_message("T21  T22  Little's law and work conservation held in %u runs\n", runs_ever);
    if (failed > 0) {
        fail_msg("%zu of %zu cases are %g standard errors or more from their formula", failed,
                 count, LIMIT);
    }
}

double theory_distance(const struct theory_case *of, void (*bend)(struct trd_sim_config *config)) {
    struct theory_run run;
    prepare(&run, of);
    const double exact = exact_of(&run, of);
    if (bend) {
        bend(&run.config);
    }
    theory_run(&run.config, &run.report);
    const struct trd_sim_estimate seen = of->formula->seen(&run);
    trd_sim_report_free(&run.report);
    return (seen.mean - exact) / seen.error;
}
