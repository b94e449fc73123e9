/* sim_expected.c - picks the formulas.
 *
 * Which discipline a policy is in the books' sense is said here by name; a policy that is not named
 * gets no formula, and so does any system that no formula fits. One worker may serve any mixture of
 * laws; several only exponential times of one mean. */
#include "lab/simulation/sim_expected.h"

#include "lab/queueing/formulas.h"
#include "lab/queueing/sim_streams.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    HOSTS_MANY = 500,     /* of which the limit of infinitely many speaks */
    STREAMS_OF_SIZE = 16, /* more make the integrals slow */
};

static bool is_policy(const struct lab_sim_request *request, const char *name) {
    const char *policy = request->config.policy;
    size_t length = strlen(name);

    return strncmp(policy, name, length) == 0 && (policy[length] == '\0' || policy[length] == ':');
}

static bool is_one_of(const struct lab_sim_request *request, const char *const *names) {
    for (; *names != NULL; names++) {
        if (is_policy(request, *names)) {
            return true;
        }
    }
    return false;
}

/* As many workers as the formula needs: always all of them. */
static bool is_size_fixed(const struct trd_sim_config *config) {
    return config->workers_min == config->workers_max || strcmp(config->sizer, "fixed") == 0;
}

static bool is_same_law(const struct trd_sim_time *a, const struct trd_sim_time *b) {
    return a->law == b->law && !(fabs(a->mean_ns - b->mean_ns) > 0.0) &&
           !(fabs(a->shape - b->shape) > 0.0) && !(fabs(a->low_ns - b->low_ns) > 0.0) &&
           !(fabs(a->high_ns - b->high_ns) > 0.0);
}

/* Do all clients' tasks take the same times? */
static bool is_one_law(const struct trd_sim_config *config) {
    for (size_t i = 1; i < config->client_count; i++) {
        if (!is_same_law(&config->clients[i].service, &config->clients[0].service)) {
            return false;
        }
    }
    return true;
}

static bool is_one_priority(const struct trd_sim_config *config) {
    for (size_t i = 1; i < config->client_count; i++) {
        if (config->clients[i].priority != config->clients[0].priority) {
            return false;
        }
    }
    return true;
}

static bool is_exponential(const struct trd_sim_config *config) {
    return is_one_law(config) && config->clients[0].service.law == TRD_SIM_EXPONENTIAL;
}

/* Does every task run to its end once it has come, and nothing change on the way? */
static bool is_plain(const struct trd_sim_config *config) {
    for (size_t i = 0; i < config->client_count; i++) {
        if (config->clients[i].drops_late || config->clients[i].cancels_at_timeout) {
            return false;
        }
    }
    return config->client_count <= LAB_SIM_CLIENTS_MAX && !(config->machine.cores > 0.0) &&
           config->step_count == 0 && config->quantum_ns == 0 && is_size_fixed(config);
}

/* Is there a formula for the mean wait, whatever the discipline? */
static bool is_tractable(const struct trd_sim_config *config) {
    return is_plain(config) && !config->is_preemptive && config->host_count <= 1 &&
           (config->workers_max == 1 || is_exponential(config));
}

static bool is_fifo(const struct lab_sim_request *request) {
    return is_policy(request, "fifo") ||
           (is_policy(request, "priority") && is_one_priority(&request->config)) ||
           (is_policy(request, "round_robin") && request->config.client_count == 1);
}

/* Nobody's turn depends on sizes, clients or priorities. */
static bool is_blind(const struct lab_sim_request *request) {
    static const char *const names[] = {"lifo", "random", NULL};

    return is_fifo(request) || is_one_of(request, names);
}

double lab_sim_expect_priority(const struct lab_sim_request *request, int64_t priority) {
    struct lab_stream streams[LAB_SIM_CLIENTS_MAX];
    const struct trd_sim_config *config = &request->config;

    if (config->arrivals != TRD_SIM_POISSON || !is_tractable(config) ||
        !is_policy(request, "priority")) {
        return NAN;
    }
    lab_sim_streams(config, streams);
    if (lab_theory_sum(streams, config->client_count, 1) >= config->workers_max) {
        return NAN;
    }
    return lab_theory_priority_wait(streams, config->client_count, config->workers_max, priority);
}

double lab_sim_expect_client(const struct lab_sim_expected *expected, size_t index) {
    return index < LAB_SIM_CLIENTS_MAX ? expected->client_wait_ns[index] : NAN;
}

