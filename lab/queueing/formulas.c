/* formulas.c - formulas that need moments only: waits in order of arrival, priorities, losses,
 * closed systems. */
#include "lab/queueing/formulas.h"

#include <math.h>

/* E[S] of a stream. */
static double mean_of(const struct lab_stream *stream) {
    return trd_sim_time_moment(&stream->service, 1, INFINITY);
}

double lab_theory_sum(const struct lab_stream *streams, size_t count, unsigned power) {
    double sum = 0.0;

    for (size_t i = 0; i < count; i++) {
        sum += streams[i].rate * trd_sim_time_moment(&streams[i].service, power, INFINITY);
    }
    return sum;
}

double lab_theory_erlang_b(unsigned workers, double offered) {
    double blocked = 1.0;

    for (unsigned k = 1; k <= workers; k++) {
        blocked = offered * blocked / (k + offered * blocked);
    }
    return blocked;
}

double lab_theory_erlang_c(unsigned workers, double offered) {
    double blocked = lab_theory_erlang_b(workers, offered);

    return blocked / (1.0 - offered / workers * (1.0 - blocked));
}

/* The mean time until a worker is free, met by a task that comes while all are busy, times the
 * probability of that. */
static double residual(const struct lab_stream *streams, size_t count, unsigned workers) {
    double offered = lab_theory_sum(streams, count, 1);

    if (workers == 1) {
        return lab_theory_sum(streams, count, 2) / 2.0;
    }
    return lab_theory_erlang_c(workers, offered) * offered / lab_theory_sum(streams, count, 0) /
           workers;
}

static double load_of(const struct lab_stream *streams, size_t count, unsigned workers) {
    return lab_theory_sum(streams, count, 1) / workers;
}

double lab_theory_wait(const struct lab_stream *streams, size_t count, unsigned workers) {
    return residual(streams, count, workers) / (1.0 - load_of(streams, count, workers));
}

double lab_theory_wait2(const struct lab_stream *streams, size_t count, unsigned workers) {
    double load = load_of(streams, count, workers);
    double wait = lab_theory_wait(streams, count, workers);

    if (workers == 1) {
        return 2.0 * wait * wait + lab_theory_sum(streams, count, 3) / (3.0 * (1.0 - load));
    }
    return 2.0 * wait * load / lab_theory_sum(streams, count, 0) / (1.0 - load);
}

double lab_theory_lifo_wait2(const struct lab_stream *streams, size_t count, unsigned workers) {
    return lab_theory_wait2(streams, count, workers) / (1.0 - load_of(streams, count, workers));
}

double lab_theory_random_wait2(const struct lab_stream *streams, size_t count, unsigned workers) {
    return lab_theory_wait2(streams, count, workers) /
           (1.0 - load_of(streams, count, workers) / 2.0);
}

double lab_theory_wait_approximate(const struct lab_stream *streams, size_t count,
                                   unsigned workers) {
    double rate = lab_theory_sum(streams, count, 0);
    double mean = lab_theory_sum(streams, count, 1) / rate;
    double square = lab_theory_sum(streams, count, 2) / rate;
    double exponential = lab_theory_erlang_c(workers, rate * mean) * mean /
                         (workers * (1.0 - rate * mean / workers));

    return square / (2.0 * mean * mean) * exponential;
}

double lab_theory_wait_beyond(double rate, double service_ns, unsigned workers, double time_ns) {
    return lab_theory_erlang_c(workers, rate * service_ns) *
           exp(-(workers / service_ns - rate) * time_ns);
}

double lab_theory_response_beyond(double rate, double service_ns, unsigned workers,
                                  double time_ns) {
    double waits = lab_theory_erlang_c(workers, rate * service_ns);
    double end = 1.0 / service_ns;              /* rate of a service */
    double start = workers / service_ns - rate; /* rate of a wait, if there is one */
    double both = fabs(start - end) < 1e-9 * end
                      ? (1.0 + end * time_ns) * exp(-end * time_ns)
                      : (start * exp(-end * time_ns) - end * exp(-start * time_ns)) / (start - end);

    return (1.0 - waits) * exp(-end * time_ns) + waits * both;
}

double lab_theory_wait_quantile(double rate, double service_ns, unsigned workers, double quantile) {
    double waits = lab_theory_erlang_c(workers, rate * service_ns);

    if (waits <= 1.0 - quantile) {
        return 0.0;
    }
    return log(waits / (1.0 - quantile)) / (workers / service_ns - rate);
}

