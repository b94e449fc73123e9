/* theatre.h - the policy theatre: the same tasks under several policies, side by side.
 *
 * A first run draws the arrivals and sizes; then they are replayed under every policy, until the
 * last task is done, so that all policies are given exactly the same work. */
#ifndef TREADLE_LAB_THEATRE_H
#define TREADLE_LAB_THEATRE_H

#include <stdio.h>

#include "lab/simulation/sim_request.h"

enum {
    LAB_THEATRE_ACTS_MAX = 12,
    LAB_THEATRE_TASKS = 60,
    LAB_THEATRE_TASKS_MAX = 2000,
    LAB_THEATRE_WORKERS = 3,
    LAB_THEATRE_WORKERS_MAX = 32,
    LAB_THEATRE_CLIENTS_MAX = 6, /* colours that can be told apart */
};

/* What a client's tasks met; NAN when none ran to its end. */
struct lab_act_part {
    double mean_ns, p95_ns, max_ns; /* of responses */
    size_t finished, lost;          /* lost: refused, expired, given up */
};

/* One policy's run. */
struct lab_act {
    char policy[96];
    struct trd_sim_report report; /* its slices are the chart */
    struct lab_act_part all;
    struct lab_act_part clients[LAB_THEATRE_CLIENTS_MAX];
};

struct lab_theatre {
    const struct lab_sim_request *request;
    struct lab_act acts[LAB_THEATRE_ACTS_MAX];
    size_t act_count;
    uint64_t end_ns; /* of the longest act */
    uint64_t task_count;
};

/* What a request for a theatre is when it does not say: small enough to be seen. Called before
 * lab_sim_request_complete(). */
void lab_theatre_defaults(struct lab_sim_request *request);
/* 0, or -errno with `error`. To be given to lab_theatre_free(). */
int lab_theatre_play(const struct lab_sim_request *request, struct lab_theatre *theatre,
                     struct trd_error *error);
void lab_theatre_free(struct lab_theatre *theatre);

/* Errors stay in the stream. */
void lab_theatre_write_text(FILE *out, const struct lab_theatre *theatre);
/* 0, or -ENOMEM or -EIO. */
int lab_theatre_write_json(FILE *out, const struct lab_theatre *theatre);
/* 0, or -errno. */
int lab_theatre_write_html(FILE *out, const struct lab_theatre *theatre);

/* Waits of a run, for the charts: each from a submit or a yield to the next start or the end of
 * waiting, in the order they began, in rows none of which holds two at a time. */
struct lab_wait {
    uint64_t from_ns, to_ns;
    uint64_t task;
    uint32_t client_index, row;
    bool is_lost; /* it ended without a start */
};

/* At most `count_max`; returns how many, and how many rows. */
size_t lab_theatre_waits(const struct trd_sim_report *report, struct lab_wait *waits,
                         size_t count_max, uint32_t *row_count_out);

#endif
