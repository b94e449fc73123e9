/* simulator.c - virtual time: what happens next, and the beginning and end of a run.
 *
 * What is due comes from three places: the event queue, the machine's next end of computing, and
 * the next arrival. At one instant they go in this order, so a worker that becomes free is there
 * for a task that arrives.
 */
#include "sim/life.h"

#include <errno.h>
#include <stdlib.h>

enum { EMPTY_TICKS_MAX = 100000 };

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
    return sim->plan.config->client_count == 1
               ? 0
               : sim_source_at(sim, trd_rng_double(&sim->source_rng) * sim->plan.share_sum);
}

static uint32_t sim_source_of_customer(const struct trd__simulator *sim, uint32_t customer) {
    const double place = ((double)customer + 0.5) / sim->plan.config->customers;
    return sim_source_at(sim, place * sim->plan.share_sum);
}

/* Notes the sums of every step of the series that ends by now. */
static void sim_note_series(struct trd__simulator *sim, uint64_t now_ns) {
    while (now_ns >= sim->series.next_ns) {
        struct trd__series_note note = {.finished = sim->finished};
        trd__sim_advance_hosts(sim, sim->series.next_ns);
        for (uint32_t i = 0; i < sim->plan.host_count; i++) {
            note.queue_ns += sim->hosts[i].queue_area_ns;
            note.busy_ns += sim->hosts[i].host.sched.busy_ns;
            note.worker_ns += sim->hosts[i].host.sched.worker_ns;
        }
        trd__series_add(&sim->series, &note);
    }
}

/* Lets time pass up to `now_ns`. */
TRD__INLINED void sim_pass(struct trd__simulator *sim, bool is_plain, uint64_t now_ns) {
    if (now_ns >= sim->series.next_ns) {
        sim_note_series(sim, now_ns);
    }
    sim->now_ns = now_ns;
    if (!is_plain && sim->machine.cores > 0.0) {
        trd__machine_advance(&sim->machine, now_ns);
    }
}

/* The plant changes. */
static void sim_change(struct trd__simulator *sim) {
    const struct trd_sim_step *step = &sim->plan.config->steps[sim->step_index++];
    for (size_t i = 0; step->clients && i < sim->plan.config->client_count; i++) {
        sim->sources[i].service = &step->clients[i].service;
        sim->sources[i].phases = &step->clients[i].phases;
    }
    if (step->cores > 0.0) {
        trd__machine_cores(&sim->machine, step->cores);
    }
    if (step->rate_per_s > 0.0) {
        trd__arrivals_rate(&sim->arrivals, step->rate_per_s, sim->now_ns);
    }
    if (sim->step_index < sim->plan.config->step_count) {
        trd__event_queue_add(&sim->queue, step[1].at_ns, TRD__EVENT_STEP, 0);
    }
}

static int sim_arrive_by_trace(struct trd__simulator *sim) {
    const struct trd_sim_arrival arrival = sim->arrivals.pending;
    const int failed = trd__life_submit(sim, false, arrival.client_index, 0,
                                        arrival.has_service ? &arrival : NULL);
    return failed ? failed : trd__arrivals_next(&sim->arrivals, sim->error);
}

TRD__INLINED int sim_arrive(struct trd__simulator *sim, bool is_plain) {
    if (sim->plan.config->arrivals == TRD_SIM_TRACE) {
        return sim_arrive_by_trace(sim);
    }
    const int failed = trd__life_submit(sim, is_plain, sim_source_of_arrival(sim), 0, NULL);
    if (!failed && sim->plan.config->arrivals == TRD_SIM_POISSON) {
        /* As trd__arrivals_next(), without the call. */
        trd__arrivals_pass_poisson(&sim->arrivals);
        return 0;
    }
    return failed ? failed : trd__arrivals_next(&sim->arrivals, sim->error);
}

/* Is there anything to come besides ticks? Tasks that wait although nothing runs may still be
 * helped by a sizer, but not for ever. */
