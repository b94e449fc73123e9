/* adaptive.c - grows while workers are blocked rather than busy; shrinks when they are idle, or
 * when fewer of them do as much.
 *
 * Idea: compare the cores that the workers really use (their CPU time over the interval) with those
 * they could use. While tasks queue and cores are left, workers wait for something else, and
 * N * cores / used of them would use the cores up. Whether they do is tried: a size is kept only if
 * the rate agrees (of CPU time where tasks compute, else of finished tasks), and taken back
 * otherwise, with a pause that doubles. With the cores used up, or more workers refused, fewer are
 * tried. When nothing has finished for far longer than usual, all are blocked: the size doubles
 * every tick.
 * Source: N = cores * (1 + wait / compute), Goetz et al., Java Concurrency in Practice, 2006, 8.2;
 * trials are hill climbing (Hellerstein, Morrison, Eilebrecht, FeBID 2008).
 * Does badly: an interpreter lock counts as one core until tasks are seen to release it; rates of
 * few, long tasks come late and are noisy, so a good size may be taken back and tried again.
 */
#include <treadle/sizer.h>

#define PERIOD_NS UINT64_C(10000000)
#define LEAP_NS (2 * PERIOD_NS)    /* between two doublings that nothing speaks against */
#define WINDOW_NS (15 * PERIOD_NS) /* a rate is taken over at least this time */
#define PAUSE_MIN_NS (20 * PERIOD_NS)
#define PAUSE_MAX_NS (320 * PERIOD_NS)
#define SATURATED 0.9    /* part of the usable cores: more workers cannot help */
#define EFFICIENCY 0.25  /* part of its share that an added worker must bring */
#define TOLERANCE 0.03   /* part of the rate that fewer workers may lose */
#define JUDGE_BY_CPU 0.3 /* part of the usable cores: CPU time is then the better measure */
#define BLOCKED 0.5      /* part of the usable cores: below, most workers wait */

/* Always allowed: with one, a task that releases an interpreter lock would look like one that does
 * not, and a blocked one would stop everything for a tick. */
enum { WORKERS_FIRST = 2, FINISHED_MIN = 16 };

struct adaptive_window {
    uint64_t ns, cpu_ns, finished;
};

struct adaptive {
    uint32_t wanted, tried_from; /* tried_from: 0 when no trial is on */
    uint32_t busy_peak;
    bool is_down_next;
    bool is_careful; /* more workers have been in vain: no growth without a trial */
    struct adaptive_window now, before;
    uint64_t peak_since_ns, finished_at_ns, quiet_ns, pause_until_ns, pause_ns;
    double used; /* cores, smoothed over a few ticks */
};

static double at_least(double value, double least) {
    return value > least ? value : least; /* NaN becomes `least` */
}

/* The cores that the tasks are known to be able to use. */
static double adaptive_cores(const struct adaptive *a, const struct trd_sample *sample) {
    const double cores = at_least(sample->cores, 0.05);
    const bool is_locked = sample->gils > 0.0 && a->used < 1.1 * sample->gils;
    return is_locked && sample->gils < cores ? sample->gils : cores;
}

static void adaptive_observe(struct adaptive *a, const struct trd_sample *sample) {
    a->now.ns += sample->interval_ns;
    a->now.cpu_ns += sample->cpu_ns;
    a->now.finished += sample->finished;
    const double used = (double)sample->cpu_ns / at_least((double)sample->interval_ns, 1.0);
    a->used += (a->used > 0.0 ? 0.3 : 1.0) * (used - a->used);
    if (sample->busy > a->busy_peak) {
        a->busy_peak = sample->busy;
    }
    if (sample->busy == 0) {
        a->finished_at_ns = sample->now_ns;
    } else if (sample->finished > 0) {
        const uint64_t gap_ns = sample->now_ns - a->finished_at_ns;
        a->quiet_ns = gap_ns > a->quiet_ns / 10 * 9 ? gap_ns : a->quiet_ns / 10 * 9;
        a->finished_at_ns = sample->now_ns;
    }
}

static void adaptive_change(struct adaptive *a, uint32_t wanted) {
    a->wanted = wanted;
    a->tried_from = 0;
    a->now = (struct adaptive_window){0};
}

static void adaptive_try(struct adaptive *a, uint32_t wanted) {
    const uint32_t from = a->wanted;
    a->before = a->now;
    adaptive_change(a, wanted);
    a->tried_from = from;
}

/* As many workers as the cores and the tasks at hand can use, but at most twice as many as now. If
 * the interpreter lock is all that seems used up, the other cores are worth a try. */
static uint32_t adaptive_more(const struct adaptive *a, const struct trd_sample *sample,
                              double cores) {
    const bool is_used_up = a->used >= SATURATED * cores;
    const double now = at_least(a->wanted, 1.0);
    const double tasks = (double)sample->busy + (double)sample->queued;
    double wanted = ceil(now * (is_used_up ? sample->cores : cores) / at_least(a->used, 1e-3));
    const double most = ceil(is_used_up ? 1.5 * now : 2.0 * now);
    wanted = wanted < most ? wanted : most;
    wanted = wanted < tasks ? wanted : tasks;
    wanted = wanted < sample->workers_max ? wanted : sample->workers_max;
    return (uint32_t)at_least(wanted, a->wanted);
}

/* A quarter fewer, down to what the cores need in any case. */
static uint32_t adaptive_fewer(const struct adaptive *a, double cores) {
    const double fewer = at_least(ceil(cores), WORKERS_FIRST);
    return (uint32_t)at_least(floor(0.75 * a->wanted), fewer < a->wanted ? fewer : a->wanted);
}

