/* paper_plant.c - the idealised plant. */
#include "tests/contract/paper_plant.h"

#include "tests/check.h"

#include <math.h>
#include <stdlib.h>

#include <treadle/rng.h>
#include <treadle/sizer.h>

#include "base/gil_chain.h"

#define WINDOW_TASKS 200.0 /* a size counts as converged when it is right for so many */

/* One tick at one size. */
struct paper_tick {
    double seconds, tasks, share;
    uint32_t size;
};

struct paper_state {
    const struct paper_plant *plant;
    const struct paper_run *run;
    struct trd_sizer_spec spec;
    struct trd_sizer_env env;
    struct trd_rng rng;
    double rates[PAPER_WORKERS + 1]; /* tasks a second, of this stage */
    double best;
    uint32_t size;
    struct paper_task due;  /* not yet reported, ns */
    double used;            /* of what is used up first */
    double left;            /* until the next task finishes, in mean gaps */
    bool waits_for_core;    /* rather than for the lock: what is used up first */
    double now_ns, owed_ns; /* owed: drawn times that the workers had no time for yet */
    struct paper_tick *ticks;
    size_t count, capacity;
};

/* The stage's rate at every size. */
static void paper_rates(struct paper_state *state, const struct paper_task *task) {
    struct trd__gil_chain chain = {.held = task->held_ms,
                                   .cpu = task->cpu_ms,
                                   .wait = task->wait_ms,
                                   .cores = state->plant->cores,
                                   .locks = state->plant->gils};
    trd__gil_chain_solve(&chain, PAPER_WORKERS);
    state->best = 0.0;
    state->waits_for_core =
        state->plant->gils <= 0.0 ||
        (task->held_ms + task->cpu_ms) / state->plant->cores > task->held_ms / state->plant->gils;
    for (uint32_t n = 1; n <= PAPER_WORKERS; n++) {
        const double loss = fmax(1.0 - state->plant->overhead * (n - 1), 0.05);
        state->rates[n] = 1000.0 * trd__gil_chain_rate(&chain, n) * loss;
        state->best = fmax(state->best, state->rates[n]);
    }
}

/* A time of a task. With spread s: a constant part and an exponential one of that deviation. */
static double paper_draw(struct paper_state *state, double mean_ms) {
    const double spread = state->plant->spread;
    const double random =
        spread > 0.0 && mean_ms > 0.0 ? trd_rng_exponential(&state->rng, spread * mean_ms) : 0.0;
    return (1.0 - spread) * mean_ms + random;
}

/* What is due to be reported: as much as the mean says, and when a task finishes, how far it was
 * off. (Not so for what is used up: a lock that is always held is held all the time, whatever the
 * tasks are like. There only the number of tasks scatters.) */
static void paper_add(struct paper_task *due, double tasks, const struct paper_task *task) {
    due->held_ms += tasks * task->held_ms;
    due->cpu_ms += tasks * task->cpu_ms;
    due->wait_ms += tasks * task->wait_ms;
}

/* Works for a tick in which `mean` tasks should finish: a Poisson process of them does. */
static uint32_t paper_work(struct paper_state *state, double mean, const struct paper_task *task) {
    uint32_t finished = 0;
    state->used = state->rates[state->size] / state->best;
    paper_add(&state->due, 1e6 * mean, task);
    for (state->left -= mean; state->left <= 0.0; finished++) {
        const double idle = 1.0 - state->used;
        const struct paper_task off = {idle * (paper_draw(state, task->held_ms) - task->held_ms),
                                       idle * (paper_draw(state, task->cpu_ms) - task->cpu_ms),
                                       paper_draw(state, task->wait_ms) - task->wait_ms};
        paper_add(&state->due, 1e6, &off);
        state->left += trd_rng_exponential(&state->rng, 1.0);
    }
    return finished;
}

/* Takes what is due, if it is not less than nothing. */
static double paper_take(double *due) {
    const double taken = fmax(*due, 0.0);
    *due -= taken;
    return taken;
}

static uint32_t paper_ask(struct paper_state *state, struct trd_sample *sample) {
    const uint32_t wanted = state->spec.sizer->resize(&state->env, sample);
    return wanted < 1 ? 1 : wanted > PAPER_WORKERS ? PAPER_WORKERS : wanted;
}

static struct trd_sample paper_sample(const struct paper_state *state, enum trd_cause cause) {
    return (struct trd_sample){
        .cause = cause,
        .workers = state->size,
        .workers_min = 1,
        .workers_max = PAPER_WORKERS,
        .busy = state->size,
        .queued = 1000000,
        .now_ns = (uint64_t)state->now_ns,
    };
}

