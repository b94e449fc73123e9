/* test_theory_sizes.c - orders in which the size of a task counts: shortest first with true costs
 * (T11) and with wrong ones (T12), with interruption (T13), and what becomes of turns and of the
 * least served first when the quantum goes to 0 (T13b, T13c). */
#include "tests/theory/theory_formulas.h"

#define EXPONENTIAL(mean)                                                                          \
    { TRD_SIM_EXPONENTIAL, .mean_ns = (mean) }
#define ALWAYS(time)                                                                               \
    { TRD_SIM_DETERMINISTIC, .mean_ns = (time) }
#define WIDE                                                                                       \
    { TRD_SIM_HYPEREXPONENTIAL, .mean_ns = SERVICE_NS, .shape = 4 }
#define UNIMODAL                                                                                   \
    { TRD_SIM_LOGNORMAL, .mean_ns = SERVICE_NS, .shape = 1 }
#define HEAVY                                                                                      \
    { TRD_SIM_BOUNDED_PARETO, .shape = 1.5, .low_ns = SERVICE_NS / 3, .high_ns = 300 * SERVICE_NS }
#define TWO_SIZES                                                                                  \
    { TRD_SIM_BIMODAL, .shape = 0.1, .low_ns = SERVICE_NS / 2, .high_ns = 11 * SERVICE_NS / 2 }

#define CLIENTS(table) .clients = (table), .client_count = sizeof(table) / sizeof *(table)

static const struct trd_sim_client exponential[] = {
    {.share = 1, .service = EXPONENTIAL(SERVICE_NS), .has_cost = true}};
static const struct trd_sim_client unimodal[] = {
    {.share = 1, .service = UNIMODAL, .has_cost = true}};
static const struct trd_sim_client heavy[] = {{.share = 1, .service = HEAVY, .has_cost = true}};
static const struct trd_sim_client alike[] = {
    {.share = 1, .service = ALWAYS(SERVICE_NS), .has_cost = true}};
static const struct trd_sim_client short_and_long[] = {
    {.key = 1, .share = 4, .service = EXPONENTIAL(SERVICE_NS / 2), .has_cost = true},
    {.key = 2, .share = 1, .service = ALWAYS(3 * SERVICE_NS), .has_cost = true},
};

static const struct theory_system mm1 = {
    "M/M/1 at 0.8", {.workers_max = 1, CLIENTS(exponential)}, 0.8};
static const struct theory_system ml1 = {
    "M/lognormal/1 at 0.8", {.workers_max = 1, CLIENTS(unimodal)}, 0.8};
static const struct theory_system md1 = {"M/D/1 at 0.8", {.workers_max = 1, CLIENTS(alike)}, 0.8};
static const struct theory_system mixed = {
    "short and long at 0.8", {.workers_max = 1, CLIENTS(short_and_long)}, 0.8};

static const struct theory_case shortest_first[] = {
    {&phipps, &mm1, "sjf"},
    {&phipps, &ml1, "sjf"},
    {&pollaczek_khinchine, &md1, "sjf"},
    {&phipps, &mixed, "sjf"},
    {&phipps_client, &mixed, "sjf", 0},
    {&phipps_client, &mixed, "sjf", 1},
};

#define HINTED(sigma)                                                                              \
    {                                                                                              \
        {                                                                                          \
            .share = 1, .service = EXPONENTIAL(SERVICE_NS), .has_cost = true,                      \
            .cost_sigma = (sigma)                                                                  \
        }                                                                                          \
    }
static const struct trd_sim_client rough[] = HINTED(0.5);
static const struct trd_sim_client rougher[] = HINTED(1.5);
static const struct trd_sim_client useless[] = HINTED(10.0);
static const struct theory_system mm1_rough = {
    "M/M/1 at 0.8, sigma 0.5", {.workers_max = 1, CLIENTS(rough)}, 0.8};
static const struct theory_system mm1_rougher = {
    "M/M/1 at 0.8, sigma 1.5", {.workers_max = 1, CLIENTS(rougher)}, 0.8};
static const struct theory_system mm1_useless = {
    "M/M/1 at 0.8, sigma 10", {.workers_max = 1, CLIENTS(useless)}, 0.8};

static const struct theory_case wrong_costs[] = {
    {&mispredicted, &mm1, "sjf"},
    {&mispredicted, &mm1_rough, "sjf"},
    {&mispredicted, &mm1_rougher, "sjf"},
    {&mispredicted, &mm1_useless, "sjf"},
};

#define INTERRUPTING .workers_max = 1, .is_preemptive = true
static const struct theory_system mm1_at_once = {
    "M/M/1 at 0.8, interrupted", {INTERRUPTING, CLIENTS(exponential)}, 0.8};
static const struct theory_system ml1_at_once = {
    "M/lognormal/1 at 0.8, int.", {INTERRUPTING, CLIENTS(unimodal)}, 0.8};
