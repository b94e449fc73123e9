/* shop.h - a handful of jobs on a few machines, under a policy of the table, and the best that any
 * schedule could do, by trying them all.
 *
 * Times are small whole numbers, so every comparison is exact. */
#ifndef TESTS_THEORY_SHOP_H
#define TESTS_THEORY_SHOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/rng.h>

enum { SHOP_JOBS = 12, SHOP_TIME = 256 };

struct shop_job {
    uint32_t release, length, due;
    uint64_t cost; /* told to the policy; 0: the length */
    int64_t priority;
    uint32_t end; /* filled by shop_run() */
};

struct shop {
    const char *policy;
    uint32_t machines;
    bool is_preemptive; /* whatever runs yields when a job comes */
};

/** Runs the jobs to their ends, in which at least one machine works at any time that a job waits.
 */
void shop_run(const struct shop *shop, struct shop_job *jobs, size_t count);

uint32_t shop_makespan(const struct shop_job *jobs, size_t count);
/** Sum of end - release. */
uint32_t shop_total(const struct shop_job *jobs, size_t count);
/** Largest end - due. */
int32_t shop_lateness(const struct shop_job *jobs, size_t count);

/** `count` jobs with lengths up to `length_max`, all there from the beginning or (with
 * `release_max`) not. */
void shop_draw(struct trd_rng *rng, struct shop_job *jobs, size_t count, uint32_t length_max,
               uint32_t release_max);
/** Prints the jobs, for a failure. */
void shop_print(const struct shop_job *jobs, size_t count);

/** The smallest makespan on `machines`: every assignment. */
uint32_t shop_best_makespan(const struct shop_job *jobs, size_t count, uint32_t machines);
/** The smallest sum of end - release and the smallest maximal lateness on one machine without
 * interruption, all jobs there from the beginning: every permutation. */
uint32_t shop_best_total(const struct shop_job *jobs, size_t count);
int32_t shop_best_lateness(const struct shop_job *jobs, size_t count);
/** The same on one machine that may interrupt at every whole time: every choice at every time. At
 * most SHOP_STATES combinations of what is left of the jobs. */
enum { SHOP_STATES = 1 << 14 };
uint32_t shop_best_total_interrupting(const struct shop_job *jobs, size_t count);
int32_t shop_best_lateness_interrupting(const struct shop_job *jobs, size_t count);

#endif
