/* sim_check.c - what a simulation may be asked for. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "sim/law.h"
#include "sim/sim_config.h"

#define TIME_MAX_NS 1e15
#define CLASSES_MAX 1024
#define CORES_MAX 1e6

void trd__sim_say(struct trd_error *error, const char *format, ...) {
    if (!error) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments); /* cut is fine */
    va_end(arguments);
}

/* Is `value` within what is allowed? */
static int check_between(double value, double low, double high, const char *what,
                         struct trd_error *error) {
    if (value >= low && value <= high) {
        return 0;
    }
    trd__sim_say(error, "%s: must be from %g to %g, not %g", what, low, high, value);
    return -EINVAL;
}

/* A time of one client, where all zeros mean none. */
static int check_client_time(const struct trd_sim_time *time, double min_ns, const char *what,
                             size_t client, struct trd_error *error) {
    char where[64];
    if (min_ns < 1.0 && !trd__sim_is_set(time)) {
        return 0;
    }
    (void)snprintf(where, sizeof where, "%s of client %zu", what, client + 1); /* it fits */
    return trd_sim_time_check(time, min_ns, where, error);
}

static int check_phases(const struct trd_sim_phases *phases, size_t client,
                        struct trd_error *error) {
    if (check_client_time(&phases->held, 0.0, "computing with a lock", client, error) ||
        check_client_time(&phases->cpu, 0.0, "computing without a lock", client, error) ||
        check_client_time(&phases->wait, 0.0, "waiting", client, error)) {
        return -EINVAL;
    }
    const double sum_ns = trd_sim_time_moment(&phases->held, 1, INFINITY) +
                          trd_sim_time_moment(&phases->cpu, 1, INFINITY) +
                          trd_sim_time_moment(&phases->wait, 1, INFINITY);
    if (!(sum_ns >= 1.0)) {
        trd__sim_say(error,
                     "client %zu: on a machine its phases must take 1 ns at least, not %g: their "
                     "service time is not used there",
                     client + 1, sum_ns);
        return -EINVAL;
    }
    if (phases->visits > TRD_SIM_VISITS_MAX) {
        trd__sim_say(error, "client %zu: visits must be up to %d, not %u", client + 1,
                     TRD_SIM_VISITS_MAX, phases->visits);
        return -EINVAL;
    }
    return 0;
}

static int check_work(const struct trd_sim_config *config, const struct trd_sim_client *client,
                      size_t index, struct trd_error *error) {
    return config->machine.cores > 0.0
               ? check_phases(&client->phases, index, error)
               : check_client_time(&client->service, 1.0, "service", index, error);
}

static int check_client(const struct trd_sim_config *config, size_t index,
                        struct trd_error *error) {
    const struct trd_sim_client *client = &config->clients[index];
    if (!(client->share > 0.0 && client->share <= 1e9)) {
        trd__sim_say(error, "client %zu: its share must be > 0 and at most 1e9, not %g", index + 1,
                     client->share);
        return -EINVAL;
    }
    if (client->class_index >= CLASSES_MAX) {
        trd__sim_say(error, "client %zu: its class must be below %d, not %d", index + 1,
                     CLASSES_MAX, client->class_index);
        return -EINVAL;
    }
    if (!(client->cost_sigma >= 0.0 && client->cost_sigma <= 20.0)) {
        trd__sim_say(error, "client %zu: the error of its hints must be from 0 to 20, not %g",
                     index + 1, client->cost_sigma);
        return -EINVAL;
    }
    if (client->cost_sigma > 0.0 && !client->has_cost) {
        trd__sim_say(error, "client %zu: an error of hints without hints", index + 1);
        return -EINVAL;
    }
    if (client->drops_late && !trd__sim_is_set(&client->deadline)) {
        trd__sim_say(error, "client %zu: drops late tasks, but they have no deadline", index + 1);
        return -EINVAL;
    }
    if (client->cancels_at_timeout && !trd__sim_is_set(&client->timeout)) {
        trd__sim_say(error, "client %zu: cancels at its timeout, but has none", index + 1);
        return -EINVAL;
    }
    if (check_client_time(&client->deadline, 0.0, "deadline", index, error) ||
        check_client_time(&client->timeout, 0.0, "timeout", index, error)) {
        return -EINVAL;
    }
    return check_work(config, client, index, error);
}

