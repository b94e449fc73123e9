/* sim_config.c - what a simulation will do: policy, sizer, load, warm-up, what a task must carry.
 */
#include "sim/sim_config.h"

#include <errno.h>
#include <math.h>

#include "sim/arena.h"
#include "sim/law.h"

static double mean_of(const struct trd_sim_time *time) {
    return trd_sim_time_moment(time, 1, INFINITY);
}

/* Means over the arrivals. */
struct demand {
    double service_ns, held_ns, cpu_ns;
};

static struct demand plan_demand(const struct trd_sim_config *config, double share_sum) {
    struct demand demand = {0.0, 0.0, 0.0};
    for (size_t i = 0; i < config->client_count; i++) {
        const struct trd_sim_client *client = &config->clients[i];
        const double part = client->share / share_sum;
        if (config->machine.cores > 0.0) {
            const double held_ns = mean_of(&client->phases.held);
            const double cpu_ns = mean_of(&client->phases.cpu);
            demand.held_ns += part * held_ns;
            demand.cpu_ns += part * cpu_ns;
            demand.service_ns += part * (held_ns + cpu_ns + mean_of(&client->phases.wait));
        } else {
            demand.service_ns += part * mean_of(&client->service);
        }
    }
    return demand;
}

/* The arrivals' share of what the workers, the locks or the cores can do at most, whichever is the
 * least. */
static double plan_load(const struct trd_sim_config *config, const struct demand *demand,
                        uint32_t host_count) {
    const double rate = config->rate_per_s / 1e9;
    double load = rate * demand->service_ns / config->workers_max / host_count;
    if (config->machine.cores > 0.0) {
        load = fmax(load, rate * (demand->held_ns + demand->cpu_ns) / config->machine.cores);
    }
    if (config->machine.gils > 0) {
        load = fmax(load, rate * demand->held_ns / config->machine.gils);
    }
    return load;
}

/* Does a task that nobody can serve in time go away by itself? */
static bool is_self_limiting(const struct trd__sim_plan *plan) {
    const struct trd_sim_config *config = plan->config;
    if (plan->policy.parts.admission) {
        return true;
    }
    for (size_t i = 0; i < config->client_count; i++) {
        if (!config->clients[i].cancels_at_timeout && !config->clients[i].drops_late) {
            return false;
        }
    }
    return true;
}

static int plan_open(struct trd__sim_plan *plan, struct trd_error *error) {
    const struct trd_sim_config *config = plan->config;
    const struct demand demand = plan_demand(config, plan->share_sum);
    plan->load = plan_load(config, &demand, plan->host_count);
    if (plan->load >= 1.0 && !config->allows_overload && !is_self_limiting(plan)) {
        trd__sim_say(
            error,
            "load %.4g: an open system has a steady state only below 1 (%g tasks a second "
            "of %g ns each on %u workers): lower the rate, add workers, let tasks give up, "
            "simulate a closed system, or allow the overload",
            plan->load, config->rate_per_s, demand.service_ns,
            config->workers_max * plan->host_count);
        return -EINVAL;
    }
    return 0;
}

/* Tasks until the start (an empty system) is forgotten. The relaxation time of M/M/c is about
 * 1 / (c mu (1 - sqrt rho)^2), in which rho c mu tasks a second arrive; twenty of them, and every
 * worker twenty tasks. */
static uint64_t plan_warmup(const struct trd__sim_plan *plan) {
    const struct trd_sim_config *config = plan->config;
    const double places = config->workers_max;
    if (config->warmup_count || config->is_cold || config->arrivals == TRD_SIM_TRACE) {
        return config->warmup_count;
    }
    if (config->arrivals == TRD_SIM_CLOSED) {
        return (uint64_t)(20.0 * (places + config->customers));
    }
    if (plan->load >= 1.0) {
        return 0;
    }
    const double root = sqrt(plan->load);
    const double tasks =
        20.0 * plan->host_count * (places + plan->load / ((1.0 - root) * (1.0 - root)));
    return tasks < 1e9 ? (uint64_t)tasks : 1000000000;
}

/* What a task must carry. */
static void plan_task(struct trd__sim_plan *plan) {
    const struct trd_sim_config *config = plan->config;
    bool is_full = config->quantum_ns > 0 || config->is_preemptive || config->chart_tasks > 0 ||
                   config->machine.cores > 0.0;
    plan->has_attr = config->quantum_ns > 0 || config->is_preemptive;
    for (size_t i = 0; i < config->client_count; i++) {
        const struct trd_sim_client *client = &config->clients[i];
        is_full = is_full || trd__sim_is_set(&client->timeout);
        plan->has_attr = plan->has_attr || client->priority || client->weight || client->has_cost ||
                         trd__sim_is_set(&client->deadline);
    }
    plan->is_full = is_full;
    plan->is_plain = !is_full && plan->host_count == 1;
    plan->task_bytes = is_full          ? TRD__TASK_FULL_BYTES
                       : plan->has_attr ? TRD__TASK_ATTR_BYTES
                                        : TRD__TASK_PLAIN_BYTES;
}

static int plan_specs(const struct trd_sim_config *config, struct trd__sim_plan *plan,
                      struct trd_error *error) {
    if (config->policy_spec) {
        plan->policy = *config->policy_spec;
    } else if (trd_policy_parse(config->policy ? config->policy : "fifo", &plan->policy, error)) {
        return -EINVAL;
    }
    if (config->sizer_spec) {
        plan->sizer = *config->sizer_spec;
    } else if (trd_sizer_parse(config->sizer ? config->sizer : "fixed", &plan->sizer, error)) {
        return -EINVAL;
    }
    return 0;
}

int trd__sim_plan(const struct trd_sim_config *config, struct trd__sim_plan *plan,
                  struct trd_error *error) {
    *plan = (struct trd__sim_plan){.config = config};
    if (plan_specs(config, plan, error) || trd__sim_check_size(config, error) ||
        trd__sim_check_machine(config, error) || trd__sim_check_clients(config, error) ||
        trd__sim_check_arrivals(config, error) || trd__sim_check_steps(config, error)) {
        return -EINVAL;
    }
    plan->host_count = config->host_count ? config->host_count : 1;
    for (size_t i = 0; i < config->client_count; i++) {
        plan->share_sum += config->clients[i].share;
    }
    if (config->arrivals != TRD_SIM_CLOSED && config->arrivals != TRD_SIM_TRACE &&
        plan_open(plan, error)) {
        return -EINVAL;
    }
    plan->warmup_count = plan_warmup(plan);
    plan_task(plan);
    return 0;
}
