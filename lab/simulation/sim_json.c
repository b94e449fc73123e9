/* sim_json.c - a simulation as JSON. Times are ns, second moments ns^2; `exact` is missing where
 * there is no formula. */
#include "lab/simulation/sim_write.h"

#include "lab/simulation/arrival_kind.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

/* Values that cannot be made are NULL, which every function here passes on: the whole is checked at
 * the end. */
static void set(json_t *object, const char *key, json_t *value) {
    (void)json_object_set_new(object, key, value); /* checked with the whole */
}

static json_t *whole(uint64_t value) {
    return json_integer((json_int_t)value);
}

static json_t *estimate(struct trd_sim_estimate seen, double exact) {
    json_t *object = json_pack("{s:f, s:f}", "mean", seen.mean, "error", seen.error);

    if (!isnan(exact)) {
        set(object, "exact", json_real(exact));
    }
    return object;
}

static json_t *quantiles(const struct trd_histogram *histogram) {
    static const struct {
        const char *key;
        double quantile;
    } wanted[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}};
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        set(object, wanted[i].key, whole(trd_histogram_quantile(histogram, wanted[i].quantile)));
    }
    return object;
}

static json_t *row(const struct trd_sim_row *of, double exact_wait, double exact_wait2,
                   double exact_response) {
    json_t *object = json_pack("{s:f, s:f, s:f}", "rate_per_s", of->rate_per_s, "load", of->load,
                               "goodput_per_s", of->goodput_per_s);

    set(object, "finished", whole(of->finished));
    set(object, "refused", whole(of->refused));
    set(object, "expired", whole(of->expired));
    set(object, "given_up", whole(of->given_up));
    set(object, "wait_ns", estimate(of->wait_ns, exact_wait));
    set(object, "wait_ns2", estimate(of->wait_ns2, exact_wait2));
    set(object, "response_ns", estimate(of->response_ns, exact_response));
    set(object, "service_ns", estimate(of->service_ns, NAN));
    set(object, "late", estimate(of->late, NAN));
    set(object, "timely", estimate(of->timely, NAN));
    set(object, "wait_quantiles_ns", quantiles(&of->wait));
    set(object, "response_quantiles_ns", quantiles(&of->response));
    set(object, "slowdown_quantiles_x1000", quantiles(&of->slowdown_scaled));
    return object;
}

static json_t *config_json(const struct lab_simulated *simulated) {
    const struct trd_sim_config *config = &simulated->request->config;
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:f}", "system", simulated->expected.system,
                               "policy", config->policy, "sizer", config->sizer, "arrivals",
                               lab_arrivals_show(config).text, "rate_per_s", config->rate_per_s);
    char seed[24];

    set(object, "workers_min", whole(config->workers_min));
    set(object, "workers_max", whole(config->workers_max));
    set(object, "hosts", whole(config->host_count > 1 ? config->host_count : 1));
    set(object, "choices", whole(config->choices > 1 ? config->choices : 1));
    set(object, "tasks", whole(config->task_count));
    set(object, "late_ns", whole(config->late_ns));
    set(object, "quantum_ns", whole(config->quantum_ns));
    set(object, "preemptive", json_boolean(config->is_preemptive));
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)config->seed);
    set(object, "seed", json_string(seed)); /* JSON has no 64-bit numbers */
    if (config->arrivals == TRD_SIM_CLOSED) {
        set(object, "customers", whole(config->customers));
        set(object, "think_ns", json_real(trd_sim_time_moment(&config->think, 1, INFINITY)));
    }
    return object;
}

static json_t *identity(const struct trd_sim_identity *of) {
    return json_boolean(of->area_ns == of->sum_ns);
}

