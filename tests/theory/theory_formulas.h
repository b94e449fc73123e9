/* theory_formulas.h - what the theory says, as rows to be put into a case. The numbers are those of
 * docs/explanation/theory.md. W is the wait, S the service, T = W + S the response, X the
 * throughput, N how many there are. */
#ifndef TESTS_THEORY_THEORY_FORMULAS_H
#define TESTS_THEORY_THEORY_FORMULAS_H

#include "tests/theory/theory.h"

extern const struct theory_formula pollaczek_khinchine; /* T1, E[W] */
extern const struct theory_formula takacs;              /* T2, E[W^2] */
extern const struct theory_formula erlang_c;            /* T3, E[W] */
extern const struct theory_formula erlang_c_square;     /* T3, E[W^2] */
extern const struct theory_formula erlang_tail;         /* T4, P(W > t) */
extern const struct theory_formula same_mean;           /* T5, E[W] */
extern const struct theory_formula conservation;        /* T5, E[S W] */
extern const struct theory_formula lifo_square;         /* T6, E[W^2] */
extern const struct theory_formula random_square;       /* T7, E[W^2] */
extern const struct theory_formula cobham;              /* T8, E[W] of the client */
extern const struct theory_formula cobham_erlang;       /* T9, E[W] of the client */
extern const struct theory_formula delay_dependent;     /* T10, E[W] of the client */
extern const struct theory_formula phipps;              /* T11, E[W] */
extern const struct theory_formula phipps_client;       /* T11, E[W] of the client */
extern const struct theory_formula mispredicted;        /* T12, E[W] */
extern const struct theory_formula schrage_miller;      /* T13, E[T], SRPT */
extern const struct theory_formula schrage_miller_client;
extern const struct theory_formula preemptive_shortest; /* T13, E[T], PSJF */
extern const struct theory_formula preemptive_shortest_client;
extern const struct theory_formula processor_sharing; /* T13b, E[T] */
extern const struct theory_formula processor_sharing_client;
extern const struct theory_formula least_served; /* T13c, E[T], foreground-background */
extern const struct theory_formula least_served_client;
extern const struct theory_formula supermarket;    /* T17, E[T] */
extern const struct theory_formula repairman_wait; /* T19, E[W] */
extern const struct theory_formula repairman_rate; /* T19, X */
extern const struct theory_formula erlang_b;       /* T20, part refused or given up */
extern const struct theory_formula full_house;     /* T20, part refused by M/M/c/K */

#endif
