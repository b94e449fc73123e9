/* demand.c - windows, memory, and the test whether the tasks have changed. */
#include "base/demand.h"

#include "base/sizing.h"

#define VARIANCE_FIRST 1.5 /* as of exponential phases; then learnt */
#define VARIANCE_LEAST 0.8
#define VARIANCE_MOST 10.0
#define VARIANCE_PACE 0.05
#define ERROR_AIM 0.06 /* the memory is as long as this standard error needs */
#define FAR 4.0        /* standard errors: changed at once */
#define DOUBTFUL 2.2   /* changed when two windows in a row say so */
#define STILL 1.0      /* on the same way as a window ago, when they changed: still changing */

enum { MEMORY_LEAST = 400, MEMORY_MOST = 800, MEMORY_KNOWN = 8 };

static void demand_sum(struct trd__demand_sums *sums, double kept,
                       const struct trd__demand_sums *more) {
    sums->ns = kept * sums->ns + more->ns;
    sums->finished = kept * sums->finished + more->finished;
    sums->busy_ns = kept * sums->busy_ns + more->busy_ns;
    sums->cpu_ns = kept * sums->cpu_ns + more->cpu_ns;
    sums->held_ns = kept * sums->held_ns + more->held_ns;
    sums->lock_wait_ns = kept * sums->lock_wait_ns + more->lock_wait_ns;
    sums->core_wait_ns = kept * sums->core_wait_ns + more->core_wait_ns;
    sums->known = kept * sums->known + more->known;
}

void trd__demand_sum(struct trd__demand_sums *sums, double kept, const struct trd_sample *sample) {
    const struct trd__demand_sums tick = {
        .ns = (double)sample->interval_ns,
        .finished = (double)sample->finished,
        .busy_ns = (double)sample->busy_ns,
        .cpu_ns = (double)sample->cpu_ns,
        .held_ns = (double)sample->gil_held_ns,
        .lock_wait_ns = (double)sample->gil_wait_ns,
        .core_wait_ns = (double)sample->run_wait_ns,
        .known = sample->is_gil_sampled ? fmin((double)sample->finished, (double)sample->gil_looks)
                                        : (double)sample->finished,
    };
    demand_sum(sums, kept, &tick);
}

void trd__demand_add(struct trd__demand *demand, const struct trd_sample *sample) {
    demand->cores = trd__at_least(sample->cores, 0.05);
    demand->locks = trd__at_least(sample->gils, 0.0);
    demand->is_lock_measured = sample->is_gil_measured || demand->locks <= 0.0;
    if (demand->unsettled > 0.0) {
        demand->unsettled -= (double)sample->finished;
    } else {
        trd__demand_sum(&demand->window, 1.0, sample);
    }
}

void trd__demand_settle(struct trd__demand *demand, double started) {
    demand->window = (struct trd__demand_sums){0};
    demand->unsettled = started;
}

/* Computing under the lock, as far as is known: all of it, unless more cores are used than there
 * are locks. */
static double demand_held(const struct trd__demand *demand, const struct trd__demand_sums *sums) {
    if (demand->locks <= 0.0) {
        return 0.0;
    }
    if (demand->is_lock_measured) {
        /* A holder without a core holds on; all who compute go at the same speed. */
        const double served = trd__at_least(sums->cpu_ns + sums->core_wait_ns, 1.0);
        return sums->core_wait_ns > 0.0 ? sums->held_ns * sums->cpu_ns / served : sums->held_ns;
    }
    const double most = trd__at_least(demand->used_most, 1e-9);
    return most > 1.1 * demand->locks ? sums->cpu_ns * demand->locks / most : sums->cpu_ns;
}

struct trd__demand_task trd__demand_mean(const struct trd__demand *demand,
                                         const struct trd__demand_sums *sums) {
    const double tasks = trd__at_least(sums->finished, 1.0);
    const double held = demand_held(demand, sums);
    const double served = trd__at_least(sums->cpu_ns + sums->core_wait_ns, held);
    return (struct trd__demand_task){
        .held = held / tasks,
        .cpu = trd__at_least(sums->cpu_ns - held, 0.0) / tasks,
        .wait = trd__at_least(sums->busy_ns - served - sums->lock_wait_ns, 0.0) / tasks,
    };
}

/* Logarithm of the workers that keep the busiest of lock and cores busy. */
static double demand_workers(const struct trd__demand *demand,
                             const struct trd__demand_sums *sums) {
    const struct trd__demand_task task = trd__demand_mean(demand, sums);
    const double all = trd__at_least(task.held + task.cpu + task.wait, 1.0);
    const double by_cores = (task.held + task.cpu) / demand->cores;
    const double by_lock = demand->locks > 0.0 ? task.held / demand->locks : 0.0;
    return log(all / trd__at_least(fmax(by_cores, by_lock), 1e-6 * all));
}

double trd__demand_take(struct trd__demand *demand) {
    const struct trd__demand_sums window = demand->window;
    struct trd__demand_sums *memory = &demand->memory;
    demand->window = (struct trd__demand_sums){0};
    demand->used_most = fmax(0.9 * demand->used_most, window.cpu_ns / trd__at_least(window.ns, 1));
    if (demand->variance <= 0.0) {
        demand->variance = VARIANCE_FIRST;
    }
    if (memory->known < MEMORY_KNOWN) {
        demand_sum(memory, 1.0, &window);
        return 0.0;
    }
    const double off = demand_workers(demand, &window) - demand_workers(demand, memory);
    const double spread = 1.0 / trd__at_least(window.known, 1.0) + 1.0 / memory->known;
    const double doubt = off / sqrt(demand->variance * spread);
    const bool has_changed = fabs(doubt) > FAR || (doubt > DOUBTFUL && demand->doubt > DOUBTFUL) ||
                             (doubt < -DOUBTFUL && demand->doubt < -DOUBTFUL) ||
                             doubt * demand->changed > STILL;
    const double seen = fmin(off * off / spread, 9.0 * demand->variance);
    demand->variance += VARIANCE_PACE * (seen - demand->variance);
    demand->variance = fmin(fmax(demand->variance, VARIANCE_LEAST), VARIANCE_MOST);
    demand->doubt = has_changed ? 0.0 : doubt;
    demand->changed = !has_changed ? 0.0 : off > 0.0 ? 1.0 : -1.0;
    const double aim = demand->variance / (ERROR_AIM * ERROR_AIM);
    const double length = fmin(fmax(aim, MEMORY_LEAST), MEMORY_MOST);
    const double kept = fmin((length - window.known) / memory->known, 1.0);
    demand_sum(memory, has_changed ? 0.0 : fmax(kept, 0.0), &window);
    return has_changed ? off : 0.0;
}

double trd__demand_error(const struct trd__demand *demand) {
    return sqrt(demand->variance / trd__at_least(demand->memory.known, 1.0));
}
