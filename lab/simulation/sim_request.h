/* sim_request.h - what is to be simulated: the simulator's configuration, the names of its clients,
 * and what is to be made of it. */
#ifndef TREADLE_LAB_SIM_REQUEST_H
#define TREADLE_LAB_SIM_REQUEST_H

#include <stdbool.h>

#include <treadle/treadle.h>

#include "lab/simulation/client_draft.h"
#include "lab/trace/arrival_trace.h"

enum {
    LAB_SIM_CLIENTS_MAX = 64, /* that can be written down */
    LAB_SIM_NAME_BYTES = 32,
    LAB_SIM_STEPS_MAX = 16,
    LAB_SIM_REPLICATIONS_MAX = 1000,
};

struct lab_sim_request {
    struct trd_sim_config config;       /* points at what follows */
    struct trd_policy_spec policy_spec; /* of a policy from a shared object */
    struct trd_sim_client *clients;     /* owned */
    char (*names)[LAB_SIM_NAME_BYTES];
    struct trd_sim_step steps[LAB_SIM_STEPS_MAX];

    struct lab_client_draft task; /* what a client does not say */
    struct lab_law_draft think;
    const char *clients_text; /* "NAME:key=value,.../NAME..." or NULL */
    double load;              /* below 0: none was given */

    const char *trace_path, *durations_path; /* NULL: no trace */
    struct lab_trace *trace;                 /* owned */
    double speed;
    bool has_task_count, has_workers, has_task; /* given, not the default */

    uint32_t replications;
    const char *theatre; /* policies, or NULL */
    const char *html;    /* a file to write, or NULL */
    const char *replay;  /* a file to replay instead, or NULL */
    bool is_json;
    const char *const *arguments; /* as typed, to be repeated */
    size_t argument_count;
};

/* The defaults of everything. */
void lab_sim_request_init(struct lab_sim_request *request);
/* Fills in what depends on several settings; opens the trace. 0, or -errno with `error`. */
int lab_sim_request_complete(struct lab_sim_request *request, struct trd_error *error);
/* May be called after lab_sim_request_init(), whatever happened since. */
void lab_sim_request_free(struct lab_sim_request *request);

/* What a task asks for on the mean, over what there is: of the workers, or on a machine of the
 * scarcest of workers, locks and cores. Times the rate, it is the load: 1 is the most there can be.
 */
double lab_sim_demand_ns(const struct trd_sim_config *config);

/* Reads "at=10s,rate=2000,cores=2,service=..." as the next step. */
int lab_sim_request_step(struct lab_sim_request *request, const char *text,
                         struct trd_error *error);
/* Reads "cores=4,gils=1,handoff=50us,noise=0.1". */
int lab_sim_request_machine(struct lab_sim_request *request, const char *text,
                            struct trd_error *error);

#endif
