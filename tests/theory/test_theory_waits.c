/* test_theory_waits.c - one class of tasks in order of arrival: mean, second moment and tail of the
 * wait (T1 to T4), and what other orders change of them (T5 to T7). */
#include "tests/theory/theory_formulas.h"

/* Laws of one mean, from no spread to a wide one. */
static const struct trd_sim_client exponential = {
    .share = 1, .service = {TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}};
static const struct trd_sim_client deterministic = {
    .share = 1, .service = {TRD_SIM_DETERMINISTIC, .mean_ns = SERVICE_NS}};
static const struct trd_sim_client erlang = {
    .share = 1, .service = {TRD_SIM_ERLANG, .mean_ns = SERVICE_NS, .shape = 4}};
static const struct trd_sim_client hyperexponential = {
    .share = 1, .service = {TRD_SIM_HYPEREXPONENTIAL, .mean_ns = SERVICE_NS, .shape = 4}};
static const struct trd_sim_client lognormal = {
    .share = 1, .service = {TRD_SIM_LOGNORMAL, .mean_ns = SERVICE_NS, .shape = 0.8}};
static const struct trd_sim_client bimodal = {.share = 1,
                                              .service = {TRD_SIM_BIMODAL, .shape = 0.1,
                                                          .low_ns = SERVICE_NS / 2,
                                                          .high_ns = 10 * SERVICE_NS}};
static const struct trd_sim_client pareto = {.share = 1,
                                             .service = {TRD_SIM_BOUNDED_PARETO, .shape = 1.5,
                                                         .low_ns = SERVICE_NS,
                                                         .high_ns = 100 * SERVICE_NS}};

#define ONE(client) .clients = &(client), .client_count = 1

static const struct theory_system mm1 = {"M/M/1 at 0.7", {.workers_max = 1, ONE(exponential)}, 0.7};
static const struct theory_system md1 = {
    "M/D/1 at 0.7", {.workers_max = 1, ONE(deterministic)}, 0.7};
static const struct theory_system me1 = {"M/E4/1 at 0.7", {.workers_max = 1, ONE(erlang)}, 0.7};
static const struct theory_system mh1 = {
    "M/H2/1 at 0.7", {.workers_max = 1, ONE(hyperexponential)}, 0.7};
static const struct theory_system ml1 = {
    "M/lognormal/1 at 0.7", {.workers_max = 1, ONE(lognormal)}, 0.7};
static const struct theory_system mb1 = {
    "M/bimodal/1 at 0.7", {.workers_max = 1, ONE(bimodal)}, 0.7};
static const struct theory_system mp1 = {"M/Pareto/1 at 0.7", {.workers_max = 1, ONE(pareto)}, 0.7};
static const struct theory_system mm2 = {"M/M/2 at 0.8", {.workers_max = 2, ONE(exponential)}, 0.8};
static const struct theory_system mm8 = {"M/M/8 at 0.9", {.workers_max = 8, ONE(exponential)}, 0.9};
static const struct theory_system mm8_lower = {
    "M/M/8 at 0.8", {.workers_max = 8, ONE(exponential)}, 0.8};
static const struct theory_system mm64 = {
    "M/M/64 at 0.9", {.workers_max = 64, ONE(exponential)}, 0.9, .effort = 3};
static const struct theory_system mm8_p90 = {
    "M/M/8 at 0.8, t = p90", {.workers_max = 8, ONE(exponential)}, 0.8, .wait_quantile = 0.9};
static const struct theory_system mm8_p99 = {"M/M/8 at 0.8, t = p99",
                                             {.workers_max = 8, ONE(exponential)},
                                             0.8,
                                             .effort = 3,
                                             .wait_quantile = 0.99};
static const struct theory_system mm32_p99 = {"M/M/32 at 0.9, t = p99",
                                              {.workers_max = 32, ONE(exponential)},
                                              0.9,
                                              .effort = 3,
                                              .wait_quantile = 0.99};

static const struct theory_case one_worker[] = {
    {&pollaczek_khinchine, &mm1, "fifo"}, {&takacs, &mm1, "fifo"},
    {&pollaczek_khinchine, &md1, "fifo"}, {&takacs, &md1, "fifo"},
    {&pollaczek_khinchine, &me1, "fifo"}, {&takacs, &me1, "fifo"},
    {&pollaczek_khinchine, &mh1, "fifo"}, {&takacs, &mh1, "fifo"},
    {&pollaczek_khinchine, &ml1, "fifo"}, {&takacs, &ml1, "fifo"},
    {&pollaczek_khinchine, &mb1, "fifo"}, {&takacs, &mb1, "fifo"},
    {&pollaczek_khinchine, &mp1, "fifo"}, /* its tail is too heavy for a second moment */
};

static const struct theory_case several_workers[] = {
    {&erlang_c, &mm2, "fifo"},  {&erlang_c_square, &mm2, "fifo"},
    {&erlang_c, &mm8, "fifo"},  {&erlang_c_square, &mm8, "fifo"},
    {&erlang_c, &mm64, "fifo"}, {&erlang_c_square, &mm64, "fifo"},
};

static const struct theory_case tails[] = {
    {&erlang_tail, &mm8_p90, "fifo"},
    {&erlang_tail, &mm8_p99, "fifo"},
    {&erlang_tail, &mm32_p99, "fifo"},
};

static const struct theory_case last_in_first_out[] = {
    {&same_mean, &mm1, "lifo"},       {&lifo_square, &mm1, "lifo"},
    {&same_mean, &md1, "lifo"},       {&lifo_square, &md1, "lifo"},
    {&same_mean, &mb1, "lifo"},       {&lifo_square, &mb1, "lifo"},
    {&same_mean, &mm8_lower, "lifo"}, {&lifo_square, &mm8_lower, "lifo"},
};

static const struct theory_case any_order[] = {
    {&same_mean, &mm1, "random"},       {&random_square, &mm1, "random"},
    {&same_mean, &md1, "random"},       {&random_square, &md1, "random"},
    {&same_mean, &mb1, "random"},       {&random_square, &mb1, "random"},
    {&same_mean, &mm8_lower, "random"}, {&random_square, &mm8_lower, "random"},
};

static void one_worker_waits_as_pollaczek_khinchine_and_takacs_say(void **state) {
    (void)state;
    THEORY_CHECK(one_worker);
}

static void several_workers_wait_as_erlang_says(void **state) {
    (void)state;
    THEORY_CHECK(several_workers);
}

static void the_tail_of_the_wait_is_erlang_s(void **state) {
    (void)state;
    THEORY_CHECK(tails);
}

static void last_in_first_out_keeps_the_mean_and_widens_the_wait(void **state) {
    (void)state;
    THEORY_CHECK(last_in_first_out);
}

static void a_random_order_keeps_the_mean_and_widens_the_wait_less(void **state) {
    (void)state;
    THEORY_CHECK(any_order);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_worker_waits_as_pollaczek_khinchine_and_takacs_say),
        cmocka_unit_test(several_workers_wait_as_erlang_says),
        cmocka_unit_test(the_tail_of_the_wait_is_erlang_s),
        cmocka_unit_test(last_in_first_out_keeps_the_mean_and_widens_the_wait),
        cmocka_unit_test(a_random_order_keeps_the_mean_and_widens_the_wait_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
