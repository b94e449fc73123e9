/* demand.h - what a task asks for, on average, from what was measured of all of them.
 *
 * Sums over the tasks of a window go into a memory that fades, so that a few hundred tasks count:
 * more when windows differ by chance, fewer when they agree. When the newest window is further from
 * the memory than chance explains, the tasks have changed and the memory starts anew.
 */
#ifndef TRD_BASE_DEMAND_H
#define TRD_BASE_DEMAND_H

#include <stdbool.h>

#include <treadle/sizer.h>

/** Sums over ticks: ns, and tasks. */
struct trd__demand_sums {
    double ns, finished;
    double busy_ns, cpu_ns, held_ns, lock_wait_ns, core_wait_ns;
    double known; /**< tasks, or looks at the lock where those are fewer: what chance goes by */
};

/** Means of a task, ns. */
struct trd__demand_task {
    double held, cpu, wait; /**< under a lock, computing without one, neither */
};

struct trd__demand {
    struct trd__demand_sums window, memory;
    double unsettled; /**< tasks that must finish before what is measured counts */
    double variance;  /**< of the logarithm of the workers needed, by one task */
    double doubt;     /**< how far off the window before was, in standard errors */
    double changed;   /**< 1 or -1 when the window before was of other tasks; which way they went */
    double cores, locks;
    double used_most;      /**< cores seen used at once */
    bool is_lock_measured; /**< held and waiting times of the lock are known */
};

/** Adds a tick's sample; before the window is settled it only counts the tasks. */
void trd__demand_add(struct trd__demand *demand, const struct trd_sample *sample);

/** So many workers begin together: until as many tasks have ended, nothing is typical. */
void trd__demand_settle(struct trd__demand *demand, double started);

/** Ends the window and takes it into the memory. When the tasks have changed: by how much, as the
 * logarithm of the workers needed now over before; otherwise 0. */
double trd__demand_take(struct trd__demand *demand);

/** A task's means, from `sums` over finished tasks. Where waits for lock or cores are not measured
 * they are part of `wait`. */
struct trd__demand_task trd__demand_mean(const struct trd__demand *demand,
                                         const struct trd__demand_sums *sums);

/** Adds a tick to sums that are faded by the factor `kept` first. */
void trd__demand_sum(struct trd__demand_sums *sums, double kept, const struct trd_sample *sample);

/** Relative standard error of the number of workers that follows from the means. */
double trd__demand_error(const struct trd__demand *demand);

#endif
