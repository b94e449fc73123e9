/* yields.h - what happens at the marked places of the library (os/yield_point.h): seeded waits.
 *
 * Each seed has a temper of its own: most places are calm, some are lively, a few are slow. Then
 * what rarely happens in nature happens in every run of some seed. A seed repeats the choices, and
 * with them, mostly, the interleaving.
 *
 * A watchdog ends the program when a seed takes too long, and says which it was and where every
 * thread was seen last. */
#ifndef TESTS_LIVE_YIELDS_H
#define TESTS_LIVE_YIELDS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "os/yield_point.h"

enum { YIELDS_PATIENCE_S = 60 };

/** Hangs the hook up for `seed` and starts the watchdog. With `lacks_threads`, a third of the
 * threads that the library wants cannot be started. No pool may exist. */
void yields_begin(uint64_t seed, bool lacks_threads);
/** Takes both away. No pool may exist. */
void yields_end(void);
/** Whether the marked place was passed since the program began. */
bool yields_has_reached(enum trd__yield_point point);
const char *yields_name(enum trd__yield_point point);

/** Starts a thread of the test's own, which is never refused. As pthread_create(). */
int yields_thread(pthread_t *thread, void *(*run)(void *arg), void *arg);

/** The seeds to run: TREADLE_TEST_SEED says which one; TREADLE_TEST_SEEDS, how many there are
 * instead of `usual`. */
struct yields_seeds {
    uint64_t first, count;
};
struct yields_seeds yields_seeds(uint64_t usual);

/** Ends the program, and says the seed, unless `is_true`. On any thread. */
void yields_demand(bool is_true, const char *what, const char *file, int line);
#define must(condition) yields_demand((condition), #condition, __FILE__, __LINE__)

#endif
