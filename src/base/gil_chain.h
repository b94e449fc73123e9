/* gil_chain.h - how fast N workers go whose tasks compute under a lock, compute, and wait.
 *
 * A task holds one of `locks` locks for `held`, computes without it for `cpu` and waits for
 * `wait`, each on average. Who computes shares the `cores`; a lock that is contended stands idle
 * for `handoff` before the next one has it. Tasks that hold the lock and tasks that do not are the
 * two places of a Markov chain; its rate with n tasks inside, computed once for every n, then
 * serves N workers of which the others wait (Norton's reduction: exact when only one of lock and
 * cores matters, close otherwise).
 * Sources: D. Gross, C. Harris, Fundamentals of Queueing Theory (machine repair); K. Chandy,
 * U. Herzog, L. Woo, IBM J. of Research and Development 19, 1975 (the reduction).
 */
#ifndef TRD_BASE_GIL_CHAIN_H
#define TRD_BASE_GIL_CHAIN_H

#include <stdint.h>

enum {
    TRD__GIL_CHAIN_LEVELS = 192,   /* tasks inside that are told apart; more go as fast */
    TRD__GIL_CHAIN_WORKERS = 4096, /* more are extrapolated */
};

struct trd__gil_chain {
    /** Means of a task, all in one unit of time; not negative, not all 0. */
    double held, cpu, wait;
    double handoff;
    double cores; /**< > 0 */
    double locks; /**< 0: held counts as cpu */

    uint32_t count; /**< levels that were solved */
    double rates[TRD__GIL_CHAIN_LEVELS + 1];
};

/** Fills in the rates; `wait` may still change afterwards. At most `workers_max` tasks are inside.
 * O(levels^2), less where the rate levels off sooner: about 0.1 ms for 128. */
void trd__gil_chain_solve(struct trd__gil_chain *chain, uint32_t workers_max);

/** Tasks per unit of time that `workers` do. O(workers). */
double trd__gil_chain_rate(const struct trd__gil_chain *chain, uint32_t workers);

/** The smallest number of workers, at most `workers_max`, that reaches `share` of the rate of
 * `workers_max`. O(workers log workers). */
uint32_t trd__gil_chain_size(const struct trd__gil_chain *chain, double share,
                             uint32_t workers_max);

/** The mean wait with which `workers` would reach `rate`; 0 when they cannot. For when waits are
 * not measured. O(workers). */
double trd__gil_chain_wait(const struct trd__gil_chain *chain, uint32_t workers, double rate);

#endif
