/* test_formulas.c - the formulas against numbers from the literature, against each other where two
 * must agree, and their integrals against sums. */
#include "tests/check.h"

#include <math.h>

#include "lab/queueing/formulas.h"
#include "lab/queueing/sizes.h"

static void near(double value, double exact, double relative) {
    if (!(fabs(value - exact) <= relative * fabs(exact))) {
        fail_msg("%.10g is not %.10g within %g", value, exact, relative);
    }
}

static struct trd_sim_time exponential(double mean) {
    return (struct trd_sim_time){.law = TRD_SIM_EXPONENTIAL, .mean_ns = mean};
}

static struct trd_sim_time always(double value) {
    return (struct trd_sim_time){.law = TRD_SIM_DETERMINISTIC, .mean_ns = value};
}

static struct trd_sim_time bimodal(double part, double low, double high) {
    return (struct trd_sim_time){
        .law = TRD_SIM_BIMODAL, .shape = part, .low_ns = low, .high_ns = high};
}

static struct lab_stream stream(double load, struct trd_sim_time law) {
    return (struct lab_stream){load / trd_sim_time_moment(&law, 1, INFINITY), law, 0};
}

/* Every law; the last one is a constant. */
static const struct trd_sim_time *laws(size_t *count) {
    static const struct trd_sim_time all[] = {
        {.law = TRD_SIM_EXPONENTIAL, .mean_ns = 2.0},
        {.law = TRD_SIM_ERLANG, .mean_ns = 3.0, .shape = 4.0},
        {.law = TRD_SIM_HYPEREXPONENTIAL, .mean_ns = 1.5, .shape = 9.0},
        {.law = TRD_SIM_LOGNORMAL, .mean_ns = 5.0, .shape = 1.3},
        {.law = TRD_SIM_BOUNDED_PARETO, .shape = 1.5, .low_ns = 1.0, .high_ns = 1000.0},
        {.law = TRD_SIM_BOUNDED_PARETO, .shape = 2.0, .low_ns = 1.5, .high_ns = 50.0},
        {.law = TRD_SIM_BIMODAL, .shape = 0.005, .low_ns = 1.0, .high_ns = 500.0},
        {.law = TRD_SIM_DETERMINISTIC, .mean_ns = 7.0},
    };
    *count = sizeof all / sizeof all[0];
    return all;
}

/* What lies beyond a size, and below it, is what is missing to the whole. */
static void tails_fit_the_moments(void **state) {
    (void)state;
    size_t count;
    const struct trd_sim_time *law = laws(&count);
    for (size_t i = 0; i < count; i++) {
        const double mean = trd_sim_time_moment(&law[i], 1, INFINITY);
        double low, high;
        lab_size_range(&law[i], &low, &high);
        for (double size = mean / 64.0; size < 64.0 * mean; size *= 1.7) {
            near(1.0 + lab_size_tail(&law[i], size), 2.0 - trd_sim_time_moment(&law[i], 0, size),
                 1e-12);
        }
        assert_true(lab_size_moment_below(&law[i], 2, low) <= 1e-9 * mean * mean);
        near(trd_sim_time_moment(&law[i], 2, high), trd_sim_time_moment(&law[i], 2, INFINITY),
             1e-9);
    }
}

static void integrals_over_sizes_meet_the_closed_means(void **state) {
    (void)state;
    size_t count;
    const struct trd_sim_time *law = laws(&count);
    for (size_t i = 0; i < count; i++) {
        /* With a load of almost 0 every discipline serves a task at once. */
        const struct lab_stream idle = stream(1e-12, law[i]);
        const double mean = trd_sim_time_moment(&law[i], 1, INFINITY);
        near(lab_theory_response(LAB_DISCIPLINE_SJF, &idle, 1, NULL), mean, 1e-7);
        near(lab_theory_response(LAB_DISCIPLINE_PSJF, &idle, 1, NULL), mean, 1e-7);
        near(lab_theory_response(LAB_DISCIPLINE_SRPT, &idle, 1, NULL), mean, 1e-7);
        near(lab_theory_response(LAB_DISCIPLINE_FB, &idle, 1, NULL), mean, 1e-7);
    }
}

