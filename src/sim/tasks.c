/* tasks.c - what not every simulated task does: attributes, phases, hosts to choose from, slices,
 * preemption, timeouts, being refused or dropped. What every task does is in life.h. */
#include "sim/life.h"

#include <assert.h>
#include <math.h>

#include "sim/law.h"

uint64_t trd__sim_queued_since(const struct trd__simulator *sim, const struct trd__sim_task *task) {
    return sim->plan.is_full ? task->queued_ns : task->shell.task.submit_ns;
}

int trd__sim_chart(struct trd__simulator *sim, const struct trd__sim_host *host,
                   const struct trd__sim_task *task, uint32_t worker, enum trd_sim_end end) {
    if (sim->chart.task_max == 0 || task->number > sim->chart.task_max) {
        return 0;
    }
    const struct trd_sim_slice slice = {
        .task = task->number,
        .submit_ns = task->shell.task.submit_ns,
        .start_ns =
            worker == TRD_WORKER_NONE ? sim->now_ns : task->shell.task.node.anatomy.start_ns,
        .end_ns = sim->now_ns,
        .service_ns = trd__sim_service_of(task),
        .client_index = trd__sim_source_of(task),
        .host = (uint32_t)(host - sim->hosts),
        .worker = worker,
        .end = end,
    };
    return trd__chart_add(&sim->chart, &slice);
}

void trd__sim_think(struct trd__simulator *sim, uint32_t customer) {
    const uint64_t think_ns = trd_sim_time_draw(&sim->plan.config->think, &sim->think_rng);
    trd__event_queue_add(&sim->queue, sim->now_ns + think_ns, TRD__EVENT_THOUGHT, customer);
}

void trd__sim_next_batch(struct trd__simulator *sim) {
    if (!sim->is_measuring) {
        trd__sim_advance_hosts(sim, sim->now_ns);
        sim->before = trd__sim_sum_hosts(sim);
        sim->is_measuring = true;
    } else if (sim->batch + 1 < TRD_SIM_BATCHES) {
        sim->batch++;
    }
    const uint64_t count = sim->plan.config->task_count;
    sim->batch_left = sim->batch + 1 < TRD_SIM_BATCHES ? count / TRD_SIM_BATCHES : UINT64_MAX;
}

void trd__sim_draw_attributes(struct trd__simulator *sim, struct trd__sim_task *task,
                              const struct trd__sim_source *source) {
    const struct trd_sim_client *client = source->client;
    struct trd_attr *attr = &task->shell.attr;
    *attr = (struct trd_attr){
        .client = client->key, .priority = client->priority, .weight = client->weight};
    if (client->has_cost) {
        const double factor =
            client->cost_sigma > 0.0 ? exp(client->cost_sigma * trd__normal(&sim->hint_rng)) : 1.0;
        const double cost = (double)(int64_t)trd__sim_service_of(task) * factor;
        attr->cost_ns = cost < 1.0 ? 1 : cost < 1e18 ? (uint64_t)cost : UINT64_C(1) << 60;
    }
    if (source->has_deadline) {
        attr->deadline_ns = sim->now_ns + trd_sim_time_draw(&client->deadline, &sim->patience_rng);
    }
}

/* An event will look after this slot no later than its task's timeout. */
static int tasks_arm(struct trd__simulator *sim, struct trd__sim_task *task) {
    if (task->armed_ns && task->armed_ns <= task->timeout_ns) {
        return 0;
    }
    if (trd__event_queue_reserve(&sim->queue, sim->queue.count + sim->event_base)) {
        return -ENOMEM;
    }
    task->armed_ns = task->timeout_ns;
    trd__event_queue_add(&sim->queue, task->timeout_ns, TRD__EVENT_TIMEOUT, task->slot);
    return 0;
}

int trd__sim_fill(struct trd__simulator *sim, struct trd__sim_task *task,
                  const struct trd__sim_source *source) {
    if (!sim->plan.is_full) {
        return 0;
    }
    task->number = sim->arrived;
    task->left_ns = trd__sim_service_of(task);
    task->queued_ns = sim->now_ns;
    task->wait_ns = UINT64_MAX;
    task->timeout_ns = UINT64_MAX;
    if (source->has_timeout) {
        task->timeout_ns =
            sim->now_ns + trd_sim_time_draw(&source->client->timeout, &sim->patience_rng);
        return source->client->cancels_at_timeout ? tasks_arm(sim, task) : 0;
    }
    return 0;
}

