/* test_sim_arrivals.c - the arrival processes: each has its rate, and its counts are as dispersed
 * as they should be. */
#include "tests/check.h"

#include <treadle/sim.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "sim/arrivals.h"

#define GAP_NS 1e6

enum { WINDOWS = 20000 };

static struct trd__ziggurat ziggurat;

static void start(struct trd__arrivals *arrivals, const struct trd_sim_config *config) {
    struct trd_rng rng;
    trd__ziggurat_init(&ziggurat);
    trd_rng_init(&rng, 4711);
    assert_int_equal(trd__arrivals_open(arrivals, config, &ziggurat, &rng, NULL), 0);
}

/* Arrivals counted in windows of equal length. */
struct counts {
    double mean, variance;
};

static struct counts count(const struct trd_sim_config *config, double window_ns, int windows) {
    struct trd__arrivals arrivals;
    double sum = 0.0, squares = 0.0;
    start(&arrivals, config);
    for (int i = 0; i < windows; i++) {
        const uint64_t end_ns = (uint64_t)(window_ns * (i + 1));
        double in_window = 0.0;
        for (; arrivals.at_ns < end_ns; in_window += 1.0) {
            assert_int_equal(trd__arrivals_next(&arrivals, NULL), 0);
        }
        sum += in_window;
        squares += in_window * in_window;
    }
    trd__arrivals_close(&arrivals);
    const double mean = sum / windows;
    return (struct counts){mean, squares / windows - mean * mean};
}

/* The mean count within 4 standard errors, from the dispersion that is expected; the dispersion
 * (variance over mean) within `spread` of it. */
static void check(const struct trd_sim_config *config, double window_ns, double dispersion,
                  double spread) {
    const struct counts counts = count(config, window_ns, WINDOWS);
    const double exact = window_ns * config->rate_per_s / 1e9;
    const double error = sqrt(exact * dispersion / WINDOWS) + 2.0 / WINDOWS;
    if (!(fabs(counts.mean - exact) < 4.0 * error)) {
        fail_msg("process %d: %g arrivals a window, not %g", (int)config->arrivals, counts.mean,
                 exact);
    }
    if (!(fabs(counts.variance / counts.mean - dispersion) <= spread * dispersion + 0.02)) {
        fail_msg("process %d: dispersion %g, not %g", (int)config->arrivals,
                 counts.variance / counts.mean, dispersion);
    }
}

static void poisson_counts_are_as_dispersed_as_their_mean(void **state) {
    (void)state;
    const struct trd_sim_config config = {.arrivals = TRD_SIM_POISSON, .rate_per_s = 1e9 / GAP_NS};
    check(&config, 20 * GAP_NS, 1.0, 4.0 * sqrt(2.0 / WINDOWS));
}

static void periodic_arrivals_do_not_drift(void **state) {
    (void)state;
    const struct trd_sim_config config = {.arrivals = TRD_SIM_PERIODIC, .rate_per_s = 3e5};
    struct trd__arrivals arrivals;
    start(&arrivals, &config);
    for (uint64_t i = 1; i < 1000000; i++) {
        /* The gap is 3333 ns and a third. */
        assert_in_range(arrivals.at_ns, i * 10000 / 3 - 1, i * 10000 / 3 + 1);
        assert_int_equal(trd__arrivals_next(&arrivals, NULL), 0);
    }
}

static void batches_multiply_the_dispersion(void **state) {
    (void)state;
    struct trd_sim_config config = {.arrivals = TRD_SIM_BATCH_POISSON,
                                    .rate_per_s = 1e9 / GAP_NS,
                                    .batch = {.mean = 4, .is_fixed = true}};
    /* E[B^2] / E[B]: that of fixed and of geometric sizes. */
    check(&config, 40 * GAP_NS, 4.0, 0.06);
    config.batch.is_fixed = false;
    check(&config, 40 * GAP_NS, 2.0 * 4.0 - 1.0, 0.08);
}

/* Fischer and Meier-Hellstern, "The Markov-modulated Poisson process cookbook", 1993. */
static void bursts_disperse_counts_as_the_cookbook_says(void **state) {
    (void)state;
    const struct trd_sim_config config = {.arrivals = TRD_SIM_MMPP,
                                          .rate_per_s = 1e9 / GAP_NS,
                                          .mmpp = {.ratio = 5, .calm_ns = 3e7, .burst_ns = 1e7}};
    const double window_ns = 50 * GAP_NS;
    const double up = 1.0 / 3e7, down = 1.0 / 1e7, sum = up + down;
    const double calm = 1.0 / GAP_NS * 4e7 / (3e7 + 5 * 1e7), burst = 5 * calm;
    const double limit = 2.0 * (burst - calm) * (burst - calm) * up * down /
                         (sum * sum * (calm * down + burst * up));
    const double dispersion =
        1.0 + limit * (1.0 - (1.0 - exp(-sum * window_ns)) / (sum * window_ns));
    assert_true(dispersion > 3.0);
    check(&config, window_ns, dispersion, 0.06);
}

/* Over ten times the window, a process without memory has the same dispersion; this one has more
 * (with alpha 1.5 it grows as the window to the power 2 H - 1 = 0.5). */