static void published_values_for_m_m_1_are_met(void **state) {
    (void)state;
    const struct lab_stream m = stream(0.8, exponential(1.0));
    near(lab_theory_wait(&m, 1, 1), 4.0, 1e-12);
    near(lab_theory_response(LAB_DISCIPLINE_SJF, &m, 1, NULL), 2.8822, 1e-4);
    near(lab_theory_response(LAB_DISCIPLINE_SRPT, &m, 1, NULL), 2.3529, 1e-4);
    near(lab_theory_response(LAB_DISCIPLINE_PS, &m, 1, NULL), 5.0, 1e-12);
    near(lab_theory_hinted_wait(&m, 1, 0.0), 1.8822, 1e-4);
    near(lab_theory_hinted_wait(&m, 1, 0.05), 1.8822, 3e-3);
    near(lab_theory_hinted_wait(&m, 1, 0.5), 2.08, 3e-3);
    near(lab_theory_hinted_wait(&m, 1, 1.5), 2.64, 3e-3);
    near(lab_theory_hinted_wait(&m, 1, 10.0), 3.68, 3e-3);
}

/* Whoever does not look at sizes cannot tell exponential tasks apart. */
static void least_served_first_is_fifo_for_exponential_service(void **state) {
    (void)state;
    const struct lab_stream m = stream(0.7, exponential(3.0));
    near(lab_theory_response(LAB_DISCIPLINE_FB, &m, 1, NULL), 3.0 / 0.3, 1e-9);
}

/* Tasks of one size: nothing to choose from. */
static void equal_sizes_make_every_order_fifo(void **state) {
    (void)state;
    const struct lab_stream d = stream(0.6, always(2.0));
    const double fifo = lab_theory_wait(&d, 1, 1) + 2.0;
    near(lab_theory_response(LAB_DISCIPLINE_SJF, &d, 1, NULL), fifo, 1e-12);
    near(lab_theory_response(LAB_DISCIPLINE_PSJF, &d, 1, NULL), fifo, 1e-12);
    near(lab_theory_response(LAB_DISCIPLINE_SRPT, &d, 1, NULL), fifo, 1e-12);
}

/* Two sizes: shortest first is strict priority for the short ones. */
static void shortest_first_of_two_sizes_is_priority(void **state) {
    (void)state;
    const struct lab_stream split[] = {{0.3, always(1.0), 1}, {0.05, always(8.0), 0}};
    const struct lab_stream whole = {0.35, bimodal(0.05 / 0.35, 1.0, 8.0), 0};
    for (int i = 0; i < 2; i++) {
        near(lab_theory_response(LAB_DISCIPLINE_SJF, split, 2, &split[i]),
             lab_theory_priority_wait(split, 2, 1, split[i].priority) +
                 trd_sim_time_moment(&split[i].service, 1, INFINITY),
             1e-12);
    }
    near(lab_theory_response(LAB_DISCIPLINE_SJF, split, 2, NULL),
         lab_theory_response(LAB_DISCIPLINE_SJF, &whole, 1, NULL), 1e-12);
    near(lab_theory_response(LAB_DISCIPLINE_SRPT, split, 2, NULL),
         lab_theory_response(LAB_DISCIPLINE_SRPT, &whole, 1, NULL), 1e-12);
}

static void disciplines_rank_as_they_must(void **state) {
    (void)state;
    size_t count;
    const struct trd_sim_time *law = laws(&count);
    for (size_t i = 0; i < count - 1; i++) {
        const struct lab_stream s = stream(0.8, law[i]);
        const double srpt = lab_theory_response(LAB_DISCIPLINE_SRPT, &s, 1, NULL);
        const double psjf = lab_theory_response(LAB_DISCIPLINE_PSJF, &s, 1, NULL);
        const double sjf = lab_theory_response(LAB_DISCIPLINE_SJF, &s, 1, NULL);
        const double fifo = lab_theory_wait(&s, 1, 1) + trd_sim_time_moment(&law[i], 1, INFINITY);
        assert_true(srpt < psjf && srpt < sjf && sjf < fifo);
        assert_true(psjf < lab_theory_response(LAB_DISCIPLINE_PS, &s, 1, NULL));
        /* E[T] of sizes, size by size, is E[T]. */
        assert_true(lab_theory_response_of_size(LAB_DISCIPLINE_SRPT, &s, 1, 1e-6) < srpt);
        assert_true(lab_theory_response_of_size(LAB_DISCIPLINE_SRPT, &s, 1, 1e6) > srpt);
    }
}

static void random_order_lies_between_fifo_and_lifo(void **state) {
    (void)state;
    const struct lab_stream m = stream(0.7, exponential(1.0));
    const double fifo = lab_theory_wait2(&m, 1, 1);
    near(lab_theory_lifo_wait2(&m, 1, 1), fifo / 0.3, 1e-12);
    near(lab_theory_random_wait2(&m, 1, 1), fifo / 0.65, 1e-12);
}

