/* theory_formulas.c - the rows: how a formula is evaluated and where the report shows it. */
#include "tests/theory/theory_formulas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct trd_sim_estimate estimate;

static estimate wait(const struct theory_run *run) {
    return run->report.total.wait_ns;
}

static estimate square(const struct theory_run *run) {
    return run->report.total.wait_ns2;
}

static estimate response(const struct theory_run *run) {
    return run->report.total.response_ns;
}

static estimate late(const struct theory_run *run) {
    return run->report.total.late;
}

static estimate service_times_wait(const struct theory_run *run) {
    return run->report.total.service_wait_ns2;
}

static estimate client_wait(const struct theory_run *run) {
    return run->report.clients[run->of->index].wait_ns;
}

static estimate client_response(const struct theory_run *run) {
    return run->report.clients[run->of->index].response_ns;
}

/* Without an error of their own: these need replications. */
static estimate throughput(const struct theory_run *run) {
    return (estimate){run->report.total.rate_per_s / 1e9, 0.0};
}

static estimate not_served(const struct theory_run *run) {
    const struct trd_sim_row *row = &run->report.total;
    const double lost = (double)(row->refused + row->given_up);
    return (estimate){lost / (lost + (double)row->finished), 0.0};
}

static double workers(const struct theory_run *run) {
    return run->config.workers_max;
}

static double rate(const struct theory_run *run) {
    return lab_theory_sum(run->streams, run->config.client_count, 0);
}

static double mean_service(const struct theory_run *run) {
    return lab_theory_sum(run->streams, run->config.client_count, 1) / rate(run);
}

static double fifo_wait(const struct theory_run *run) {
    return lab_theory_wait(run->streams, run->config.client_count, run->config.workers_max);
}

static double fifo_square(const struct theory_run *run) {
    return lab_theory_wait2(run->streams, run->config.client_count, run->config.workers_max);
}

static double last_in_first_out_square(const struct theory_run *run) {
    return lab_theory_lifo_wait2(run->streams, run->config.client_count, run->config.workers_max);
}

static double any_order_square(const struct theory_run *run) {
    return lab_theory_random_wait2(run->streams, run->config.client_count, run->config.workers_max);
}

static double beyond_late(const struct theory_run *run) {
    return lab_theory_wait_beyond(rate(run), mean_service(run), run->config.workers_max,
                                  (double)run->config.late_ns);
}

static double conserved(const struct theory_run *run) {
    return lab_theory_conserved(run->streams, run->config.client_count) / rate(run);
}

static double priority_wait(const struct theory_run *run) {
    return lab_theory_priority_wait(run->streams, run->config.client_count, run->config.workers_max,
                                    run->streams[run->of->index].priority);
}

/* A parameter of the case's policy, as in "name:key=1.5". */
static double parameter(const struct theory_run *run, const char *key) {
    const char *found = strstr(run->of->policy, key);
    assert_non_null(found);
    return strtod(found + strlen(key), NULL);
}

static double growing_priority_wait(const struct theory_run *run) {
    const double growth = parameter(run, "growth=");
    double slopes[THEORY_CLIENTS], waits[THEORY_CLIENTS];
    for (size_t i = 0; i < run->config.client_count; i++) {
        slopes[i] = pow(growth, (double)run->streams[i].priority);
    }
    lab_theory_accumulating_waits(run->streams, slopes, run->config.client_count, waits);
    return waits[run->of->index];
}

static double response_under(const struct theory_run *run, enum lab_discipline discipline) {
    return lab_theory_response(discipline, run->streams, run->config.client_count, NULL);
}

static double client_response_under(const struct theory_run *run, enum lab_discipline discipline) {
    return lab_theory_response(discipline, run->streams, run->config.client_count,
                               &run->streams[run->of->index]);
}

static double shortest_first_wait(const struct theory_run *run) {
    return response_under(run, LAB_DISCIPLINE_SJF) - mean_service(run);
}

static double shortest_first_client_wait(const struct theory_run *run) {
    const struct trd_sim_time *service = &run->streams[run->of->index].service;
    return client_response_under(run, LAB_DISCIPLINE_SJF) -
           trd_sim_time_moment(service, 1, INFINITY);
}

static double hinted_wait(const struct theory_run *run) {
    return lab_theory_hinted_wait(run->streams, run->config.client_count,
                                  run->config.clients[0].cost_sigma);
}

static double least_left(const struct theory_run *run) {
    return response_under(run, LAB_DISCIPLINE_SRPT);
}

static double least_left_client(const struct theory_run *run) {
    return client_response_under(run, LAB_DISCIPLINE_SRPT);
}

static double smallest(const struct theory_run *run) {
    return response_under(run, LAB_DISCIPLINE_PSJF);
}

static double smallest_client(const struct theory_run *run) {
    return client_response_under(run, LAB_DISCIPLINE_PSJF);
}

static double shared(const struct theory_run *run) {
    return response_under(run, LAB_DISCIPLINE_PS);
}

static double shared_client(const struct theory_run *run) {
    return client_response_under(run, LAB_DISCIPLINE_PS);
}

static double least_attained(const struct theory_run *run) {
    return response_under(run, LAB_DISCIPLINE_FB);
}

static double least_attained_client(const struct theory_run *run) {
    return client_response_under(run, LAB_DISCIPLINE_FB);
}

static double shortest_queue(const struct theory_run *run) {
    return lab_theory_supermarket_response(rate(run) * mean_service(run) / run->config.host_count,
                                           run->config.choices) *
           mean_service(run);
}

static double closed_wait(const struct theory_run *run) {
    return lab_theory_closed_wait(run->config.customers, run->config.think.mean_ns,
                                  run->config.clients[0].service.mean_ns, run->config.workers_max);
}

