/* formulas_hinted.c - shortest first by a hint that is off: hint = size x exp(sigma Z).
 *
 * A task waits for those with smaller hints, so with rho'(y) the load of the tasks with hints up to
 * y, E[W | hint y] = lambda E[S^2] / (2 (1 - rho'(y))^2). The law of sizes is turned into nodes
 * once; hints then are a mixture of lognormals, one around each node. */
#include "lab/queueing/formulas.h"

#include "lab/queueing/quadrature.h"
#include "lab/queueing/sizes.h"

#include <math.h>
#include <stdlib.h>

/* Sizes as nodes: rate of tasks at each. */
struct nodes {
    double *log_size, *rate;
    size_t count, capacity;
    const struct lab_stream *stream; /* being added */
};

static void put_node(struct nodes *nodes, double log_size, double rate) {
    if (nodes->capacity > nodes->count && nodes->log_size != NULL) {
        nodes->log_size[nodes->count] = log_size;
        nodes->rate[nodes->count] = rate;
    }
    nodes->count++;
}

static void add_size(void *context, double log_size, double weight) {
    struct nodes *nodes = context;
    double size = exp(log_size);

    put_node(nodes, log_size,
             nodes->stream->rate * weight * size *
                 trd_sim_time_density(&nodes->stream->service, size));
}

static void add_streams(struct nodes *nodes, const struct lab_stream *streams, size_t count,
                        double panel) {
    nodes->count = 0;
    for (size_t i = 0; i < count; i++) {
        double values[LAB_ATOMS_MAX], probabilities[LAB_ATOMS_MAX], low, high;
        int atoms = lab_size_atoms(&streams[i].service, values, probabilities);

        for (int k = 0; k < atoms; k++) {
            put_node(nodes, log(values[k]), streams[i].rate * probabilities[k]);
        }
        if (atoms == 0) {
            nodes->stream = &streams[i];
            lab_size_range(&streams[i].service, &low, &high);
            lab_quadrature_visit(log(low), log(high), panel, add_size, nodes);
        }
    }
}

struct hinted {
    const struct nodes *nodes;
    double sigma, found;
    double sum; /* rate x wait */
};

/* One hint y: the rate of tasks there, and the load of those below. */
static void add_hint(void *context, double log_hint, double weight) {
    struct hinted *hinted = context;
    double load = 0.0, rate = 0.0;

    for (size_t i = 0; i < hinted->nodes->count; i++) {
        double z = (log_hint - hinted->nodes->log_size[i]) / hinted->sigma;
        double work = hinted->nodes->rate[i] * exp(hinted->nodes->log_size[i]);

        if (z > 9.0) {
            load += work;
        } else if (z > -9.0) {
            load += work * erfc(-z / sqrt(2.0)) / 2.0;
            rate += hinted->nodes->rate[i] * exp(-z * z / 2.0);
        }
    }
    rate /= hinted->sigma * sqrt(2.0 * acos(-1.0));
    hinted->sum += weight * rate * hinted->found / ((1.0 - load) * (1.0 - load));
}

static double hinted_wait(const struct nodes *nodes, const struct lab_stream *streams, size_t count,
                          double sigma, double panel) {
    struct hinted hinted = {nodes, sigma, lab_theory_sum(streams, count, 2) / 2.0, 0.0};
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < nodes->count; i++) {
        low = fmin(low, nodes->log_size[i]);
        high = fmax(high, nodes->log_size[i]);
    }
    lab_quadrature_visit(low - 9.0 * sigma, high + 9.0 * sigma, panel, add_hint, &hinted);
    return hinted.sum / lab_theory_sum(streams, count, 0);
}

double lab_theory_hinted_wait(const struct lab_stream *streams, size_t count, double sigma) {
    double panel = fmin(0.5, 2.0 * sigma);
    struct nodes nodes = {0};
    double wait = NAN;

    if (sigma < 0.02) {
        return lab_theory_response(LAB_DISCIPLINE_SJF, streams, count, NULL) -
               lab_theory_sum(streams, count, 1) / lab_theory_sum(streams, count, 0);
    }
    add_streams(&nodes, streams, count, panel); /* only counts: there is no room yet */
    nodes.capacity = nodes.count;
    nodes.log_size = malloc(2 * nodes.capacity * sizeof *nodes.log_size);
    if (nodes.log_size != NULL) {
        nodes.rate = nodes.log_size + nodes.capacity;
        add_streams(&nodes, streams, count, panel);
        wait = hinted_wait(&nodes, streams, count, sigma, fmax(panel, fmin(2.0, sigma / 2.0)));
    }
    free(nodes.log_size);
    return wait;
}
