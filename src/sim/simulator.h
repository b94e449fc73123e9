/* simulator.h - a run of the simulator while it goes on. Internal to src/sim. */
#ifndef TRD_SIM_SIMULATOR_H
#define TRD_SIM_SIMULATOR_H

#include "sim/arrivals.h"
#include "sim/chart.h"
#include "sim/crew.h"
#include "sim/event_queue.h"
#include "sim/measure.h"
#include "sim/phases.h"
#include "sim/series.h"
#include "sim/sim_config.h"

/* A client of the configuration. */
struct trd__sim_source {
    const struct trd_sim_client *client;
    const struct trd_sim_time *service;  /* as the last step left it */
    const struct trd_sim_phases *phases; /* the same */
    double share_until;                  /* sum of the shares up to this one */
    uint32_t row;                        /* of the scheduler's client table */
    uint16_t class_index;
    uint8_t flags; /* of its tasks */
    bool has_deadline, has_timeout;
    struct trd__measure measure;
};

/* A scheduler with its workers. Nothing of a host changes but when it is touched, so its integrals
 * over time are brought up to date only then. */
struct trd__sim_host {
    struct trd__host host;
    struct trd__crew crew;
    uint64_t at_ns;
    uint64_t tasks_area_ns, queue_area_ns, unused_ns;
};

/* What all hosts together had at some moment. */
struct trd__sim_sums {
    uint64_t at_ns;
    uint64_t busy_ns, worker_ns;
    struct trd__machine_times machine;
};

struct trd__simulator {
    struct trd__sim_plan plan;
    uint64_t now_ns;
    struct trd__event_queue queue;
    struct trd__arrivals arrivals;
    struct trd__machine machine;
    struct trd__arena arena;
    struct trd__sim_host *hosts;
    struct trd__sim_source *sources;
    size_t event_base; /* events there may be at once, timeouts aside */
    struct trd_rng source_rng, service_rng, think_rng, hint_rng, patience_rng, choice_rng,
        noise_rng, policy_rng;
    struct trd__ziggurat ziggurat;
    struct trd_error *error;

    uint64_t settled; /* tasks that have come to some end, refused ones included */
    uint64_t until;   /* how many there are to be */
    uint64_t arrived, finished, yielded, given_up;
    uint64_t batch_left; /* tasks until the next batch, or the end of the warm-up */
    uint32_t batch;
    bool is_measuring;
    uint32_t empty_ticks; /* in a row, with nothing else to come */
    size_t step_index;
    uint64_t digest;
    uint64_t response_sum_ns, wait_sum_ns, service_sum_ns; /* see trd_sim_identity */

    struct trd__sim_sums before; /* when measuring began */
    struct trd__machine_times ticked;
    struct trd__series series;
    struct trd__chart chart;
};

/* hosts.c */

/** Makes the hosts and their clients. 0 or -ENOMEM. */
int trd__sim_open_hosts(struct trd__simulator *sim);
/** Takes every task away, each with the time it had, and brings the integrals up to now. */
void trd__sim_clear_hosts(struct trd__simulator *sim);
void trd__sim_close_hosts(struct trd__simulator *sim);
/** Brings every host up to `now_ns`. */
void trd__sim_advance_hosts(struct trd__simulator *sim, uint64_t now_ns);
struct trd__sim_sums trd__sim_sum_hosts(const struct trd__simulator *sim);
/** Every sizer is asked. 0 or -ENOMEM. */
int trd__sim_tick_hosts(struct trd__simulator *sim);

/* tasks.c: those that say nothing else return 0 or -ENOMEM. */

/** A batch is full, or the warm-up is over. */
void trd__sim_next_batch(struct trd__simulator *sim);
void trd__sim_draw_attributes(struct trd__simulator *sim, struct trd__sim_task *task,
                              const struct trd__sim_source *source);
/** Draws the phases of a task on a machine. Returns their sum. */
uint64_t trd__sim_draw_phases(struct trd__simulator *sim, struct trd__sim_task *task,
                              const struct trd_sim_phases *phases,
                              const struct trd_sim_arrival *given);
/** The members that plain tasks do not have. */
int trd__sim_fill(struct trd__simulator *sim, struct trd__sim_task *task,
                  const struct trd__sim_source *source);
/** The host for the next task: the least loaded of those drawn. */
struct trd__sim_host *trd__sim_choose(struct trd__simulator *sim);
/** A task is about to be submitted. */
int trd__sim_admit(struct trd__simulator *sim, struct trd__sim_host *host,
                   struct trd__sim_task *task);
int trd__sim_refuse(struct trd__simulator *sim, const struct trd__sim_host *host,
                    struct trd__sim_task *task);
int trd__sim_expire(struct trd__simulator *sim, const struct trd__sim_host *host,
                    struct trd__sim_task *task);
/** Too many tasks: -EOVERFLOW with a message. */
int trd__sim_overflow(struct trd__simulator *sim);
/** `worker` of the host begins with a task. */
void trd__sim_start(struct trd__simulator *sim, struct trd__sim_host *host,
                    struct trd__sim_task *task, uint32_t worker);
/** The slice of a worker, counted over all hosts, ends. */
int trd__sim_finish(struct trd__simulator *sim, uint32_t worker);
/** The patience of whoever has this slot may have ended. */
int trd__sim_timeout(struct trd__simulator *sim, uint32_t slot);
/** Gives tasks to idle workers, as long as the policy has any for them. */
int trd__sim_dispatch(struct trd__simulator *sim, struct trd__sim_host *host);
/** A customer goes on to think. */
void trd__sim_think(struct trd__simulator *sim, uint32_t customer);
/** Since when a queued task waits. */
uint64_t trd__sim_queued_since(const struct trd__simulator *sim, const struct trd__sim_task *task);
/** Draws a slice that ends now. */
int trd__sim_chart(struct trd__simulator *sim, const struct trd__sim_host *host,
                   const struct trd__sim_task *task, uint32_t worker, enum trd_sim_end end);

/** Turns a finished run into the report. 0 or -ENOMEM. */
int trd__sim_report(struct trd__simulator *sim, struct trd_sim_report *report);

static inline uint32_t trd__sim_source_of(const struct trd__sim_task *task) {
    return (uint32_t)task->shell.task.payload.word[1];
}

static inline uint64_t trd__sim_service_of(const struct trd__sim_task *task) {
    return task->shell.task.payload.word[0];
}

/** Brings a host's integrals up to now, before it changes. */
static inline void trd__sim_touch(struct trd__sim_host *host, uint64_t now_ns) {
    const struct trd_sched *sched = &host->host.sched;
    const uint64_t passed_ns = now_ns - host->at_ns;
    const uint64_t idle = host->crew.idle_count;
    host->tasks_area_ns += passed_ns * (sched->queued + sched->busy);
    host->queue_area_ns += passed_ns * sched->queued;
    host->unused_ns += passed_ns * (idle < sched->queued ? idle : sched->queued);
    host->at_ns = now_ns;
}

#endif
