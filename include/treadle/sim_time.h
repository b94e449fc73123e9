/* sim_time.h - how the times of a simulation are distributed.
 *
 * One struct for every law, its moments in closed form, and drawing from it. The moments cut off at
 * a limit are what the formulas of size-based policies are made of.
 */
#ifndef TREADLE_SIM_TIME_H
#define TREADLE_SIM_TIME_H

#include <stdint.h>

#include <treadle/param.h>
#include <treadle/rng.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/** How times are distributed, and which members of struct trd_sim_time say so. Members that a law
 * does not name must be 0. */
enum trd_sim_law {
    TRD_SIM_EXPONENTIAL = 0,  /**< mean_ns */
    TRD_SIM_DETERMINISTIC,    /**< mean_ns: always this */
    TRD_SIM_ERLANG,           /**< mean_ns; shape: stages, a whole number from 1 to 1000 */
    TRD_SIM_HYPEREXPONENTIAL, /**< mean_ns; shape: squared coefficient of variation, > 1 to 1e6; two
                                 stages with balanced means */
    TRD_SIM_LOGNORMAL,        /**< mean_ns; shape: sigma of the logarithm, > 0 to 10 */
    TRD_SIM_BOUNDED_PARETO,   /**< shape: alpha, > 0 to 100; low_ns to high_ns */
    TRD_SIM_BIMODAL,          /**< low_ns, or high_ns with probability `shape` (0 to 1) */
};

/** All zero is always 0, where a time of 0 is allowed. */
struct trd_sim_time {
    enum trd_sim_law law;
    double mean_ns; /**< up to 1e15 */
    double shape;
    double low_ns, high_ns; /**< 1 to 1e15, low_ns < high_ns */
};

/** 0, or -EINVAL with `error` (which may be NULL): what is wrong with `what`. Means below `min_ns`
 * are wrong, too. Pure. */
int trd_sim_time_check(const struct trd_sim_time *time, double min_ns, const char *what,
                       struct trd_error *error);

/** E[S^power; S <= limit_ns] in ns^power, `power` from 0 to 3, of a time that was checked: with a
 * limit of INFINITY the moment, with power 0 the distribution function. Pure, closed form. */
double trd_sim_time_moment(const struct trd_sim_time *time, unsigned power, double limit_ns);

/** The density at `at_ns`, 1/ns; 0 for deterministic and bimodal times, which have none. Pure. */
double trd_sim_time_density(const struct trd_sim_time *time, double at_ns);

/** Draws a time, rounded to whole nanoseconds. The same generator gives the same times on every
 * compiler. Not thread-safe for one generator. */
uint64_t trd_sim_time_draw(const struct trd_sim_time *time, struct trd_rng *rng);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
