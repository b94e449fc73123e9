/* quadrature.c - Gauss-Legendre rules in the logarithm of sizes.
 *
 * Laws reach over many decades, and in the logarithm they are smooth everywhere but where they jump
 * or end; the rule is cut there. */
#include "lab/queueing/quadrature.h"

#include "lab/queueing/sizes.h"

#include <math.h>

enum { NODES = 8 }; /* of each sign */
static const double PANEL = 0.5;

/* Abscissas and weights of the rule with 16 nodes (Abramowitz and Stegun, table 25.4). */
static const double nodes[NODES] = {0.095012509837637440185, 0.281603550779258913230,
                                    0.458016777657227386342, 0.617876244402643748447,
                                    0.755404408355003033895, 0.865631202387831743880,
                                    0.944575023073232576078, 0.989400934991649932596};
static const double weights[NODES] = {0.189450610455068496285, 0.182603415044923588867,
                                      0.169156519395002538189, 0.149595988816576732081,
                                      0.124628971255533872052, 0.095158511682492784810,
                                      0.062253523938647892863, 0.027152459411754094852};

void lab_quadrature_visit(double low, double high, double panel, lab_visit_node *visit,
                          void *context) {
    unsigned panels = (unsigned)fmax(1.0, ceil((high - low) / panel));
    double half = (high - low) / (2.0 * panels);

    for (unsigned i = 0; i < panels; i++) {
        double middle = low + (2.0 * i + 1.0) * half;

        for (size_t k = 0; k < NODES; k++) {
            visit(context, middle - half * nodes[k], half * weights[k]);
            visit(context, middle + half * nodes[k], half * weights[k]);
        }
    }
}

/* The first place after `after` where a law of the streams jumps or ends, at most `limit`. */
static double next_cut(const struct lab_stream *streams, size_t count, double after, double limit) {
    for (size_t i = 0; i < count; i++) {
        double low, high; /* a bimodal law has its atoms there */

        lab_size_range(&streams[i].service, &low, &high);
        limit = low > after ? fmin(limit, low) : limit;
        limit = high > after ? fmin(limit, high) : limit;
    }
    return limit;
}

struct integral {
    lab_of_size *of;
    const void *context;
    const struct trd_sim_time *law; /* NULL: its density is 1 */
    double sum;
};

static void add_node(void *context, double log_size, double weight) {
    struct integral *integral = context;
    double size = exp(log_size);
    double density = integral->law != NULL ? trd_sim_time_density(integral->law, size) : 1.0;

    integral->sum += weight * size * density * integral->of(integral->context, size);
}

/* Adds the integral from `low` to `high`, both > 0. */
static void add_range(struct integral *integral, const struct lab_stream *streams, size_t count,
                      double low, double high) {
    while (low < high) {
        double cut = next_cut(streams, count, low, high);

        lab_quadrature_visit(log(low), log(cut), PANEL, add_node, integral);
        low = cut;
    }
}

double lab_integral_over_law(const struct lab_stream *streams, size_t count,
                             const struct trd_sim_time *law, lab_of_size *of, const void *context) {
    struct integral integral = {of, context, law, 0.0};
    double values[LAB_ATOMS_MAX], probabilities[LAB_ATOMS_MAX], low, high;
    int atoms = lab_size_atoms(law, values, probabilities);

    for (int i = 0; i < atoms; i++) {
        integral.sum += probabilities[i] * of(context, values[i]);
    }
    if (atoms == 0) {
        lab_size_range(law, &low, &high);
        add_range(&integral, streams, count, low, high);
    }
    return integral.sum;
}

double lab_integral_up_to(const struct lab_stream *streams, size_t count, double size,
                          lab_of_size *of, const void *context) {
    struct integral integral = {of, context, NULL, 0.0};
    double low = INFINITY, high = 0.0;

    for (size_t i = 0; i < count; i++) {
        double start, end;

        lab_size_range(&streams[i].service, &start, &end);
        low = start > 0.0 ? fmin(low, start) : low;
        high = fmax(high, end);
    }
    high = fmin(high, size);
    if (high <= low) {
        return high > 0.0 ? high * of(context, high / 2.0) : 0.0;
    }
    add_range(&integral, streams, count, low, high);
    integral.sum += low * of(context, low / 2.0); /* nothing is smaller: `of` is constant there */
    if (!isinf(size) && size > high) {
        integral.sum += (size - high) * of(context, size); /* nothing is larger */
    }
    return integral.sum;
}
