/* hosts.c - the schedulers of a run: their making, their integrals, their sizers, their end. */
#include "sim/simulator.h"

#include <errno.h>
#include <stdlib.h>

#include "core/books.h"
#include "sim/law.h"

/* The row of the client table for client `index`: one for each key, in the order of first use. */
static uint32_t hosts_row(const struct trd__simulator *sim, size_t index, uint32_t *rows) {
    const struct trd_sim_client *clients = sim->plan.config->clients;
    if (clients[index].key == 0) {
        return 0;
    }
    for (size_t i = 0; i < index; i++) {
        if (clients[i].key == clients[index].key) {
            return sim->sources[i].row;
        }
    }
    return ++*rows;
}

static int hosts_open_sources(struct trd__simulator *sim) {
    const struct trd_sim_config *config = sim->plan.config;
    uint32_t rows = 0;
    double share_sum = 0.0;
    sim->sources = calloc(config->client_count, sizeof *sim->sources);
    if (!sim->sources) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < config->client_count; i++) {
        const struct trd_sim_client *client = &config->clients[i];
        struct trd__sim_source *source = &sim->sources[i];
        share_sum += client->share;
        source->client = client;
        source->service = &client->service;
        source->phases = &client->phases;
        source->class_index = client->class_index;
        source->share_until = share_sum;
        source->row = hosts_row(sim, i, &rows);
        source->has_deadline = trd__sim_is_set(&client->deadline);
        source->has_timeout = trd__sim_is_set(&client->timeout);
        source->flags = sim->plan.has_attr ? TRD_TASK_HAS_ATTR : 0;
        if (config->quantum_ns > 0 || config->is_preemptive) {
            source->flags |= TRD_TASK_RESUMABLE;
        }
        if (client->drops_late) {
            source->flags |= TRD_TASK_DROP_LATE;
        }
    }
    return 0;
}

/* Opens every client's row and makes every class's. */
static int hosts_open_clients(const struct trd__simulator *sim, struct trd__host *host) {
    uint32_t opened = 0;
    for (size_t i = 0; i < sim->plan.config->client_count; i++) {
        const struct trd__sim_source *source = &sim->sources[i];
        if (trd__host_need_class(host, source->client->class_index)) {
            return -ENOMEM;
        }
        if (source->row <= opened) {
            continue;
        }
        opened = source->row;
        if (trd__host_need_client(host, opened)) {
            return -ENOMEM;
        }
        trd__sched_client_open(&host->sched, opened, source->client->key);
    }
    return 0;
}

int trd__sim_open_hosts(struct trd__simulator *sim) {
    const struct trd_sim_config *config = sim->plan.config;
    struct trd_sched_config sched_config = {
        .policy = sim->plan.policy,
        .sizer = sim->plan.sizer,
        .workers_min = config->workers_min,
        .workers_max = config->workers_max,
    };
    sim->hosts = calloc(sim->plan.host_count, sizeof *sim->hosts);
    if (!sim->hosts || hosts_open_sources(sim)) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < sim->plan.host_count; i++) {
        struct trd__sim_host *host = &sim->hosts[i];
        /* A seed of its own: a policy that draws must not draw what the arrivals draw. */
        sched_config.seed = trd_rng_next(&sim->policy_rng);
        if (trd__host_open(&host->host, &sched_config)) {
            return -ENOMEM;
        }
        if (hosts_open_clients(sim, &host->host) || trd__crew_follow(&host->crew, &host->host, 0)) {
            return -ENOMEM;
        }
    }
    return 0;
}

void trd__sim_advance_hosts(struct trd__simulator *sim, uint64_t now_ns) {
    for (uint32_t i = 0; i < sim->plan.host_count; i++) {
        trd__sim_touch(&sim->hosts[i], now_ns);
        trd__books_advance(&sim->hosts[i].host.sched, now_ns);
    }
}

struct trd__sim_sums trd__sim_sum_hosts(const struct trd__simulator *sim) {
    struct trd__sim_sums sums = {.at_ns = sim->now_ns, .machine = sim->machine.times};
    for (uint32_t i = 0; i < sim->plan.host_count; i++) {
        sums.busy_ns += sim->hosts[i].host.sched.busy_ns;
        sums.worker_ns += sim->hosts[i].host.sched.worker_ns;
    }
    return sums;
}

