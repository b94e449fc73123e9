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

#define PERIOD_NS UINT64_C(4700000)
#define DOUBLE_NS UINT64_C(23000000) /* between doublings while all are blocked */
#define NEAR 0.98                    /* of the best rate: this many workers are wanted */
#define ENOUGH 0.95                  /* of the best rate: half again as many are the most */
#define MARGIN 1.0                   /* standard errors of the size, added to it */
#define HALF_AGAIN 1.4
#define KEPT 0.97      /* of the best rate: reason enough to stay */
#define ROOM 1.2       /* times the wanted size: to stay there, too */
#define BLOCKED 0.5    /* of what could be used: below, most wait */
#define CROWDED 0.9    /* of the cores: when used, some workers wait for them */
#define SETTLE 0.75    /* of the workers that were added: so many tasks end before it is measured */
#define WORTH 0.05     /* promised gain from which on it is checked */
#define LOSS 0.07      /* when fewer workers lose that much, they were too few */
#define RESIDUAL 0.1   /* relative: the model is wrong */
#define FULL 0.985     /* of the lock or the cores: more workers cannot help */
#define MODEL_SURE 3.0 /* standard errors that a promised gain may be missed by */
#define CLIMB_SURE 1.5
#define CLIMB_GAIN 0.25 /* part of its share that a tried worker must bring */
#define TRIMMED 0.965   /* of lock or cores: fewer workers were too few */
#define NEGLIGIBLE 0.02 /* part of a task's time with the lock */
#define CHANGE 0.5      /* logarithm of the workers needed */
#define CLIMB_LOSS 0.02 /* of the rate, that fewer workers may lose */

enum {
    WORKERS_FIRST = 2,
    WINDOW_FIRST = 8, /* tasks: as long as hardly anything is known */
    WINDOW_LEAST = 24,
    WINDOW_MOST = 50,
    JUDGE_TASKS = 200, /* after these a growth is judged, however unclear */
    CLIMB_KNOWN = 150, /* tasks at a size before another is tried */
    CLIMB_TASKS = 300, /* and at the other, at most, before it is judged */
    CHECK_TASKS = 300,
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
    double check_at;          /* tasks at this size, when the model is compared with them */
    double handoff_ns;        /* for which a contended lock stands idle, a task */
    double pause, pause_next; /* tasks until something is tried again */
    int32_t trim;
    bool is_climbing, is_down_next, has_failed, has_paid, is_known;
};

static void gil_model_set(struct gil_model *m, double size, const struct trd_sample *sample) {
    const uint32_t before = m->size;
    m->size = trd__size(size, sample);
    m->present = (struct trd__demand_sums){0};
    m->check_at = CHECK_TASKS;
    trd__demand_settle(&m->demand, m->size > before ? (m->size - before) * SETTLE : 0.0);
}

static void gil_model_pause(struct gil_model *m) {
    m->pause = m->pause_next;
    m->pause_next = fmin(2.0 * m->pause_next, PAUSE_MOST);
}

/* Nothing that was learnt about trying holds any more. */
static void gil_model_forget(struct gil_model *m) {
    m->is_climbing = false;
    m->has_failed = false;
    m->trim = 0;
    m->pause = 0.0;
    m->pause_next = PAUSE_LEAST;
    m->handoff_ns = 0.0;
    m->present = (struct trd__demand_sums){0};
    m->check_at = CHECK_TASKS;
    trd__rate_trial_drop(&m->trial);
}

/* Do waits for lock or cores hide in what looks like waiting? Without the lock's meter they do; and
 * with every core used somebody must wait. */
static bool gil_model_is_blind(const struct gil_model *m, const struct trd__demand_sums *sums) {
    const struct trd__demand *demand = &m->demand;
    const bool is_crowded = sums->cpu_ns > CROWDED * demand->cores * sums->ns;
    return !demand->is_lock_measured ||
           (is_crowded && sums->core_wait_ns <= 0.0 && sums->lock_wait_ns <= 0.0);
}

/* The model of what the tasks behind `sums` ask for. Unmeasured waits for lock and cores hide in
 * the waiting; then the wait is the one with which the model reaches the measured rate. */
static void gil_model_solve(const struct gil_model *m, const struct trd__demand_sums *sums,
                            const struct trd_sample *sample, struct trd__gil_chain *chain) {
    const struct trd__demand *demand = &m->demand;
    const struct trd__demand_task task = trd__demand_mean(demand, sums);
    *chain = (struct trd__gil_chain){
        .held = task.held,
        .cpu = trd__at_least(task.cpu, 1.0),
        .wait = task.wait,
        .handoff = m->handoff_ns,
        .cores = demand->cores,
        .locks = demand->locks,
    };
    trd__gil_chain_solve(chain, sample->workers_max);
    if (!gil_model_is_blind(m, sums)) {
        return;
    }
    const double ns = trd__at_least(sums->ns, 1.0);
    const double busy = fmin(ceil(sums->busy_ns / ns), sample->workers_max);
    const double best = trd__gil_chain_rate(chain, sample->workers_max);
    const double rate = fmin(trd__at_least(sums->finished / ns, 1e-12), NEAR * best);
    const double wait = trd__gil_chain_wait(chain, (uint32_t)trd__at_least(busy, 1.0), rate);
    chain->wait = fmin(chain->wait, wait);
}