uint64_t trd__sim_draw_phases(struct trd__simulator *sim, struct trd__sim_task *task,
                              const struct trd_sim_phases *phases,
                              const struct trd_sim_arrival *given) {
    const uint32_t visits = phases->visits ? phases->visits : 1;
    uint64_t times_ns[3];
    if (given) {
        times_ns[TRD__PHASE_HELD] = given->held_ns;
        times_ns[TRD__PHASE_CPU] = given->cpu_ns;
        times_ns[TRD__PHASE_WAIT] = given->wait_ns;
    } else {
        times_ns[TRD__PHASE_HELD] = trd_sim_time_draw(&phases->held, &sim->service_rng);
        times_ns[TRD__PHASE_CPU] = trd_sim_time_draw(&phases->cpu, &sim->service_rng);
        times_ns[TRD__PHASE_WAIT] = trd_sim_time_draw(&phases->wait, &sim->service_rng);
    }
    for (size_t i = 0; i < 3; i++) {
        task->phase_ns[i] = (double)times_ns[i] / visits;
    }
    task->visits_left = visits - 1;
    return times_ns[0] + times_ns[1] + times_ns[2];
}

struct trd__sim_host *trd__sim_choose(struct trd__simulator *sim) {
    const uint32_t host_count = sim->plan.host_count;
    if (host_count == 1) {
        return sim->hosts;
    }
    struct trd__sim_host *best = &sim->hosts[trd_rng_below(&sim->choice_rng, host_count)];
    uint64_t least = best->host.sched.queued + best->host.sched.busy;
    for (uint32_t i = 1; i < sim->plan.config->choices; i++) {
        struct trd__sim_host *host = &sim->hosts[trd_rng_below(&sim->choice_rng, host_count)];
        const uint64_t load = host->host.sched.queued + host->host.sched.busy;
        if (load < least) {
            best = host;
            least = load;
        }
    }
    return best;
}

/* Ends a task that has not run to its end. `wait_ns` is how long it was queued this time. */
static int tasks_drop(struct trd__simulator *sim, const struct trd__sim_host *host,
                      struct trd__sim_task *task, uint64_t wait_ns, enum trd_sim_end end) {
    struct trd__measure *measure = &sim->sources[trd__sim_source_of(task)].measure;
    if (trd__sim_chart(sim, host, task, TRD_WORKER_NONE, end)) {
        return -ENOMEM;
    }
    sim->response_sum_ns += sim->now_ns - task->shell.task.submit_ns;
    sim->wait_sum_ns += wait_ns;
    trd__life_note(sim, ~task->shell.task.sequence);
    measure->refused += sim->is_measuring && end == TRD_SIM_END_REFUSED;
    measure->expired += sim->is_measuring && end == TRD_SIM_END_EXPIRED;
    measure->given_up += sim->is_measuring && end == TRD_SIM_END_GIVEN_UP;
    trd__life_settle(sim, task);
    return 0;
}

int trd__sim_refuse(struct trd__simulator *sim, const struct trd__sim_host *host,
                    struct trd__sim_task *task) {
    return tasks_drop(sim, host, task, 0, TRD_SIM_END_REFUSED);
}

int trd__sim_expire(struct trd__simulator *sim, const struct trd__sim_host *host,
                    struct trd__sim_task *task) {
    return tasks_drop(sim, host, task, sim->now_ns - trd__sim_queued_since(sim, task),
                      TRD_SIM_END_EXPIRED);
}

int trd__sim_overflow(struct trd__simulator *sim) {
    trd__sim_say(sim->error,
                 "more than %d tasks in flight after %.3g virtual seconds: too few workers keep up "
                 "with the arrivals (is workers_max reached?)",
                 TRD_SIM_IN_FLIGHT_MAX, (double)sim->now_ns / 1e9);
    return -EOVERFLOW;
}

static int tasks_give_up(struct trd__simulator *sim, struct trd__sim_host *host,
                         struct trd__sim_task *task) {
    sim->given_up++;
    (void)trd__sched_cancel(&host->host.sched, &task->shell.task, sim->now_ns); /* it is queued */
    return tasks_drop(sim, host, task, sim->now_ns - task->queued_ns, TRD_SIM_END_GIVEN_UP);
}

int trd__sim_timeout(struct trd__simulator *sim, uint32_t slot) {
    struct trd__sim_task *task = trd__arena_at(&sim->arena, slot);
    const enum trd_task_state state = (enum trd_task_state)task->shell.task.state;
    if (task->armed_ns != sim->now_ns) {
        return 0; /* another event looks after the slot */
    }
    task->armed_ns = 0;
    if (state != TRD_TASK_QUEUED && state != TRD_TASK_RUNNING) {
        return 0;
    }
    if (task->timeout_ns > sim->now_ns) {
        /* The event was for an earlier task in this slot. */
        return task->timeout_ns == UINT64_MAX ? 0 : tasks_arm(sim, task);
    }
    if (state == TRD_TASK_RUNNING) {
        return 0;
    }
    struct trd__sim_host *host = &sim->hosts[task->host];
    trd__sim_touch(host, sim->now_ns);
    return tasks_give_up(sim, host, task);
}

