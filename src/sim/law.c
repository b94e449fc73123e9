/* law.c - the laws of times: what is allowed, drawing, moments, densities.
 *
 * Draws use log and exp of the C library and nothing that a compiler may reorder, so a seed gives
 * the same times with gcc and clang.
 */
#include "sim/law.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>

#include "sim/sim_config.h"

#define TIME_MAX_NS 1e15
#define STAGES_MAX 1000.0
#define POWER_MAX 3

/* Which members a law has, and what its shape may be. */
struct law {
    const char *name;
    bool has_mean, has_range;
    const char *shape; /* its meaning; NULL: must be 0 */
    double shape_min, shape_max;
};

static const struct law laws[] = {
    [TRD_SIM_EXPONENTIAL] = {"exponential", true, false, NULL, 0.0, 0.0},
    [TRD_SIM_DETERMINISTIC] = {"deterministic", true, false, NULL, 0.0, 0.0},
    [TRD_SIM_ERLANG] = {"erlang", true, false, "number of stages", 1.0, STAGES_MAX},
    [TRD_SIM_HYPEREXPONENTIAL] = {"hyperexponential", true, false,
                                  "squared coefficient of variation", 1.0, 1e6},
    [TRD_SIM_LOGNORMAL] = {"lognormal", true, false, "sigma", 1e-9, 10.0},
    [TRD_SIM_BOUNDED_PARETO] = {"bounded Pareto", false, true, "alpha", 1e-3, 100.0},
    [TRD_SIM_BIMODAL] = {"bimodal", false, true, "probability of the high value", 0.0, 1.0},
};

static int check_range(const struct trd_sim_time *time, const char *what, struct trd_error *error) {
    if (!laws[time->law].has_range) {
        if (time->low_ns != 0.0 || time->high_ns != 0.0) {
            trd__sim_say(error, "%s: a %s time has no lowest and highest value", what,
                         laws[time->law].name);
            return -EINVAL;
        }
        return 0;
    }
    if (!(time->low_ns >= 1.0 && time->low_ns < time->high_ns && time->high_ns <= TIME_MAX_NS)) {
        trd__sim_say(error, "%s: the range must be within 1 to %g ns, not %g to %g ns", what,
                     TIME_MAX_NS, time->low_ns, time->high_ns);
        return -EINVAL;
    }
    if (time->mean_ns != 0.0) {
        trd__sim_say(error, "%s: the mean of a %s time follows from its range: give none", what,
                     laws[time->law].name);
        return -EINVAL;
    }
    return 0;
}

static int check_shape(const struct trd_sim_time *time, const char *what, struct trd_error *error) {
    const struct law *law = &laws[time->law];
    if (!law->shape) {
        if (time->shape != 0.0) {
            trd__sim_say(error, "%s: a %s time has no shape", what, law->name);
            return -EINVAL;
        }
        return 0;
    }
    const bool is_above = time->law == TRD_SIM_HYPEREXPONENTIAL ? time->shape > law->shape_min
                                                                : time->shape >= law->shape_min;
    if (!(is_above && time->shape <= law->shape_max)) {
        trd__sim_say(error, "%s: the %s must be %s %g to %g, not %g", what, law->shape,
                     time->law == TRD_SIM_HYPEREXPONENTIAL ? "above" : "from", law->shape_min,
                     law->shape_max, time->shape);
        return -EINVAL;
    }
    if (time->law == TRD_SIM_ERLANG && time->shape != floor(time->shape)) {
        trd__sim_say(error, "%s: the number of stages must be whole, not %g", what, time->shape);
        return -EINVAL;
    }
    return 0;
}

int trd_sim_time_check(const struct trd_sim_time *time, double min_ns, const char *what,
                       struct trd_error *error) {
    if ((unsigned)time->law >= sizeof laws / sizeof laws[0]) {
        trd__sim_say(error, "%s: unknown law %d", what, (int)time->law);
        return -EINVAL;
    }
    if (time->law != TRD_SIM_EXPONENTIAL && time->law != TRD_SIM_DETERMINISTIC && min_ns < 1.0) {
        min_ns = 1.0; /* only these two may be nothing */
    }
    if (laws[time->law].has_mean && !(time->mean_ns >= min_ns && time->mean_ns <= TIME_MAX_NS)) {
        trd__sim_say(error, "%s: the mean must be from %g to %g ns, not %g", what, min_ns,
                     TIME_MAX_NS, time->mean_ns);
        return -EINVAL;
    }
    return check_range(time, what, error) || check_shape(time, what, error) ? -EINVAL : 0;
}

/* The two stages of a hyperexponential time: balanced means give each half of the mean. */
struct stages {
    double probability[2], mean[2];
};