/* What the means say, and a little more as long as they are not known well: too few workers lose
 * more than too many. */
static double gil_model_size(const struct gil_model *m, const struct trd__gil_chain *chain,
                             const struct trd_sample *sample) {
    const double enough = trd__gil_chain_size(chain, ENOUGH, sample->workers_max);
    const double near = trd__gil_chain_size(chain, NEAR, sample->workers_max);
    const double more = 1.0 + MARGIN * trd__demand_error(&m->demand);
    return fmin(round(more * near), floor(HALF_AGAIN * enough)) + m->trim;
}

/* Share of the busier of lock and cores that is used, all workers being busy. A lock without a
 * meter is held by whoever computes, unless more compute at a time than there are locks. */
static double gil_model_used(const struct gil_model *m, const struct trd__demand_sums *sums) {
    const struct trd__demand *demand = &m->demand;
    const double ns = trd__at_least(sums->ns, 1.0);
    const double cores = sums->cpu_ns / (demand->cores * ns);
    if (demand->locks <= 0.0) {
        return cores;
    }
    const double held_ns = demand->is_lock_measured ? sums->held_ns : sums->cpu_ns;
    const double locks = held_ns / (demand->locks * ns);
    return demand->is_lock_measured || locks < 1.05 ? fmax(cores, locks) : cores;
}

/* How far lock and cores are used up, for one who is blind: the share that is used where the model
 * does not know whether it is the lock that is, else the rate as a part of the model's best. */
static double gil_model_reached(const struct gil_model *m, const struct trd__gil_chain *chain,
                                const struct trd_sample *sample) {
    if (!m->demand.is_lock_measured) {
        return gil_model_used(m, &m->present);
    }
    return m->present.finished / trd__at_least(m->present.ns, 1.0) /
           trd__gil_chain_rate(chain, sample->workers_max);
}

/* Goes where the model says, if that is worth a change; not too far at once while little is known.
 */