int trd__sim_check_clients(const struct trd_sim_config *config, struct trd_error *error) {
    if (config->client_count < 1 || config->client_count > TRD_SIM_CLIENTS_MAX) {
        trd__sim_say(error, "clients: there must be 1 to %d, not %zu", TRD_SIM_CLIENTS_MAX,
                     config->client_count);
        return -EINVAL;
    }
    for (size_t i = 0; i < config->client_count; i++) {
        if (check_client(config, i, error)) {
            return -EINVAL;
        }
    }
    return 0;
}

static int check_hosts(const struct trd_sim_config *config, struct trd_error *error) {
    const uint32_t hosts = config->host_count ? config->host_count : 1;
    if (hosts > TRD_SIM_HOSTS_MAX) {
        trd__sim_say(error, "hosts: there must be 1 to %d, not %u", TRD_SIM_HOSTS_MAX, hosts);
        return -EINVAL;
    }
    if (config->choices > TRD_SIM_CHOICES_MAX) {
        trd__sim_say(error, "choices: an arrival looks at 1 to %d hosts, not %u",
                     TRD_SIM_CHOICES_MAX, config->choices);
        return -EINVAL;
    }
    if (config->choices > hosts) {
        trd__sim_say(error, "choices: an arrival cannot look at %u hosts of %u", config->choices,
                     hosts);
        return -EINVAL;
    }
    if ((uint64_t)hosts * config->workers_max > TRD_SIM_WORKERS_MAX) {
        trd__sim_say(error, "workers: %u on each of %u hosts are more than %d", config->workers_max,
                     hosts, TRD_SIM_WORKERS_MAX);
        return -EINVAL;
    }
    if (config->is_preemptive && config->workers_max > TRD_SIM_PREEMPTIVE_MAX) {
        trd__sim_say(error, "preemption: a host may have up to %d workers, not %u",
                     TRD_SIM_PREEMPTIVE_MAX, config->workers_max);
        return -EINVAL;
    }
    return 0;
}

int trd__sim_check_size(const struct trd_sim_config *config, struct trd_error *error) {
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
    if (config->warmup_count > UINT64_C(1) << 53 || (config->is_cold && config->warmup_count)) {
        trd__sim_say(error, "warm-up: up to 2^53 tasks, and none with a cold start, not %llu",
                     (unsigned long long)config->warmup_count);
        return -EINVAL;
    }
    return check_hosts(config, error);
}