/* Fills in what was measured. */
static void paper_measure(struct paper_state *state, struct trd_sample *sample, uint32_t finished) {
    const double held = paper_take(&state->due.held_ms);
    const double cpu = paper_take(&state->due.cpu_ms);
    const double wait = paper_take(&state->due.wait_ms);
    const double busy = state->size * (double)sample->interval_ns;
    const double idle = busy - held - cpu - wait - state->owed_ns;
    state->owed_ns = idle < 0.0 ? -idle : 0.0;
    const bool has_lock = state->plant->gils > 0.0;
    const double waits = fmax(idle, 0.0);
    const double error =
        1.0 + state->plant->meter * (2.0 * trd_rng_double(&state->rng) - 1.0) * sqrt(3.0);
    sample->finished = finished;
    sample->run_ns = sample->busy_ns = (uint64_t)busy;
    sample->cpu_ns = (uint64_t)(held + cpu);
    sample->cores = state->plant->cores;
    sample->gils = state->plant->gils;
    sample->is_gil_measured = has_lock;
    if (sample->is_gil_measured) {
        sample->gil_held_ns = (uint64_t)(fmax(error, 0.0) * held);
        sample->gil_wait_ns = state->waits_for_core ? 0 : (uint64_t)waits;
    }
    sample->run_wait_ns = state->waits_for_core ? (uint64_t)waits : 0;
}

static void paper_note(struct paper_state *state, double seconds, double tasks) {
    if (state->count == state->capacity) {
        state->capacity = state->capacity ? 2 * state->capacity : 4096;
        state->ticks = realloc(state->ticks, state->capacity * sizeof *state->ticks);
        assert_non_null(state->ticks);
    }
    state->ticks[state->count++] =
        (struct paper_tick){seconds, tasks, state->rates[state->size] / state->best, state->size};
}

/* Runs a stage tick by tick. */
static void paper_stage(struct paper_state *state, const struct paper_task *task) {
    const struct trd_sizer *sizer = state->spec.sizer;
    const double tick_ns = sizer->period_ns ? (double)sizer->period_ns : 1e7;
    double seconds = 0.0;
    double tasks = 0.0;
    paper_rates(state, task);
    state->due = (struct paper_task){0.0, 0.0, 0.0};
    state->left = trd_rng_exponential(&state->rng, 1.0);
    state->count = 0;
    while (seconds < state->run->seconds || tasks < state->run->tasks_least) {
        const uint32_t finished =
            paper_work(state, state->rates[state->size] * tick_ns / 1e9, task);
        state->now_ns += tick_ns;
        seconds += tick_ns / 1e9;
        tasks += finished;
        paper_note(state, tick_ns / 1e9, finished);
        struct trd_sample sample = paper_sample(
            state, finished == 0 && (sizer->causes & TRD_CAUSE_STARVED) ? TRD_CAUSE_STARVED
                                                                        : TRD_CAUSE_TICK);
        sample.interval_ns = (uint64_t)tick_ns;
        paper_measure(state, &sample, finished);
        if (sizer->causes & sample.cause) {
            state->size = paper_ask(state, &sample);
        }
        if (sizer->causes & TRD_CAUSE_SUBMIT) {
            sample = paper_sample(state, TRD_CAUSE_SUBMIT);
            state->size = paper_ask(state, &sample);
        }
    }
}

/* From the tick `first` on, over so many tasks: the mean share of the best rate and mean size. */
static void paper_mean(const struct paper_state *state, size_t first, double tasks,
                       double *share_out, double *size_out) {
    double seconds = 0.0;
    double share = 0.0;
    double size = 0.0;
    double seen = 0.0;
    for (size_t i = first; i < state->count && (i == first || seen < tasks); i++) {
        const struct paper_tick *tick = &state->ticks[i];
        seconds += tick->seconds;
        seen += tick->tasks;
        share += tick->seconds * tick->share;
        size += tick->seconds * tick->size;
    }
    *share_out = share / seconds;
    *size_out = size / seconds;
}

static struct paper_result paper_judge(const struct paper_state *state, double tasks_allowed) {
    struct paper_result result = {.size_least = 1,
                                  .converged_tasks = INFINITY,
                                  .converged_s = INFINITY,
                                  .size_low = PAPER_WORKERS};
    while (state->rates[result.size_least] < 0.95 * state->best) {
        result.size_least++;
    }
    double tasks = 0.0;
    double seconds = 0.0;
    size_t settled = state->count;
    for (size_t i = 0; i < state->count; i++) {
        const struct paper_tick *tick = &state->ticks[i];
        if (!isfinite(result.converged_tasks)) {
            double share;
            double size;
            paper_mean(state, i, WINDOW_TASKS, &share, &size);
            if (share >= 0.95 && size <= 1.5 * result.size_least) {
                result.converged_tasks = tasks;
                result.converged_s = seconds;
            }
        }
        if (tasks >= tasks_allowed) {
            settled = i < settled ? i : settled;
            result.size_low = tick->size < result.size_low ? tick->size : result.size_low;
            result.size_high = tick->size > result.size_high ? tick->size : result.size_high;
        }
        tasks += tick->tasks;
        seconds += tick->seconds;
    }
    assert_true(settled < state->count);
    paper_mean(state, settled, INFINITY, &result.share, &result.size_mean);
    return result;
}

