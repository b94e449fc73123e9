/* sim_json.c - a simulation as JSON. Times are ns, second moments ns^2; `exact` is missing where
 * there is no formula. */
#include "lab/command/sim_write.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>

static json_t *estimate(struct trd_sim_estimate seen, double exact) {
    json_t *object = json_pack("{s:f, s:f}", "mean", seen.mean, "error", seen.error);

    if (!isnan(exact)) {
        (void)json_object_set_new(object, "exact", json_real(exact)); /* checked with the whole */
    }
    return object;
}

static json_t *row(const struct trd_sim_row *of, const char *name, double exact_wait,
                   double exact_wait2, double exact_response) {
    json_t *object = json_pack("{s:I, s:f, s:f, s:o, s:o, s:o, s:o, s:o}", "finished",
                               (json_int_t)of->finished, "rate_per_s", of->rate_per_s, "load",
                               of->load, "wait_ns", estimate(of->wait_ns, exact_wait), "wait_ns2",
                               estimate(of->wait_ns2, exact_wait2), "response_ns",
                               estimate(of->response_ns, exact_response), "service_ns",
                               estimate(of->service_ns, NAN), "late", estimate(of->late, NAN));
    static const struct {
        const char *key;
        double quantile;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
    json_t *waits = json_object();
    json_t *responses = json_object();

    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        double quantile = quantiles[i].quantile;

        /* These are checked with the whole. */
        (void)json_object_set_new(
            waits, quantiles[i].key,
            json_integer((json_int_t)trd_histogram_quantile(&of->wait, quantile)));
        (void)json_object_set_new(
            responses, quantiles[i].key,
            json_integer((json_int_t)trd_histogram_quantile(&of->response, quantile)));
    }
    (void)json_object_set_new(object, "wait_quantiles_ns", waits);
    (void)json_object_set_new(object, "response_quantiles_ns", responses);
    if (name != NULL) {
        (void)json_object_set_new(object, "name", json_string(name));
    }
    return object;
}

static json_t *config_json(const struct lab_sim_request *request,
                           const struct lab_sim_expected *expected) {
    const struct trd_sim_config *config = &request->config;
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:I, s:I}", "system", expected->system, "policy",
                  config->policy, "sizer", config->sizer, "workers_min",
                  (json_int_t)config->workers_min, "workers_max", (json_int_t)config->workers_max,
                  "arrivals", config->arrivals == TRD_SIM_POISSON ? "poisson" : "closed", "tasks",
                  (json_int_t)config->task_count, "late_ns", (json_int_t)config->late_ns);
    char seed[24];

    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)config->seed);
    (void)json_object_set_new(object, "seed", json_string(seed)); /* JSON has no 64-bit numbers */
    switch (config->arrivals) {
    case TRD_SIM_POISSON:
    case TRD_SIM_PERIODIC:
    case TRD_SIM_MMPP:
    case TRD_SIM_BATCH_POISSON:
    case TRD_SIM_ON_OFF:
    case TRD_SIM_DIURNAL:
    case TRD_SIM_TRACE:
        (void)json_object_set_new(object, "rate_per_s", json_real(config->rate_per_s));
        break;
    case TRD_SIM_CLOSED:
        (void)json_object_set_new(object, "customers", json_integer(config->customers));
        (void)json_object_set_new(object, "think_ns", json_real(config->think.mean_ns));
        break;
    }
    return object;
}

static json_t *identity(const struct trd_sim_identity *of) {
    return json_boolean(of->area_ns == of->sum_ns);
}

static json_t *run_json(const struct trd_sim_report *report) {
    char digest[24];

    (void)snprintf(digest, sizeof digest, "%016llx", (unsigned long long)report->digest);
    return json_pack(
        "{s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:s}", "warmup_tasks",
        (json_int_t)report->warmup_count, "measured_ns", (json_int_t)report->measured_ns,
        "utilisation", report->utilisation, "workers_mean", report->workers_mean, "workers_peak",
        (json_int_t)report->workers_peak, "in_flight_peak", (json_int_t)report->in_flight_peak,
        "refused", (json_int_t)report->refused, "expired", (json_int_t)report->expired,
        "little_tasks", identity(&report->tasks), "little_queue", identity(&report->queue),
        "work_conserved", identity(&report->work), "unused_ns", (json_int_t)report->unused_ns,
        "digest", digest);
}

int lab_sim_write_json(const struct lab_sim_request *request,
                       const struct lab_sim_expected *expected,
                       const struct trd_sim_report *report) {
    json_t *clients = json_array();
    json_t *priorities = json_array();
    json_t *root;
    int failed = 0;

    for (size_t i = 0; i < report->client_count; i++) {
        (void)json_array_append_new(clients, row(&report->clients[i], request->names[i],
                                                 expected->client_wait_ns[i], NAN, NAN));
    }
    for (size_t i = 0; i < report->priority_count; i++) {
        const struct trd_sim_row *of = &report->priorities[i];
        json_t *object = row(of, NULL, lab_sim_expect_priority(request, of->priority), NAN, NAN);

        (void)json_object_set_new(object, "priority", json_integer((json_int_t)of->priority));
        (void)json_array_append_new(priorities, object);
    }
    root = json_pack(
        "{s:o, s:o, s:o, s:o, s:o}", "config", config_json(request, expected), "run",
        run_json(report), "total",
        row(&report->total, NULL, expected->wait_ns, expected->wait_ns2, expected->response_ns),
        "clients", clients, "priorities", priorities);
    if (root == NULL) {
        return -ENOMEM;
    }
    if (json_dumpf(root, stdout, JSON_INDENT(2)) != 0 || printf("\n") < 0) {
        failed = -EIO;
    }
    json_decref(root);
    return failed;
}
