/* sim_config.c - what a simulation may be asked for. */
#include "sim/sim_config.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define GAP_MAX_NS 1e15

void trd__sim_say(struct trd_error *error, const char *format, ...) {
    if (!error) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments); /* cut is fine */
    va_end(arguments);
}

static int check_clients(const struct trd_sim_config *config, struct trd__sim_plan *plan,
                         struct trd_error *error) {
    if (config->client_count < 1 || config->client_count > TRD_SIM_CLIENTS_MAX) {
        trd__sim_say(error, "clients: there must be 1 to %d, not %zu", TRD_SIM_CLIENTS_MAX,
                     config->client_count);
        return -EINVAL;
    }
    for (size_t i = 0; i < config->client_count; i++) {
        const struct trd_sim_client *client = &config->clients[i];
        char what[48];
        (void)snprintf(what, sizeof what, "service of client %zu", i + 1); /* it fits */
        if (!(client->share > 0.0 && client->share <= 1e9)) {
            trd__sim_say(error, "client %zu: its share must be > 0 and at most 1e9, not %g", i + 1,
                         client->share);
            return -EINVAL;
        }
        if (trd_sim_time_check(&client->service, 1.0, what, error)) {
            return -EINVAL;
        }
        plan->share_sum += client->share;
        plan->service_ns += client->share * trd_sim_time_moment(&client->service, 1, INFINITY);
    }
    plan->service_ns /= plan->share_sum;
    return 0;
}

static int check_open(const struct trd_sim_config *config, struct trd__sim_plan *plan,
                      struct trd_error *error) {
    plan->gap_ns = 1e9 / config->rate_per_s;
    if (!(config->rate_per_s > 0.0 && plan->gap_ns <= GAP_MAX_NS && plan->gap_ns > 0.0)) {
        trd__sim_say(error, "rate: must be at least %g tasks a second, not %g", 1e9 / GAP_MAX_NS,
                     config->rate_per_s);
        return -EINVAL;
    }
    const double load = plan->service_ns / plan->gap_ns / config->workers_max;
    if (load >= 1.0) {
        trd__sim_say(error,
                     "load %.4g: an open system has a steady state only below 1 (%g tasks a "
                     "second of %g ns each ask for %.4g of %u workers): lower the rate, add "
                     "workers, or simulate a closed system",
                     load, config->rate_per_s, plan->service_ns, plan->service_ns / plan->gap_ns,
                     config->workers_max);
        return -EINVAL;
    }
    return 0;
}

static int check_closed(const struct trd_sim_config *config, struct trd_error *error) {
    if (config->customers < 1 || config->customers > TRD_SIM_CUSTOMERS_MAX) {
        trd__sim_say(error, "customers: there must be 1 to %d, not %u", TRD_SIM_CUSTOMERS_MAX,
                     config->customers);
        return -EINVAL;
    }
    return trd_sim_time_check(&config->think, 0.0, "think time", error);
}

static int check_size(const struct trd_sim_config *config, struct trd_error *error) {
    if (config->workers_max < 1 || config->workers_max > TRD_SIM_WORKERS_MAX) {
        trd__sim_say(error, "workers: there must be 1 to %d, not %u", TRD_SIM_WORKERS_MAX,
                     config->workers_max);
        return -EINVAL;
    }
    if (config->workers_min > config->workers_max) {
        trd__sim_say(error, "workers: at least %u is more than at most %u", config->workers_min,
                     config->workers_max);
        return -EINVAL;
    }
    if (config->task_count < TRD_SIM_BATCHES || config->task_count > UINT64_C(1) << 53) {
        trd__sim_say(error, "tasks: there must be %d to 2^53 to measure, not %llu", TRD_SIM_BATCHES,
                     (unsigned long long)config->task_count);
        return -EINVAL;
    }
    return 0;
}

/* What this simulator cannot do is refused, never ignored. */
static int check_known(const struct trd_sim_config *config, struct trd_error *error) {
    const struct {
        bool is_asked;
        const char *what;
    } unknown[] = {
        {config->arrivals > TRD_SIM_CLOSED, "arrivals: only Poisson and closed ones"},
        {config->machine.cores != 0.0, "machine: none"},
        {config->step_count > 0, "steps: none"},
        {config->host_count > 1 || config->choices > 1, "hosts: one"},
        {config->quantum_ns > 0, "quantum: none"},
        {config->is_preemptive, "preemption: none"},
        {config->chart_tasks > 0, "chart: none"},
        {config->watch.ticked != NULL, "watch: none"},
        {config->sizer_spec || config->policy_spec, "specifications: by name"},
        {config->allows_overload, "overload: none"},
        {config->is_cold, "cold start: none"},
    };
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        if (unknown[i].is_asked) {
            trd__sim_say(error, "%s in this version", unknown[i].what);
            return -EINVAL;
        }
    }
    for (size_t i = 0; i < config->client_count; i++) {
        const struct trd_sim_client *client = &config->clients[i];
        if (client->class_index || client->has_cost || client->deadline.mean_ns > 0.0 ||
            client->timeout.mean_ns > 0.0) {
            trd__sim_say(error, "client %zu: no class, cost, deadline or timeout in this version",
                         i + 1);
            return -EINVAL;
        }
    }
    return 0;
}

/* Tasks until the start (an empty system) is forgotten. The relaxation time of M/M/c is about
 * 1 / (c mu (1 - sqrt rho)^2), in which rho c mu tasks a second arrive; twenty of them, and every
 * worker twenty tasks. */
static uint64_t warmup(const struct trd_sim_config *config, const struct trd__sim_plan *plan) {
    const double places = config->workers_max;
    if (config->warmup_count) {
        return config->warmup_count;
    }
    if (config->arrivals == TRD_SIM_CLOSED) {
        return (uint64_t)(20.0 * (places + config->customers));
    }
    const double root = sqrt(plan->service_ns / plan->gap_ns / places);
    const double tasks = 20.0 * (places + root * root / ((1.0 - root) * (1.0 - root)));
    return tasks < 1e9 ? (uint64_t)tasks : 1000000000;
}

int trd__sim_plan(const struct trd_sim_config *config, struct trd__sim_plan *plan,
                  struct trd_error *error) {
    *plan = (struct trd__sim_plan){.config = config};
    if (trd_policy_parse(config->policy ? config->policy : "fifo", &plan->policy, error) ||
        trd_sizer_parse(config->sizer ? config->sizer : "fixed", &plan->sizer, error) ||
        check_known(config, error) || check_size(config, error) ||
        check_clients(config, plan, error)) {
        return -EINVAL;
    }
    int failed = -EINVAL;
    switch (config->arrivals) {
    case TRD_SIM_POISSON:
        failed = check_open(config, plan, error);
        break;
    case TRD_SIM_CLOSED:
        failed = check_closed(config, error);
        break;
    case TRD_SIM_PERIODIC:
    case TRD_SIM_MMPP:
    case TRD_SIM_BATCH_POISSON:
    case TRD_SIM_ON_OFF:
    case TRD_SIM_DIURNAL:
    case TRD_SIM_TRACE:
        break; /* refused above */
    }
    if (!failed) {
        plan->warmup_count = warmup(config, plan);
    }
    return failed;
}