void paper_plant_run(const struct paper_plant *plant, const struct paper_run *run,
                     struct paper_result results_out[PAPER_STAGES]) {
    struct paper_state state = {.plant = plant, .run = run, .size = 1};
    assert_int_equal(trd_sizer_parse(run->sizer, &state.spec, NULL), 0);
    state.env.state = calloc(1, state.spec.sizer->state_bytes + 1);
    state.env.params = state.spec.params;
    assert_non_null(state.env.state);
    trd_rng_init(&state.rng, run->seed);
    if (state.spec.sizer->open) {
        state.spec.sizer->open(&state.env);
    }
    struct trd_sample sample = paper_sample(&state, TRD_CAUSE_OPEN);
    sample.busy = 0;
    sample.queued = 0;
    state.size = paper_ask(&state, &sample);
    for (int stage = 0; stage < (plant->has_step ? 2 : 1); stage++) {
        paper_stage(&state, &plant->tasks[stage]);
        results_out[stage] = paper_judge(&state, run->tasks_allowed[stage]);
    }
    free(state.env.state);
    free(state.ticks);
}

#define ONE(held, cpu, wait) .tasks = {{held, cpu, wait}}
#define STEP(held, cpu, wait, held2, cpu2, wait2)                                                  \
    .tasks = {{held, cpu, wait}, {held2, cpu2, wait2}}, .has_step = true

/* The first ones are those on which the constants were chosen. */
const struct paper_plant paper_plants[] = {
    {ONE(1, 0, 9), .cores = 2, .gils = 1, .spread = 1},
    {ONE(1, 0, 49), .cores = 2, .gils = 1, .spread = 1},
    {ONE(2, 0, 2), .cores = 2, .gils = 1, .spread = 1},
    {ONE(1, 2, 7), .cores = 2, .gils = 1, .spread = 1},
    {ONE(0.2, 4, 20), .cores = 2, .gils = 1, .spread = 1},
    {ONE(5, 0, 0.1), .cores = 2, .gils = 1, .spread = 1},
    {ONE(1, 1, 1), .cores = 2, .gils = 1, .spread = 1},
    {ONE(0.2, 0, 10), .cores = 2, .gils = 1, .spread = 1},
    {ONE(1, 0, 9), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.004},
    {ONE(1, 0, 49), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.004},
    {ONE(1, 1, 1), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.004},
    {ONE(0, 2, 18), .cores = 4, .gils = 0, .spread = 1},
    {ONE(0, 5, 0), .cores = 8, .gils = 1, .spread = 1},
    {ONE(1, 0, 9), .cores = 2, .gils = 1, .spread = 1, .meter = 0.3},
    {STEP(1, 0, 9, 1, 0, 49), .cores = 2, .gils = 1, .spread = 1},
    {STEP(1, 0, 29, 2, 0, 2), .cores = 2, .gils = 1, .spread = 1},
    {ONE(4, 0, 20), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.01},
    /* These were held out. */
    {ONE(3, 0, 12), .cores = 2, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(0.5, 0, 60), .cores = 4, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(0.1, 0, 2.5), .cores = 1, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(10, 0, 30), .cores = 2, .gils = 1, .spread = 0.3, .is_held_out = true},
    {ONE(1, 4, 10), .cores = 4, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(0.5, 6, 3), .cores = 8, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(2, 3, 40), .cores = 2, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(0.3, 0.3, 15), .cores = 1, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(8, 0, 0), .cores = 4, .gils = 1, .spread = 1, .is_held_out = true},
    {ONE(1, 0, 1.5), .cores = 8, .gils = 4, .spread = 1, .is_held_out = true},
    {ONE(2, 1, 25), .cores = 8, .gils = 4, .spread = 1, .is_held_out = true},
    {ONE(0, 1, 40), .cores = 2, .gils = 0, .spread = 1, .is_held_out = true},
    {ONE(0, 3, 6), .cores = 16, .gils = 0, .spread = 1, .is_held_out = true},
    {ONE(0, 20, 5), .cores = 4, .gils = 0, .spread = 0.5, .is_held_out = true},
    {ONE(2, 0, 30), .cores = 2, .gils = 1, .spread = 0, .is_held_out = true},
    {ONE(2, 2, 30), .cores = 2, .gils = 1, .spread = 1, .meter = 0.5, .is_held_out = true},
    {ONE(0.4, 1, 16), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.004, .is_held_out = true},
    {ONE(3, 0, 21), .cores = 2, .gils = 1, .spread = 1, .overhead = 0.008, .is_held_out = true},
    {STEP(2, 0, 0, 1, 0, 30), .cores = 2, .gils = 1, .spread = 1, .is_held_out = true},
    {STEP(1, 0, 40, 1, 0, 4), .cores = 2, .gils = 1, .spread = 1, .is_held_out = true},
    {STEP(0.2, 5, 10, 2, 0, 10), .cores = 4, .gils = 1, .spread = 1, .is_held_out = true},
    {STEP(0, 2, 30, 0, 2, 2), .cores = 4, .gils = 0, .spread = 1, .is_held_out = true},
};
const uint32_t paper_plant_count = sizeof paper_plants / sizeof paper_plants[0];