/* FIFO, LIFO and random order: equal means, other second moments. */
static void expect_blind(const struct lab_sim_request *request, const struct lab_stream *streams,
                         struct lab_sim_expected *expected) {
    size_t count = request->config.client_count;
    unsigned workers = request->config.workers_max;

    expected->wait_ns = lab_theory_wait(streams, count, workers);
    for (size_t i = 0; i < count; i++) {
        expected->client_wait_ns[i] = expected->wait_ns;
    }
    if (is_fifo(request)) {
        expected->wait_ns2 = lab_theory_wait2(streams, count, workers);
        expected->has_quantiles = is_exponential(&request->config);
    } else if (is_policy(request, "lifo")) {
        expected->wait_ns2 = lab_theory_lifo_wait2(streams, count, workers);
    } else {
        expected->wait_ns2 = lab_theory_random_wait2(streams, count, workers);
    }
}

static void expect_priorities(const struct lab_sim_request *request,
                              const struct lab_stream *streams, struct lab_sim_expected *expected) {
    size_t count = request->config.client_count;

    expected->wait_ns = 0.0;
    for (size_t i = 0; i < count; i++) {
        expected->client_wait_ns[i] = lab_theory_priority_wait(
            streams, count, request->config.workers_max, streams[i].priority);
        expected->wait_ns +=
            expected->client_wait_ns[i] * streams[i].rate / lab_theory_sum(streams, count, 0);
    }
}

/* Are sizes told, and equally well by all? Then `sigma` says how well. */
static bool are_costs_told(const struct trd_sim_config *config, double *sigma) {
    *sigma = config->clients[0].cost_sigma;
    for (size_t i = 0; i < config->client_count; i++) {
        if (!config->clients[i].has_cost || fabs(config->clients[i].cost_sigma - *sigma) > 0.0) {
            return false;
        }
    }
    return true;
}

/* One worker that looks at sizes. Waits with interruption are no formula's: only responses. */
static void expect_sizes(const struct lab_sim_request *request, const struct lab_stream *streams,
                         struct lab_sim_expected *expected) {
    const struct trd_sim_config *config = &request->config;
    size_t count = config->client_count;
    double service = lab_theory_sum(streams, count, 1) / lab_theory_sum(streams, count, 0);
    double sigma;

    if (config->workers_max != 1 || count > STREAMS_OF_SIZE || !are_costs_told(config, &sigma)) {
        return;
    }
    if (config->is_preemptive && !(sigma > 0.0)) {
        enum lab_discipline discipline =
            is_policy(request, "srpt") ? LAB_DISCIPLINE_SRPT : LAB_DISCIPLINE_PSJF;

        expected->response_ns = lab_theory_response(discipline, streams, count, NULL);
    } else if (!config->is_preemptive && sigma > 0.0) {
        expected->wait_ns = lab_theory_hinted_wait(streams, count, sigma);
    } else if (!config->is_preemptive) {
        for (size_t i = 0; i < count; i++) {
            expected->client_wait_ns[i] =
                lab_theory_response(LAB_DISCIPLINE_SJF, streams, count, &streams[i]) -
                trd_sim_time_moment(&streams[i].service, 1, INFINITY);
        }
        expected->wait_ns = lab_theory_response(LAB_DISCIPLINE_SJF, streams, count, NULL) - service;
    }
}

/* Many queues of one worker each, the shortest of some joined. */
static void expect_hosts(const struct lab_sim_request *request, struct lab_sim_expected *expected) {
    const struct trd_sim_config *config = &request->config;
    double service = config->clients[0].service.mean_ns;
    bool is_limit = config->choices > 1;

    if (is_blind(request) && config->workers_max == 1 && is_exponential(config) &&
        !config->is_preemptive && (!is_limit || config->host_count >= HOSTS_MANY)) {
        expected->response_ns =
            service * lab_theory_supermarket_response(expected->load, config->choices);
        expected->wait_ns = expected->response_ns - service;
    }
}

static void expect_poisson(const struct lab_sim_request *request,
                           struct lab_sim_expected *expected) {
    static const char *const by_size[] = {"sjf", "srpt", NULL};
    const struct trd_sim_config *config = &request->config;
    struct lab_stream streams[LAB_SIM_CLIENTS_MAX];
    double service;

    if (!is_plain(config) || expected->load >= 1.0) {
        return;
    }
    lab_sim_streams(config, streams);
    service = lab_theory_sum(streams, config->client_count, 1) / (config->rate_per_s / 1e9);
    if (config->host_count > 1) {
        expect_hosts(request, expected);
    } else if (is_one_of(request, by_size)) {
        expect_sizes(request, streams, expected);
    } else if (is_tractable(config) && is_blind(request)) {
        expect_blind(request, streams, expected);
    } else if (is_tractable(config) && is_policy(request, "priority")) {
        expect_priorities(request, streams, expected);
    } else if (is_tractable(config) && is_policy(request, "round_robin") && is_one_law(config)) {
        expected->wait_ns = lab_theory_wait(streams, config->client_count, config->workers_max);
    }
    if (isnan(expected->response_ns)) {
        expected->response_ns = expected->wait_ns + service;
    }
}

