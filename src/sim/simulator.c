/* simulator.c - virtual time: arrivals, workers that serve, customers that think, ticks.
 *
 * The event queue says what happens next; the scheduler says what to do about it. Arrivals, service
 * times and think times have generators of their own, and a task's service time is drawn when it
 * arrives: so two policies with one seed meet the very same tasks, and their difference is theirs.
 */
#include "sim/simulator.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum sim_kind { SIM_ARRIVAL, SIM_FINISH, SIM_THOUGHT, SIM_TICK };

/* Mixes a decision into the digest (FNV-1a, a word at a time). */
static void sim_note(struct trd__simulator *sim, uint64_t word) {
    sim->digest = (sim->digest ^ word) * UINT64_C(0x100000001b3);
}

/* Lets time pass up to `now_ns`. */
static void sim_advance(struct trd__simulator *sim, uint64_t now_ns) {
    const struct trd_sched *sched = &sim->host.sched;
    const uint64_t passed_ns = now_ns - sim->now_ns;
    const uint64_t idle = sim->crew.idle_count;
    sim->tasks_area_ns += passed_ns * (sched->queued + sched->busy);
    sim->queue_area_ns += passed_ns * sched->queued;
    sim->unused_ns += passed_ns * (idle < sched->queued ? idle : sched->queued);
    sim->now_ns = now_ns;
}

static void sim_next_arrival(struct trd__simulator *sim) {
    const double gap_ns =
        trd_rng_exponential(&sim->arrival_rng, sim->plan.gap_ns) + sim->arrival_rest_ns;
    const double whole_ns = floor(gap_ns);
    sim->arrival_rest_ns = gap_ns - whole_ns;
    trd__event_queue_add(&sim->queue, sim->now_ns + (uint64_t)whole_ns, SIM_ARRIVAL, 0);
}

static void sim_think(struct trd__simulator *sim, uint32_t customer) {
    const uint64_t think_ns = trd_sim_time_draw(&sim->plan.config->think, &sim->think_rng);
    trd__event_queue_add(&sim->queue, sim->now_ns + think_ns, SIM_THOUGHT, customer);
}