static struct stages balanced(const struct trd_sim_time *time) {
    const double p = 0.5 * (1.0 + sqrt((time->shape - 1.0) / (time->shape + 1.0)));
    return (struct stages){{p, 1.0 - p},
                           {time->mean_ns / (2.0 * p), time->mean_ns / (2.0 * (1.0 - p))}};
}

static double lognormal_mu(const struct trd_sim_time *time) {
    return log(time->mean_ns) - 0.5 * time->shape * time->shape;
}

/* 1 - (low / high)^alpha: what is left of the Pareto law after the cut. */
static double pareto_kept(const struct trd_sim_time *time) {
    return -expm1(time->shape * log(time->low_ns / time->high_ns));
}

double trd__normal(struct trd_rng *rng) {
    const double radius = sqrt(-2.0 * log(1.0 - trd_rng_double(rng)));
    return radius * cos(6.283185307179586 * trd_rng_double(rng)); /* Box and Muller 1958 */
}

static double draw_erlang(const struct trd_sim_time *time, struct trd_rng *rng) {
    const int stages = (int)time->shape;
    double sum = 0.0;
    for (int i = 0; i < stages; i++) {
        sum += trd_rng_exponential(rng, 1.0);
    }
    return sum * time->mean_ns / time->shape;
}

static double draw_hyperexponential(const struct trd_sim_time *time, struct trd_rng *rng) {
    const struct stages stages = balanced(time);
    const bool is_second = trd_rng_double(rng) >= stages.probability[0];
    return trd_rng_exponential(rng, stages.mean[is_second]);
}

static double draw_bounded_pareto(const struct trd_sim_time *time, struct trd_rng *rng) {
    const double below = trd_rng_double(rng) * pareto_kept(time);
    const double value = time->low_ns * exp(-log1p(-below) / time->shape);
    return value < time->high_ns ? value : time->high_ns;
}

static double draw(const struct trd_sim_time *time, struct trd_rng *rng) {
    switch (time->law) {
    case TRD_SIM_EXPONENTIAL:
        return trd_rng_exponential(rng, time->mean_ns);
    case TRD_SIM_DETERMINISTIC:
        return time->mean_ns;
    case TRD_SIM_ERLANG:
        return draw_erlang(time, rng);
    case TRD_SIM_HYPEREXPONENTIAL:
        return draw_hyperexponential(time, rng);
    case TRD_SIM_LOGNORMAL:
        return exp(lognormal_mu(time) + time->shape * trd__normal(rng));
    case TRD_SIM_BOUNDED_PARETO:
        return draw_bounded_pareto(time, rng);
    case TRD_SIM_BIMODAL:
        return trd_rng_double(rng) < time->shape ? time->high_ns : time->low_ns;
    }
    assert(false); /* the law was checked */
    return 0.0;
}

uint64_t trd_sim_time_draw(const struct trd_sim_time *time, struct trd_rng *rng) {
    const double value = draw(time, rng);
    return value < 1e18 ? (uint64_t)(value + 0.5) : UINT64_C(1000000000000000000);
}

static double factorial_ratio(unsigned from, unsigned count) {
    double product = 1.0;
    for (unsigned i = 1; i <= count; i++) {
        product *= (double)(from + i);
    }
    return product;
}

static double log_factorial(unsigned n) {
    double sum = 0.0;
    for (unsigned i = 2; i <= n; i++) {
        sum += log((double)i);
    }
    return sum;
}

/* P(order, x): the regularised incomplete gamma function for a whole first argument. */
static double gamma_part(unsigned order, double x) {
    if (x >= 1e300) {
        return 1.0;
    }
    if (x <= 0.0) {
        return 0.0;
    }
    /* The term x^order e^-x / order!, then whichever of the two series converges fast. */
    const double first = exp((double)order * log(x) - x - log_factorial(order));
    double term = first, sum = 0.0;
    if (x < (double)order + 1.0) {
        for (unsigned i = 1; i <= 4000 && term > sum * 1e-17; i++) {
            sum += term;
            term *= x / (double)(order + i);
        }
        return sum;
    }
    for (unsigned i = order; i > 0; i--) {
        term *= (double)i / x;
        sum += term;
    }
    return 1.0 - sum;
}

/* Of a sum of `stages` exponential times with mean `mean`. */
static double erlang_moment(unsigned stages, double mean, unsigned power, double limit) {
    return pow(mean, (double)power) * factorial_ratio(stages - 1, power) *
           gamma_part(stages + power, limit / mean);
}

