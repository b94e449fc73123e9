/* formulas.h - closed formulas of queueing theory, in one place: what `treadle sim`, the study's
 * report and the tests hold the scheduler against.
 *
 * Every formula says what it needs; the caller sees to it, the functions only compute (a load of 1
 * or more gives no sensible number). Streams are Poisson and independent unless said otherwise.
 * "FIFO" stands for any order that ignores sizes and classes as far as means go. Pure functions;
 * times in ns, rates per ns; W is the wait, S the service, T = W + S the response.
 *
 * Sources: Kleinrock, Queueing Systems, vol. 1 (1975) and 2 (1976), and those named below;
 * docs/explanation/theory.md says more.
 */
#ifndef TREADLE_LAB_FORMULAS_H
#define TREADLE_LAB_FORMULAS_H

#include <stddef.h>
#include <stdint.h>

#include <treadle/sim_time.h>

/* One Poisson stream into the queue. */
struct lab_stream {
    double rate; /* tasks per ns */
    struct trd_sim_time service;
    int64_t priority;
};

/* Sum over the streams of lambda_i E[S_i^power]: power 0 the rate, power 1 the offered load. */
double lab_theory_sum(const struct lab_stream *streams, size_t count, unsigned power);

/* Erlang's first formula, the part of the tasks lost by M/G/c/c, and the second, the part that
 * waits in M/M/c; `offered` = lambda E[S], for the second below `workers`. */
double lab_theory_erlang_b(unsigned workers, double offered);
double lab_theory_erlang_c(unsigned workers, double offered);

/* E[W] and E[W^2] of FIFO. One worker: any laws (Pollaczek and Khinchine; Takacs). Several: every
 * service exponential with one mean (Erlang). */
double lab_theory_wait(const struct lab_stream *streams, size_t count, unsigned workers);
double lab_theory_wait2(const struct lab_stream *streams, size_t count, unsigned workers);
/* E[W^2] where E[W] is FIFO's: last in first out without interruption, and a random order (Takacs
 * 1963). Needs what lab_theory_wait() needs. */
double lab_theory_lifo_wait2(const struct lab_stream *streams, size_t count, unsigned workers);
double lab_theory_random_wait2(const struct lab_stream *streams, size_t count, unsigned workers);
/* E[W] of FIFO with several workers and any law: Lee and Longton 1959. An approximation, the only
 * one here: exact for exponential service and for one worker. */
double lab_theory_wait_approximate(const struct lab_stream *streams, size_t count,
                                   unsigned workers);

/* FIFO with exponential service: P(W > time), P(T > time), and the wait that a fraction `quantile`
 * of the tasks does not exceed. */
double lab_theory_wait_beyond(double rate, double service_ns, unsigned workers, double time_ns);
double lab_theory_response_beyond(double rate, double service_ns, unsigned workers, double time_ns);
double lab_theory_wait_quantile(double rate, double service_ns, unsigned workers, double quantile);

/* Cobham 1954: E[W] of the tasks of `priority`, served by strict priority without interruption.
 * Laws as for lab_theory_wait(). */
double lab_theory_priority_wait(const struct lab_stream *streams, size_t count, unsigned workers,
                                int64_t priority);
/* Kleinrock 1964: E[W] of each stream when priority grows with the wait, slopes[i] > 0 per unit of
 * time in stream i, and the largest goes first, without interruption. One worker. `waits`: `count`
 * of them. */
void lab_theory_accumulating_waits(const struct lab_stream *streams, const double *slopes,
                                   size_t count, double *waits);
/* The conservation law, one worker: the sum over streams of rho_i E[W_i], which no discipline that
 * is blind to sizes and does not interrupt can change. */
double lab_theory_conserved(const struct lab_stream *streams, size_t count);

/* Disciplines that look at sizes or interrupt; one worker, any laws unless said otherwise. */
enum lab_discipline {
    LAB_DISCIPLINE_SJF,  /* shortest first, without interruption (Phipps 1956) */
    LAB_DISCIPLINE_PSJF, /* the smallest original size, interrupting */
    LAB_DISCIPLINE_SRPT, /* the smallest remainder, interrupting (Schrage and Miller 1966) */
    LAB_DISCIPLINE_FB,   /* the least served, interrupting; laws with a density */
    LAB_DISCIPLINE_PS,   /* all at once, in equal parts */
};

/* E[T | S = size_ns]. */
double lab_theory_response_of_size(enum lab_discipline discipline, const struct lab_stream *streams,
                                   size_t count, double size_ns);
/* E[T] of the tasks of `of`, one of the streams; NULL: of all. */
double lab_theory_response(enum lab_discipline discipline, const struct lab_stream *streams,
                           size_t count, const struct lab_stream *of);
/* E[W] over all streams when the shortest by a hint goes first, hint = size x exp(sigma Z), Z
 * standard normal, without interruption (after Mitzenmacher 2020). A sigma below 0.02 counts as 0.
 * About 0.1 s at worst. */
double lab_theory_hinted_wait(const struct lab_stream *streams, size_t count, double sigma);

/* Many hosts of one worker each, exponential service; a task joins the shortest of `choices` drawn
 * at random (Vvedenskaya et al. 1996, Mitzenmacher 1996; the limit of many hosts). E[T] in units of
 * E[S], and the part of the hosts with at least `tasks`. */
double lab_theory_supermarket_response(double load, unsigned choices);
double lab_theory_supermarket_tail(double load, unsigned choices, unsigned tasks);

/* M/M/c with room for `places` tasks, those in service included: the part that is refused. */
double lab_theory_refused(double load, unsigned workers, unsigned places);

/* The machine repairman: `customers` that think for `think_ns` on average (any law) and then want
 * an exponential service from one of `workers`. Tasks per ns, and E[W]. */
double lab_theory_closed_rate(unsigned customers, double think_ns, double service_ns,
                              unsigned workers);
double lab_theory_closed_wait(unsigned customers, double think_ns, double service_ns,
                              unsigned workers);

#endif
