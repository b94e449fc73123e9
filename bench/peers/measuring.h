/* measuring.h - what the figures share: time, proof that jobs ran, and waiting that costs nothing.
 */
#ifndef TREADLE_BENCH_MEASURING_H
#define TREADLE_BENCH_MEASURING_H

#include <stddef.h>
#include <stdint.h>

#include "contestant.h"

enum { WORKERS = 2 };

uint64_t now_ns(void);
void sleep_ns(uint64_t ns);
/** Prints `what`, and ends the process. */
_Noreturn void give_up(const char *what);
/** Prints a line "NAME VALUE", which the comparing script reads. */
void tell(const char *name, double value);

/** The job that does nothing but count, on a counter of its thread's own. */
void count_one(void *unused);
/** How many have been counted. */
uint64_t counted(void);
/** Sleeps until `total` have been counted. */
void wait_for(uint64_t total);

/** Calls body(arg) on `producers` threads, in the contestant's way. */
void produce(unsigned producers, void (*body)(void *arg), void *arg);

/** Sorts, and gives the value below which `share` of them lie. */
double quantile(double *values, size_t count, double share);

/** Computes without touching memory; rounds_per_us() of them take a microsecond. */
void burn(uint64_t rounds);
double rounds_per_us(void);

/* The figures: each runs once, with `count` jobs (0: as many as are usual), and tells its values.
 */
void figure_flood(unsigned producers, size_t count);
void figure_inner(size_t count);
void figure_wake(size_t count);
void figure_round_trip(size_t count);
void figure_memory(size_t count);
void figure_pass(size_t count);
void figure_submit(size_t count);
void figure_efficiency(unsigned job_us, size_t count);

#endif