/* Is the window long enough to compare rates? A new size shows once its tasks have ended twice. */
static bool adaptive_knows(const struct adaptive *a, double cores) {
    const uint64_t enough = 2 * (uint64_t)a->wanted;
    const bool is_cpu = (double)a->now.cpu_ns > JUDGE_BY_CPU * cores * (double)a->now.ns;
    return a->now.ns >= WINDOW_NS &&
           (is_cpu || a->now.finished >= (enough > FINISHED_MIN ? enough : FINISHED_MIN));
}

/* Keeps the tried size or takes it back. */
static void adaptive_judge(struct adaptive *a, const struct trd_sample *sample, double cores) {
    const bool is_up = a->wanted > a->tried_from;
    const bool is_cpu = (double)a->now.cpu_ns > JUDGE_BY_CPU * cores * (double)a->now.ns;
    const double rate = (double)(is_cpu ? a->now.cpu_ns : a->now.finished) / (double)a->now.ns;
    const double before = (double)(is_cpu ? a->before.cpu_ns : a->before.finished) /
                          at_least((double)a->before.ns, 1.0);
    const double share = (double)a->wanted / (double)a->tried_from - 1.0;
    const bool is_kept = rate >= before * (1.0 + (is_up ? EFFICIENCY * share : -TOLERANCE));
    a->is_down_next = is_up != is_kept;
    a->is_careful = a->is_down_next || (a->is_careful && !is_up);
    if (is_kept) {
        a->tried_from = 0;
        a->pause_ns = PAUSE_MIN_NS;
        return;
    }
    adaptive_change(a, a->tried_from);
    a->pause_until_ns = sample->now_ns + a->pause_ns;
    a->pause_ns = a->pause_ns < PAUSE_MAX_NS ? 2 * a->pause_ns : PAUSE_MAX_NS;
}

/* Growth without a trial: all workers are blocked, or most are and nothing speaks against it. */
static bool adaptive_leaps(const struct adaptive *a, const struct trd_sample *sample,
                           double cores) {
    if (a->used >= BLOCKED * cores) {
        return false;
    }
    return (sample->cause == TRD_CAUSE_STARVED &&
            sample->now_ns - a->finished_at_ns >= 3 * a->quiet_ns) ||
           (!a->is_careful && a->now.ns >= LEAP_NS && !adaptive_knows(a, cores));
}

/* Every worker has a task and more wait: is this the right number? */
static void adaptive_climb(struct adaptive *a, const struct trd_sample *sample) {
    const double cores = adaptive_cores(a, sample);
    const uint32_t more = adaptive_more(a, sample, cores);
    const bool is_growing = a->used < SATURATED * sample->cores && !a->is_down_next;
    const uint32_t next = is_growing && more > a->wanted ? more : adaptive_fewer(a, cores);
    if (more > a->wanted && adaptive_leaps(a, sample, cores)) {
        adaptive_change(a, more);
    } else if (!adaptive_knows(a, cores)) {
        return;
    } else if (a->tried_from) {
        adaptive_judge(a, sample, cores);
    } else if (sample->now_ns >= a->pause_until_ns && next != a->wanted) {
        adaptive_try(a, next);
    } else if (a->now.ns >= PAUSE_MIN_NS) {
        adaptive_change(a, a->wanted); /* nothing to try: what is compared must not be old */
        a->is_down_next = a->is_down_next && sample->now_ns < a->pause_until_ns;
    }
}

static void adaptive_tick(struct adaptive *a, const struct trd_sample *sample, double idle_ns) {
    adaptive_observe(a, sample);
    if ((double)(sample->now_ns - a->peak_since_ns) >= idle_ns) {
        if (a->busy_peak < a->wanted && sample->queued == 0) {
            adaptive_change(a, a->busy_peak);
        }
        a->busy_peak = sample->busy;
        a->peak_since_ns = sample->now_ns;
    }
    if (sample->queued == 0) {
        adaptive_change(a, a->wanted); /* rates say nothing while tasks are few */
    } else if (sample->busy != a->wanted) {
        a->now = (struct adaptive_window){0}; /* workers still come or go */
    } else {
        adaptive_climb(a, sample);
    }
}

static uint32_t adaptive_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    struct adaptive *a = env->state;
    a->wanted = a->wanted < sample->workers_min ? sample->workers_min : a->wanted;
    a->wanted = a->wanted > sample->workers_max ? sample->workers_max : a->wanted;
    switch (sample->cause) {
    case TRD_CAUSE_OPEN:
        a->pause_ns = PAUSE_MIN_NS;
        a->peak_since_ns = a->finished_at_ns = sample->now_ns;
        break;
    case TRD_CAUSE_SUBMIT:
        if (a->wanted < WORKERS_FIRST && sample->busy + sample->queued > a->wanted) {
            adaptive_change(a, a->wanted + 1);
        }
        break;
    case TRD_CAUSE_TICK:
    case TRD_CAUSE_STARVED:
        adaptive_tick(a, sample, env->params[0] * 1e9);
        break;
    case TRD_CAUSE_BLOCK:
        break; /* not asked for */
    }
    return a->wanted;
}

static const struct trd_param adaptive_params[] = {
    {"idle", "seconds after which workers that were not needed leave", 0.5, 0.01, 3600.0},
    {0},
};

const struct trd_sizer trd__sizer_adaptive = {
    .name = "adaptive",
    .summary = "more while workers are blocked, fewer when idle or when they buy nothing",
    .source = "Goetz et al., Java Concurrency in Practice, 8.2; hill climbing",
    .params = adaptive_params,
    .state_bytes = sizeof(struct adaptive),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_SUBMIT | TRD_CAUSE_TICK | TRD_CAUSE_STARVED,
    .period_ns = PERIOD_NS,
    .resize = adaptive_resize,
};
