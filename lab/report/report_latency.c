/* report_latency.c - latencies of all blocks of a cell together. */
#include "lab/report/report_latency.h"

#include "lab/stats/jain.h"
#include "lab/stats/quantile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Calls per task of every run that is ok. */
struct walk {
    const struct lab_run *run, *end;
    size_t next;
};

static const struct lab_latency *walk_next(struct walk *walk) {
    for (; walk->run < walk->end; walk->run++, walk->next = 0) {
        if (walk->run->outcome == LAB_OUTCOME_OK && walk->next < walk->run->latency_count)
            return &walk->run->latency[walk->next++];
    }
    return NULL;
}

static struct walk walk_of(const struct lab_cell *cell) {
    return (struct walk){.run = cell->runs,
                         .end = cell->runs ? cell->runs + cell->run_count : NULL};
}

/* The highest and the lowest priority of a cell's tasks. */
static void priorities_of(const struct lab_cell *cell, int32_t *lowest, int32_t *highest) {
    struct walk walk = walk_of(cell);
    const struct lab_latency *task;
    *lowest = INT32_MAX;
    *highest = INT32_MIN;
    while ((task = walk_next(&walk))) {
        *lowest = task->priority < *lowest ? task->priority : *lowest;
        *highest = task->priority > *highest ? task->priority : *highest;
    }
}

static bool is_wanted(const struct lab_latency *task, enum lab_latency_of which, uint32_t client,
                      int32_t highest) {
    switch (which) {
    case LAB_LATENCY_ALL:
        return true;
    case LAB_LATENCY_CLIENT:
        return task->client == client;
    case LAB_LATENCY_URGENT:
        return task->priority == highest;
    case LAB_LATENCY_OTHER:
        return task->priority < highest;
    }
    return false;
}

int lab_latencies_gather(struct lab_latencies *latencies, const struct lab_cell *cell,
                         enum lab_latency_of which, uint32_t client) {
    size_t count_max = 0;
    int32_t lowest, highest;
    double sum = 0;
    *latencies = (struct lab_latencies){.mean = (double)NAN, .max = (double)NAN};
    for (size_t i = 0; i < cell->run_count; i++)
        count_max += cell->runs[i].latency_count;
    latencies->sorted = calloc(count_max > 0 ? count_max : 1, sizeof(double));
    if (!latencies->sorted)
        return -ENOMEM;
    priorities_of(cell, &lowest, &highest);
    struct walk walk = walk_of(cell);
    const struct lab_latency *task;
    while ((task = walk_next(&walk))) {
        double seconds = task->end_s - task->intended_s;
        if (!is_wanted(task, which, client, highest) || isnan(seconds))
            continue;
        latencies->sorted[latencies->count++] = seconds;
        sum += seconds;
    }
    lab_sort(latencies->sorted, latencies->count);
    if (latencies->count > 0) {
        latencies->mean = sum / (double)latencies->count;
        latencies->max = latencies->sorted[latencies->count - 1];
    }
    return 0;
}

void lab_latencies_free(struct lab_latencies *latencies) {
    free(latencies->sorted);
    *latencies = (struct lab_latencies){0};
}

size_t lab_latency_clients(const struct lab_cell *cell, uint32_t clients[LAB_CLIENTS_MAX]) {
    struct walk walk = walk_of(cell);
    const struct lab_latency *task;
    size_t count = 0;
    while ((task = walk_next(&walk))) {
        size_t at = 0;
        while (at < count && clients[at] < task->client)
            at++;
        if ((at < count && clients[at] == task->client) || count == LAB_CLIENTS_MAX)
            continue;
        for (size_t i = count++; i > at; i--)
            clients[i] = clients[i - 1];
        clients[at] = task->client;
    }
    return count;
}

bool lab_latency_has_priorities(const struct lab_cell *cell) {
    int32_t lowest, highest;
    priorities_of(cell, &lowest, &highest);
    return lowest < highest;
}

double lab_latency_jain(const struct lab_cell *cell) {
    uint32_t clients[LAB_CLIENTS_MAX];
    double means[LAB_CLIENTS_MAX];
    size_t count = lab_latency_clients(cell, clients);
    for (size_t i = 0; i < count; i++) {
        struct lab_latencies latencies;
        if (lab_latencies_gather(&latencies, cell, LAB_LATENCY_CLIENT, clients[i]) < 0)
            return (double)NAN;
        means[i] = latencies.mean;
        lab_latencies_free(&latencies);
    }
    return lab_jain(means, count);
}