int trd__sim_check_machine(const struct trd_sim_config *config, struct trd_error *error) {
    const struct trd_sim_machine *machine = &config->machine;
    if (machine->cores == 0.0) {
        if (machine->gils || machine->handoff_ns != 0.0 || machine->noise != 0.0) {
            trd__sim_say(error, "machine: locks, hand-off and noise need cores");
            return -EINVAL;
        }
        return 0;
    }
    if (check_between(machine->cores, 1e-3, CORES_MAX, "cores", error) ||
        check_between(machine->handoff_ns, 0.0, TIME_MAX_NS, "hand-off", error) ||
        check_between(machine->noise, 0.0, 1.0, "noise of the meter", error)) {
        return -EINVAL;
    }
    if (config->host_count > 1 || config->quantum_ns || config->is_preemptive) {
        trd__sim_say(error, "machine: needs a single host, no quantum and no preemption");
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

static int check_mmpp(const struct trd_sim_mmpp *mmpp, struct trd_error *error) {
    return check_between(mmpp->ratio, 1.0, 1e6, "ratio of burst to calm", error) ||
                   check_between(mmpp->calm_ns, 1.0, TIME_MAX_NS, "time of calm, ns", error) ||
                   check_between(mmpp->burst_ns, 1.0, TIME_MAX_NS, "time of burst, ns", error)
               ? -EINVAL
               : 0;
}

static int check_batch(const struct trd_sim_batch *batch, struct trd_error *error) {
    if (check_between(batch->mean, 1.0, 1e6, "tasks of a batch", error)) {
        return -EINVAL;
    }
    if (batch->is_fixed && batch->mean != floor(batch->mean)) {
        trd__sim_say(error, "tasks of a batch: must be whole when fixed, not %g", batch->mean);
        return -EINVAL;
    }
    return 0;
}

static int check_on_off(const struct trd_sim_on_off *on_off, struct trd_error *error) {
    if (on_off->sources < 1 || on_off->sources > TRD_SIM_SOURCES_MAX) {
        trd__sim_say(error, "on/off sources: there must be 1 to %d, not %u", TRD_SIM_SOURCES_MAX,
                     on_off->sources);
        return -EINVAL;
    }
    return check_between(on_off->alpha, 1.001, 100.0, "alpha of on/off times", error) ||
                   check_between(on_off->on_ns, 1.0, TIME_MAX_NS, "time on, ns", error) ||
                   check_between(on_off->off_ns, 1.0, TIME_MAX_NS, "time off, ns", error)
               ? -EINVAL
               : 0;
}

static int check_rate(const struct trd_sim_config *config, struct trd_error *error) {
    const double gap_ns = 1e9 / config->rate_per_s;
    if (config->rate_per_s > 0.0 && gap_ns <= TIME_MAX_NS && gap_ns >= 1e-3) {
        return 0;
    }
    trd__sim_say(error, "rate: must be from %g to %g tasks a second, not %g", 1e9 / TIME_MAX_NS,
                 1e12, config->rate_per_s);
    return -EINVAL;
}

int trd__sim_check_arrivals(const struct trd_sim_config *config, struct trd_error *error) {
    switch (config->arrivals) {
    case TRD_SIM_CLOSED:
        return check_closed(config, error);
    case TRD_SIM_TRACE:
        if (!config->trace.next) {
            trd__sim_say(error, "trace: there is no function to read it");
            return -EINVAL;
        }
        return 0;
    case TRD_SIM_POISSON:
    case TRD_SIM_PERIODIC:
        return check_rate(config, error);
    case TRD_SIM_MMPP:
        return check_rate(config, error) ? -EINVAL : check_mmpp(&config->mmpp, error);
    case TRD_SIM_BATCH_POISSON:
        return check_rate(config, error) ? -EINVAL : check_batch(&config->batch, error);
    case TRD_SIM_ON_OFF:
        return check_rate(config, error) ? -EINVAL : check_on_off(&config->on_off, error);
    case TRD_SIM_DIURNAL:
        return check_rate(config, error) ||
                       check_between(config->diurnal.amplitude, 0.0, 1.0, "amplitude", error) ||
                       check_between(config->diurnal.period_ns, 1.0, 1e18, "period, ns", error)
                   ? -EINVAL
                   : 0;
    }
    trd__sim_say(error, "arrivals: unknown process %d", (int)config->arrivals);
    return -EINVAL;
}

static int check_step(const struct trd_sim_config *config, size_t index, struct trd_error *error) {
    const struct trd_sim_step *step = &config->steps[index];
    if (index > 0 && step->at_ns < step[-1].at_ns) {
        trd__sim_say(error, "step %zu: comes before the one before it", index + 1);
        return -EINVAL;
    }
    for (size_t i = 0; step->clients && i < config->client_count; i++) {
        if (check_work(config, &step->clients[i], i, error)) {
            return -EINVAL;
        }
    }
    if (step->rate_per_s != 0.0) {
        struct trd_sim_config changed = *config;
        changed.rate_per_s = step->rate_per_s;
        if (config->arrivals != TRD_SIM_POISSON && config->arrivals != TRD_SIM_PERIODIC) {
            trd__sim_say(error,
                         "step %zu: only Poisson and periodic arrivals may change their rate",
                         index + 1);
            return -EINVAL;
        }
        if (check_rate(&changed, error)) {
            return -EINVAL;
        }
    }
    if (step->cores != 0.0 && config->machine.cores == 0.0) {
        trd__sim_say(error, "step %zu: changes cores, but there is no machine", index + 1);
        return -EINVAL;
    }
    return step->cores != 0.0 ? check_between(step->cores, 1e-3, CORES_MAX, "cores", error) : 0;
}

int trd__sim_check_steps(const struct trd_sim_config *config, struct trd_error *error) {
    if (config->step_count > 0 && !config->steps) {
        trd__sim_say(error, "steps: %zu of them, but no array", config->step_count);
        return -EINVAL;
    }
    for (size_t i = 0; i < config->step_count; i++) {
        if (check_step(config, i, error)) {
            return -EINVAL;
        }
    }
    return 0;
}