/* A slice of the task has ended on `worker`, which is free again. */
static int tasks_slice(struct trd__simulator *sim, struct trd__sim_host *host,
                       struct trd__sim_task *task, uint32_t worker, enum trd_outcome outcome) {
    const uint64_t start_ns = task->shell.task.node.anatomy.start_ns;
    const uint64_t ran_ns = sim->now_ns - start_ns;
    if (trd__sim_chart(sim, host, task, worker,
                       outcome == TRD_OUTCOME_AGAIN ? TRD_SIM_END_AGAIN : TRD_SIM_END_DONE)) {
        return -ENOMEM;
    }
    host->crew.running[worker] = NULL;
    sim->service_sum_ns += ran_ns;
    if (outcome == TRD_OUTCOME_AGAIN) {
        task->left_ns -= ran_ns;
        task->queued_ns = sim->now_ns;
        sim->yielded++;
    }
    trd__hot_finish(&host->host.sched, &task->shell.task, worker, outcome, NULL, sim->now_ns);
    trd__crew_rest(&host->crew, &host->host, worker, sim->now_ns);
    return 0;
}

int trd__sim_finish(struct trd__simulator *sim, uint32_t worker) {
    const uint32_t width = sim->plan.config->workers_max;
    const uint32_t host_index = sim->plan.host_count == 1 ? 0 : worker / width;
    struct trd__sim_host *host = &sim->hosts[host_index];
    worker -= host_index * width;
    struct trd__sim_task *task = host->crew.running[worker];
    const uint64_t start_ns = task->shell.task.node.anatomy.start_ns;
    const bool is_done =
        !sim->plan.is_full || sim->machine.cores > 0.0 || task->left_ns == sim->now_ns - start_ns;
    int failed = 0;
    trd__sim_touch(host, sim->now_ns);
    if (tasks_slice(sim, host, task, worker, is_done ? TRD_OUTCOME_DONE : TRD_OUTCOME_AGAIN)) {
        return -ENOMEM;
    }
    if (is_done && sim->plan.is_full) {
        trd__life_end(sim, false, task, task->wait_ns);
    } else if (is_done) {
        trd__life_end(sim, true, task, start_ns - task->shell.task.submit_ns);
    } else if (sim->now_ns >= task->timeout_ns &&
               sim->sources[trd__sim_source_of(task)].client->cancels_at_timeout) {
        failed = tasks_give_up(sim, host, task);
    }
    return failed ? failed : trd__sim_dispatch(sim, host);
}

/* Every running task of the host yields, so that the policy chooses among all there are. */
static int tasks_preempt(struct trd__simulator *sim, struct trd__sim_host *host) {
    struct trd__crew *crew = &host->crew;
    const uint32_t first = (uint32_t)(host - sim->hosts) * sim->plan.config->workers_max;
    if (crew->idle_count > 0) {
        return 0;
    }
    for (uint32_t worker = crew->ever; worker > 0; worker--) {
        struct trd__sim_task *task = crew->running[worker - 1];
        if (!task || task->left_ns == sim->now_ns - task->shell.task.node.anatomy.start_ns) {
            continue; /* nobody there, or the end is due at this very moment */
        }
        trd__event_queue_remove(&sim->queue, TRD__EVENT_FINISH, first + worker - 1);
        if (tasks_slice(sim, host, task, worker - 1, TRD_OUTCOME_AGAIN)) {
            return -ENOMEM;
        }
    }
    return 0;
}

int trd__sim_admit(struct trd__simulator *sim, struct trd__sim_host *host,
                   struct trd__sim_task *task) {
    if (sim->plan.is_full) {
        task->host = (uint32_t)(host - sim->hosts);
    }
    return sim->plan.config->is_preemptive ? tasks_preempt(sim, host) : 0;
}

void trd__sim_start(struct trd__simulator *sim, struct trd__sim_host *host,
                    struct trd__sim_task *task, uint32_t worker) {
    const uint32_t first = (uint32_t)(host - sim->hosts) * sim->plan.config->workers_max;
    uint64_t slice_ns = trd__sim_service_of(task);
    sim->wait_sum_ns += sim->now_ns - trd__sim_queued_since(sim, task);
    if (sim->plan.is_full) {
        const uint64_t quantum_ns = sim->plan.config->quantum_ns;
        if (task->wait_ns == UINT64_MAX) {
            task->wait_ns = sim->now_ns - task->shell.task.submit_ns;
        }
        slice_ns = quantum_ns && quantum_ns < task->left_ns ? quantum_ns : task->left_ns;
        if (sim->machine.cores > 0.0) {
            task->worker = worker;
            if (!trd__machine_start(&sim->machine, &sim->queue, task)) {
                return;
            }
            slice_ns = 0;
        }
    }
    trd__event_queue_add(&sim->queue, sim->now_ns + slice_ns, TRD__EVENT_FINISH, first + worker);
}

int trd__sim_dispatch(struct trd__simulator *sim, struct trd__sim_host *host) {
    return trd__life_dispatch(sim, false, host);
}
