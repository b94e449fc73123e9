/* life.h - the life of a simulated task, inlined: it arrives, is queued, gets slices of a worker,
 * ends.
 *
 * These functions are all of a simulation's inner loop, so they are compiled twice: `is_plain` is a
 * constant of whoever calls. A plain run has one host without a machine, and tasks that run to
 * their end without timeouts and without being drawn in a chart; then a task is the engine's own
 * part, its service time and its client.
 *
 * What a task will need is drawn when it arrives, from generators of its own: so two policies with
 * one seed meet the very same tasks, and their difference is theirs.
 */
#ifndef TRD_SIM_LIFE_H
#define TRD_SIM_LIFE_H

#include <errno.h>

#include "core/sched_hot.h"
#include "sim/simulator.h"

#define TRD__INLINED static inline __attribute__((always_inline))

/* Mixes a decision into the digest (FNV-1a, a word at a time). */
TRD__INLINED void trd__life_note(struct trd__simulator *sim, uint64_t sequence) {
    const uint64_t word = sequence * UINT64_C(0x9e3779b97f4a7c15) ^ sim->now_ns;
    sim->digest = (sim->digest ^ word) * UINT64_C(0x100000001b3);
}

/* The task has come to an end, whatever it was; a customer goes on to think. */
TRD__INLINED void trd__life_settle(struct trd__simulator *sim, struct trd__sim_task *task) {
    if (sim->plan.config->arrivals == TRD_SIM_CLOSED) {
        trd__sim_think(sim, (uint32_t)(task->shell.task.payload.word[1] >> 32));
    }
    trd__arena_give(&sim->arena, task);
    sim->settled++;
    if (--sim->batch_left == 0) {
        trd__sim_next_batch(sim);
    }
}

/* Draws what the task asks for; on a machine its phases. */
TRD__INLINED uint64_t trd__life_demand(struct trd__simulator *sim, bool is_plain,
                                       struct trd__sim_task *task,
                                       const struct trd__sim_source *source,
                                       const struct trd_sim_arrival *given) {
    if (!is_plain && sim->machine.cores > 0.0) {
        return trd__sim_draw_phases(sim, task, source->phases, given);
    }
    if (given) {
        return given->service_ns;
    }
    if (source->service->law == TRD_SIM_EXPONENTIAL) {
        const double draw = trd__ziggurat_draw(&sim->ziggurat, &sim->service_rng);
        return (uint64_t)(int64_t)(draw * source->service->mean_ns + 0.5);
    }
    return trd_sim_time_draw(source->service, &sim->service_rng);
}

TRD__INLINED struct trd__sim_task *trd__life_make(struct trd__simulator *sim, bool is_plain,
                                                  uint32_t source_index, uint32_t customer,
                                                  const struct trd_sim_arrival *given) {
    const struct trd__sim_source *source = &sim->sources[source_index];
    struct trd__sim_task *task = trd__arena_take(&sim->arena);
    if (!task) {
        return NULL;
    }
    struct trd_task *shell = &task->shell.task;
    shell->payload.word[0] = trd__life_demand(sim, is_plain, task, source, given);
    shell->payload.word[1] = (uint64_t)customer << 32 | source_index;
    shell->client_index = source->row;
    shell->class_index = source->class_index;
    shell->flags = source->flags;
    if (shell->flags & TRD_TASK_HAS_ATTR) {
        trd__sim_draw_attributes(sim, task, source);
    }
    if (!is_plain && trd__sim_fill(sim, task, source)) {
        return NULL;
    }
    return task;
}

/* `worker` has got the task: when will its slice end? */
TRD__INLINED void trd__life_start(struct trd__simulator *sim, bool is_plain,
                                  struct trd__sim_host *host, struct trd__sim_task *task,
                                  uint32_t worker) {
    host->crew.running[worker] = task;
    if (is_plain) {
        sim->wait_sum_ns += sim->now_ns - task->shell.task.submit_ns;
        trd__event_queue_add(&sim->queue, sim->now_ns + trd__sim_service_of(task),
                             TRD__EVENT_FINISH, worker);
    } else {
        trd__sim_start(sim, host, task, worker);
    }
}

