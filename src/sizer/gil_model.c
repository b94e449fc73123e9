/* gil_model.c - takes tasks apart into lock, CPU and waiting, and computes the size from a model.
 *
 * Idea: a task computes under the interpreter's lock, computes without it, and waits. How much of
 * each follows from sums over all workers, no task is looked at. A Markov chain of lock and cores
 * says how fast N workers go; wanted is the smallest N within 2 % of the best, but not more than
 * half again as many as 5 % would need. A change that the model promised to pay and that did not is
 * taken back; then, and when rates are off by a tenth, the size is found by trying around the
 * model's. When nothing finishes though the cores idle, workers are blocked, and the size doubles.
 * Source: machine repair with shared cores (base/gil_chain.h); square-root staffing is its limit;
 * Erlang 1917, Chandy, Herzog and Woo 1975; the trials as in FeBID 2008, Hellerstein et al.
 * Does badly: where lock and CPU are not told apart it takes CPU for lock until tries say more; a
 * few hundred tasks must finish after a change before the size is right; tasks that wait for each
 * other look like waiting until growth has been in vain.
 * Cost: O(1) a tick; with a window's tasks finished, O(N^2) up to 192 workers, about 0.1 ms at 128.
 */
#include "base/demand.h"
#include "base/gil_chain.h"
#include "base/rate_trial.h"
#include "base/sizing.h"

#define PERIOD_NS UINT64_C(5000000)
#define DOUBLE_NS UINT64_C(25000000) /* between doublings while all are blocked */
#define NEAR 0.98                    /* of the best rate: this many workers are wanted */
#define ENOUGH 0.95                  /* of the best rate: half again as many are the most */
#define HALF_AGAIN 1.4
#define KEPT 0.97      /* of the best rate: reason enough to stay */
#define ROOM 1.2       /* times the wanted size: to stay there, too */
#define BLOCKED 0.5    /* of what could be used: below, most wait */
#define WORTH 0.05     /* promised gain from which on it is checked */
#define LOSS 0.07      /* when fewer workers lose that much, they were too few */
#define RESIDUAL 0.1   /* relative: the model is wrong */
#define FULL 0.985     /* of the lock or the cores: more workers cannot help */
#define MODEL_SURE 3.0 /* standard errors that a promised gain may be missed by */
#define CLIMB_SURE 1.5
#define CLIMB_GAIN 0.25 /* part of its share that a tried worker must bring */
#define CHANGE 0.5      /* logarithm of the workers needed */
#define CLIMB_LOSS 0.02 /* of the rate, that fewer workers may lose */

enum {
    WORKERS_FIRST = 2,
    WINDOW_FIRST = 8, /* tasks: as long as hardly anything is known */
    WINDOW_LEAST = 24,
    WINDOW_MOST = 50,
    JUDGE_TASKS = 200, /* after these a growth is judged, however unclear */
    CLIMB_TASKS = 400,
    RESIDUAL_TASKS = 300,
    PAUSE_LEAST = 100, /* tasks */
    PAUSE_MOST = 6400,
    TRIM_MOST = 2,
};

struct gil_model {
    struct trd__demand demand;
    struct trd__rate_trial trial;
    struct trd__demand_sums present; /* at this size, with every worker busy */
    uint32_t size;                   /* right when there is work for all */
    uint32_t wanted;                 /* and how many of those there is work for */
    uint32_t peak;
    uint64_t peak_since_ns, finished_at_ns, grown_at_ns, quiet_ns;
    double pause, pause_next; /* tasks until something is tried again */
    int32_t trim;
    bool is_climbing, is_down_next, has_failed, is_known;
};

static void gil_model_set(struct gil_model *m, double size, const struct trd_sample *sample) {
    const uint32_t before = m->size;
    m->size = trd__size(size, sample);
    m->present = (struct trd__demand_sums){0};
    trd__demand_settle(&m->demand, m->size > before ? m->size - before : 0.0);
}

static void gil_model_pause(struct gil_model *m) {
    m->pause = m->pause_next;
    m->pause_next = fmin(2.0 * m->pause_next, PAUSE_MOST);
}

/* Nothing that was learnt about trying holds any more. */
static void gil_model_forget(struct gil_model *m) {
    m->is_climbing = !m->demand.is_lock_measured;
    m->has_failed = false;
    m->trim = 0;
    m->pause = 0.0;
    m->pause_next = PAUSE_LEAST;
    m->present = (struct trd__demand_sums){0};
    trd__rate_trial_drop(&m->trial);
}

