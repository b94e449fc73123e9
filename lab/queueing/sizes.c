/* sizes.c - atoms, ranges and tails of the laws of service times. */
#include "lab/queueing/sizes.h"

#include <math.h>

int lab_size_atoms(const struct trd_sim_time *law, double values[LAB_ATOMS_MAX],
                   double probabilities[LAB_ATOMS_MAX]) {
    switch (law->law) {
    case TRD_SIM_DETERMINISTIC:
        values[0] = law->mean_ns;
        probabilities[0] = 1.0;
        return 1;
    case TRD_SIM_BIMODAL:
        values[0] = law->low_ns;
        values[1] = law->high_ns;
        probabilities[0] = 1.0 - law->shape;
        probabilities[1] = law->shape;
        return 2;
    case TRD_SIM_EXPONENTIAL:
    case TRD_SIM_ERLANG:
    case TRD_SIM_HYPEREXPONENTIAL:
    case TRD_SIM_LOGNORMAL:
    case TRD_SIM_BOUNDED_PARETO:
        return 0;
    }
    return 0;
}

void lab_size_range(const struct trd_sim_time *law, double *low, double *high) {
    double sigma = law->shape, stages = law->law == TRD_SIM_ERLANG ? law->shape : 1.0;

    switch (law->law) {
    case TRD_SIM_DETERMINISTIC:
        *low = *high = law->mean_ns;
        return;
    case TRD_SIM_EXPONENTIAL:
    case TRD_SIM_ERLANG:
        *low = law->mean_ns / stages * 1e-13;
        *high = law->mean_ns / stages * (stages + 9.0 * sqrt(stages) + 40.0);
        return;
    case TRD_SIM_HYPEREXPONENTIAL: /* the longer stage's mean is about (1 + shape) / 2 of all */
        *low = law->mean_ns * 1e-13;
        *high = law->mean_ns * 50.0 * (1.0 + law->shape);
        return;
    case TRD_SIM_LOGNORMAL: /* second moments sit two variances higher */
        *low = law->mean_ns * exp(-(9.0 + sigma / 2.0) * sigma);
        *high = law->mean_ns * exp((9.0 + 1.5 * sigma) * sigma);
        return;
    case TRD_SIM_BOUNDED_PARETO:
    case TRD_SIM_BIMODAL:
        *low = law->low_ns;
        *high = law->high_ns;
        return;
    }
}

double lab_size_moment_below(const struct trd_sim_time *law, unsigned power, double size) {
    return size > 0.0 ? trd_sim_time_moment(law, power, nextafter(size, 0.0)) : 0.0;
}

double lab_size_tail(const struct trd_sim_time *law, double size) {
    double cut, sigma = law->shape;

    if (law->law == TRD_SIM_LOGNORMAL && size > 0.0) { /* far out 1 - P is rounding alone */
        return erfc((log(size / law->mean_ns) + sigma * sigma / 2.0) / (sigma * sqrt(2.0))) / 2.0;
    }
    if (law->law == TRD_SIM_BOUNDED_PARETO) {
        cut = pow(law->low_ns / law->high_ns, law->shape);
        return fmax(0.0,
                    (pow(law->low_ns / fmax(size, law->low_ns), law->shape) - cut) / (1.0 - cut));
    }
    return fmax(0.0, 1.0 - trd_sim_time_moment(law, 0, size));
}