static double hyperexponential_moment(const struct trd_sim_time *time, unsigned power,
                                      double limit) {
    const struct stages stages = balanced(time);
    return stages.probability[0] * erlang_moment(1, stages.mean[0], power, limit) +
           stages.probability[1] * erlang_moment(1, stages.mean[1], power, limit);
}

static double lognormal_moment(const struct trd_sim_time *time, unsigned power, double limit) {
    const double mu = lognormal_mu(time), sigma = time->shape, k = power;
    const double z = (log(limit) - mu - k * sigma * sigma) / sigma;
    return exp(k * mu + 0.5 * k * k * sigma * sigma) * 0.5 * erfc(-z / sqrt(2.0));
}

static double bounded_pareto_moment(const struct trd_sim_time *time, unsigned power, double limit) {
    const double low = time->low_ns;
    const double up = limit < time->high_ns ? limit : time->high_ns;
    if (up <= low) {
        return 0.0;
    }
    const double k = (double)power - time->shape;
    const double logarithm = log(up / low);
    const double part = fabs(k) < 1e-12 ? logarithm : expm1(k * logarithm) / k;
    return time->shape * pow(low, (double)power) * part / pareto_kept(time);
}

double trd_sim_time_moment(const struct trd_sim_time *time, unsigned power, double limit_ns) {
    const double k = power;
    assert(power <= POWER_MAX);
    if (!(limit_ns >= 0.0)) {
        return 0.0;
    }
    switch (time->law) {
    case TRD_SIM_EXPONENTIAL:
    case TRD_SIM_DETERMINISTIC:
    case TRD_SIM_ERLANG:
        if (time->law == TRD_SIM_DETERMINISTIC || time->mean_ns == 0.0) {
            return limit_ns >= time->mean_ns ? pow(time->mean_ns, k) : 0.0;
        }
        return time->law == TRD_SIM_EXPONENTIAL
                   ? erlang_moment(1, time->mean_ns, power, limit_ns)
                   : erlang_moment((unsigned)time->shape, time->mean_ns / time->shape, power,
                                   limit_ns);
    case TRD_SIM_HYPEREXPONENTIAL:
        return hyperexponential_moment(time, power, limit_ns);
    case TRD_SIM_LOGNORMAL:
        return limit_ns > 0.0 ? lognormal_moment(time, power, limit_ns) : 0.0;
    case TRD_SIM_BOUNDED_PARETO:
        return bounded_pareto_moment(time, power, limit_ns);
    case TRD_SIM_BIMODAL:
        return (limit_ns >= time->low_ns ? (1.0 - time->shape) * pow(time->low_ns, k) : 0.0) +
               (limit_ns >= time->high_ns ? time->shape * pow(time->high_ns, k) : 0.0);
    }
    assert(false); /* the law was checked */
    return 0.0;
}

static double erlang_density(double stages, double mean, double at) {
    if (at == 0.0) {
        return stages == 1.0 ? 1.0 / mean : 0.0;
    }
    return exp((stages - 1.0) * log(at / mean) - at / mean - log_factorial((unsigned)stages - 1)) /
           mean;
}

static double lognormal_density(const struct trd_sim_time *time, double at) {
    const double z = (log(at) - lognormal_mu(time)) / time->shape;
    return exp(-0.5 * z * z) / (at * time->shape * 2.5066282746310002);
}

double trd_sim_time_density(const struct trd_sim_time *time, double at_ns) {
    if (!(at_ns >= 0.0) || (time->mean_ns == 0.0 && laws[time->law].has_mean)) {
        return 0.0;
    }
    switch (time->law) {
    case TRD_SIM_EXPONENTIAL:
        return erlang_density(1.0, time->mean_ns, at_ns);
    case TRD_SIM_ERLANG:
        return erlang_density(time->shape, time->mean_ns / time->shape, at_ns);
    case TRD_SIM_HYPEREXPONENTIAL: {
        const struct stages stages = balanced(time);
        return stages.probability[0] * erlang_density(1.0, stages.mean[0], at_ns) +
               stages.probability[1] * erlang_density(1.0, stages.mean[1], at_ns);
    }
    case TRD_SIM_LOGNORMAL:
        return at_ns > 0.0 ? lognormal_density(time, at_ns) : 0.0;
    case TRD_SIM_BOUNDED_PARETO:
        if (at_ns < time->low_ns || at_ns > time->high_ns) {
            return 0.0;
        }
        return time->shape * exp(-time->shape * log(at_ns / time->low_ns)) /
               (at_ns * pareto_kept(time));
    case TRD_SIM_DETERMINISTIC:
    case TRD_SIM_BIMODAL:
        return 0.0;
    }
    assert(false); /* the law was checked */
    return 0.0;
}
