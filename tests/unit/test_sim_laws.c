/* test_sim_laws.c - the laws of times: what is drawn has the moments that are promised, the moments
 * agree with the density, and nonsense is refused. */
#include "tests/check.h"

#include <treadle/sim_time.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "sim/ziggurat.h"

enum { DRAWS = 400000 };

static const struct {
    const char *name;
    struct trd_sim_time time;
} laws[] = {
    {"exponential", {.law = TRD_SIM_EXPONENTIAL, .mean_ns = 1e6}},
    {"deterministic", {.law = TRD_SIM_DETERMINISTIC, .mean_ns = 1e6}},
    {"erlang 1", {.law = TRD_SIM_ERLANG, .mean_ns = 1e6, .shape = 1}},
    {"erlang 7", {.law = TRD_SIM_ERLANG, .mean_ns = 1e6, .shape = 7}},
    {"hyperexponential", {.law = TRD_SIM_HYPEREXPONENTIAL, .mean_ns = 1e6, .shape = 4}},
    {"lognormal", {.law = TRD_SIM_LOGNORMAL, .mean_ns = 1e6, .shape = 0.5}},
    {"pareto 1.5", {.law = TRD_SIM_BOUNDED_PARETO, .shape = 1.5, .low_ns = 1e5, .high_ns = 1e7}},
    {"pareto 1", {.law = TRD_SIM_BOUNDED_PARETO, .shape = 1, .low_ns = 1e5, .high_ns = 1e7}},
    {"pareto 2", {.law = TRD_SIM_BOUNDED_PARETO, .shape = 2, .low_ns = 1e5, .high_ns = 1e7}},
    {"bimodal", {.law = TRD_SIM_BIMODAL, .shape = 0.1, .low_ns = 1e5, .high_ns = 1e7}},
};
enum { LAWS = sizeof laws / sizeof laws[0] };

/* The mean of `power` of the draws up to a limit, against the moment cut off there. */
static void check_draws(size_t law, unsigned power, double limit_ns) {
    const struct trd_sim_time *time = &laws[law].time;
    struct trd_rng rng;
    double sum = 0.0, squares = 0.0;
    trd_rng_init(&rng, 20240 + law);
    for (int i = 0; i < DRAWS; i++) {
        const double drawn = (double)trd_sim_time_draw(time, &rng);
        const double value = drawn <= limit_ns ? pow(drawn, power) : 0.0;
        sum += value;
        squares += value * value;
    }
    const double mean = sum / DRAWS;
    const double error = sqrt(fmax(squares / DRAWS - mean * mean, 0.0) / DRAWS);
    const double exact = trd_sim_time_moment(time, power, limit_ns);
    if (!(fabs(mean - exact) <= 4.0 * error + 1e-9 * fabs(exact))) {
        fail_msg("%s: E[S^%u; S <= %g] is %.8g, drawn %.8g +- %.2g", laws[law].name, power,
                 limit_ns, exact, mean, error);
    }
}

static void drawn_times_have_the_moments_that_are_promised(void **state) {
    (void)state;
    for (size_t law = 0; law < LAWS; law++) {
        for (unsigned power = 0; power <= 3; power++) {
            check_draws(law, power, INFINITY);
            check_draws(law, power, 4e5 + 0.5);
            check_draws(law, power, 3e6 + 0.5);
        }
    }
}

/* Simpson's rule on steps that grow with the value. */
static double integral(const struct trd_sim_time *time, unsigned power, double from, double to) {
    enum { STEPS = 20000 };
    const double ratio = log(to / from) / STEPS;
    double sum = 0.0;
    for (int i = 0; i < STEPS; i++) {
        const double a = from * exp(ratio * i), b = from * exp(ratio * (i + 1));
        const double middle = 0.5 * (a + b);
        sum += (b - a) / 6.0 *
               (trd_sim_time_density(time, a) * pow(a, power) +
                4.0 * trd_sim_time_density(time, middle) * pow(middle, power) +
                trd_sim_time_density(time, b) * pow(b, power));
    }
    return sum;
}

