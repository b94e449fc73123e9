/* closed_network.h - throughput of N workers whose tasks hold an interpreter lock for c, compute
 * without it for r and wait for w, all exponential: exact solutions, for the tests only.
 *
 * Independent of the library's own model of such plants, which the sizer uses. */
#ifndef TESTS_THEORY_CLOSED_NETWORK_H
#define TESTS_THEORY_CLOSED_NETWORK_H

enum { NETWORK_WORKERS = 32 };

struct network {
    double held, cpu, wait; /* means of the phases; 0: skipped */
    unsigned locks;         /* at least 1 */
    unsigned cores;         /* at least 1 */
    unsigned workers;       /* 1 to NETWORK_WORKERS */
};

/** One lock, and cores enough: machine repairman, (1 - B(N, w/c)) / c. Ignores cpu. */
double network_repairman(const struct network *network);
/** The lock and the cores as separate stations that do not disturb each other, one lock: exact mean
 * value analysis with a station of many servers (Reiser and Lavenberg 1980). */
double network_mean_values(const struct network *network);
/** Whoever holds a lock needs a core, too, and the cores are shared by all who compute: the Markov
 * chain of how many are in which phase, solved by elimination without subtraction (Grassmann,
 * Taksar and Heyman 1985). */
double network_chain(const struct network *network);

#endif
