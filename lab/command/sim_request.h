/* sim_request.h - what `treadle sim` was asked for. */
#ifndef TREADLE_LAB_SIM_REQUEST_H
#define TREADLE_LAB_SIM_REQUEST_H

#include <stdbool.h>

#include <treadle/treadle.h>

enum { LAB_SIM_CLIENTS_MAX = 64, LAB_SIM_NAME_BYTES = 32 };

struct lab_sim_request {
    struct trd_sim_config config; /* `clients` points at the member below */
    struct trd_sim_client clients[LAB_SIM_CLIENTS_MAX];
    char names[LAB_SIM_CLIENTS_MAX][LAB_SIM_NAME_BYTES];
    const char *clients_text; /* of --clients, read when all options are known */
    struct trd_sim_time service;
    double load;        /* 0: the rate was given */
    const char *replay; /* a file to replay instead, or NULL */
    bool is_json;
};

/* Parses the arguments. LAB_OPTIONS_GO_ON with a complete request, or the exit code to leave with
 * (what is wrong has been said). */
int lab_sim_request_parse(int argc, char **argv, struct lab_sim_request *request);

/* A time such as "1.5ms", in ns, units ns us ms s. False: it is none, or not from 0 to 1e15. */
bool lab_sim_time_parse(const char *text, double *ns_out);

/* Reads "web:share=9,priority=1/batch:share=1,service=deterministic,mean=20ms" into the request;
 * what a client does not say is the request's. 0, or an exit code after saying what is wrong. */
int lab_sim_clients_parse(const char *text, struct lab_sim_request *request);

#endif
