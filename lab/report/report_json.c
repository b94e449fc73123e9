/* report_json.c - study.json: the whole study for programs. The schema is described in
 * docs/reference/study-json.md; a test holds the two together.
 */
#include "lab/report/report.h"
#include "lab/report/report_latency.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"
#include "lab/stats/quantile.h"

#include <jansson.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* JSON knows neither NaN nor infinity: what is not known is null. */
static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(size_t value) {
    return json_integer((json_int_t)value);
}

/* A string that is UTF-8 whatever it was: a message of a dying process may be anything. */
static json_t *string(const char *text) {
    char *clean = malloc(3 * strlen(text) + 1);
    size_t used = 0;
    if (!clean)
        return NULL;
    while (*text) {
        uint32_t character;
        size_t length = lab_utf8_next(text, &character);
        bool is_bad = character == 0xFFFD;
        memcpy(clean + used, is_bad ? "\xEF\xBF\xBD" : text, is_bad ? 3 : length);
        used += is_bad ? 3 : length;
        text += length;
    }
    json_t *value = json_stringn(clean, used);
    free(clean);
    return value;
}

/* Adds a value that this call owns; a NULL, for want of memory, spoils the object. */
static void put(json_t **object, const char *key, json_t *value) {
    if (*object && value && json_object_set_new(*object, key, value) == 0)
        return;
    if (!*object)
        json_decref(value); /* json_object_set_new would have taken it */
    json_decref(*object);
    *object = NULL;
}

static void append(json_t **array, json_t *value) {
    if (*array && value && json_array_append_new(*array, value) == 0)
        return;
    if (!*array)
        json_decref(value);
    json_decref(*array);
    *array = NULL;
}

/* As put(), under a name that may be anything; the first of a name stays, as lab_results_fact() has
 * it. */
static void put_named(json_t **object, const char *name, json_t *value) {
    json_t *key = string(name);
    bool is_taken = key && *object && json_object_get(*object, json_string_value(key));
    if (!key || is_taken)
        json_decref(value);
    if (!key)
        put(object, "", NULL);
    else if (!is_taken)
        put(object, json_string_value(key), value);
    json_decref(key);
}

static json_t *facts_of(const struct lab_results *results) {
    json_t *facts = json_object();
    for (size_t i = 0; i < results->fact_count; i++)
        put_named(&facts, results->facts[i].key, string(results->facts[i].value));
    return facts;
}

static json_t *selftest_of(const struct lab_selftest *self) {
    json_t *object = json_object();
    put(&object, "aa_pairs", count(self->aa_pairs));
    put(&object, "aa_different", count(self->aa_different));
    put(&object, "aa_spread", number(self->aa_spread));
    put(&object, "planted_found", json_boolean(self->planted_found));
    put(&object, "planted_ratio", number(self->planted_ratio));
    put(&object, "planted_low", number(self->planted_low));
    put(&object, "planted_high", number(self->planted_high));
    put(&object, "blocks", count(self->blocks));
    put(&object, "noisy_blocks", count(self->noisy_blocks));
    put(&object, "repeated_blocks", count(self->repeated_blocks));
    put(&object, "others_cpu", number(self->others_cpu));
    put(&object, "steal", number(self->steal));
    return object;
}

static json_t *manifest_of(const struct lab_results *results) {
    json_t *object = json_object();
    put(&object, "schema", json_integer(1));
    put(&object, "quick", json_boolean(results->is_quick));
    put(&object, "complete", json_boolean(results->is_complete));
    put(&object, "margin", number(results->margin));
    put(&object, "facts", facts_of(results));
    put(&object, "selftest", selftest_of(&results->selftest));
    return object;
}

static json_t *run_metrics(const struct lab_run *run) {
    json_t *object = json_object();
    for (size_t i = 0; i < run->metric_count; i++)
        put_named(&object, run->metrics[i].name, number(run->metrics[i].value));
    return object;
}