static int sim_tick(struct trd__simulator *sim) {
    const bool is_alone = trd__event_queue_first(&sim->queue) == NULL &&
                          sim->arrivals.at_ns == UINT64_MAX && sim->machine.due_ns == UINT64_MAX;
    sim->empty_ticks = is_alone ? sim->empty_ticks + 1 : 0;
    const int failed = trd__sim_tick_hosts(sim);
    if (!failed && sim->empty_ticks <= EMPTY_TICKS_MAX) {
        trd__event_queue_add(&sim->queue, sim->now_ns + sim->plan.sizer.sizer->period_ns,
                             TRD__EVENT_TICK, 0);
    }
    return failed;
}

static int sim_thought(struct trd__simulator *sim, uint32_t customer) {
    const uint32_t source = sim_source_of_customer(sim, customer);
    return trd__life_submit(sim, false, source, customer, NULL);
}

/* An event of the queue that is not the end of a slice happens. */
static int sim_happen(struct trd__simulator *sim, enum trd__event kind, uint32_t index) {
    struct trd__sim_task *task;
    switch (kind) {
    case TRD__EVENT_FINISH:
        return trd__sim_finish(sim, index);
    case TRD__EVENT_THOUGHT:
        return sim_thought(sim, index);
    case TRD__EVENT_TICK:
        return sim_tick(sim);
    case TRD__EVENT_STEP:
        sim_change(sim);
        return 0;
    case TRD__EVENT_TIMEOUT:
        return trd__sim_timeout(sim, index);
    case TRD__EVENT_PHASE:
        task = sim->hosts[0].crew.running[index];
        return trd__machine_waited(&sim->machine, &sim->queue, task) ? trd__sim_finish(sim, index)
                                                                     : 0;
    case TRD__EVENT_HANDOFF:
        trd__machine_handed(&sim->machine, sim->hosts[0].crew.running[index]);
        return 0;
    }
    return 0;
}

static int sim_stuck(struct trd__simulator *sim) {
    trd__sim_say(sim->error, "%llu tasks wait, no worker runs, and nothing is to come",
                 (unsigned long long)sim->arena.used);
    return -EDEADLK;
}

/* The next thing happens. */
TRD__INLINED int sim_step(struct trd__simulator *sim, bool is_plain) {
    const struct trd__due *first = trd__event_queue_first(&sim->queue);
    const uint64_t arrival_ns = sim->arrivals.at_ns;
    const uint64_t machine_ns = is_plain ? UINT64_MAX : sim->machine.due_ns;
    if (first && first->time_ns <= arrival_ns && first->time_ns <= machine_ns) {
        const enum trd__event kind = trd__due_kind(first);
        const uint32_t index = trd__due_index(first);
        const uint64_t event_ns = first->time_ns;
        trd__event_queue_take(&sim->queue);
        sim_pass(sim, is_plain, event_ns);
        return is_plain && kind == TRD__EVENT_FINISH ? trd__life_finish(sim, true, index)
                                                     : sim_happen(sim, kind, index);
    }
    if (machine_ns <= arrival_ns && machine_ns != UINT64_MAX) {
        sim_pass(sim, is_plain, machine_ns);
        struct trd__sim_task *ended = trd__machine_due(&sim->machine, &sim->queue);
        return ended ? trd__sim_finish(sim, ended->worker) : 0;
    }
    if (arrival_ns != UINT64_MAX) {
        sim_pass(sim, is_plain, arrival_ns);
        return sim_arrive(sim, is_plain);
    }
    return sim_stuck(sim);
}

/* A trace has been read to its end, and its last task is gone. */
static bool sim_is_over(const struct trd__simulator *sim) {
    return sim->arrivals.at_ns == UINT64_MAX && sim->arena.used == 0 &&
           sim->plan.config->arrivals == TRD_SIM_TRACE;
}

static int sim_loop(struct trd__simulator *sim) {
    int failed = 0;
    while (!failed && sim->settled < sim->until && !sim_is_over(sim)) {
        failed = sim_step(sim, false);
    }
    return failed;
}

