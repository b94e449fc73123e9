/* gil_chain.c - the chain of lock and cores, and workers that wait outside of it. */
#include "base/gil_chain.h"

#define RESCALE 1e200     /* terms above are scaled down; only their ratios count */
#define LEVEL_ENOUGH 1e-5 /* relative gain of a level below which no more are solved */

/* Rate at which tasks leave the lock when `at_lock` are there and `computing` beside them; stores
 * the speed at which those compute. */
static double gil_chain_leave_lock(const struct trd__gil_chain *chain, double at_lock,
                                   double computing, double *speed_out) {
    const double holders = at_lock < chain->locks ? at_lock : chain->locks;
    double running = holders + computing;
    double speed = running > chain->cores ? chain->cores / running : 1.0;
    double hold = chain->held / speed;
    if (at_lock > chain->locks && chain->handoff > 0.0) {
        running = holders * hold / (hold + chain->handoff) + computing;
        speed = running > chain->cores ? chain->cores / running : 1.0;
        hold = chain->held / speed + chain->handoff;
    }
    *speed_out = speed;
    return holders / hold;
}

/* The rate of `inside` tasks that go round between lock and cores without ever waiting. */
static double gil_chain_level(const struct trd__gil_chain *chain, uint32_t inside) {
    double term = 1.0; /* probability, unscaled, of `computing` tasks without the lock */
    double sum = 0.0;
    double flow = 0.0;
    double into = 0.0; /* rate into this state from the one before */
    for (uint32_t computing = 0; computing <= inside; computing++) {
        double speed;
        const double leave = gil_chain_leave_lock(chain, inside - computing, computing, &speed);
        if (computing > 0) {
            term *= into * chain->cpu / (computing * speed);
        }
        if (term > RESCALE) {
            sum /= RESCALE;
            flow /= RESCALE;
            term /= RESCALE;
        }
        sum += term;
        flow += computing < inside ? term * leave : 0.0;
        into = leave;
    }
    return flow / sum;
}

static double gil_chain_least(double a, double b) {
    return a < b ? a : b;
}

/* What no number of workers exceeds. */
static double gil_chain_bound(const struct trd__gil_chain *chain) {
    const double by_cores = chain->cores / (chain->held + chain->cpu);
    return chain->locks > 0.0 && chain->held > 0.0
               ? gil_chain_least(by_cores, chain->locks / chain->held)
               : by_cores;
}

void trd__gil_chain_solve(struct trd__gil_chain *chain, uint32_t workers_max) {
    const double least = 1e-9 * (chain->held + chain->cpu + chain->wait);
    const bool has_lock = chain->locks > 0.0 && chain->held > least;
    if (!has_lock) {
        chain->cpu += chain->held;
        chain->held = 0.0;
    }
    chain->cpu = chain->cpu > least ? chain->cpu : least;
    chain->count = 0;
    chain->rates[0] = 0.0;
    for (uint32_t n = 1; n <= workers_max && n <= TRD__GIL_CHAIN_LEVELS; n++) {
        const double alone = gil_chain_least(n, chain->cores) / chain->cpu;
        chain->rates[n] = has_lock ? gil_chain_level(chain, n) : alone;
        chain->count = n;
        if (n > 1 && n > chain->cores &&
            fabs(chain->rates[n] / chain->rates[n - 1] - 1.0) < LEVEL_ENOUGH) {
            break;
        }
    }
}

/* The rate with `inside` tasks, solved or extrapolated. */
static double gil_chain_inside(const struct trd__gil_chain *chain, uint32_t inside) {
    if (inside <= chain->count) {
        return chain->rates[inside];
    }
    const double last = chain->rates[chain->count];
    if (chain->count < TRD__GIL_CHAIN_LEVELS) {
        return last; /* it has levelled off */
    }
    return gil_chain_least(last * inside / chain->count, fmax(last, gil_chain_bound(chain)));
}

double trd__gil_chain_rate(const struct trd__gil_chain *chain, uint32_t workers) {
    const double alone = chain->held + chain->cpu + chain->wait;
    if (workers > TRD__GIL_CHAIN_WORKERS) {
        return gil_chain_least(workers / alone, gil_chain_bound(chain));
    }
    if (chain->wait <= 1e-9 * alone) {
        return gil_chain_inside(chain, workers);
    }
    double term = 1.0; /* probability, unscaled, of n workers inside, the others waiting */
    double sum = 1.0;
    double flow = 0.0;
    for (uint32_t n = 1; n <= workers; n++) {
        const double rate = gil_chain_inside(chain, n);
        term *= (workers - n + 1) / (chain->wait * rate);
        if (term > RESCALE) {
            sum /= RESCALE;
            flow /= RESCALE;
            term /= RESCALE;
        }
        sum += term;
        flow += term * rate;
    }
    return flow / sum;
}

uint32_t trd__gil_chain_size(const struct trd__gil_chain *chain, double share,
                             uint32_t workers_max) {
    const double goal = share * trd__gil_chain_rate(chain, workers_max);
    uint32_t below = 0;
    uint32_t enough = workers_max;
    while (enough - below > 1) {
        const uint32_t middle = below + (enough - below) / 2;
        if (trd__gil_chain_rate(chain, middle) >= goal) {
            enough = middle;
        } else {
            below = middle;
        }
    }
    return enough;
}

double trd__gil_chain_wait(const struct trd__gil_chain *chain, uint32_t workers, double rate) {
    enum { HALVINGS = 24 };
    struct trd__gil_chain trial = *chain;
    double low = 0.0;
    double high = workers / rate; /* a task cannot wait longer than it is there */
    for (int i = 0; i < HALVINGS; i++) {
        trial.wait = (low + high) / 2.0;
        if (trd__gil_chain_rate(&trial, workers) > rate) {
            low = trial.wait;
        } else {
            high = trial.wait;
        }
    }
    return low;
}
