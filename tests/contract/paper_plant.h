/* paper_plant.h - an idealised plant for pool-size controllers: the rate at N workers is what the
 * model of lock and cores says, everything that is counted or measured scatters.
 *
 * Tasks finish as a Poisson process; each one's times are drawn, exponential or with another
 * spread; the interpreter lock's meter errs besides. There are no transients: a new size goes at
 * its rate at once, which is what the best size can be told from. Deterministic for a seed. */
#ifndef TESTS_CONTRACT_PAPER_PLANT_H
#define TESTS_CONTRACT_PAPER_PLANT_H

#include <stdbool.h>
#include <stdint.h>

enum { PAPER_WORKERS = 256, PAPER_STAGES = 2 };

struct paper_task {
    double held_ms, cpu_ms, wait_ms;
};

struct paper_plant {
    const char *name;                      /* "" is told from the numbers */
    struct paper_task tasks[PAPER_STAGES]; /* what they are at first, and after the step */
    bool has_step;
    double cores, gils;
    double spread;    /* of a task's times: standard deviation over mean, 0 to 1 */
    double meter;     /* the same of a tick's reading of the lock */
    double overhead;  /* part of the rate that each further worker costs */
    bool is_held_out; /* was not looked at while constants were chosen */
};

/* What came out, of a stage. */
struct paper_result {
    double share;        /* of the best rate, once it had time to converge */
    double size_mean;    /* over the same time */
    uint32_t size_least; /* the smallest with 95 % of the best rate */
    uint32_t size_low, size_high;
    double converged_tasks; /* since the stage began; infinite: never */
    double converged_s;
};

struct paper_run {
    const char *sizer;
    uint64_t seed;
    double tasks_allowed[PAPER_STAGES]; /* to converge in */
    double seconds;                     /* of a stage, at least ... */
    double tasks_least;                 /* ... and so many tasks */
};

void paper_plant_run(const struct paper_plant *plant, const struct paper_run *run,
                     struct paper_result results_out[PAPER_STAGES]);

/** The plants of the acceptance test and of the documentation's table. */
extern const struct paper_plant paper_plants[];
extern const uint32_t paper_plant_count;

#endif
