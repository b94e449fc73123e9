/* synthetic_queue.h - latencies for made-up studies: four servers, three clients, open arrivals. */
#ifndef TREADLE_TESTS_SYNTHETIC_QUEUE_H
#define TREADLE_TESTS_SYNTHETIC_QUEUE_H

#include "lab/model/results.h"

#include <stdint.h>

enum { SYNTHETIC_QUEUE_TASKS = 512 };

/* Serves seeded Poisson arrivals of the given load by "fifo", "lifo", "priority" or "round_robin"
 * and fills in when each task was meant to come, began and ended. Returns the longest queue. */
double synthetic_queue(uint64_t seed, double load, const char *policy,
                       struct lab_latency tasks[SYNTHETIC_QUEUE_TASKS]);

#endif