/* The model for what tasks ask for. Unmeasured waits for lock and cores hide in the waiting; then
 * the wait is the one with which the model reaches the measured rate. */
static void gil_model_solve(const struct gil_model *m, const struct trd_sample *sample,
                            struct trd__gil_chain *chain) {
    const struct trd__demand *demand = &m->demand;
    const struct trd__demand_sums *memory = &demand->memory;
    const struct trd__demand_task task = trd__demand_mean(demand);
    *chain = (struct trd__gil_chain){
        .held = task.held,
        .cpu = trd__at_least(task.cpu, 1.0),
        .wait = task.wait,
        .cores = demand->cores,
        .locks = demand->locks,
    };
    trd__gil_chain_solve(chain, sample->workers_max);
    if (demand->is_lock_measured && demand->is_core_measured) {
        return;
    }
    const double ns = trd__at_least(memory->ns, 1.0);
    const double busy = fmin(ceil(memory->busy_ns / ns), sample->workers_max);
    const double best = trd__gil_chain_rate(chain, sample->workers_max);
    const double rate = fmin(trd__at_least(memory->finished / ns, 1e-12), NEAR * best);
    const double wait = trd__gil_chain_wait(chain, (uint32_t)trd__at_least(busy, 1.0), rate);
    chain->wait = fmin(chain->wait, wait);
}

/* What the means say, and a little more as long as they are not known well: too few workers lose
 * more than too many. */
static double gil_model_size(const struct gil_model *m, const struct trd__gil_chain *chain,
                             const struct trd_sample *sample) {
    const uint32_t near = trd__gil_chain_size(chain, NEAR, sample->workers_max);
    const uint32_t enough = trd__gil_chain_size(chain, ENOUGH, sample->workers_max);
    const double more = 1.0 + trd__demand_error(&m->demand) / 2.0;
    return fmin(round(more * near), floor(HALF_AGAIN * enough));
}

/* Share of the busier of lock and cores that is used, all workers being busy. */
static double gil_model_used(const struct gil_model *m, const struct trd__demand_sums *sums) {
    const double ns = trd__at_least(sums->ns, 1.0);
    const double cores = sums->cpu_ns / (m->demand.cores * ns);
    const bool has_lock = m->demand.locks > 0.0 && m->demand.is_lock_measured;
    return has_lock ? fmax(cores, sums->held_ns / (m->demand.locks * ns)) : cores;
}

/* Goes where the model says, if that is worth a change; at most doubles. */
static void gil_model_follow(struct gil_model *m, const struct trd__gil_chain *chain,
                             const struct trd_sample *sample) {
    const double right = trd__size(gil_model_size(m, chain, sample) + m->trim, sample);
    const double best = trd__gil_chain_rate(chain, sample->workers_max);
    const double rate = trd__gil_chain_rate(chain, m->size);
    if (right == m->size ||
        (rate >= KEPT * best && m->size <= fmax(ROOM * right, right < 4 ? right : right + 1))) {
        return;
    }
    if (right > m->size && m->pause > 0.0) {
        return;
    }
    const double next = fmin(right, 2.0 * m->size);
    const double gain = log(trd__gil_chain_rate(chain, (uint32_t)next) / rate);
    if (next > m->size && gain < WORTH) {
        trd__rate_trial_drop(&m->trial);
    } else {
        const double goal = next > m->size ? gain / 2.0 : fmin(gain, 0.0) - LOSS;
        trd__rate_trial_move(&m->trial, m->size, goal);
    }
    gil_model_set(m, next, sample);
}

/* Tries a quarter more or fewer, in turns, with pauses that double while it is in vain. */
static void gil_model_climb(struct gil_model *m, const struct trd_sample *sample) {
    if (m->pause > 0.0 || m->present.finished < RESIDUAL_TASKS) {
        return;
    }
    const double step = fmax(1.0, floor(m->size / 4.0));
    const bool is_full = gil_model_used(m, &m->present) > FULL;
    const bool is_down = m->is_down_next || is_full || m->size == sample->workers_max;
    const double next = trd__size(is_down ? m->size - step : m->size + step, sample);
    const double share = next / m->size - 1.0;
    m->is_down_next = !is_down;
    gil_model_pause(m);
    if (next != m->size) {
        trd__rate_trial_move(&m->trial, m->size,
                             log(is_down ? 1.0 - CLIMB_LOSS : 1.0 + CLIMB_GAIN * share));
        gil_model_set(m, next, sample);
    }
}

/* Compares the rate at this size with what the model says. Far off, the model is wrong; otherwise a
 * lock or cores that are not used up, or always, are trimmed for. */