/** Gives tasks to idle workers, as long as the policy has any for them. 0 or -ENOMEM. */
TRD__INLINED int trd__life_dispatch(struct trd__simulator *sim, bool is_plain,
                                    struct trd__sim_host *host) {
    struct trd__crew *crew = &host->crew;
    if (trd__crew_follow(crew, &host->host, sim->now_ns)) {
        return -ENOMEM;
    }
    while (crew->idle_count > 0 && host->host.sched.queued > 0) {
        const uint32_t worker = crew->idle[crew->idle_count - 1];
        const struct trd_pop pop = trd__hot_next(&host->host.sched, worker, sim->now_ns);
        struct trd__sim_task *task = (struct trd__sim_task *)(void *)pop.task;
        switch (pop.fate) {
        case TRD_FATE_NONE:
            return 0;
        case TRD_FATE_EXPIRE:
            if (trd__sim_expire(sim, host, task)) {
                return -ENOMEM;
            }
            break;
        case TRD_FATE_RUN:
            crew->idle_count--;
            trd__life_note(sim, pop.task->sequence);
            trd__life_start(sim, is_plain, host, task, worker);
            break;
        }
    }
    return 0;
}

/** A task arrives. `given` is its arrival in a trace, or NULL. 0, -ENOMEM, or -EOVERFLOW with a
 * message. */
TRD__INLINED int trd__life_submit(struct trd__simulator *sim, bool is_plain, uint32_t source,
                                  uint32_t customer, const struct trd_sim_arrival *given) {
    struct trd__sim_host *host = is_plain ? sim->hosts : trd__sim_choose(sim);
    sim->arrived++;
    struct trd__sim_task *task = trd__life_make(sim, is_plain, source, customer, given);
    if (!task) {
        return -ENOMEM;
    }
    trd__sim_touch(host, sim->now_ns);
    if (!is_plain && trd__sim_admit(sim, host, task)) {
        return -ENOMEM;
    }
    if (trd__hot_submit(&host->host.sched, &task->shell.task, TRD_WORKER_NONE, sim->now_ns)) {
        const int failed = trd__sim_refuse(sim, host, task);
        return failed ? failed : trd__life_dispatch(sim, is_plain, host);
    }
    if (__builtin_expect(host->host.sched.loan.wishes != 0, 0)) {
        trd__host_lend(&host->host);
    }
    if (sim->arena.used > TRD_SIM_IN_FLIGHT_MAX) {
        return trd__sim_overflow(sim);
    }
    return trd__life_dispatch(sim, is_plain, host);
}

/* The task has run to its end; it started first after `wait_ns`. */
TRD__INLINED void trd__life_end(struct trd__simulator *sim, bool is_plain,
                                struct trd__sim_task *task, uint64_t wait_ns) {
    const uint64_t response_ns = sim->now_ns - task->shell.task.submit_ns;
    sim->response_sum_ns += response_ns;
    sim->finished++;
    if (sim->is_measuring) {
        const struct trd__ended ended = {
            .wait_ns = wait_ns,
            .service_ns = trd__sim_service_of(task),
            .response_ns = response_ns,
            .is_late = wait_ns > sim->plan.config->late_ns,
            .is_timely = is_plain || sim->now_ns <= task->timeout_ns,
        };
        trd__measure_add(&sim->sources[trd__sim_source_of(task)].measure, sim->batch, ended);
    }
    trd__life_settle(sim, task);
}

/** The slice of a worker, counted over all hosts, ends. 0, or -ENOMEM. */
TRD__INLINED int trd__life_finish(struct trd__simulator *sim, bool is_plain, uint32_t worker) {
    if (!is_plain) {
        return trd__sim_finish(sim, worker);
    }
    struct trd__sim_host *host = sim->hosts;
    struct trd__sim_task *task = host->crew.running[worker];
    const uint64_t start_ns = task->shell.task.node.anatomy.start_ns;
    trd__sim_touch(host, sim->now_ns);
    host->crew.running[worker] = NULL;
    sim->service_sum_ns += sim->now_ns - start_ns;
    trd__hot_finish(&host->host.sched, &task->shell.task, worker, TRD_OUTCOME_DONE, NULL,
                    sim->now_ns);
    trd__crew_rest(&host->crew, &host->host, worker, sim->now_ns);
    trd__life_end(sim, true, task, start_ns - task->shell.task.submit_ns);
    return trd__life_dispatch(sim, true, host);
}

#endif