static void expect_closed(const struct lab_sim_request *request,
                          struct lab_sim_expected *expected) {
    static const char *const work_conserving[] = {"fifo",        "lifo",   "priority",
                                                  "round_robin", "random", NULL};
    const struct trd_sim_config *config = &request->config;
    double service = config->clients[0].service.mean_ns;
    double think = trd_sim_time_moment(&config->think, 1, INFINITY);

    if (!is_one_of(request, work_conserving) || !is_plain(config) || config->is_preemptive ||
        config->host_count > 1 || !is_exponential(config)) {
        return;
    }
    expected->rate_per_s =
        1e9 * lab_theory_closed_rate(config->customers, think, service, config->workers_max);
    expected->wait_ns =
        lab_theory_closed_wait(config->customers, think, service, config->workers_max);
    expected->response_ns = expected->wait_ns + service;
}

double lab_sim_expect_wait_beyond(const struct lab_sim_request *request,
                                  const struct lab_sim_expected *expected, double time_ns) {
    const struct trd_sim_config *config = &request->config;

    return expected->has_quantiles ? lab_theory_wait_beyond(config->rate_per_s / 1e9,
                                                            request->clients[0].service.mean_ns,
                                                            config->workers_max, time_ns)
                                   : NAN;
}

double lab_sim_expect_response_beyond(const struct lab_sim_request *request,
                                      const struct lab_sim_expected *expected, double time_ns) {
    const struct trd_sim_config *config = &request->config;

    return expected->has_quantiles ? lab_theory_response_beyond(config->rate_per_s / 1e9,
                                                                request->clients[0].service.mean_ns,
                                                                config->workers_max, time_ns)
                                   : NAN;
}

static const char *arrival_letter(enum trd_sim_arrivals arrivals) {
    switch (arrivals) {
    case TRD_SIM_POISSON:
    case TRD_SIM_CLOSED:
        return "M";
    case TRD_SIM_PERIODIC:
        return "D";
    case TRD_SIM_MMPP:
        return "MMPP";
    case TRD_SIM_BATCH_POISSON:
        return "M[X]";
    case TRD_SIM_ON_OFF:
    case TRD_SIM_TRACE:
        return "G";
    case TRD_SIM_DIURNAL:
        return "M(t)";
    }
    return "G";
}

static const char *service_letter(const struct trd_sim_config *config) {
    if (!is_one_law(config) || config->machine.cores > 0.0) {
        return "G";
    }
    switch (config->clients[0].service.law) {
    case TRD_SIM_EXPONENTIAL:
        return "M";
    case TRD_SIM_DETERMINISTIC:
        return "D";
    case TRD_SIM_ERLANG:
        return "E";
    case TRD_SIM_HYPEREXPONENTIAL:
        return "H2";
    case TRD_SIM_LOGNORMAL:
    case TRD_SIM_BOUNDED_PARETO:
    case TRD_SIM_BIMODAL:
        return "G";
    }
    return "G";
}

static void name_system(const struct trd_sim_config *config, char *name, size_t bytes) {
    char hosts[24] = "", customers[24] = "";

    if (config->host_count > 1) {
        (void)snprintf(hosts, sizeof hosts, "%u x ", config->host_count);
    }
    if (config->arrivals == TRD_SIM_CLOSED) {
        (void)snprintf(customers, sizeof customers, "//%u", config->customers);
    }
    (void)snprintf(name, bytes, "%s%s/%s/%u%s", hosts, arrival_letter(config->arrivals),
                   service_letter(config), config->workers_max, customers);
}

void lab_sim_expect(const struct lab_sim_request *request, struct lab_sim_expected *expected) {
    const struct trd_sim_config *config = &request->config;

    *expected = (struct lab_sim_expected){
        .load = NAN, .wait_ns = NAN, .wait_ns2 = NAN, .response_ns = NAN, .rate_per_s = NAN};
    for (size_t i = 0; i < LAB_SIM_CLIENTS_MAX; i++) {
        expected->client_wait_ns[i] = NAN;
    }
    name_system(config, expected->system, sizeof expected->system);
    if (config->arrivals == TRD_SIM_CLOSED) {
        expect_closed(request, expected);
        return;
    }
    expected->load = config->rate_per_s * lab_sim_demand_ns(config) / 1e9;
    if (config->arrivals != TRD_SIM_TRACE) {
        expected->rate_per_s = config->rate_per_s;
    }
    if (config->arrivals == TRD_SIM_POISSON) {
        expect_poisson(request, expected);
    }
}