/* The client at `place`, from 0 to the sum of all shares. */
static uint32_t sim_source_at(const struct trd__simulator *sim, double place) {
    uint32_t low = 0, high = (uint32_t)sim->plan.config->client_count - 1;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (place < sim->sources[middle].share_until) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

static uint32_t sim_source_of_arrival(struct trd__simulator *sim) {
    return sim_source_at(sim, trd_rng_double(&sim->arrival_rng) * sim->plan.share_sum);
}

static uint32_t sim_source_of_customer(const struct trd__simulator *sim, uint32_t customer) {
    const double place = ((double)customer + 0.5) / sim->plan.config->customers;
    return sim_source_at(sim, place * sim->plan.share_sum);
}

/* The task has come to an end, whatever it was; a customer goes on to think. */
static void sim_settle(struct trd__simulator *sim, struct trd__sim_task *task) {
    if (sim->plan.config->arrivals == TRD_SIM_CLOSED) {
        sim_think(sim, task->customer);
    }
    trd__arena_give(&sim->arena, task);
    if (++sim->settled == sim->plan.warmup_count) {
        sim->measure_from_ns = sim->now_ns;
        sim->measure_busy_ns = sim->host.sched.busy_ns;
        sim->measure_worker_ns = sim->host.sched.worker_ns;
    }
}

/* Gives tasks to idle workers, as long as the policy has any for them. */
static int sim_dispatch(struct trd__simulator *sim) {
    struct trd__crew *crew = &sim->crew;
    if (trd__crew_follow(crew, &sim->host, sim->now_ns)) {
        return -ENOMEM;
    }
    while (crew->idle_count > 0 && sim->host.sched.queued > 0) {
        const uint32_t worker = crew->idle[crew->idle_count - 1];
        const struct trd_pop pop = trd__sched_next(&sim->host.sched, worker, sim->now_ns);
        struct trd__sim_task *task = (struct trd__sim_task *)(void *)pop.task;
        switch (pop.fate) {
        case TRD_FATE_NONE:
            return 0;
        case TRD_FATE_EXPIRE:
            sim->response_sum_ns += sim->now_ns - pop.task->submit_ns;
            sim->wait_sum_ns += sim->now_ns - pop.task->submit_ns;
            sim_note(sim, ~pop.task->sequence);
            sim_settle(sim, task);
            break;
        case TRD_FATE_RUN:
            crew->idle_count--;
            crew->running[worker] = task;
            sim->wait_sum_ns += sim->now_ns - pop.task->submit_ns;
            sim_note(sim, pop.task->sequence);
            sim_note(sim, sim->now_ns);
            trd__event_queue_add(&sim->queue, sim->now_ns + task->service_ns, SIM_FINISH, worker);
            break;
        }
    }
    return 0;
}

static int sim_submit(struct trd__simulator *sim, uint32_t source, uint32_t customer) {
    const struct trd_sim_client *client = &sim->plan.config->clients[source];
    struct trd__sim_task *task = trd__arena_take(&sim->arena);
    if (!task) {
        return -ENOMEM;
    }
    task->source = source;
    task->customer = customer;
    task->service_ns = trd_sim_time_draw(&client->service, &sim->service_rng);
    task->shell.task.client_index = sim->sources[source].row;
    task->shell.task.flags = TRD_TASK_HAS_ATTR;
    task->shell.attr.client = client->key;
    task->shell.attr.priority = client->priority;
    task->shell.attr.weight = client->weight;
    if (trd__sched_submit(&sim->host.sched, &task->shell.task, TRD_WORKER_NONE, sim->now_ns)) {
        sim_settle(sim, task);
    } else if (sim->arena.used > TRD_SIM_IN_FLIGHT_MAX) {
        trd__sim_say(sim->error,
                     "more than %d tasks in flight after %.3g virtual seconds: too few "
                     "workers keep up with the arrivals (is workers_max reached?)",
                     TRD_SIM_IN_FLIGHT_MAX, (double)sim->now_ns / 1e9);
        return -EOVERFLOW;
    }
    return 0;
}

static void sim_finish(struct trd__simulator *sim, uint32_t worker) {
    struct trd__sim_task *task = sim->crew.running[worker];
    const uint64_t start_ns = task->shell.task.node.anatomy.start_ns;
    const uint64_t submit_ns = task->shell.task.submit_ns;
    sim->crew.running[worker] = NULL;
    trd__sched_finish(&sim->host.sched, &task->shell.task, worker, TRD_OUTCOME_DONE, NULL,
                      sim->now_ns);
    trd__crew_rest(&sim->crew, &sim->host, worker, sim->now_ns);
    sim->response_sum_ns += sim->now_ns - submit_ns;
    sim->service_sum_ns += task->service_ns;
    if (sim->settled >= sim->plan.warmup_count) {
        const uint64_t nth = sim->settled - sim->plan.warmup_count;
        const uint64_t per_batch = sim->plan.config->task_count / TRD_SIM_BATCHES;
        const uint64_t batch = nth / per_batch;
        trd__measure_add(&sim->sources[task->source].measure,
                         batch < TRD_SIM_BATCHES ? batch : TRD_SIM_BATCHES - 1,
                         start_ns - submit_ns, task->service_ns, sim->now_ns - submit_ns,
                         sim->plan.config->late_ns);
    }
    sim_settle(sim, task);
}

/* Virtual tasks wait (they use no CPU), on a machine with a core for every worker. */
static void sim_tick(struct trd__simulator *sim) {
    const struct trd_load load = {.cores = sim->plan.config->workers_max};
    const uint32_t wanted = trd__sched_tick(&sim->host.sched, &load, sim->now_ns);
    sim_note(sim, wanted);
    trd__event_queue_add(&sim->queue, sim->now_ns + sim->plan.sizer.sizer->period_ns, SIM_TICK, 0);
}

/* The next event happens. */
static int sim_step(struct trd__simulator *sim) {
    const struct trd__due due = trd__event_queue_take(&sim->queue);
    int failed = 0;
    sim_advance(sim, due.time_ns);
    switch ((enum sim_kind)due.kind) {
    case SIM_ARRIVAL:
        failed = sim_submit(sim, sim_source_of_arrival(sim), 0);
        sim_next_arrival(sim);
        break;
    case SIM_THOUGHT:
        failed = sim_submit(sim, sim_source_of_customer(sim, due.index), due.index);
        break;
    case SIM_FINISH:
        sim_finish(sim, due.index);
        break;
    case SIM_TICK:
        sim_tick(sim);
        break;
    }
    return failed ? failed : sim_dispatch(sim);
}

static int sim_loop(struct trd__simulator *sim) {
    const uint64_t until = sim->plan.warmup_count + sim->plan.config->task_count;
    int failed = 0;
    while (!failed && sim->settled < until) {
        if (sim->queue.count == 0) {
            trd__sim_say(sim->error, "%llu tasks wait, no worker runs, and nothing is to come",
                         (unsigned long long)sim->host.sched.queued);
            return -EDEADLK;
        }
        failed = sim_step(sim);
    }
    return failed;
}

/* The first arrivals and the first tick. At no time are there more events than customers (or one
 * arrival), workers and a tick. */
static int sim_prime(struct trd__simulator *sim) {
    const struct trd_sim_config *config = sim->plan.config;
    const size_t first = config->arrivals == TRD_SIM_CLOSED ? config->customers : 1;
    if (trd__event_queue_reserve(&sim->queue, first + config->workers_max + 8)) {
        return -ENOMEM;
    }
    switch (config->arrivals) {
    case TRD_SIM_POISSON:
        sim_next_arrival(sim);
        break;
    case TRD_SIM_CLOSED:
        for (uint32_t customer = 0; customer < config->customers; customer++) {
            sim_think(sim, customer);
        }
        break;
    case TRD_SIM_PERIODIC:
    case TRD_SIM_MMPP:
    case TRD_SIM_BATCH_POISSON:
    case TRD_SIM_ON_OFF:
    case TRD_SIM_DIURNAL:
    case TRD_SIM_TRACE:
        break; /* refused by the plan */
    }
    if (sim->plan.sizer.sizer->period_ns) {
        trd__event_queue_add(&sim->queue, sim->plan.sizer.sizer->period_ns, SIM_TICK, 0);
    }
    return trd__crew_follow(&sim->crew, &sim->host, 0);
}

/* The row of the client table for client `index`: one for each key, in the order of first use. */
static uint32_t sim_row(const struct trd__simulator *sim, size_t index, uint32_t *rows) {
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

static int sim_open_clients(struct trd__simulator *sim) {
    const struct trd_sim_config *config = sim->plan.config;
    uint32_t rows = 0;
    double share_sum = 0.0;
    sim->sources = calloc(config->client_count, sizeof *sim->sources);
    if (!sim->sources) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < config->client_count; i++) {
        const uint32_t before = rows;
        share_sum += config->clients[i].share;
        sim->sources[i].share_until = share_sum;
        sim->sources[i].row = sim_row(sim, i, &rows);
        if (rows == before) {
            continue;
        }
        if (trd__host_need_client(&sim->host, rows)) {
            return -ENOMEM;
        }
        trd__sched_client_open(&sim->host.sched, rows, config->clients[i].key);
    }
    return 0;
}

static void sim_seed(struct trd__simulator *sim) {
    trd_rng_init(&sim->arrival_rng, sim->plan.config->seed);
    sim->service_rng = sim->arrival_rng;
    trd_rng_jump(&sim->service_rng);
    sim->think_rng = sim->service_rng;
    trd_rng_jump(&sim->think_rng);
    sim->digest = UINT64_C(0xcbf29ce484222325);
}

/* A task that is still there when the run ends: its time so far belongs to the sums. */
static void sim_close_task(void *context, struct trd__sim_task *task) {
    struct trd__simulator *sim = context;
    const struct trd_task *shell = &task->shell.task;
    if (shell->state == TRD_TASK_QUEUED) {
        sim->response_sum_ns += sim->now_ns - shell->submit_ns;
        sim->wait_sum_ns += sim->now_ns - shell->submit_ns;
        (void)trd__sched_cancel(&sim->host.sched, &task->shell.task,
                                sim->now_ns); /* it is queued */
    }
}

static void sim_close_tasks(struct trd__simulator *sim) {
    for (uint32_t worker = 0; worker < sim->crew.ever; worker++) {
        struct trd__sim_task *task = sim->crew.running[worker];
        if (task) {
            sim->response_sum_ns += sim->now_ns - task->shell.task.submit_ns;
            sim->service_sum_ns += sim->now_ns - task->shell.task.node.anatomy.start_ns;
            trd__sched_finish(&sim->host.sched, &task->shell.task, worker, TRD_OUTCOME_CANCELLED,
                              NULL, sim->now_ns);
        }
    }
    trd__arena_each(&sim->arena, sim_close_task, sim);
}

int trd_sim_run(const struct trd_sim_config *config, struct trd_sim_report *report_out,
                struct trd_error *error) {
    struct trd__simulator sim = {.error = error};
    *report_out = (struct trd_sim_report){0};
    int failed = trd__sim_plan(config, &sim.plan, error);
    if (failed) {
        return failed;
    }
    const struct trd_sched_config sched_config = {
        .policy = sim.plan.policy,
        .sizer = sim.plan.sizer,
        .workers_min = config->workers_min,
        .workers_max = config->workers_max,
        .seed = config->seed,
    };
    failed = trd__host_open(&sim.host, &sched_config);
    if (failed) {
        return failed;
    }
    sim_seed(&sim);
    failed = sim_open_clients(&sim);
    failed = failed ? failed : sim_prime(&sim);
    failed = failed ? failed : sim_loop(&sim);
    sim_close_tasks(&sim);
    failed = failed ? failed : trd__sim_report(&sim, report_out);
    trd__host_close(&sim.host);
    trd__crew_free(&sim.crew);
    trd__event_queue_free(&sim.queue);
    trd__arena_free(&sim.arena);
    free(sim.sources);
    return failed;
}