static json_t *run_json(const struct trd_sim_report *report) {
    json_t *object =
        json_pack("{s:f, s:f, s:o, s:o, s:o}", "utilisation", report->utilisation, "workers_mean",
                  report->workers_mean, "little_tasks", identity(&report->tasks), "little_queue",
                  identity(&report->queue), "work_conserved", identity(&report->work));
    char digest[24];

    set(object, "replications", whole(report->replications));
    set(object, "warmup_tasks", whole(report->warmup_count));
    set(object, "measured_ns", whole(report->measured_ns));
    set(object, "workers_peak", whole(report->workers_peak));
    set(object, "in_flight_peak", whole(report->in_flight_peak));
    set(object, "refused", whole(report->refused));
    set(object, "expired", whole(report->expired));
    set(object, "given_up", whole(report->given_up));
    set(object, "yielded", whole(report->yielded));
    set(object, "unused_ns", whole(report->unused_ns));
    (void)snprintf(digest, sizeof digest, "%016llx", (unsigned long long)report->digest);
    set(object, "digest", json_string(digest));
    return object;
}

static json_t *machine_json(const struct trd_sim_machine_report *machine) {
    json_t *object = json_pack("{s:f, s:f}", "core_utilisation", machine->core_utilisation,
                               "lock_utilisation", machine->lock_utilisation);

    set(object, "held_ns", whole(machine->held_ns));
    set(object, "cpu_ns", whole(machine->cpu_ns));
    set(object, "lock_wait_ns", whole(machine->lock_wait_ns));
    set(object, "run_wait_ns", whole(machine->run_wait_ns));
    set(object, "wait_ns", whole(machine->wait_ns));
    return object;
}

static json_t *series_json(const struct trd_sim_report *report) {
    json_t *points = json_array();

    for (size_t i = 0; i < report->point_count; i++) {
        const struct trd_sim_point *point = &report->series[i];

        (void)json_array_append_new(
            points, json_pack("{s:f, s:f, s:f, s:f}", "queued", point->queued, "busy", point->busy,
                              "workers", point->workers, "finished_per_s",
                              point->finished_per_s)); /* checked with the whole */
    }
    return json_pack("{s:I, s:o}", "step_ns", (json_int_t)report->series_step_ns, "points", points);
}

static json_t *rows_json(const struct lab_simulated *simulated, json_t **priorities,
                         json_t **classes) {
    const struct trd_sim_report *report = simulated->report;
    json_t *clients = json_array();

    *priorities = json_array();
    *classes = json_array();
    for (size_t i = 0; i < report->client_count; i++) {
        json_t *object =
            row(&report->clients[i], lab_sim_expect_client(&simulated->expected, i), NAN, NAN);

        set(object, "name", json_string(simulated->request->names[i]));
        (void)json_array_append_new(clients, object); /* checked with the whole */
    }
    for (size_t i = 0; i < report->priority_count; i++) {
        const struct trd_sim_row *of = &report->priorities[i];
        json_t *object =
            row(of, lab_sim_expect_priority(simulated->request, of->priority), NAN, NAN);

        set(object, "priority", json_integer((json_int_t)of->priority));
        (void)json_array_append_new(*priorities, object); /* checked with the whole */
    }
    for (size_t i = 0; i < report->class_count; i++) {
        json_t *object = row(&report->classes[i], NAN, NAN, NAN);

        set(object, "class", whole(report->classes[i].class_index));
        (void)json_array_append_new(*classes, object); /* checked with the whole */
    }
    return clients;
}

int lab_sim_write_json(FILE *out, const struct lab_simulated *simulated) {
    const struct lab_sim_expected *expected = &simulated->expected;
    const struct trd_sim_report *report = simulated->report;
    json_t *priorities, *classes;
    json_t *clients = rows_json(simulated, &priorities, &classes);
    json_t *root =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "config", config_json(simulated), "run",
                  run_json(report), "total",
                  row(&report->total, expected->wait_ns, expected->wait_ns2, expected->response_ns),
                  "clients", clients, "priorities", priorities, "classes", classes, "series",
                  series_json(report));
    int failed = 0;

    if (root == NULL) {
        return -ENOMEM;
    }
    if (simulated->request->config.machine.cores > 0.0) {
        set(root, "machine", machine_json(&report->machine));
    }
    if (json_dumpf(root, out, JSON_INDENT(2)) != 0 || fputc('\n', out) == EOF) {
        failed = -EIO;
    }
    json_decref(root);
    return failed;
}
