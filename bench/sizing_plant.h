/* sizing_plant.h - pool-size controllers on simulated machines: the plants, a run, and what it is
 * worth.
 */
#ifndef BENCH_SIZING_PLANT_H
#define BENCH_SIZING_PLANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIZING_WORKERS = 256, SIZING_STAGES = 2 };

struct sizing_task {
    double held_ms, cpu_ms, wait_ms; /* means: with the interpreter lock, computing, waiting */
};

struct sizing_plant {
    struct sizing_task tasks[SIZING_STAGES]; /* what they are at first, and after the step */
    bool has_step;
    double cores, gils;
    double spread;     /* of a task's times: standard deviation over mean, 0 to 1 */
    double noise;      /* the same of what a tick reads of CPU and lock */
    double overhead;   /* of the idealised plant: part of the rate a further worker costs */
    double handoff_ms; /* of the simulated machine: a contended lock stands idle for so long */
    bool is_held_out;  /* was not looked at while constants were chosen */
};

/** The plants of the acceptance tests and of the table. */
extern const struct sizing_plant sizing_plants[];
extern const size_t sizing_plant_count;

/** The plant in words, such as "1/0/9, P 2, G 1". */
void sizing_plant_words(const struct sizing_plant *plant, char *text, size_t bytes);

/** What every size is worth in a stage, by simulation. */
struct sizing_sweep {
    double
        rates[SIZING_WORKERS + 1]; /* tasks a second; between sizes that were run, interpolated */
    double best;
    uint32_t size_least; /* the smallest with 95 % of the best rate */
};

/** What a sizer made of a stage. */
struct sizing_result {
    double share;                 /* of the best rate, after the tasks it has to converge in */
    double size_mean;             /* over the same time */
    uint32_t size_low, size_high; /* and its range */
    /** Since the stage began, until the sizes of the next 200 tasks give at least 95 % of the best
     * rate and are in the mean at most half again the least size; infinite: never. */
    double converged_tasks, converged_s;
};

/** How long a run is. */
struct sizing_length {
    double seconds, tasks;         /* a stage lasts at least that long at its best rate */
    double allowed[SIZING_STAGES]; /* tasks to converge in */
};

/** Runs fixed sizes, `tasks` tasks each. 0 or -errno. */
int sizing_sweep(const struct sizing_plant *plant, int stage, uint64_t tasks, uint64_t seed,
                 struct sizing_sweep *sweep_out);

/** Runs a sizer through the plant's stages. 0 or -errno. */
int sizing_run(const struct sizing_plant *plant, const struct sizing_sweep *sweeps,
               const char *sizer, const struct sizing_length *length, uint64_t seed,
               struct sizing_result *results_out);

#endif