static void moments_are_integrals_of_the_density(void **state) {
    (void)state;
    for (size_t law = 0; law < LAWS; law++) {
        const struct trd_sim_time *time = &laws[law].time;
        if (time->law == TRD_SIM_DETERMINISTIC || time->law == TRD_SIM_BIMODAL) {
            assert_true(trd_sim_time_density(time, 1e6) == 0.0);
            continue;
        }
        const double from = time->low_ns > 0.0 ? time->low_ns : 1e-3;
        const double limits[] = {2e5, 1e6, 9e6};
        for (size_t i = 0; i < 3; i++) {
            for (unsigned power = 0; power <= 3; power++) {
                const double exact = trd_sim_time_moment(time, power, limits[i]);
                const double summed = integral(time, power, from, limits[i]);
                if (!(fabs(summed - exact) <= 1e-6 * exact)) {
                    fail_msg("%s: E[S^%u; S <= %g] is %.10g, its integral %.10g", laws[law].name,
                             power, limits[i], exact, summed);
                }
            }
        }
    }
}

static void the_ziggurat_draws_the_exponential_law(void **state) {
    (void)state;
    enum { MANY = 4000000 };
    static struct trd__ziggurat ziggurat;
    struct trd_rng rng;
    double sums[3] = {0.0, 0.0, 0.0};
    int above = 0; /* where the tail is drawn otherwise */
    trd__ziggurat_init(&ziggurat);
    trd_rng_init(&rng, 1);
    for (int i = 0; i < MANY; i++) {
        const double x = trd__ziggurat_draw(&ziggurat, &rng);
        sums[0] += x;
        sums[1] += x * x;
        sums[2] += x * x * x;
        above += x > 7.7;
    }
    const double exact[] = {1.0, 2.0, 6.0}, variance[] = {1.0, 20.0, 684.0};
    for (int k = 0; k < 3; k++) {
        assert_true(fabs(sums[k] / MANY - exact[k]) < 4.0 * sqrt(variance[k] / MANY));
    }
    assert_true(fabs(above - MANY * exp(-7.7)) < 4.0 * sqrt(MANY * exp(-7.7)));
}

static void nonsense_is_refused_with_what_is_allowed(void **state) {
    (void)state;
    static const struct {
        struct trd_sim_time time;
        double min_ns;
        const char *says;
    } wrong[] = {
        {{.law = (enum trd_sim_law)99}, 0, "unknown law 99"},
        {{.mean_ns = -1}, 0, "mean must be from 0"},
        {{.mean_ns = NAN}, 0, "mean must be from 0"},
        {{.mean_ns = 0}, 1, "mean must be from 1"},
        {{.mean_ns = 2e15}, 0, "to 1e+15"},
        {{.mean_ns = 1, .shape = 1}, 0, "has no shape"},
        {{.mean_ns = 1, .low_ns = 1}, 0, "no lowest and highest"},
        {{.law = TRD_SIM_ERLANG, .mean_ns = 1, .shape = 2.5}, 0, "must be whole"},
        {{.law = TRD_SIM_ERLANG, .mean_ns = 1, .shape = 0}, 0, "from 1 to 1000"},
        {{.law = TRD_SIM_HYPEREXPONENTIAL, .mean_ns = 1, .shape = 1}, 0, "above 1"},
        {{.law = TRD_SIM_LOGNORMAL, .mean_ns = 1, .shape = 11}, 0, "to 10"},
        {{.law = TRD_SIM_LOGNORMAL, .mean_ns = 0, .shape = 1}, 0, "mean must be from 1"},
        {{.law = TRD_SIM_BOUNDED_PARETO, .shape = 1, .low_ns = 5, .high_ns = 5}, 0, "range"},
        {{.law = TRD_SIM_BOUNDED_PARETO, .shape = 0, .low_ns = 1, .high_ns = 5}, 0, "alpha"},
        {{.law = TRD_SIM_BIMODAL, .shape = 1.5, .low_ns = 1, .high_ns = 5}, 0, "probability"},
        {{.law = TRD_SIM_BIMODAL, .mean_ns = 3, .low_ns = 1, .high_ns = 5}, 0, "give none"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct trd_error error = {""};
        assert_int_equal(trd_sim_time_check(&wrong[i].time, wrong[i].min_ns, "service", &error),
                         -EINVAL);
        assert_int_equal(trd_sim_time_check(&wrong[i].time, wrong[i].min_ns, "service", NULL),
                         -EINVAL);
        if (!strstr(error.message, wrong[i].says) || !strstr(error.message, "service")) {
            fail_msg("'%s' does not say '%s'", error.message, wrong[i].says);
        }
    }
    for (size_t law = 0; law < LAWS; law++) {
        assert_int_equal(trd_sim_time_check(&laws[law].time, 1.0, "service", NULL), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_times_have_the_moments_that_are_promised),
        cmocka_unit_test(moments_are_integrals_of_the_density),
        cmocka_unit_test(the_ziggurat_draws_the_exponential_law),
        cmocka_unit_test(nonsense_is_refused_with_what_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
