/* sim_report.c - turns what was measured into the report. */
#include "sim/simulator.h"

#include <errno.h>
#include <stdlib.h>

static void report_clients(const struct trd__simulator *sim, uint64_t measured_ns,
                           struct trd_sim_report *report) {
    const struct trd_sim_config *config = sim->plan.config;
    for (size_t i = 0; i < config->client_count; i++) {
        struct trd_sim_row *row = &report->clients[i];
        trd__measure_report(&sim->sources[i].measure, measured_ns, row);
        row->client = config->clients[i].key;
        row->priority = config->clients[i].priority;
    }
}

/* The largest priority below `below`, which is the last one found. */
static bool next_priority(const struct trd_sim_config *config, bool is_first, int64_t below,
                          int64_t *priority_out) {
    bool is_found = false;
    for (size_t i = 0; i < config->client_count; i++) {
        const int64_t priority = config->clients[i].priority;
        if ((is_first || priority < below) && (!is_found || priority > *priority_out)) {
            *priority_out = priority;
            is_found = true;
        }
    }
    return is_found;
}

static void report_priorities(const struct trd__simulator *sim, uint64_t measured_ns,
                              struct trd__measure *sum, struct trd_sim_report *report) {
    const struct trd_sim_config *config = sim->plan.config;
    int64_t priority = 0;
    while (next_priority(config, report->priority_count == 0, priority, &priority)) {
        struct trd_sim_row *row = &report->priorities[report->priority_count++];
        *sum = (struct trd__measure){0};
        for (size_t i = 0; i < config->client_count; i++) {
            if (config->clients[i].priority == priority) {
                trd__measure_merge(sum, &sim->sources[i].measure);
            }
        }
        trd__measure_report(sum, measured_ns, row);
        row->priority = priority;
    }
}

static void report_total(const struct trd__simulator *sim, uint64_t measured_ns,
                         struct trd__measure *sum, struct trd_sim_report *report) {
    *sum = (struct trd__measure){0};
    for (size_t i = 0; i < sim->plan.config->client_count; i++) {
        trd__measure_merge(sum, &sim->sources[i].measure);
    }
    trd__measure_report(sum, measured_ns, &report->total);
}

static void report_run(const struct trd__simulator *sim, struct trd_sim_report *report) {
    const struct trd_sched *sched = &sim->host.sched;
    const uint64_t busy_ns = sched->busy_ns - sim->measure_busy_ns;
    const uint64_t worker_ns = sched->worker_ns - sim->measure_worker_ns;
    report->warmup_count = sim->plan.warmup_count;
    report->warmup_ns = sim->measure_from_ns;
    report->measured_ns = sim->now_ns - sim->measure_from_ns;
    report->utilisation = worker_ns ? (double)busy_ns / (double)worker_ns : 0.0;
    report->workers_mean =
        report->measured_ns ? (double)worker_ns / (double)report->measured_ns : 0.0;
    report->workers_peak = sched->workers_peak;
    report->in_flight_peak = sim->arena.used_peak;
    report->refused = sched->refused;
    report->expired = sched->expired;
    report->tasks = (struct trd_sim_identity){sim->tasks_area_ns, sim->response_sum_ns};
    report->queue = (struct trd_sim_identity){sim->queue_area_ns, sim->wait_sum_ns};
    report->work = (struct trd_sim_identity){sched->busy_ns, sim->service_sum_ns};
    report->unused_ns = sim->unused_ns;
    report->digest = sim->digest;
    report->replications = 1;
}

int trd__sim_report(struct trd__simulator *sim, struct trd_sim_report *report) {
    const size_t count = sim->plan.config->client_count;
    struct trd__measure *sum = malloc(sizeof *sum);
    report->clients = calloc(count, sizeof *report->clients);
    report->priorities = calloc(count, sizeof *report->priorities);
    if (!sum || !report->clients || !report->priorities) {
        free(sum);
        trd_sim_report_free(report);
        return -ENOMEM;
    }
    report_run(sim, report);
    report->client_count = count;
    report_clients(sim, report->measured_ns, report);
    report_priorities(sim, report->measured_ns, sum, report);
    report_total(sim, report->measured_ns, sum, report);
    free(sum);
    return 0;
}

void trd_sim_report_free(struct trd_sim_report *report) {
    free(report->clients);
    free(report->priorities);
    free(report->classes);
    free(report->slices);
    report->clients = report->priorities = report->classes = NULL;
    report->slices = NULL;
    report->client_count = report->priority_count = report->class_count = report->slice_count = 0;
}