/* What a meter would have read, with its noise. */
static uint64_t hosts_metered(struct trd__simulator *sim, double ns) {
    const double noise = sim->plan.config->machine.noise;
    const double factor = noise > 0.0 ? 1.0 + noise * trd__normal(&sim->noise_rng) : 1.0;
    const double read = ns * factor;
    return read > 0.0 ? (uint64_t)(read + 0.5) : 0;
}

/* What the machine did since the last tick. Without one, tasks wait: they use no CPU, on a core for
 * every worker. */
static struct trd_load hosts_load(struct trd__simulator *sim) {
    const struct trd__machine_times *now = &sim->machine.times, *then = &sim->ticked;
    if (sim->machine.cores <= 0.0) {
        return (struct trd_load){.cores = sim->plan.config->workers_max};
    }
    const struct trd_load load = {
        .cpu_ns = hosts_metered(sim, now->held_ns + now->cpu_ns - then->held_ns - then->cpu_ns),
        .gil_held_ns = hosts_metered(sim, now->lock_ns - then->lock_ns),
        .gil_wait_ns = hosts_metered(sim, now->lock_wait_ns - then->lock_wait_ns),
        .run_wait_ns = hosts_metered(sim, now->run_wait_ns - then->run_wait_ns),
        .is_gil_measured = sim->machine.gils > 0,
        .cores = sim->machine.cores,
        .gils = sim->machine.gils,
    };
    sim->ticked = *now;
    return load;
}

int trd__sim_tick_hosts(struct trd__simulator *sim) {
    const struct trd_sim_watch *watch = &sim->plan.config->watch;
    const struct trd_load load = hosts_load(sim);
    for (uint32_t i = 0; i < sim->plan.host_count; i++) {
        struct trd__sim_host *host = &sim->hosts[i];
        trd__sim_touch(host, sim->now_ns);
        const uint32_t wanted = trd__sched_tick(&host->host.sched, &load, sim->now_ns);
        sim->digest = (sim->digest ^ wanted) * UINT64_C(0x100000001b3);
        if (watch->ticked) {
            watch->ticked(watch->context, i, &host->host.sched.sample, wanted, sim->finished);
        }
        const int failed = trd__sim_dispatch(sim, host);
        if (failed) {
            return failed;
        }
    }
    return 0;
}

/* A task that is still there when the run ends: its time so far belongs to the sums. */
static void hosts_clear_queued(struct trd__simulator *sim, struct trd__sim_host *host) {
    for (struct trd_task *shell; (shell = trd__sched_any(&host->host.sched));) {
        struct trd__sim_task *task = (struct trd__sim_task *)(void *)shell;
        sim->response_sum_ns += sim->now_ns - shell->submit_ns;
        sim->wait_sum_ns += sim->now_ns - trd__sim_queued_since(sim, task);
        (void)trd__sched_cancel(&host->host.sched, shell, sim->now_ns); /* it is queued */
    }
}

static void hosts_clear_running(struct trd__simulator *sim, struct trd__sim_host *host) {
    for (uint32_t worker = 0; worker < host->crew.ever; worker++) {
        struct trd__sim_task *task = host->crew.running[worker];
        if (!task) {
            continue;
        }
        /* A chart that misses this slice for want of memory is still a chart. */
        (void)trd__sim_chart(sim, host, task, worker, TRD_SIM_END_OPEN);
        sim->response_sum_ns += sim->now_ns - task->shell.task.submit_ns;
        sim->service_sum_ns += sim->now_ns - task->shell.task.node.anatomy.start_ns;
        trd__sched_finish(&host->host.sched, &task->shell.task, worker, TRD_OUTCOME_CANCELLED, NULL,
                          sim->now_ns);
    }
}

void trd__sim_clear_hosts(struct trd__simulator *sim) {
    trd__sim_advance_hosts(sim, sim->now_ns);
    for (uint32_t i = 0; i < sim->plan.host_count; i++) {
        hosts_clear_running(sim, &sim->hosts[i]);
        hosts_clear_queued(sim, &sim->hosts[i]);
    }
}

void trd__sim_close_hosts(struct trd__simulator *sim) {
    for (uint32_t i = 0; sim->hosts && i < sim->plan.host_count; i++) {
        if (sim->hosts[i].host.state) {
            trd__host_close(&sim->hosts[i].host);
        }
        trd__crew_free(&sim->hosts[i].crew);
    }
    free(sim->hosts);
    free(sim->sources);
}