static double closed_rate(const struct theory_run *run) {
    return lab_theory_closed_rate(run->config.customers, run->config.think.mean_ns,
                                  run->config.clients[0].service.mean_ns, run->config.workers_max);
}

static double blocked(const struct theory_run *run) {
    return lab_theory_erlang_b(run->config.workers_max, rate(run) * mean_service(run));
}

static double turned_away(const struct theory_run *run) {
    const unsigned places = run->config.workers_max + (unsigned)parameter(run, "max=");
    return lab_theory_refused(rate(run) * mean_service(run) / workers(run), run->config.workers_max,
                              places);
}

const struct theory_formula pollaczek_khinchine = {
    "T1", "E[W]", 1, "lambda E[S^2] / (2 (1 - rho))", wait, fifo_wait};
const struct theory_formula takacs = {
    "T2", "E[W^2]", 2, "2 E[W]^2 + lambda E[S^3] / (3 (1 - rho))", square, fifo_square};
const struct theory_formula erlang_c = {"T3", "E[W]", 1, "C / (c mu (1 - rho))", wait, fifo_wait};
const struct theory_formula erlang_c_square = {"T3",   "E[W^2]",   2, "2 C / (c mu (1 - rho))^2",
                                               square, fifo_square};
const struct theory_formula erlang_tail = {"T4", "P(W > t)", 0, "C exp(-(c mu - lambda) t)",
                                           late, beyond_late};
const struct theory_formula same_mean = {"T5", "E[W]", 1, "that of fifo", wait, fifo_wait};
const struct theory_formula conservation = {
    "T5", "E[S W]", 2, "sum rho_i E[W_i] = rho W_0 / (1 - rho)", service_times_wait, conserved};
const struct theory_formula lifo_square = {
    "T6", "E[W^2]", 2, "that of fifo / (1 - rho)", square, last_in_first_out_square};
const struct theory_formula random_square = {
    "T7", "E[W^2]", 2, "that of fifo / (1 - rho / 2)", square, any_order_square};
const struct theory_formula cobham = {
    "T8", "E[W_i]", 1, "W_0 / ((1 - sigma_(k-1)) (1 - sigma_k))", client_wait, priority_wait};
const struct theory_formula cobham_erlang = {
    "T9",        "E[W_i]",     1, "C / (c mu) / ((1 - sigma_(k-1)) (1 - sigma_k))",
    client_wait, priority_wait};
const struct theory_formula delay_dependent = {
    "T10",
    "E[W_i]",
    1,
    "(W_0 / (1 - rho) - sum_(i<p) rho_i E[W_i] (1 - b_i / b_p)) / (1 - sum_(i>p) rho_i (1 - b_p / "
    "b_i))",
    client_wait,
    growing_priority_wait};
const struct theory_formula phipps = {"T11", "E[W]",
                                      1,     "mean over x of lambda E[S^2] / (2 (1 - rho_x)^2)",
                                      wait,  shortest_first_wait};
const struct theory_formula phipps_client = {
    "T11",       "E[W_i]",
    1,           "mean over x of lambda E[S^2] / (2 (1 - rho_x)^2)",
    client_wait, shortest_first_client_wait};
const struct theory_formula mispredicted = {
    "T12", "E[W]", 1, "mean over hints y of lambda E[S^2] / (2 (1 - rho'_y)^2)", wait, hinted_wait};

#define SRPT_TEXT                                                                                  \
    "mean over x of lambda (int_0^x t^2 f + x^2 F'(x)) / (2 (1 - rho_x)^2) + int_0^x dt / (1 - "   \
    "rho_t)"
const struct theory_formula schrage_miller = {"T13", "E[T]", 1, SRPT_TEXT, response, least_left};
const struct theory_formula schrage_miller_client = {"T13",     "E[T_i]",        1,
                                                     SRPT_TEXT, client_response, least_left_client};
#define PSJF_TEXT "mean over x of lambda int_0^x t^2 f / (2 (1 - rho_x)^2) + x / (1 - rho_x)"
const struct theory_formula preemptive_shortest = {"T13", "E[T]", 1, PSJF_TEXT, response, smallest};
const struct theory_formula preemptive_shortest_client = {
    "T13", "E[T_i]", 1, PSJF_TEXT, client_response, smallest_client};
const struct theory_formula processor_sharing = {"T13b",   "E[T]", 1, "E[S] / (1 - rho)",
                                                 response, shared};
const struct theory_formula processor_sharing_client = {
    "T13b", "E[T_i]", 1, "E[S_i] / (1 - rho)", client_response, shared_client};
#define FB_TEXT                                                                                    \
    "mean over x of lambda int_0^x t F' dt / (1 - rho~_x)^2 + x / (1 - rho~_x), rho~_x = lambda "  \
    "int_0^x F'"
const struct theory_formula least_served = {"T13c", "E[T]", 1, FB_TEXT, response, least_attained};
const struct theory_formula least_served_client = {"T13c",  "E[T_i]",        1,
                                                   FB_TEXT, client_response, least_attained_client};
const struct theory_formula supermarket = {
    "T17", "E[T]", 1, "sum over i >= 1 of lambda^((d^i - d) / (d - 1))", response, shortest_queue};
const struct theory_formula repairman_wait = {"T19", "E[W]",     1, "N / X - Z - E[S]",
                                              wait,  closed_wait};
const struct theory_formula repairman_rate = {"T19",      "X",        -1, "(1 - B(N, Z / D)) / D",
                                              throughput, closed_rate};
const struct theory_formula erlang_b = {"T20", "P(lost)", 0, "B(c, a)", not_served, blocked};
const struct theory_formula full_house = {
    "T20", "P(refused)", 0, "(1 - rho) rho^K / (1 - rho^(K + 1))", not_served, turned_away};
