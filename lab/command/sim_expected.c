/* sim_expected.c - picks the formulas.
 *
 * Which discipline a policy is in the books' sense is said here by name; a policy that is not named
 * gets no formula. One worker may serve any mixture; several only exponential times of one mean. */
#include "lab/command/sim_expected.h"

#include "lab/queueing/sim_streams.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool is_policy(const struct lab_sim_request *request, const char *name) {
    const char *policy = request->config.policy;
    size_t length = strlen(name);

    return strncmp(policy, name, length) == 0 && (policy[length] == '\0' || policy[length] == ':');
}

/* As many workers as the formula needs: always all of them. */
static bool is_size_fixed(const struct lab_sim_request *request) {
    const struct trd_sim_config *config = &request->config;

    return config->workers_min == config->workers_max || strcmp(config->sizer, "fixed") == 0;
}

/* Do all clients' tasks take the same times? */
static bool is_one_law(const struct lab_sim_request *request) {
    for (size_t i = 1; i < request->config.client_count; i++) {
        const struct trd_sim_time *time = &request->clients[i].service;

        if (time->law != request->clients[0].service.law ||
            fabs(time->mean_ns - request->clients[0].service.mean_ns) > 0.0) {
            return false;
        }
    }
    return true;
}

static bool is_one_priority(const struct lab_sim_request *request) {
    for (size_t i = 1; i < request->config.client_count; i++) {
        if (request->clients[i].priority != request->clients[0].priority) {
            return false;
        }
    }
    return true;
}

static bool is_exponential(const struct lab_sim_request *request) {
    return is_one_law(request) && request->clients[0].service.law == TRD_SIM_EXPONENTIAL;
}

/* Is there a formula for the mean wait, whatever the discipline? */
static bool is_tractable(const struct lab_sim_request *request) {
    return is_size_fixed(request) && (request->config.workers_max == 1 || is_exponential(request));
}

static bool is_fifo(const struct lab_sim_request *request) {
    return is_policy(request, "fifo") ||
           (is_policy(request, "priority") && is_one_priority(request)) ||
           (is_policy(request, "round_robin") && request->config.client_count == 1);
}

double lab_sim_expect_priority(const struct lab_sim_request *request, int64_t priority) {
    struct lab_stream streams[LAB_SIM_CLIENTS_MAX];

    if (request->config.arrivals != TRD_SIM_POISSON || !is_tractable(request) ||
        !is_policy(request, "priority")) {
        return NAN;
    }
    lab_sim_streams(&request->config, streams);
    return lab_theory_priority_wait(streams, request->config.client_count,
                                    request->config.workers_max, priority);
}

static void expect_open(const struct lab_sim_request *request, struct lab_sim_expected *expected) {
    const struct trd_sim_config *config = &request->config;
    struct lab_stream streams[LAB_SIM_CLIENTS_MAX];
    bool is_blind = is_fifo(request) || is_policy(request, "lifo");
    double wait = 0.0, wait2, service = 0.0;

    lab_sim_streams(&request->config, streams);
    service = lab_theory_sum(streams, config->client_count, 1) / (config->rate_per_s / 1e9);
    expected->load = service * config->rate_per_s / 1e9 / config->workers_max;
    expected->rate_per_s = config->rate_per_s;
    if (!is_tractable(request) || expected->load >= 1.0) {
        return;
    }
    wait = lab_theory_wait(streams, config->client_count, config->workers_max);
    wait2 = lab_theory_wait2(streams, config->client_count, config->workers_max);
    if (is_blind || (is_policy(request, "round_robin") && is_one_law(request))) {
        expected->wait_ns = wait;
    } else if (is_policy(request, "priority")) {
        expected->wait_ns = 0.0;
    }
    if (is_blind) {
        expected->wait_ns2 = is_fifo(request) ? wait2 : wait2 / (1.0 - expected->load);
    }
    expected->has_quantiles = is_fifo(request) && is_exponential(request);
    for (size_t i = 0; i < config->client_count; i++) {
        if (is_blind) {
            expected->client_wait_ns[i] = wait;
        } else if (is_policy(request, "priority")) {
            expected->client_wait_ns[i] = lab_sim_expect_priority(request, streams[i].priority);
            expected->wait_ns +=
                expected->client_wait_ns[i] * streams[i].rate / (config->rate_per_s / 1e9);
        }
    }
    expected->response_ns = expected->wait_ns + service;
}

static void expect_closed(const struct lab_sim_request *request,
                          struct lab_sim_expected *expected) {
    const struct trd_sim_config *config = &request->config;
    double service = request->clients[0].service.mean_ns;
    bool is_known = is_policy(request, "fifo") || is_policy(request, "lifo") ||
                    is_policy(request, "priority") || is_policy(request, "round_robin");

    if (!is_known || !is_size_fixed(request) || !is_exponential(request)) {
        return;
    }
    expected->rate_per_s = 1e9 * lab_theory_closed_rate(config->customers, config->think.mean_ns,
                                                        service, config->workers_max);
    expected->wait_ns = lab_theory_closed_wait(config->customers, config->think.mean_ns, service,
                                               config->workers_max);
    expected->response_ns = expected->wait_ns + service;
}

static void name_system(const struct lab_sim_request *request, char *name, size_t bytes) {
    const struct trd_sim_config *config = &request->config;
    char service = !is_one_law(request)                                     ? 'G'
                   : request->clients[0].service.law == TRD_SIM_EXPONENTIAL ? 'M'
                                                                            : 'D';
    int used = snprintf(name, bytes, "M/%c/%u", service, config->workers_max);

    if (config->arrivals == TRD_SIM_CLOSED && used > 0 && (size_t)used < bytes) {
        (void)snprintf(name + used, bytes - (size_t)used, "//%u", config->customers);
    }
}

void lab_sim_expect(const struct lab_sim_request *request, struct lab_sim_expected *expected) {
    *expected = (struct lab_sim_expected){
        .load = NAN, .wait_ns = NAN, .wait_ns2 = NAN, .response_ns = NAN, .rate_per_s = NAN};
    for (size_t i = 0; i < LAB_SIM_CLIENTS_MAX; i++) {
        expected->client_wait_ns[i] = NAN;
    }
    name_system(request, expected->system, sizeof expected->system);
    switch (request->config.arrivals) {
    case TRD_SIM_POISSON:
        expect_open(request, expected);
        break;
    case TRD_SIM_CLOSED:
        expect_closed(request, expected);
        break;
    case TRD_SIM_PERIODIC:
    case TRD_SIM_MMPP:
    case TRD_SIM_BATCH_POISSON:
    case TRD_SIM_ON_OFF:
    case TRD_SIM_DIURNAL:
    case TRD_SIM_TRACE:
        break; /* no formula */
    }
}