static const struct theory_system mp1_at_once = {
    "M/Pareto/1 at 0.8, int.", {INTERRUPTING, CLIENTS(heavy)}, 0.8};
static const struct theory_system mixed_at_once = {
    "short and long, interrupted", {INTERRUPTING, CLIENTS(short_and_long)}, 0.8};

static const struct theory_case interrupting[] = {
    {&schrage_miller, &mm1_at_once, "srpt"},
    {&schrage_miller, &ml1_at_once, "srpt"},
    {&schrage_miller, &mp1_at_once, "srpt"},
    {&schrage_miller, &mixed_at_once, "srpt"},
    {&schrage_miller_client, &mixed_at_once, "srpt", 0},
    {&schrage_miller_client, &mixed_at_once, "srpt", 1},
    {&preemptive_shortest, &mm1_at_once, "sjf"},
    {&preemptive_shortest, &ml1_at_once, "sjf"},
    {&preemptive_shortest, &mp1_at_once, "sjf"},
    {&preemptive_shortest, &mixed_at_once, "sjf"},
    {&preemptive_shortest_client, &mixed_at_once, "sjf", 0},
    {&preemptive_shortest_client, &mixed_at_once, "sjf", 1},
};

/* The rest goes without costs. A task that yields goes to the end of a queue in order of arrival:
 * everybody has turns. */
static const struct trd_sim_client blind[] = {{.share = 1, .service = EXPONENTIAL(SERVICE_NS)}};
static const struct trd_sim_client blind_wide[] = {{.share = 1, .service = WIDE}};
static const struct trd_sim_client blind_two_sizes[] = {{.share = 1, .service = TWO_SIZES}};
static const struct trd_sim_client blind_short_and_long[] = {
    {.key = 1, .share = 4, .service = EXPONENTIAL(SERVICE_NS / 2)},
    {.key = 2, .share = 1, .service = EXPONENTIAL(3 * SERVICE_NS)},
};

#define SLICED(title, table, interrupts)                                                           \
    {                                                                                              \
        .name = title,                                                                             \
        .config = {.workers_max = 1,                                                               \
                   .quantum_ns = (uint64_t)SERVICE_NS / 4,                                         \
                   .is_preemptive = interrupts,                                                    \
                   CLIENTS(table)},                                                                \
        .load = 0.8, .effort = 0.3, .replications = 20, .is_extrapolated = true,                   \
    }
static const struct theory_system mm1_shared = SLICED("M/M/1 at 0.8, quantum to 0", blind, false);
static const struct theory_system mb1_shared =
    SLICED("M/bimodal/1 at 0.8, q to 0", blind_two_sizes, false);
static const struct theory_system mh1_shared =
    SLICED("M/H2/1 at 0.8, quantum to 0", blind_wide, false);
static const struct theory_system mixed_shared =
    SLICED("short and long, q to 0", blind_short_and_long, false);

static const struct theory_case turns[] = {
    {&processor_sharing, &mm1_shared, "fifo"},
    {&processor_sharing, &mb1_shared, "fifo"},
    {&processor_sharing, &mh1_shared, "fifo"},
    {&processor_sharing_client, &mixed_shared, "fifo", 0},
    {&processor_sharing_client, &mixed_shared, "fifo", 1},
};

static const struct theory_system mm1_served = SLICED("M/M/1 at 0.8, q to 0", blind, true);
static const struct theory_system mh1_served = SLICED("M/H2/1 at 0.8, q to 0", blind_wide, true);
static const struct theory_system mixed_served =
    SLICED("short and long, q to 0", blind_short_and_long, true);

static const struct theory_case least_served_first[] = {
    {&least_served, &mm1_served, "srpt"},
    {&least_served, &mh1_served, "srpt"},
    {&least_served_client, &mixed_served, "srpt", 0},
    {&least_served_client, &mixed_served, "srpt", 1},
};

static void the_shortest_first_waits_as_phipps_says(void **state) {
    (void)state;
    THEORY_CHECK(shortest_first);
}

static void wrong_costs_cost_what_mitzenmacher_says(void **state) {
    (void)state;
    THEORY_CHECK(wrong_costs);
}

static void the_shortest_first_that_interrupts_is_schrage_s_and_miller_s(void **state) {
    (void)state;
    THEORY_CHECK(interrupting);
}

static void ever_shorter_turns_become_processor_sharing(void **state) {
    (void)state;
    THEORY_CHECK(turns);
}

static void the_least_served_first_is_foreground_background(void **state) {
    (void)state;
    THEORY_CHECK(least_served_first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_first_waits_as_phipps_says),
        cmocka_unit_test(wrong_costs_cost_what_mitzenmacher_says),
        cmocka_unit_test(the_shortest_first_that_interrupts_is_schrage_s_and_miller_s),
        cmocka_unit_test(ever_shorter_turns_become_processor_sharing),
        cmocka_unit_test(the_least_served_first_is_foreground_background),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
