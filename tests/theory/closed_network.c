/* closed_network.c - three ways to the throughput of a closed network. */
#include "tests/theory/closed_network.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "lab/queueing/formulas.h"

double network_repairman(const struct network *network) {
    return (1.0 - lab_theory_erlang_b(network->workers, network->wait / network->held)) /
           network->held;
}

/* What mean value analysis knows of the network with one task fewer: mean number at the lock, mean
 * number at the cores, and the probability of j tasks at the cores, for j below their number. */
struct mean_values {
    double at_lock, at_cores;
    double cores_have[NETWORK_WORKERS + 1];
};

static double mean_values_step(const struct network *network, unsigned tasks,
                               struct mean_values *known) {
    const unsigned cores = network->cores < network->workers ? network->cores : network->workers;
    double idle = 0.0;
    for (unsigned j = 0; j + 2 <= cores; j++) {
        idle += (cores - 1 - j) * known->cores_have[j];
    }
    const double lock_ns = network->held * (1.0 + known->at_lock);
    const double cores_ns = network->cpu / cores * (1.0 + known->at_cores + idle);
    const double rate = tasks / (network->wait + lock_ns + cores_ns);
    double busy = rate * network->cpu; /* mean number of busy cores */
    for (unsigned j = cores - 1; j > 0; j--) {
        known->cores_have[j] = network->cpu / j * rate * known->cores_have[j - 1];
        busy += (cores - j) * known->cores_have[j];
    }
    known->cores_have[0] = 1.0 - busy / cores;
    known->at_lock = rate * lock_ns;
    known->at_cores = rate * cores_ns;
    return rate;
}

double network_mean_values(const struct network *network) {
    struct mean_values known = {.cores_have = {1.0}};
    double rate = 0.0;
    for (unsigned tasks = 1; tasks <= network->workers; tasks++) {
        rate = mean_values_step(network, tasks, &known);
    }
    return rate;
}

/* A state: how many are in the phase with the lock (waiting for it included) and how many compute
 * without; the others wait. */
enum { STATES = (NETWORK_WORKERS + 1) * (NETWORK_WORKERS + 2) / 2 };

struct chain {
    const struct network *network;
    double rate[STATES][STATES];
    double share[STATES]; /* of the time, not normalised */
};

static unsigned state_of(const struct network *network, unsigned held, unsigned cpu) {
    const unsigned before = held * (network->workers + 1) - held * (held - 1) / 2;
    return (held ? before : 0) + cpu;
}

static unsigned locked(const struct network *network, unsigned held) {
    return held < network->locks ? held : network->locks;
}

static double speed(const struct network *network, unsigned computing) {
    return computing > network->cores ? (double)network->cores / computing : 1.0;
}

/* One task leaves a phase of mean `mean`, at `rate` times 1 / mean, and enters the next one that
 * takes time. The phases are in the order held, cpu, wait. */
static void add_move(struct chain *chain, unsigned held, unsigned cpu, unsigned phase,
                     double rate) {
    const struct network *network = chain->network;
    const double mean[] = {network->held, network->cpu, network->wait};
    const unsigned from = state_of(network, held, cpu);
    if (rate <= 0.0) {
        return;
    }
    unsigned next = (phase + 1) % 3;
    while (mean[next] <= 0.0) {
        next = (next + 1) % 3;
    }
    held = held - (phase == 0) + (next == 0);
    cpu = cpu - (phase == 1) + (next == 1);
    chain->rate[from][state_of(network, held, cpu)] += rate / mean[phase];
}

static void add_moves(struct chain *chain, unsigned held, unsigned cpu) {
    const struct network *network = chain->network;
    const unsigned holding = locked(network, held), waiting = network->workers - held - cpu;
    const double each = speed(network, holding + cpu);
    if (network->held > 0.0) {
        add_move(chain, held, cpu, 0, holding * each);
    }
    if (network->cpu > 0.0) {
        add_move(chain, held, cpu, 1, cpu * each);
    }
    if (network->wait > 0.0) {
        add_move(chain, held, cpu, 2, waiting);
    }
}

/* States that the network cannot enter (somebody in a phase that takes no time) are left out by
 * numbering only those that it can. */
static bool is_possible(const struct network *network, unsigned held, unsigned cpu) {
    return (network->held > 0.0 || held == 0) && (network->cpu > 0.0 || cpu == 0) &&
           (network->wait > 0.0 || held + cpu == network->workers);
}

/* Takes the states out one by one, the last first: what went through one then goes directly. */
static void eliminate(struct chain *chain, const unsigned *states, unsigned count) {
    for (unsigned n = count - 1; n > 0; n--) {
        const double *row = chain->rate[states[n]];
        double out = 0.0;
        for (unsigned j = 0; j < n; j++) {
            out += row[states[j]];
        }
        assert(out > 0.0);
        for (unsigned i = 0; i < n; i++) {
            double *from = chain->rate[states[i]];
            from[states[n]] /= out;
            for (unsigned j = 0; j < n; j++) {
                from[states[j]] += i == j ? 0.0 : from[states[n]] * row[states[j]];
            }
        }
    }
    chain->share[states[0]] = 1.0;
    for (unsigned n = 1; n < count; n++) {
        double share = 0.0;
        for (unsigned i = 0; i < n; i++) {
            share += chain->share[states[i]] * chain->rate[states[i]][states[n]];
        }
        chain->share[states[n]] = share;
    }
}

double network_chain(const struct network *network) {
    static struct chain chain; /* one test at a time */
    unsigned states[STATES], count = 0;
    double all = 0.0, ends = 0.0;
    assert(network->workers >= 1 && network->workers <= NETWORK_WORKERS);
    memset(&chain, 0, sizeof chain);
    chain.network = network;
    for (unsigned held = 0; held <= network->workers; held++) {
        for (unsigned cpu = 0; held + cpu <= network->workers; cpu++) {
            if (is_possible(network, held, cpu)) {
                add_moves(&chain, held, cpu);
                states[count++] = state_of(network, held, cpu);
            }
        }
    }
    eliminate(&chain, states, count);
    for (unsigned held = 0; held <= network->workers; held++) {
        for (unsigned cpu = 0; held + cpu <= network->workers; cpu++) {
            if (!is_possible(network, held, cpu)) {
                continue;
            }
            const double share = chain.share[state_of(network, held, cpu)];
            const unsigned holding = locked(network, held);
            all += share;
            if (network->wait > 0.0) {
                ends += share * (network->workers - held - cpu) / network->wait;
            } else if (network->cpu > 0.0) {
                ends += share * cpu * speed(network, holding + cpu) / network->cpu;
            } else {
                ends += share * holding * speed(network, holding) / network->held;
            }
        }
    }
    return ends / all;
}