static void gil_model_follow(struct gil_model *m, const struct trd__gil_chain *chain,
                             const struct trd_sample *sample) {
    const double right = trd__size(gil_model_size(m, chain, sample), sample);
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

/* With lock or cores used up fewer workers do as much: an eighth of them can go. Otherwise tries a
 * quarter more or fewer, on in a direction that paid, with pauses that double while it is in vain.
 */
static void gil_model_climb(struct gil_model *m, const struct trd__gil_chain *chain,
                            const struct trd_sample *sample) {
    const bool is_full =
        gil_model_used(m, &m->present) > FULL ||
        (gil_model_is_blind(m, &m->present) && gil_model_reached(m, chain, sample) > FULL);
    const bool has_cores_full = m->present.cpu_ns > FULL * m->demand.cores * m->present.ns;
    const double least = has_cores_full ? ceil(m->demand.cores) : 1.0;
    if (is_full && m->size > least && m->present.finished >= WINDOW_MOST) {
        const double next = fmin(m->size - 1.0, ceil(m->size * 0.875));
        trd__rate_trial_drop(&m->trial);
        gil_model_set(m, fmax(next, least), sample);
        return;
    }
    if (m->pause > 0.0 || m->present.finished < CLIMB_KNOWN) {
        return;
    }
    const bool is_sure = is_full && (has_cores_full || m->demand.is_lock_measured);
    const bool may_grow = m->size < sample->workers_max && !is_sure;
    const bool is_down = m->size > 1 && (m->is_down_next || !may_grow);
    const double step = fmax(1.0, floor(m->size / (is_down && m->has_paid ? 2.0 : 4.0)));
    const double next = trd__size(is_down ? m->size - step : m->size + step, sample);
    const double share = next / m->size - 1.0;
    gil_model_pause(m);
    if (next != m->size) {
        trd__rate_trial_move(&m->trial, m->size,
                             log(is_down ? 1.0 - CLIMB_LOSS : 1.0 + CLIMB_GAIN * share));
        gil_model_set(m, next, sample);
    } else {
        m->is_down_next = !is_down;
    }
}

/* A lock that is less used than the model says though workers wait for it is slow to change hands.
 * The time that takes for each task follows from the rate. */
static bool gil_model_hands(struct gil_model *m, double rate, double said) {
    const struct trd__demand_sums *present = &m->present;
    const double locks = m->demand.locks;
    const bool is_lock = locks > 0.0 && present->lock_wait_ns > present->ns * fmax(locks, 1.0) &&
                         present->lock_wait_ns > 2.0 * present->core_wait_ns;
    if (!is_lock) {
        return false;
    }
    const double handoff_ns = fmax(0.0, m->handoff_ns + locks * (1.0 / rate - 1.0 / said));
    const bool is_other = fabs(handoff_ns - m->handoff_ns) * rate > NEGLIGIBLE * locks;
    m->handoff_ns = is_other ? handoff_ns : m->handoff_ns;
    return is_other;
}

/* Compares the rate at this size with what the model says for the tasks of the same time. Far off,
 * the model is wrong; otherwise a lock or cores that are always used, or not used up, are trimmed
 * for. */
static void gil_model_check(struct gil_model *m, const struct trd_sample *sample) {
    const struct trd__demand_sums *present = &m->present;
    struct trd__gil_chain chain;
    if (present->known < m->check_at) {
        return;
    }
    m->check_at += CHECK_TASKS;
    gil_model_solve(m, present, sample, &chain);
    const double used = gil_model_used(m, present);
    const double rate = present->finished / trd__at_least(present->ns, 1.0);
    const double said = trd__gil_chain_rate(&chain, m->size);
    const double residual = rate / said - 1.0;
    if (gil_model_hands(m, rate, said)) {
        return;
    }
    if (fabs(residual) > RESIDUAL + 2.0 / sqrt(trd__at_least(present->known, 1.0))) {
        m->is_climbing = true;
        return;
    }
    const double waiting = (present->lock_wait_ns + present->core_wait_ns) / present->ns;
    const bool is_short =
        m->trim < 0 ? used < TRIMMED : used < 0.93 && residual < -0.03 && waiting < 1.0;
    const double fewer = trd__gil_chain_rate(&chain, m->size > 1 ? m->size - 1 : 1);
    const bool is_long = used > 0.995 && residual > 0.0 && fewer > KEPT * said;
    const int32_t trim = is_long ? -1 : is_short;
    if (trim != 0 && abs(m->trim + trim) <= TRIM_MOST) {
        m->trim += trim;
        trd__rate_trial_drop(&m->trial);
        gil_model_set(m, (double)m->size + trim, sample);
    }
}

/* Does the model say the size? When it is not believed, only if it wants fewer; when it sees waits
 * for lock and cores as waiting, only while those are not used up, for then there are none. */
static bool gil_model_is_led(const struct gil_model *m, const struct trd__gil_chain *chain,
                             const struct trd_sample *sample) {
    if (gil_model_is_blind(m, &m->demand.memory)) {
        return !m->is_climbing && gil_model_reached(m, chain, sample) < ENOUGH;
    }
    return !m->is_climbing || ROOM * gil_model_size(m, chain, sample) < m->size;
}

/* Goes back to the size before a change that was in vain. Once may be chance; when it happens again
 * with rates known well, the model is not believed any more. */
static void gil_model_retreat(struct gil_model *m, uint32_t size, const struct trd_sample *sample) {
    m->is_climbing = m->is_climbing || (m->has_failed && m->is_known);
    m->has_failed = true;
    m->has_paid = false;
    m->is_down_next = size < m->size;
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
        m->has_paid = true;
        m->is_down_next = m->size < size_before;
        break;
    case TRD__VERDICT_NONE:
        if (change != 0.0) {
            gil_model_forget(m);
        }
        break;
    }
    struct trd__gil_chain chain;
    gil_model_solve(m, &m->demand.memory, sample, &chain);
    const uint32_t before = m->size;
    if (gil_model_is_led(m, &chain, sample)) {
        gil_model_follow(m, &chain, sample);
    } else {
        gil_model_climb(m, &chain, sample);
    }
    if (m->size == before && m->trial.size_before == 0 && !m->is_climbing) {
        gil_model_check(m, sample);
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

/* Tasks that would have a worker each, if there were enough. */
static uint32_t gil_model_tasks(const struct trd_sample *sample) {
    const double tasks = (double)sample->busy + (double)sample->queued;
    return tasks < UINT32_MAX ? (uint32_t)tasks : UINT32_MAX;
}

static void gil_model_observe(struct gil_model *m, const struct trd_sample *sample,
                              double idle_ns) {
    const uint32_t tasks = gil_model_tasks(sample);
    m->peak = tasks > m->peak ? tasks : m->peak;
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
        trd__demand_sum(&m->present, 1.0, sample);
    }
    const bool is_known = m->demand.memory.known > WINDOW_MOST;
    const double least = is_known ? WINDOW_LEAST : WINDOW_FIRST;
    const double window = fmin(fmax(2.0 * m->size, least), WINDOW_MOST);
    const struct trd__demand_sums *sums = &m->demand.window;
    if (!gil_model_rescues(m, sample) && sums->finished >= window && sums->known >= least) {
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
    const uint32_t tasks = gil_model_tasks(sample);
    if (m->wanted > m->size || (sample->queued > 0 && tasks > m->wanted)) {
        m->wanted = tasks < m->size ? tasks : m->size;
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
