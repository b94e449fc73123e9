/* sizing_run.c - fixed sizes and sizers on the simulator's machine. */
#include "sizing_plant.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <treadle/sim.h>

/* Customers that always have a task queued or running: more than there can be workers, few enough
 * that the old tasks are soon gone after a step. */
enum { CUSTOMERS = SIZING_WORKERS + 64 };

#define WINDOW_TASKS 200.0 /* a size counts as converged when it is right for so many */
#define NS_PER_S 1e9

static struct trd_sim_time sizing_time(const struct sizing_plant *plant, double mean_ms) {
    const double variance = plant->spread * plant->spread;
    struct trd_sim_time time = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = 1e6 * mean_ms};
    if (mean_ms > 0.0 && plant->spread <= 0.0) {
        time.law = TRD_SIM_DETERMINISTIC;
    } else if (mean_ms > 0.0 && plant->spread < 1.0) {
        time.law = TRD_SIM_ERLANG;
        time.shape = round(1.0 / variance);
    }
    return time;
}

static struct trd_sim_client sizing_client(const struct sizing_plant *plant, int stage) {
    const struct sizing_task *task = &plant->tasks[stage];
    return (struct trd_sim_client){.share = 1.0,
                                   .phases = {.held = sizing_time(plant, task->held_ms),
                                              .cpu = sizing_time(plant, task->cpu_ms),
                                              .wait = sizing_time(plant, task->wait_ms)}};
}

static struct trd_sim_config sizing_config(const struct sizing_plant *plant,
                                           const struct trd_sim_client *client, const char *sizer,
                                           uint64_t seed) {
    return (struct trd_sim_config){.sizer = sizer,
                                   .workers_min = 1,
                                   .workers_max = SIZING_WORKERS,
                                   .arrivals = TRD_SIM_CLOSED,
                                   .customers = CUSTOMERS,
                                   .clients = client,
                                   .client_count = 1,
                                   .machine = {.cores = plant->cores,
                                               .gils = (uint32_t)plant->gils,
                                               .handoff_ns = 1e6 * plant->handoff_ms,
                                               .noise = plant->noise},
                                   .is_cold = true,
                                   .seed = seed};
}

static int sizing_simulate(const struct trd_sim_config *config, double *rate_out) {
    struct trd_sim_report report = {0};
    struct trd_error error;
    const int failed = trd_sim_run(config, &report, &error);
    if (failed) {
        (void)fprintf(stderr, "sizing: %s\n", error.message); /* nobody to tell else */
    } else {
        *rate_out = report.total.rate_per_s;
    }
    trd_sim_report_free(&report);
    return failed;
}

int sizing_sweep(const struct sizing_plant *plant, int stage, uint64_t tasks, uint64_t seed,
                 struct sizing_sweep *sweep_out) {
    const struct trd_sim_client client = sizing_client(plant, stage);
    uint32_t before = 0;
    *sweep_out = (struct sizing_sweep){.size_least = 1};
    for (uint32_t size = 1;; size += size / 8 + 1) {
        size = size < SIZING_WORKERS ? size : SIZING_WORKERS;
        struct trd_sim_config config = sizing_config(plant, &client, "fixed", seed);
        config.workers_max = size;
        config.is_cold = false;
        config.warmup_count = 1000;
        config.task_count = tasks;
        const int failed = sizing_simulate(&config, &sweep_out->rates[size]);
        if (failed) {
            return failed;
        }
        for (uint32_t n = before + 1; n < size; n++) {
            const double part = (double)(n - before) / (size - before);
            sweep_out->rates[n] =
                (1.0 - part) * sweep_out->rates[before] + part * sweep_out->rates[size];
        }
        sweep_out->best = fmax(sweep_out->best, sweep_out->rates[size]);
        before = size;
        if (size == SIZING_WORKERS) {
            break;
        }
    }
    while (sweep_out->rates[sweep_out->size_least] < 0.95 * sweep_out->best) {
        sweep_out->size_least++;
    }
    return 0;
}

/* A tick of the sizer. */
struct sizing_tick {
    double at_ns, finished;
    uint32_t size; /* from here on */
};

struct sizing_log {
    struct sizing_tick *ticks;
    size_t count, capacity;
    bool is_out_of_memory;
};

static void sizing_ticked(void *context, uint32_t host, const struct trd_sample *sample,
                          uint32_t wanted, uint64_t finished) {
    struct sizing_log *log = context;
    (void)host; /* there is one */
    if (log->count == log->capacity) {
        const size_t capacity = log->capacity ? 2 * log->capacity : 4096;
        struct sizing_tick *ticks = realloc(log->ticks, capacity * sizeof *ticks);
        if (!ticks) {
            log->is_out_of_memory = true;
            return;
        }
        log->ticks = ticks;
        log->capacity = capacity;
    }
    log->ticks[log->count++] =
        (struct sizing_tick){(double)sample->now_ns, (double)finished, wanted};
}

/* Means over the ticks from `first` until `tasks` have finished, before `end`. */
struct sizing_means {
    double rate, share, size; /* finished a second; what the sizes are worth; the sizes */
};

