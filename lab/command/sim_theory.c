/* sim_theory.c - the formulas. */
#include "lab/command/sim_theory.h"

#include <math.h>

double lab_theory_moment(const struct trd_sim_time *service, int power) {
    return trd_sim_time_moment(service, (unsigned)power, INFINITY);
}

/* Sum over the streams of lambda_i E[S_i^power]. */
static double sum_of_moments(const struct lab_stream *streams, size_t count, int power) {
    double sum = 0.0;

    for (size_t i = 0; i < count; i++) {
        sum += streams[i].rate * lab_theory_moment(&streams[i].service, power);
    }
    return sum;
}

double lab_theory_erlang_c(unsigned workers, double offered) {
    double blocked = 1.0; /* Erlang's first formula, by its recursion */

    for (unsigned k = 1; k <= workers; k++) {
        blocked = offered * blocked / (k + offered * blocked);
    }
    return blocked / (1.0 - offered / workers * (1.0 - blocked));
}

/* The mean wait of M/M/c in an otherwise idle world: C / (c mu). */
static double mmc_residual(const struct lab_stream *streams, size_t count, unsigned workers) {
    double offered = sum_of_moments(streams, count, 1);

    return lab_theory_erlang_c(workers, offered) * streams[0].service.mean_ns / workers;
}

/* The mean time until a worker is free, met by a task that comes while all are busy. */
static double residual(const struct lab_stream *streams, size_t count, unsigned workers) {
    return workers == 1 ? sum_of_moments(streams, count, 2) / 2.0
                        : mmc_residual(streams, count, workers);
}

double lab_theory_wait(const struct lab_stream *streams, size_t count, unsigned workers) {
    double load = sum_of_moments(streams, count, 1) / workers;

    return residual(streams, count, workers) / (1.0 - load);
}

double lab_theory_wait2(const struct lab_stream *streams, size_t count, unsigned workers) {
    double load = sum_of_moments(streams, count, 1) / workers;
    double wait = lab_theory_wait(streams, count, workers);

    if (workers == 1) {
        return 2.0 * wait * wait + sum_of_moments(streams, count, 3) / (3.0 * (1.0 - load));
    }
    return 2.0 * wait * streams[0].service.mean_ns / (workers * (1.0 - load));
}

double lab_theory_priority_wait(const struct lab_stream *streams, size_t count, unsigned workers,
                                int64_t priority) {
    double above = 0.0, with = 0.0;

    for (size_t i = 0; i < count; i++) {
        double load = streams[i].rate * streams[i].service.mean_ns / workers;

        above += streams[i].priority > priority ? load : 0.0;
        with += streams[i].priority >= priority ? load : 0.0;
    }
    return residual(streams, count, workers) / ((1.0 - above) * (1.0 - with));
}

double lab_theory_conserved(const struct lab_stream *streams, size_t count) {
    return sum_of_moments(streams, count, 1) * lab_theory_wait(streams, count, 1);
}

double lab_theory_wait_quantile(double rate, double service_ns, unsigned workers, double quantile) {
    double waits = lab_theory_erlang_c(workers, rate * service_ns);

    if (waits <= 1.0 - quantile) {
        return 0.0;
    }
    return log(waits / (1.0 - quantile)) / (workers / service_ns - rate);
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
