/* synthetic_queue.c - a small queue on its own, not the simulator: tests of the laboratory do not
 * depend on the engine. */
#include "tests/lab/synthetic_queue.h"

#include "tests/lab/synthetic_study.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { SERVERS = 4, CLIENTS = 3 };

struct queue {
    struct lab_latency *tasks;
    double service[SYNTHETIC_QUEUE_TASKS];
    bool is_waiting[SYNTHETIC_QUEUE_TASKS];
    uint32_t last_client; /* round-robin's turn */
    const char *policy;
};

/* Arrivals: 60, 30 and 10 % from clients 1, 2 and 3, one in ten with priority; nine in ten tasks
 * are short, the tenth takes ten times as long; mean service 10 ms. */
static void arrive(struct queue *queue, uint64_t seed, double load) {
    struct synthetic source = {.random = seed};
    double now = 0;
    for (size_t i = 0; i < SYNTHETIC_QUEUE_TASKS; i++) {
        now -= log(synthetic_uniform(&source)) * 0.010 / (load * SERVERS);
        double who = synthetic_uniform(&source);
        bool is_urgent = synthetic_uniform(&source) < 0.1;
        bool is_long = synthetic_uniform(&source) < 0.1;
        queue->tasks[i] = (struct lab_latency){
            .client = who < 0.6   ? 1
                      : who < 0.9 ? 2
                                  : 3,
            .priority = is_urgent ? 10 : 0,
            .intended_s = now,
        };
        queue->service[i] = (is_long ? 10.0 : 1.0) * 0.010 / 1.9;
        queue->is_waiting[i] = true;
    }
}

/* Turns until the client is next under round-robin. */
static uint32_t turns(const struct queue *queue, size_t task) {
    return (queue->tasks[task].client + 2 * CLIENTS - queue->last_client - 1) % CLIENTS;
}

/* Whether the policy serves the later task `b` before `a`. */
static bool is_before(const struct queue *queue, size_t b, size_t a) {
    if (strcmp(queue->policy, "lifo") == 0)
        return true;
    if (strcmp(queue->policy, "priority") == 0)
        return queue->tasks[b].priority > queue->tasks[a].priority;
    if (strcmp(queue->policy, "round_robin") == 0)
        return turns(queue, b) < turns(queue, a);
    return false;
}

/* The task the policy takes at `now`; SYNTHETIC_QUEUE_TASKS when none waits. */
static size_t take(struct queue *queue, double now, double *waiting) {
    size_t chosen = SYNTHETIC_QUEUE_TASKS;
    *waiting = 0;
    for (size_t i = 0; i < SYNTHETIC_QUEUE_TASKS && queue->tasks[i].intended_s <= now; i++) {
        if (!queue->is_waiting[i])
            continue;
        ++*waiting;
        if (chosen == SYNTHETIC_QUEUE_TASKS || is_before(queue, i, chosen))
            chosen = i;
    }
    return chosen;
}

static double first_waiting(const struct queue *queue) {
    for (size_t i = 0; i < SYNTHETIC_QUEUE_TASKS; i++) {
        if (queue->is_waiting[i])
            return queue->tasks[i].intended_s;
    }
    return INFINITY;
}

double synthetic_queue(uint64_t seed, double load, const char *policy,
                       struct lab_latency tasks[SYNTHETIC_QUEUE_TASKS]) {
    struct queue queue = {.tasks = tasks, .policy = policy, .last_client = CLIENTS};
    double free_at[SERVERS] = {0};
    double longest = 0;
    arrive(&queue, seed, load);
    for (size_t served = 0; served < SYNTHETIC_QUEUE_TASKS; served++) {
        size_t server = 0;
        for (size_t i = 1; i < SERVERS; i++)
            server = free_at[i] < free_at[server] ? i : server;
        double now = fmax(free_at[server], first_waiting(&queue));
        double waiting;
        size_t task = take(&queue, now, &waiting);
        longest = fmax(longest, waiting);
        queue.is_waiting[task] = false;
        queue.last_client = tasks[task].client;
        tasks[task].start_s = now;
        tasks[task].end_s = free_at[server] = now + queue.service[task];
    }
    return longest;
}