static void on_off_sources_are_bursty_on_every_scale(void **state) {
    (void)state;
    const struct trd_sim_config config = {
        .arrivals = TRD_SIM_ON_OFF,
        .rate_per_s = 1e9 / GAP_NS,
        .on_off = {.sources = 20, .alpha = 1.5, .on_ns = 1e7, .off_ns = 3e7}};
    const struct counts fine = count(&config, 30 * GAP_NS, 40000);
    const struct counts coarse = count(&config, 300 * GAP_NS, 4000);
    const double growth = coarse.variance / coarse.mean / (fine.variance / fine.mean);
    assert_true(fabs(fine.mean / 30.0 - 1.0) < 0.05);
    assert_true(fine.variance / fine.mean > 1.5);
    assert_true(growth > 1.5 && growth < 10.0);
}

static void the_rate_of_a_day_follows_a_sine(void **state) {
    (void)state;
    enum { DAYS = 2000 };
    const double period_ns = 400 * GAP_NS;
    const struct trd_sim_config config = {.arrivals = TRD_SIM_DIURNAL,
                                          .rate_per_s = 1e9 / GAP_NS,
                                          .diurnal = {.amplitude = 0.8, .period_ns = period_ns}};
    struct trd__arrivals arrivals;
    double quarters[4] = {0.0, 0.0, 0.0, 0.0};
    start(&arrivals, &config);
    while ((double)arrivals.at_ns < DAYS * period_ns) {
        quarters[(int)(fmod((double)arrivals.at_ns, period_ns) / period_ns * 4.0)] += 1.0;
        assert_int_equal(trd__arrivals_next(&arrivals, NULL), 0);
    }
    for (int i = 0; i < 4; i++) {
        /* The mean of the sine over its first quarters is 2 / pi. */
        const double exact = 100.0 * DAYS * (1.0 + (i < 2 ? 0.8 : -0.8) * 2.0 / 3.14159265358979);
        assert_true(fabs(quarters[i] - exact) < 4.0 * sqrt(exact));
    }
}

/* A trace of the test: `next` tells these arrivals, then `end`. */
struct told {
    const struct trd_sim_arrival *arrivals;
    size_t count, at;
    int end;
};

static int told_next(void *context, struct trd_sim_arrival *arrival_out, struct trd_error *error) {
    struct told *told = context;
    if (told->at == told->count) {
        (void)strcpy(error->message, "told to fail");
        return told->end;
    }
    *arrival_out = told->arrivals[told->at++];
    return 1;
}

static void check_trace(struct told *told, int answer, const char *says) {
    const struct trd_sim_client client = {.share = 1, .service = {.mean_ns = 100}};
    const struct trd_sim_config config = {.arrivals = TRD_SIM_TRACE,
                                          .workers_min = 1,
                                          .workers_max = 1,
                                          .clients = &client,
                                          .client_count = 1,
                                          .task_count = 1000,
                                          .trace = {told_next, told}};
    struct trd_sim_report report;
    struct trd_error error = {""};
    assert_int_equal(trd_sim_run(&config, &report, &error), answer);
    if (!strstr(error.message, says)) {
        fail_msg("'%s' does not say '%s'", error.message, says);
    }
    if (answer == 0) {
        assert_int_equal(report.total.finished, told->count);
        assert_int_equal(report.total.response.max, 150); /* the second waits 50 and runs 100 */
        assert_int_equal(report.tasks.area_ns, report.tasks.sum_ns);
    }
    trd_sim_report_free(&report);
}

static void a_trace_is_told_to_its_end_and_its_errors_end_the_run(void **state) {
    (void)state;
    const struct trd_sim_arrival good[] = {
        {.at_ns = 10, .has_service = true, .service_ns = 100},
        {.at_ns = 60, .has_service = true, .service_ns = 100},
        {.at_ns = 500, .has_service = true, .service_ns = 1},
    };
    const struct trd_sim_arrival back[] = {{.at_ns = 10}, {.at_ns = 9}};
    const struct trd_sim_arrival stranger[] = {{.at_ns = 10, .client_index = 1}};
    const struct trd_sim_arrival nothing[] = {{.at_ns = 10, .has_service = true}};
    check_trace(&(struct told){good, 3, 0, 0}, 0, "");
    check_trace(&(struct told){good, 3, 0, -EIO}, -EIO, "told to fail");
    check_trace(&(struct told){back, 2, 0, 0}, -EINVAL, "arrival 2 at 9 ns comes before");
    check_trace(&(struct told){stranger, 1, 0, 0}, -EINVAL, "arrival 1 is of client 1 of 1");
    check_trace(&(struct told){nothing, 1, 0, 0}, -EINVAL, "asks for no service");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poisson_counts_are_as_dispersed_as_their_mean),
        cmocka_unit_test(periodic_arrivals_do_not_drift),
        cmocka_unit_test(batches_multiply_the_dispersion),
        cmocka_unit_test(bursts_disperse_counts_as_the_cookbook_says),
        cmocka_unit_test(on_off_sources_are_bursty_on_every_scale),
        cmocka_unit_test(the_rate_of_a_day_follows_a_sine),
        cmocka_unit_test(a_trace_is_told_to_its_end_and_its_errors_end_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