double lab_theory_priority_wait(const struct lab_stream *streams, size_t count, unsigned workers,
                                int64_t priority) {
    double above = 0.0, with = 0.0;

    for (size_t i = 0; i < count; i++) {
        double load = streams[i].rate * mean_of(&streams[i]) / workers;

        above += streams[i].priority > priority ? load : 0.0;
        with += streams[i].priority >= priority ? load : 0.0;
    }
    return residual(streams, count, workers) / ((1.0 - above) * (1.0 - with));
}

/* The wait of stream `of`, those with smaller slopes being known. */
static double accumulating_wait(const struct lab_stream *streams, const double *slopes,
                                size_t count, const double *waits, size_t of) {
    double upper = lab_theory_wait(streams, count, 1), lower = 1.0;

    for (size_t i = 0; i < count; i++) {
        double load = streams[i].rate * mean_of(&streams[i]);

        if (slopes[i] < slopes[of]) {
            upper -= load * waits[i] * (1.0 - slopes[i] / slopes[of]);
        } else if (slopes[i] > slopes[of]) {
            lower -= load * (1.0 - slopes[of] / slopes[i]);
        }
    }
    return upper / lower;
}

void lab_theory_accumulating_waits(const struct lab_stream *streams, const double *slopes,
                                   size_t count, double *waits) {
    double done = 0.0; /* all slopes up to here have their wait */

    for (size_t round = 0; round < count; round++) {
        double next = INFINITY;

        for (size_t i = 0; i < count; i++) {
            next = slopes[i] > done ? fmin(next, slopes[i]) : next;
        }
        for (size_t i = 0; i < count; i++) {
            if (slopes[i] > done && slopes[i] <= next) {
                waits[i] = accumulating_wait(streams, slopes, count, waits, i);
            }
        }
        done = next;
    }
}

double lab_theory_conserved(const struct lab_stream *streams, size_t count) {
    return lab_theory_sum(streams, count, 1) * lab_theory_wait(streams, count, 1);
}

/* 1 + d + ... + d^(terms - 1) */
static double geometric_sum(unsigned ratio, unsigned terms) {
    double sum = 0.0, power = 1.0;

    for (unsigned i = 0; i < terms && sum < 1e300; i++) {
        sum += power;
        power *= ratio;
    }
    return sum;
}

double lab_theory_supermarket_tail(double load, unsigned choices, unsigned tasks) {
    return pow(load, geometric_sum(choices, tasks));
}

/* With Little's law: the tasks of a host over its arrivals. */
double lab_theory_supermarket_response(double load, unsigned choices) {
    double sum = 0.0;

    if (choices <= 1) {
        return 1.0 / (1.0 - load);
    }
    for (unsigned tasks = 1; tasks < 100; tasks++) { /* falls doubly exponentially */
        sum += lab_theory_supermarket_tail(load, choices, tasks);
    }
    return sum / load;
}

double lab_theory_refused(double load, unsigned workers, unsigned places) {
    double weight = 1.0, sum = 1.0;

    for (unsigned n = 1; n <= places; n++) {
        weight *= load * workers / (n < workers ? n : workers);
        sum += weight;
        if (sum > 1e200) { /* only ratios count */
            weight /= sum;
            sum = 1.0;
        }
    }
    return weight / sum;
}

/* Solves the birth-death chain of the number in the queue or in service: mean number waiting, and
 * mean number in service. */
static void repairman(unsigned customers, double think_ns, double service_ns, unsigned workers,
                      double *waiting_out, double *served_out) {
    double weight = 1.0, sum = 1.0, waiting = 0.0, served = 0.0;

    for (unsigned n = 1; n <= customers; n++) {
        unsigned busy = n < workers ? n : workers;

        weight *= (customers - n + 1) * service_ns / (busy * think_ns);
        sum += weight;
        waiting += weight * (n - busy);
        served += weight * busy;
        if (sum > 1e200) { /* only ratios count */
            weight /= sum;
            waiting /= sum;
            served /= sum;
            sum = 1.0;
        }
    }
    *waiting_out = waiting / sum;
    *served_out = served / sum;
}

double lab_theory_closed_rate(unsigned customers, double think_ns, double service_ns,
                              unsigned workers) {
    double waiting, served;

    if (think_ns <= 0.0) {
        return (customers < workers ? customers : workers) / service_ns;
    }
    repairman(customers, think_ns, service_ns, workers, &waiting, &served);
    return served / service_ns;
}

double lab_theory_closed_wait(unsigned customers, double think_ns, double service_ns,
                              unsigned workers) {
    double rate = lab_theory_closed_rate(customers, think_ns, service_ns, workers);

    /* Little: customers = rate (think + wait + service). */
    return customers / rate - think_ns - service_ns;
}
