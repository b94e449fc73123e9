/* sizes.h - what formulas about sizes ask of a law of service times besides its moments: where it
 * jumps, how far it reaches, what is left beyond a size. Pure functions; times in ns.
 */
#ifndef TREADLE_LAB_SIZES_H
#define TREADLE_LAB_SIZES_H

#include <stdbool.h>

#include <treadle/sim_time.h>

enum { LAB_ATOMS_MAX = 2 };

/* The values that a law takes with a probability of their own, and these; 0 of them for a law with
 * a density. */
int lab_size_atoms(const struct trd_sim_time *law, double values[LAB_ATOMS_MAX],
                   double probabilities[LAB_ATOMS_MAX]);

/* Where nearly all of a law is, second moments included. */
void lab_size_range(const struct trd_sim_time *law, double *low, double *high);

/* E[S^power; S < size], and P(S > size). */
double lab_size_moment_below(const struct trd_sim_time *law, unsigned power, double size);
double lab_size_tail(const struct trd_sim_time *law, double size);

#endif