static int sim_loop_plain(struct trd__simulator *sim) {
    int failed = 0;
    while (!failed && sim->settled < sim->until && !sim_is_over(sim)) {
        failed = sim_step(sim, true);
    }
    return failed;
}

/* The first arrivals, steps and ticks. At no time are there more events than customers, workers, a
 * tick, a step, and timeouts, which see to themselves. */
static int sim_prime(struct trd__simulator *sim, const struct trd_rng *rng) {
    const struct trd_sim_config *config = sim->plan.config;
    const size_t customers = config->arrivals == TRD_SIM_CLOSED ? config->customers : 0;
    sim->event_base = customers + (size_t)sim->plan.host_count * config->workers_max + 8;
    if (trd__event_queue_reserve(&sim->queue, sim->event_base) ||
        trd__machine_open(&sim->machine, &config->machine, config->workers_max)) {
        return -ENOMEM;
    }
    for (uint32_t customer = 0; customer < customers; customer++) {
        trd__sim_think(sim, customer);
    }
    if (config->step_count > 0) {
        trd__event_queue_add(&sim->queue, config->steps[0].at_ns, TRD__EVENT_STEP, 0);
    }
    if (sim->plan.sizer.sizer->period_ns) {
        trd__event_queue_add(&sim->queue, sim->plan.sizer.sizer->period_ns, TRD__EVENT_TICK, 0);
    }
    return trd__arrivals_open(&sim->arrivals, config, &sim->ziggurat, rng, sim->error);
}

/* Streams of random numbers, far apart in the sequence of one seed. */
static void sim_seed(struct trd__simulator *sim, struct trd_rng *arrival_rng) {
    struct trd_rng *const streams[] = {arrival_rng,      &sim->source_rng, &sim->service_rng,
                                       &sim->think_rng,  &sim->hint_rng,   &sim->patience_rng,
                                       &sim->choice_rng, &sim->noise_rng,  &sim->policy_rng};
    struct trd_rng rng;
    trd_rng_init(&rng, sim->plan.config->seed);
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        *streams[i] = rng;
        trd_rng_jump(&rng);
    }
    sim->digest = UINT64_C(0xcbf29ce484222325);
}

static void sim_open(struct trd__simulator *sim) {
    const struct trd_sim_config *config = sim->plan.config;
    sim->until = sim->plan.warmup_count + config->task_count;
    sim->is_measuring = sim->plan.warmup_count == 0;
    sim->batch_left =
        sim->is_measuring ? config->task_count / TRD_SIM_BATCHES : sim->plan.warmup_count;
    sim->arena.task_bytes = sim->plan.task_bytes;
    sim->chart.task_max = config->chart_tasks;
    trd__series_open(&sim->series);
    trd__ziggurat_init(&sim->ziggurat);
}

int trd_sim_run(const struct trd_sim_config *config, struct trd_sim_report *report_out,
                struct trd_error *error) {
    *report_out = (struct trd_sim_report){0};
    struct trd__simulator *sim = calloc(1, sizeof *sim);
    if (!sim) {
        return -ENOMEM;
    }
    sim->error = error;
    struct trd_rng arrival_rng;
    int failed = trd__sim_plan(config, &sim->plan, error);
    if (failed) {
        goto free_sim;
    }
    sim_open(sim);
    sim_seed(sim, &arrival_rng);
    failed = trd__sim_open_hosts(sim);
    if (failed) {
        goto close_hosts;
    }
    failed = sim_prime(sim, &arrival_rng);
    if (!failed) {
        failed = sim->plan.is_plain ? sim_loop_plain(sim) : sim_loop(sim);
    }
    trd__sim_clear_hosts(sim);
    failed = failed ? failed : trd__sim_report(sim, report_out);
    trd__arrivals_close(&sim->arrivals);
    trd__machine_close(&sim->machine);
close_hosts:
    trd__sim_close_hosts(sim);
    trd__event_queue_free(&sim->queue);
    trd__arena_free(&sim->arena);
    free(sim->chart.slices);
free_sim:
    free(sim);
    return failed;
}