static json_t *sample_of(const struct lab_run *run) {
    json_t *object = json_object();
    put(&object, "run", json_integer(run->id));
    put(&object, "block", count(run->block));
    put(&object, "attempt", count(run->attempt));
    put(&object, "noisy", json_boolean(run->is_noisy));
    put(&object, "outcome", string(lab_outcome_name(run->outcome)));
    put(&object, "reason", string(run->reason));
    put(&object, "tasks", json_integer((json_int_t)run->tasks));
    put(&object, "wall_s", number(run->wall_s));
    put(&object, "setup_s", number(run->setup_s));
    put(&object, "first_s", number(run->first_s));
    put(&object, "steady", json_boolean(run->is_steady));
    put(&object, "cpu_s", number(run->cpu_s));
    put(&object, "pss_bytes", number(run->pss_bytes));
    put(&object, "rss_peak_bytes", number(run->rss_peak_bytes));
    put(&object, "others_cpu", number(run->others_cpu));
    put(&object, "steal", number(run->steal));
    put(&object, "metrics", run_metrics(run));
    return object;
}

static const struct {
    const char *key;
    double p;
} quantiles[] = {
    {"p50_s", 0.5}, {"p90_s", 0.9}, {"p99_s", 0.99}, {"p999_s", 0.999}, {"p9999_s", 0.9999}};

/* Latency of all blocks together; quantiles that the number of tasks does not support are null. */
static json_t *latency_of(const struct lab_cell *cell, enum lab_latency_of which, uint32_t client) {
    struct lab_latencies latencies;
    if (lab_latencies_gather(&latencies, cell, which, client) < 0)
        return NULL;
    json_t *object = json_object();
    if (which == LAB_LATENCY_CLIENT)
        put(&object, "client", count(client));
    put(&object, "tasks", count(latencies.count));
    put(&object, "mean_s", number(latencies.mean));
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
        put(&object, quantiles[i].key,
            number(lab_quantile(latencies.sorted, latencies.count, quantiles[i].p)));
    put(&object, "max_s", number(latencies.max));
    lab_latencies_free(&latencies);
    return object;
}

/* The same from the simulator: all of the study's quantiles, to its histogram's precision. */
static json_t *simulated_of(const struct lab_twin *twin) {
    const struct trd_histogram *response = &twin->response;
    json_t *object = json_object();
    put(&object, "tasks", count(response->count));
    put(&object, "mean_s", number(trd_histogram_mean(response) / 1e9));
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        double p = quantiles[i].p;
        bool is_known = lab_quantile_is_supported(response->count, p);
        put(&object, quantiles[i].key,
            number(is_known ? (double)trd_histogram_quantile(response, p) / 1e9 : NAN));
    }
    put(&object, "max_s", number((double)response->max / 1e9));
    put(&object, "goodput", number(twin->goodput));
    return object;
}

static json_t *clients_of(const struct lab_cell *cell) {
    uint32_t clients[LAB_CLIENTS_MAX];
    size_t client_count = lab_latency_clients(cell, clients);
    json_t *array = json_array();
    for (size_t i = 0; i < client_count; i++)
        append(&array, latency_of(cell, LAB_LATENCY_CLIENT, clients[i]));
    return array;
}

static double setup_of(const struct lab_run *run) {
    return run->setup_s;
}

static double first_of(const struct lab_run *run) {
    return run->first_s;
}

/* Medians over the runs that are ok. */
static json_t *cell_metrics(const struct lab_cell *cell) {
    json_t *object = json_object();
    double seconds = lab_view_typical(cell, lab_view_time);
    put(&object, "seconds_per_task", number(seconds));
    put(&object, "tasks_per_second", number(1 / seconds));
    put(&object, "setup_s", number(lab_view_typical(cell, setup_of)));
    put(&object, "first_s", number(lab_view_typical(cell, first_of)));
    put(&object, "cpu_cores", number(lab_view_typical(cell, lab_view_cpu)));
    put(&object, "pss_bytes", number(lab_view_typical(cell, lab_view_memory)));
    uint32_t clients[LAB_CLIENTS_MAX];
    if (lab_latency_clients(cell, clients) == 0)
        return object;
    put(&object, "latency", latency_of(cell, LAB_LATENCY_ALL, 0));
    put(&object, "urgent", latency_of(cell, LAB_LATENCY_URGENT, 0));
    put(&object, "clients", clients_of(cell));
    put(&object, "jain", number(lab_latency_jain(cell)));
    put(&object, "goodput", number(lab_view_typical(cell, lab_view_goodput)));
    if (cell->twin)
        put(&object, "simulated", simulated_of(cell->twin));
    if (cell->twin && cell->twin->has_formula)
        put(&object, "formula_mean_s", number(cell->twin->formula.mean_s));
    return object;
}