static void gil_model_check(struct gil_model *m, const struct trd__gil_chain *chain,
                            const struct trd_sample *sample) {
    if (m->present.finished < RESIDUAL_TASKS) {
        return;
    }
    const struct trd__demand_sums *present = &m->present;
    const double used = gil_model_used(m, present);
    const double said = trd__gil_chain_rate(chain, m->size);
    const double residual = present->finished / trd__at_least(present->ns, 1.0) / said - 1.0;
    const double fewer = trd__gil_chain_rate(chain, m->size > 1 ? m->size - 1 : 1);
    const bool is_long = used > 0.995 && residual > 0.0 && fewer > NEAR * said;
    if (fabs(residual) > RESIDUAL + 2.0 / sqrt(present->finished)) {
        m->is_climbing = true;
        return;
    }
    const double waiting = (present->lock_wait_ns + present->core_wait_ns) / present->ns;
    const bool is_short = used < 0.93 && residual < -0.03 && waiting < 1.0;
    const int32_t trim = is_long ? -1 : is_short;
    if (trim != 0 && abs(m->trim + trim) <= TRIM_MOST) {
        m->trim += trim;
        trd__rate_trial_drop(&m->trial);
        gil_model_set(m, (double)m->size + trim, sample);
    }
}

/* Goes back to the size before a change that was in vain. Once may be chance; when it happens again
 * with rates known well, the model is not believed any more. */
static void gil_model_retreat(struct gil_model *m, uint32_t size, const struct trd_sample *sample) {
    m->is_climbing = m->is_climbing || (m->has_failed && m->is_known);
    m->has_failed = true;
    gil_model_pause(m);
    trd__rate_trial_drop(&m->trial);
    gil_model_set(m, size, sample);
}

/* A window's tasks have finished. */
static void gil_model_decide(struct gil_model *m, const struct trd_sample *sample) {
    const double change = trd__demand_take(&m->demand);
    if (m->is_climbing && fabs(change) > CHANGE) {
        gil_model_forget(m); /* more than a climb's step does to tasks that wait for each other */
    }
    const uint32_t size_before = m->trial.size_before;
    const bool is_strict = m->is_climbing;
    m->is_known = m->trial.before.finished >= WINDOW_MOST;
    switch (trd__rate_trial_judge(&m->trial, is_strict ? CLIMB_SURE : MODEL_SURE,
                                  is_strict ? CLIMB_TASKS : JUDGE_TASKS, is_strict)) {
    case TRD__VERDICT_UNCLEAR:
        if (is_strict) {
            return;
        }
        break;
    case TRD__VERDICT_VAIN:
        gil_model_retreat(m, size_before, sample);
        return;
    case TRD__VERDICT_PAID:
        m->pause = 0.0;
        m->pause_next = PAUSE_LEAST;
        m->has_failed = false;
        break;
    case TRD__VERDICT_NONE:
        if (change != 0.0) {
            gil_model_forget(m);
        }
        break;
    }
    struct trd__gil_chain chain;
    gil_model_solve(m, sample, &chain);
    if (m->is_climbing && ROOM * gil_model_size(m, &chain, sample) >= m->size) {
        gil_model_climb(m, sample);
        return;
    }
    const uint32_t before = m->size;
    gil_model_follow(m, &chain, sample);
    if (m->size == before && m->trial.size_before == 0) {
        gil_model_check(m, &chain, sample);
    }
}

/* All workers are blocked: nothing has finished for far longer than usual, and hardly anything
 * computes. One more at once, then twice as many every few ticks. */
static bool gil_model_rescues(struct gil_model *m, const struct trd_sample *sample) {
    const double ns = trd__at_least((double)sample->interval_ns, 1.0);
    const double usable = m->demand.locks > 0.0 ? fmin(m->demand.locks, m->demand.cores)
                                                : trd__at_least(m->demand.cores, 0.05);
    if (sample->cause != TRD_CAUSE_STARVED || sample->busy < m->wanted || m->wanted < m->size ||
        (double)sample->cpu_ns > BLOCKED * usable * ns ||
        (double)sample->gil_held_ns > BLOCKED * usable * ns) {
        return false;
    }
    /* How long it is usually quiet is known to a period. Where tasks finish all the time, a period
     * without any is enough for a single worker, which costs little. */
    const bool is_first = m->grown_at_ns < m->finished_at_ns || m->grown_at_ns == 0;
    const bool is_soon = is_first && m->quiet_ns < 2 * PERIOD_NS;
    const uint64_t quiet_ns = sample->now_ns - m->finished_at_ns + PERIOD_NS / 2;
    if (quiet_ns < (is_soon ? 1 : 3) * m->quiet_ns ||
        (!is_first && sample->now_ns - m->grown_at_ns < DOUBLE_NS)) {
        return false;
    }
    m->grown_at_ns = sample->now_ns;
    trd__rate_trial_drop(&m->trial);
    gil_model_set(m, is_first ? m->size + 1.0 : 2.0 * m->size, sample);
    return true;
}

