/* sim_config.c - what a simulation may be asked for. */
#include "sim/sim_config.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define MEAN_MAX_NS 1e15
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

static int check_time(const struct trd_sim_time *time, double min_ns, const char *what,
                      struct trd_error *error) {
    if (time->law != TRD_SIM_EXPONENTIAL && time->law != TRD_SIM_DETERMINISTIC) {
        trd__sim_say(error, "%s: unknown law %d", what, (int)time->law);
        return -EINVAL;
    }
    if (!(time->mean_ns >= min_ns && time->mean_ns <= MEAN_MAX_NS)) {
        trd__sim_say(error, "%s: the mean must be from %g to %g ns, not %g", what, min_ns,
                     MEAN_MAX_NS, time->mean_ns);
        return -EINVAL;
    }
    return 0;
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
        if (check_time(&client->service, 1.0, what, error)) {
            return -EINVAL;
        }
        plan->share_sum += client->share;
        plan->service_ns += client->share * client->service.mean_ns;
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
    return check_time(&config->think, 0.0, "think time", error);
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
        check_size(config, error) || check_clients(config, plan, error)) {
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
    }
    if (!failed) {
        plan->warmup_count = warmup(config, plan);
    }
    return failed;
}