static json_t *cell_of(const struct lab_cell *cell) {
    json_t *object = json_object(), *samples = json_array();
    put(&object, "id", json_integer(cell->id));
    put(&object, "part", string(cell->part));
    put(&object, "group", string(cell->group));
    put(&object, "lane", string(cell->lane));
    put(&object, "workload", string(cell->workload));
    put(&object, "kind", string(cell->kind));
    put(&object, "variant", string(cell->variant));
    put(&object, "interpreter", string(cell->interpreter));
    put(&object, "executor", string(cell->executor));
    put(&object, "workers", count(cell->workers));
    put(&object, "sizer", string(cell->sizer));
    put(&object, "policy", string(cell->policy));
    put(&object, "load", number(cell->load));
    put(&object, "outcome", string(lab_outcome_name(cell->outcome)));
    put(&object, "reason", string(cell->reason));
    put(&object, "install", string(cell->install));
    for (size_t i = 0; i < cell->run_count; i++)
        append(&samples, sample_of(&cell->runs[i]));
    put(&object, "samples", samples);
    put(&object, "metrics", cell_metrics(cell));
    return object;
}

static json_t *interval_of(double low, double high) {
    json_t *array = json_array();
    append(&array, number(low));
    append(&array, number(high));
    return array;
}

static json_t *comparison_of(const struct lab_comparison *comparison) {
    json_t *object = json_object();
    put(&object, "a", json_integer(comparison->a));
    put(&object, "b", json_integer(comparison->b));
    put(&object, "metric", string(comparison->metric));
    put(&object, "ratio", number(comparison->ratio));
    put(&object, "interval", interval_of(comparison->low, comparison->high));
    put(&object, "blocks", count(comparison->blocks));
    put(&object, "b_faster", count(comparison->b_faster));
    put(&object, "margin", number(comparison->margin));
    put(&object, "verdict", string(lab_verdict_name(comparison->verdict)));
    put(&object, "blocks_needed", count(comparison->blocks_needed));
    return object;
}

static json_t *claim_of(const struct lab_claim_result *claim) {
    json_t *object = json_object();
    put(&object, "id", string(claim->id));
    put(&object, "text", string(claim->text));
    put(&object, "rule", string(claim->rule));
    put(&object, "verdict", string(lab_claim_verdict_name(claim->verdict)));
    put(&object, "detail", string(claim->detail));
    put(&object, "effect", number(claim->effect));
    put(&object, "interval", interval_of(claim->low, claim->high));
    put(&object, "blocks", count(claim->blocks));
    put(&object, "where", string(claim->where));
    return object;
}

static json_t *study_of(const struct lab_results *results) {
    json_t *object = json_object();
    json_t *cells = json_array(), *comparisons = json_array(), *claims = json_array();
    for (size_t i = 0; i < results->cell_count; i++)
        append(&cells, cell_of(&results->cells[i]));
    for (size_t i = 0; i < results->comparison_count; i++)
        append(&comparisons, comparison_of(&results->comparisons[i]));
    for (size_t i = 0; i < results->claim_count; i++)
        append(&claims, claim_of(&results->claims[i]));
    put(&object, "manifest", manifest_of(results));
    put(&object, "cells", cells);
    put(&object, "comparisons", comparisons);
    put(&object, "claims", claims);
    return object;
}

int lab_report_json(FILE *out, const struct lab_results *results) {
    json_t *study = study_of(results);
    if (!study)
        return -ENOMEM;
    errno = 0;
    int code = 0;
    if (json_dumpf(study, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) < 0 ||
        fputc('\n', out) == EOF || fflush(out) != 0)
        code = errno != 0 ? -errno : -EIO;
    json_decref(study);
    return code;
}
