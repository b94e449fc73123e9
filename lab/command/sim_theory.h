/* sim_theory.h - what queueing theory says of a simulated system: the exact formulas.
 *
 * Sources: Kleinrock, Queueing Systems, vol. 1 (1975) and vol. 2 (1976); Cobham, "Priority
 * assignment in waiting line problems", Operations Research 2 (1954); docs/explanation/theory.md
 * says more. Pure functions; times in ns, rates per ns. */
#ifndef TREADLE_LAB_SIM_THEORY_H
#define TREADLE_LAB_SIM_THEORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/sim.h>

/* One Poisson stream into the queue. */
struct lab_stream {
    double rate; /* tasks per ns */
    struct trd_sim_time service;
    int64_t priority;
};

/* E[S], E[S^2], E[S^3] of a law. */
double lab_theory_moment(const struct trd_sim_time *service, int power);

/* Erlang's second formula: the probability that a task waits in M/M/c, for `offered` = lambda / mu
 * below `workers`. */
double lab_theory_erlang_c(unsigned workers, double offered);

/* E[W] and E[W^2] of one first-in first-out queue: Pollaczek-Khinchine and Takacs for one worker,
 * Erlang for several (then every service must be exponential with one mean). */
double lab_theory_wait(const struct lab_stream *streams, size_t count, unsigned workers);
double lab_theory_wait2(const struct lab_stream *streams, size_t count, unsigned workers);

/* Cobham: E[W] of the tasks of `priority`, served by strict priority without interruption. */
double lab_theory_priority_wait(const struct lab_stream *streams, size_t count, unsigned workers,
                                int64_t priority);

/* Kleinrock's conservation law for one worker: the sum over streams of rho_i E[W_i], which no
 * discipline that is blind to sizes can change. */
double lab_theory_conserved(const struct lab_stream *streams, size_t count);

/* The wait that a fraction `quantile` of the tasks does not exceed, in M/M/c first in, first
 * out. */
double lab_theory_wait_quantile(double rate, double service_ns, unsigned workers, double quantile);

/* The machine repairman: `customers` that think for `think_ns` on average (any law) and then want
 * an exponential service from one of `workers`. Tasks per ns, and E[W]. */
double lab_theory_closed_rate(unsigned customers, double think_ns, double service_ns,
                              unsigned workers);
double lab_theory_closed_wait(unsigned customers, double think_ns, double service_ns,
                              unsigned workers);

#endif