static void gil_model_observe(struct gil_model *m, const struct trd_sample *sample,
                              double idle_ns) {
    const uint64_t tasks = sample->busy + sample->queued;
    m->peak = tasks > m->peak ? (uint32_t)(tasks < UINT32_MAX ? tasks : UINT32_MAX) : m->peak;
    if ((double)(sample->now_ns - m->peak_since_ns) >= idle_ns) {
        m->wanted = m->peak < m->wanted ? m->peak : m->wanted;
        m->peak = 0;
        m->peak_since_ns = sample->now_ns;
    }
    if (sample->busy == 0) {
        m->finished_at_ns = sample->now_ns;
    } else if (sample->finished > 0) {
        const uint64_t gap_ns = sample->now_ns - m->finished_at_ns;
        m->quiet_ns = gap_ns > m->quiet_ns / 10 * 9 ? gap_ns : m->quiet_ns / 10 * 9;
        m->finished_at_ns = sample->now_ns;
    }
}

static void gil_model_tick(struct gil_model *m, const struct trd_sample *sample) {
    const double finished = (double)sample->finished;
    const bool is_settled = m->demand.unsettled <= 0.0;
    trd__demand_add(&m->demand, sample);
    m->pause = fmax(0.0, m->pause - finished);
    if (is_settled && sample->queued > 0 && sample->busy >= m->size) {
        trd__rate_trial_add(&m->trial, (double)sample->interval_ns, finished);
        m->present.ns += (double)sample->interval_ns;
        m->present.finished += finished;
        m->present.cpu_ns += (double)sample->cpu_ns;
        m->present.held_ns += (double)sample->gil_held_ns;
        m->present.lock_wait_ns += (double)sample->gil_wait_ns;
        m->present.core_wait_ns += (double)sample->run_wait_ns;
    }
    const bool is_known = m->demand.memory.finished > WINDOW_MOST;
    const double least = is_known ? WINDOW_LEAST : WINDOW_FIRST;
    const double window = fmin(fmax(2.0 * m->size, least), WINDOW_MOST);
    if (!gil_model_rescues(m, sample) && m->demand.window.finished >= window) {
        gil_model_decide(m, sample);
    }
}

static uint32_t gil_model_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    struct gil_model *m = env->state;
    if (sample->cause == TRD_CAUSE_OPEN) {
        m->size = trd__size(m->size > 0 ? m->size : WORKERS_FIRST, sample);
        m->wanted = m->wanted < sample->workers_min ? sample->workers_min : m->wanted;
        m->peak_since_ns = m->finished_at_ns = sample->now_ns;
        m->pause_next = PAUSE_LEAST;
    } else if (sample->cause & (TRD_CAUSE_TICK | TRD_CAUSE_STARVED)) {
        gil_model_observe(m, sample, env->params[0] * 1e9);
        gil_model_tick(m, sample);
    }
    const uint64_t tasks = sample->busy + sample->queued;
    if (m->wanted > m->size || (sample->queued > 0 && tasks > m->wanted)) {
        m->wanted = tasks < m->size ? (uint32_t)tasks : m->size;
    }
    const bool is_all_blocked = sample->queued > 0 && sample->blocked >= m->wanted;
    return is_all_blocked ? sample->blocked + 1 : m->wanted;
}

static const struct trd_param gil_model_params[] = {
    {"idle", "seconds after which workers that were not needed leave", 0.5, 0.01, 3600.0},
    {0},
};

const struct trd_sizer trd__sizer_gil_model = {
    .name = "gil_model",
    .summary = "the size a model of lock, cores and waiting asks for",
    .source = "machine repair with shared cores; Erlang; Chandy, Herzog, Woo 1975",
    .params = gil_model_params,
    .state_bytes = sizeof(struct gil_model),
    .causes =
        TRD_CAUSE_OPEN | TRD_CAUSE_SUBMIT | TRD_CAUSE_TICK | TRD_CAUSE_STARVED | TRD_CAUSE_BLOCK,
    .period_ns = PERIOD_NS,
    .reads_gil = true,
    .resize = gil_model_resize,
};
