/* report_latency.h - latencies under open load: of all blocks of a cell together, all or one
 * client's or one priority's; counted from the moment a task was meant to arrive.
 */
#ifndef TREADLE_LAB_REPORT_LATENCY_H
#define TREADLE_LAB_REPORT_LATENCY_H

#include "lab/model/results.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAB_CLIENTS_MAX = 8 };

/* Which tasks: every one, or those of a client, or those of the highest priority or the others. */
enum lab_latency_of { LAB_LATENCY_ALL, LAB_LATENCY_CLIENT, LAB_LATENCY_URGENT, LAB_LATENCY_OTHER };

struct lab_latencies {
    double *sorted; /* seconds, ascending; owned: lab_latencies_free() */
    size_t count;
    double mean, max;
};

/* Gathers them over the runs that are ok. 0, or -ENOMEM. */
int lab_latencies_gather(struct lab_latencies *latencies, const struct lab_cell *cell,
                         enum lab_latency_of which, uint32_t client);
void lab_latencies_free(struct lab_latencies *latencies);

/* The clients of a cell, ascending. Returns how many, at most LAB_CLIENTS_MAX. */
size_t lab_latency_clients(const struct lab_cell *cell, uint32_t clients[LAB_CLIENTS_MAX]);

/* Do the cell's tasks differ in priority? */
bool lab_latency_has_priorities(const struct lab_cell *cell);

/* Jain's index of the clients' mean latencies: 1 when every client waits alike. NaN without
 * clients. */
double lab_latency_jain(const struct lab_cell *cell);

#endif
