/* test_theory_hosts.c - many hosts, each with a queue of its own: the power of choosing the shorter
 * of a few (T17). */
#include "tests/theory/theory_formulas.h"

static const struct trd_sim_client exponential = {
    .share = 1, .service = {TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}};

/* Hosts forget slowly: after some 1 / (1 - sqrt(rho))^2 = 380 service times without a choice, so
 * that a batch must be longer than that. Without a choice the law holds for any number of hosts and
 * few will do; with one it holds in the limit of many. Choosing evens queues out, and they forget
 * faster. */
#define HOSTS(title, hosts, d, tasks)                                                              \
    {                                                                                              \
        .name = title,                                                                             \
        .config = {.workers_max = 1,                                                               \
                   .host_count = (hosts),                                                          \
                   .choices = (d),                                                                 \
                   .clients = &exponential,                                                        \
                   .client_count = 1,                                                              \
                   .warmup_count = (d) == 1 ? 0 : 500 * (hosts)},                                  \
        .load = 0.9, .effort = (tasks),                                                            \
    }
static const struct theory_system one_choice = HOSTS("20 hosts at 0.9, d = 1", 20, 1, 1);
static const struct theory_system two_choices = HOSTS("1000 hosts at 0.9, d = 2", 1000, 2, 4);
static const struct theory_system three_choices = HOSTS("1000 hosts at 0.9, d = 3", 1000, 3, 3);

static const struct theory_case hosts[] = {
    {&supermarket, &one_choice, "fifo"},
    {&supermarket, &two_choices, "fifo"},
    {&supermarket, &three_choices, "fifo"},
};

static void choosing_the_shorter_queue_is_the_supermarket_s_law(void **state) {
    (void)state;
    THEORY_CHECK(hosts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choosing_the_shorter_queue_is_the_supermarket_s_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
