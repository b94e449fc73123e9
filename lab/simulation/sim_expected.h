/* sim_expected.h - which of the formulas hold for a simulated system, and what they say. */
#ifndef TREADLE_LAB_SIM_EXPECTED_H
#define TREADLE_LAB_SIM_EXPECTED_H

#include "lab/simulation/sim_request.h"

/* NAN: no formula. */
struct lab_sim_expected {
    char system[64]; /* after Kendall: "M/M/8", "M/D/1", "M/M/3//20" */
    double load;     /* offered over capacity; NAN for a closed system */
    double wait_ns, wait_ns2, response_ns, rate_per_s;
    bool has_quantiles; /* of waits and responses, by the formulas for exponential service */
    double client_wait_ns[LAB_SIM_CLIENTS_MAX];
};

void lab_sim_expect(const struct lab_sim_request *request, struct lab_sim_expected *expected);

/* The exact mean wait of client `index`, or of the tasks of `priority`, or NAN. */
double lab_sim_expect_client(const struct lab_sim_expected *expected, size_t index);
double lab_sim_expect_priority(const struct lab_sim_request *request, int64_t priority);

/* P(wait > time) and P(response > time), or NAN. */
double lab_sim_expect_wait_beyond(const struct lab_sim_request *request,
                                  const struct lab_sim_expected *expected, double time_ns);
double lab_sim_expect_response_beyond(const struct lab_sim_request *request,
                                      const struct lab_sim_expected *expected, double time_ns);

#endif