static struct sizing_means sizing_mean(const struct sizing_log *log,
                                       const struct sizing_sweep *sweep, size_t first, size_t end,
                                       double tasks) {
    struct sizing_means means = {0};
    const double from = log->ticks[first].finished;
    size_t i = first;
    for (; i + 1 < end && (i == first || log->ticks[i].finished - from < tasks); i++) {
        const double ns = log->ticks[i + 1].at_ns - log->ticks[i].at_ns;
        means.share += ns * sweep->rates[log->ticks[i].size] / sweep->best;
        means.size += ns * log->ticks[i].size;
    }
    const double all_ns = log->ticks[i].at_ns - log->ticks[first].at_ns;
    means.rate = (log->ticks[i].finished - from) / all_ns * NS_PER_S;
    means.share /= all_ns;
    means.size /= all_ns;
    return means;
}

/* Judges the ticks from `first` to before `end`. */
static struct sizing_result sizing_judge(const struct sizing_log *log,
                                         const struct sizing_sweep *sweep, size_t first, size_t end,
                                         double allowed) {
    struct sizing_result result = {
        .size_low = SIZING_WORKERS, .converged_tasks = INFINITY, .converged_s = INFINITY};
    const struct sizing_tick begin = log->ticks[first];
    size_t settled = end - 2;
    for (size_t i = first; i + 1 < end; i++) {
        const struct sizing_tick *tick = &log->ticks[i];
        if (!isfinite(result.converged_tasks)) {
            const struct sizing_means means = sizing_mean(log, sweep, i, end, WINDOW_TASKS);
            if (means.share >= 0.95 && means.size <= 1.5 * sweep->size_least) {
                result.converged_tasks = tick->finished - begin.finished;
                result.converged_s = (tick->at_ns - begin.at_ns) / NS_PER_S;
            }
        }
        if (tick->finished - begin.finished >= allowed) {
            settled = i < settled ? i : settled;
            result.size_low = tick->size < result.size_low ? tick->size : result.size_low;
            result.size_high = tick->size > result.size_high ? tick->size : result.size_high;
        }
    }
    const struct sizing_means means = sizing_mean(log, sweep, settled, end, INFINITY);
    result.share = means.rate / sweep->best;
    result.size_mean = means.size;
    return result;
}

/* The first tick at or after a time and a number of finished tasks. */
static size_t sizing_find(const struct sizing_log *log, double at_ns, double finished) {
    size_t i = 0;
    while (i < log->count && (log->ticks[i].at_ns < at_ns || log->ticks[i].finished < finished)) {
        i++;
    }
    return i;
}

/* When a stage that begins with `first` begins and ends, as ticks. */
static int sizing_judge_stages(const struct sizing_log *log, const struct sizing_plant *plant,
                               const struct sizing_sweep *sweeps,
                               const struct sizing_length *length, const double *ends_ns,
                               struct sizing_result *results_out) {
    size_t first = 0;
    for (int stage = 0; stage < (plant->has_step ? 2 : 1); stage++) {
        const size_t end = sizing_find(log, ends_ns[stage], 0.0);
        if (end < first + 3) {
            return -ERANGE; /* too short to say anything */
        }
        results_out[stage] = sizing_judge(log, &sweeps[stage], first, end, length->allowed[stage]);
        /* The tasks that were there at the step are done first. */
        first = end < log->count
                    ? sizing_find(log, ends_ns[stage], log->ticks[end].finished + CUSTOMERS)
                    : end;
    }
    return 0;
}

int sizing_run(const struct sizing_plant *plant, const struct sizing_sweep *sweeps,
               const char *sizer, const struct sizing_length *length, uint64_t seed,
               struct sizing_result *results_out) {
    const struct trd_sim_client clients[SIZING_STAGES] = {sizing_client(plant, 0),
                                                          sizing_client(plant, 1)};
    double ends_ns[SIZING_STAGES] = {0.0};
    double now_ns = 0.0;
    double tasks = 0.0;
    for (int stage = 0; stage < (plant->has_step ? 2 : 1); stage++) {
        const double seconds = fmax(length->seconds, length->tasks / sweeps[stage].best);
        now_ns += seconds * NS_PER_S;
        tasks += seconds * sweeps[stage].best;
        ends_ns[stage] = now_ns;
    }
    const struct trd_sim_step step = {.at_ns = (uint64_t)ends_ns[0], .clients = &clients[1]};
    struct sizing_log log = {0};
    struct trd_sim_config config = sizing_config(plant, &clients[0], sizer, seed);
    config.task_count = (uint64_t)(1.05 * tasks) + 4 * CUSTOMERS;
    config.steps = plant->has_step ? &step : NULL;
    config.step_count = plant->has_step ? 1 : 0;
    config.watch.ticked = sizing_ticked;
    config.watch.context = &log;
    double rate;
    int failed = sizing_simulate(&config, &rate);
    if (!failed) {
        failed = log.is_out_of_memory
                     ? -ENOMEM
                     : sizing_judge_stages(&log, plant, sweeps, length, ends_ns, results_out);
    }
    free(log.ticks);
    return failed;
}