static void several_workers_follow_erlang(void **state) {
    (void)state;
    const struct lab_stream m = {3.0, exponential(1.0), 0};
    near(lab_theory_erlang_b(5, 3.0), 0.110054, 1e-5); /* tables of Erlang's formulas */
    near(lab_theory_erlang_c(5, 3.0), 0.236152, 1e-5);
    near(lab_theory_wait(&m, 1, 5), 0.236152 / 2.0, 1e-5);
    near(lab_theory_wait_approximate(&m, 1, 5), lab_theory_wait(&m, 1, 5), 1e-12);
    near(lab_theory_wait_beyond(3.0, 1.0, 5, lab_theory_wait_quantile(3.0, 1.0, 5, 0.99)), 0.01,
         1e-12);
    near(lab_theory_response_beyond(3.0, 1.0, 5, 0.0), 1.0, 1e-12);
    near(lab_theory_response_beyond(0.5, 1.0, 1, 3.0), exp(-1.5), 1e-12); /* M/M/1 */
    near(lab_theory_response_beyond(1.0, 1.0, 2, 2.0),
         lab_theory_response_beyond(1.0 + 1e-6, 1.0, 2, 2.0), 1e-5); /* equal rates: a limit */
}

static void priorities_that_grow_lie_between_fifo_and_cobham(void **state) {
    (void)state;
    const struct lab_stream two[] = {{0.4, exponential(1.0), 1}, {0.3, exponential(1.0), 0}};
    const double equal[] = {2.0, 2.0}, steep[] = {1e9, 1.0}, some[] = {3.0, 1.0};
    double waits[2];
    lab_theory_accumulating_waits(two, equal, 2, waits);
    near(waits[0], lab_theory_wait(two, 2, 1), 1e-12);
    near(waits[1], waits[0], 1e-12);
    lab_theory_accumulating_waits(two, steep, 2, waits);
    near(waits[0], lab_theory_priority_wait(two, 2, 1, 1), 1e-6);
    near(waits[1], lab_theory_priority_wait(two, 2, 1, 0), 1e-6);
    lab_theory_accumulating_waits(two, some, 2, waits);
    near(0.4 * waits[0] + 0.3 * waits[1], lab_theory_conserved(two, 2), 1e-12);
    assert_true(waits[0] < waits[1]);
}

static void the_supermarket_and_bounded_queues_meet_their_tables(void **state) {
    (void)state;
    near(lab_theory_supermarket_response(0.9, 1), 10.0, 1e-12);
    near(lab_theory_supermarket_response(0.9, 2), 2.614, 2e-4);
    near(lab_theory_supermarket_response(0.9, 3), 2.028, 2e-4);
    near(lab_theory_supermarket_tail(0.9, 2, 3), pow(0.9, 7.0), 1e-12);
    near(lab_theory_refused(0.5, 1, 3), 0.5 * 0.125 / (1.0 - 0.0625), 1e-12);
    near(lab_theory_refused(0.75, 4, 4), lab_theory_erlang_b(4, 3.0), 1e-12);
    near(lab_theory_refused(1e3, 1, 1000), 0.999, 1e-9);
}

static void closed_systems_meet_erlangs_loss_formula(void **state) {
    (void)state;
    near(lab_theory_closed_rate(12, 10.0, 1.0, 1), 0.880260812, 1e-9);
    near(lab_theory_closed_rate(12, 10.0, 1.0, 1), 1.0 - lab_theory_erlang_b(12, 10.0), 1e-12);
    near(lab_theory_closed_rate(3, 0.0, 2.0, 5), 1.5, 1e-12);
    near(lab_theory_closed_rate(100000, 9e6, 1e6, 4), 4e-6, 1e-9);
    near(lab_theory_closed_wait(12, 10.0, 1.0, 1), 12.0 / 0.880260812 - 11.0, 1e-8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tails_fit_the_moments),
        cmocka_unit_test(integrals_over_sizes_meet_the_closed_means),
        cmocka_unit_test(published_values_for_m_m_1_are_met),
        cmocka_unit_test(least_served_first_is_fifo_for_exponential_service),
        cmocka_unit_test(equal_sizes_make_every_order_fifo),
        cmocka_unit_test(shortest_first_of_two_sizes_is_priority),
        cmocka_unit_test(disciplines_rank_as_they_must),
        cmocka_unit_test(random_order_lies_between_fifo_and_lifo),
        cmocka_unit_test(several_workers_follow_erlang),
        cmocka_unit_test(priorities_that_grow_lie_between_fifo_and_cobham),
        cmocka_unit_test(the_supermarket_and_bounded_queues_meet_their_tables),
        cmocka_unit_test(closed_systems_meet_erlangs_loss_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
