/* sim_report.c - turns what was measured into the report. */
#include "sim/simulator.h"

#include <errno.h>
#include <stdlib.h>

/* Batches that were reached: a trace may end early. */
static size_t batches_of(const struct trd__simulator *sim) {
    return sim->is_measuring ? (size_t)sim->batch + 1 : 0;
}

static uint64_t measured_of(const struct trd__simulator *sim) {
    return sim->is_measuring ? sim->now_ns - sim->before.at_ns : 0;
}

/* What a client is grouped by. */
typedef int64_t report_key(const struct trd_sim_client *client);

static int64_t key_priority(const struct trd_sim_client *client) {
    return client->priority;
}

static int64_t key_class(const struct trd_sim_client *client) {
    return -(int64_t)client->class_index; /* so that the smallest comes first */
}

static int64_t key_none(const struct trd_sim_client *client) {
    (void)client; /* all in one */
    return 0;
}

/* The largest key below `below`, which is the last one found. */
static bool next_key(const struct trd_sim_config *config, report_key *key_of, bool is_first,
                     int64_t below, int64_t *key_out) {
    bool is_found = false;
    for (size_t i = 0; i < config->client_count; i++) {
        const int64_t key = key_of(&config->clients[i]);
        if ((is_first || key < below) && (!is_found || key > *key_out)) {
            *key_out = key;
            is_found = true;
        }
    }
    return is_found;
}

/* The row of the clients that have this key. */
static void report_group(const struct trd__simulator *sim, report_key *key_of, int64_t key,
                         struct trd__measure *sum, struct trd_sim_row *row) {
    *sum = (struct trd__measure){0};
    for (size_t i = 0; i < sim->plan.config->client_count; i++) {
        if (key_of(&sim->plan.config->clients[i]) == key) {
            trd__measure_merge(sum, &sim->sources[i].measure);
        }
    }
    trd__measure_report(sum, batches_of(sim), measured_of(sim), row);
}

static size_t report_groups(const struct trd__simulator *sim, report_key *key_of,
                            struct trd__measure *sum, struct trd_sim_row *rows) {
    size_t count = 0;
    int64_t key = 0;
    while (next_key(sim->plan.config, key_of, count == 0, key, &key)) {
        report_group(sim, key_of, key, sum, &rows[count]);
        if (key_of == key_priority) {
            rows[count].priority = key;
        } else {
            rows[count].class_index = (uint32_t)-key;
        }
        count++;
    }
    return count;
}

static size_t report_clients(const struct trd__simulator *sim, struct trd_sim_row *rows) {
    const struct trd_sim_config *config = sim->plan.config;
    for (size_t i = 0; i < config->client_count; i++) {
        trd__measure_report(&sim->sources[i].measure, batches_of(sim), measured_of(sim), &rows[i]);
        rows[i].client = config->clients[i].key;
        rows[i].priority = config->clients[i].priority;
        rows[i].class_index = config->clients[i].class_index;
    }
    return config->client_count;
}

static double ratio(double part, double whole) {
    return whole > 0.0 ? part / whole : 0.0;
}

static void report_machine(const struct trd__simulator *sim, struct trd_sim_report *report) {
    const struct trd__machine_times *then = &sim->before.machine, *now = &sim->machine.times;
    const double held_ns = now->held_ns - then->held_ns;
    const double cpu_ns = now->cpu_ns - then->cpu_ns;
    report->machine = (struct trd_sim_machine_report){
        .core_utilisation = ratio(held_ns + cpu_ns, now->core_ns - then->core_ns),
        .lock_utilisation = ratio(now->lock_ns - then->lock_ns,
                                  (double)measured_of(sim) * sim->plan.config->machine.gils),
        .held_ns = (uint64_t)held_ns,
        .cpu_ns = (uint64_t)cpu_ns,
        .lock_wait_ns = (uint64_t)(now->lock_wait_ns - then->lock_wait_ns),
        .run_wait_ns = (uint64_t)(now->run_wait_ns - then->run_wait_ns),
        .wait_ns = (uint64_t)(now->wait_ns - then->wait_ns),
    };
}

static void report_hosts(const struct trd__simulator *sim, struct trd_sim_report *report) {
    const struct trd__sim_sums sums = trd__sim_sum_hosts(sim);
    const double busy_ns = (double)(sums.busy_ns - sim->before.busy_ns);
    const double worker_ns = (double)(sums.worker_ns - sim->before.worker_ns);
    report->utilisation = ratio(busy_ns, worker_ns);
    report->workers_mean = ratio(worker_ns, (double)report->measured_ns);
    report->work.area_ns = sums.busy_ns;
    for (uint32_t i = 0; i < sim->plan.host_count; i++) {
        const struct trd__sim_host *host = &sim->hosts[i];
        report->workers_peak += host->host.sched.workers_peak;
        report->refused += host->host.sched.refused;
        report->expired += host->host.sched.expired;
        report->tasks.area_ns += host->tasks_area_ns;
        report->queue.area_ns += host->queue_area_ns;
        report->unused_ns += host->unused_ns;
    }
}

static void report_run(const struct trd__simulator *sim, struct trd_sim_report *report) {
    report->warmup_count = sim->plan.warmup_count;
    report->warmup_ns = sim->before.at_ns;
    report->measured_ns = measured_of(sim);
    report->in_flight_peak = sim->arena.used_peak;
    report->yielded = sim->yielded;
    report->given_up = sim->given_up;
    report->tasks.sum_ns = sim->response_sum_ns;
    report->queue.sum_ns = sim->wait_sum_ns;
    report->work.sum_ns = sim->service_sum_ns;
    report->digest = sim->digest;
    report->replications = 1;
}

int trd__sim_report(struct trd__simulator *sim, struct trd_sim_report *report) {
    const size_t count = sim->plan.config->client_count;
    struct trd__measure *sum = malloc(sizeof *sum);
    report->clients = calloc(count, sizeof *report->clients);
    report->priorities = calloc(count, sizeof *report->priorities);
    report->classes = calloc(count, sizeof *report->classes);
    if (!sum || !report->clients || !report->priorities || !report->classes) {
        free(sum);
        trd_sim_report_free(report);
        return -ENOMEM;
    }
    report_run(sim, report);
    report_hosts(sim, report);
    report_machine(sim, report);
    report->client_count = report_clients(sim, report->clients);
    report->priority_count = report_groups(sim, key_priority, sum, report->priorities);
    report->class_count = report_groups(sim, key_class, sum, report->classes);
    report_group(sim, key_none, 0, sum, &report->total);
    trd__series_report(&sim->series, report);
    report->slices = sim->chart.slices;
    report->slice_count = sim->chart.count;
    sim->chart.slices = NULL;
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
