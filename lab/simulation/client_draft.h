/* client_draft.h - clients in the language of `treadle sim`:
 * "web:share=9,priority=1,service=exp:mean=1ms,deadline=20ms/batch:service=bimodal:p=0.1,...".
 *
 * The keys of laws and those of clients are different words, so a law's keys simply follow it:
 * they belong to the last law named, before any to `service`. */
#ifndef TREADLE_LAB_CLIENT_DRAFT_H
#define TREADLE_LAB_CLIENT_DRAFT_H

#include <treadle/sim.h>

#include "lab/simulation/time_law.h"

enum lab_client_law {
    LAB_CLIENT_SERVICE,
    LAB_CLIENT_HELD,
    LAB_CLIENT_CPU,
    LAB_CLIENT_WAIT,
    LAB_CLIENT_DEADLINE,
    LAB_CLIENT_TIMEOUT,
    LAB_CLIENT_LAWS,
};

/* A client while it is being read. */
struct lab_client_draft {
    double share;
    int64_t priority;
    uint32_t weight, visits;
    uint32_t class_index; /* LAB_CLASS_OWN: each client is a class of its own */
    bool drops_late, cancels_at_timeout;
    bool has_cost;
    double cost_sigma;
    struct lab_law_draft laws[LAB_CLIENT_LAWS];
};

#define LAB_CLASS_OWN UINT32_MAX

/* Exponential service of 1 ms, exact cost hints, nothing else. */
struct lab_client_draft lab_client_draft_init(void);
/* Takes "key=value,key=value". */
int lab_client_draft_take(struct lab_client_draft *draft, const char *text, const char *where,
                          struct trd_error *error);
/* Client number `index`, complete and checked. */
int lab_client_draft_finish(const struct lab_client_draft *draft, size_t index, const char *where,
                            struct trd_sim_client *client_out, struct trd_error *error);

#endif
