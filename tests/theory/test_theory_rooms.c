/* test_theory_rooms.c - rooms that may be full: how many are turned away (T20). */
#include "tests/theory/theory_formulas.h"

#define ONE(client) .clients = &(client), .client_count = 1

static const struct trd_sim_client exponential = {
    .share = 1, .service = {TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS}};

/* Whoever is not served within a nanosecond goes away: a room without a place to wait. */
#define IMPATIENT(...)                                                                             \
    {                                                                                              \
        .share = 1, .service = {__VA_ARGS__}, .cancels_at_timeout = true,                          \
        .timeout = {TRD_SIM_DETERMINISTIC, .mean_ns = 1},                                          \
    }
static const struct trd_sim_client memoryless =
    IMPATIENT(TRD_SIM_EXPONENTIAL, .mean_ns = SERVICE_NS);
static const struct trd_sim_client fixed = IMPATIENT(TRD_SIM_DETERMINISTIC, .mean_ns = SERVICE_NS);
static const struct trd_sim_client two_sizes =
    IMPATIENT(TRD_SIM_BIMODAL, .shape = 0.1, .low_ns = SERVICE_NS / 2, .high_ns = 5.5 * SERVICE_NS);
static const struct trd_sim_client heavy = IMPATIENT(
    TRD_SIM_BOUNDED_PARETO, .shape = 1.5, .low_ns = SERVICE_NS / 3, .high_ns = 1000 * SERVICE_NS);

/* Replications, because what was refused is counted for the whole run only. */
#define ROOM(title, client, c, rho)                                                                \
    {                                                                                              \
        .name = title, .config = {.workers_max = (c), ONE(client)}, .load = (rho),                 \
        .replications = 20,                                                                        \
    }
static const struct theory_system mm1_room = ROOM("M/M/1, 9 may wait", exponential, 1, 0.9);
static const struct theory_system mm4_room = ROOM("M/M/4, 5 may wait", exponential, 4, 0.8);
static const struct theory_system mmcc = ROOM("M/M/8/8 at 0.8", memoryless, 8, 0.8);
static const struct theory_system mdcc = ROOM("M/D/8/8 at 0.8", fixed, 8, 0.8);
static const struct theory_system mbcc = ROOM("M/bimodal/8/8 at 0.8", two_sizes, 8, 0.8);
static const struct theory_system mpcc = ROOM("M/Pareto/8/8 at 0.8", heavy, 8, 0.8);

static const struct theory_case rooms[] = {
    {&full_house, &mm1_room, "bounded:max=9/none/fifo"},
    {&full_house, &mm4_room, "bounded:max=5/none/fifo"},
};

static const struct theory_case no_room_to_wait[] = {
    {&erlang_b, &mmcc, "fifo"},
    {&erlang_b, &mdcc, "fifo"},
    {&erlang_b, &mbcc, "fifo"},
    {&erlang_b, &mpcc, "fifo"},
};

static void a_full_room_refuses_as_often_as_erlang_says(void **state) {
    (void)state;
    THEORY_CHECK(rooms);
}

static void without_room_to_wait_only_the_mean_service_counts(void **state) {
    (void)state;
    THEORY_CHECK(no_room_to_wait);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_room_refuses_as_often_as_erlang_says),
        cmocka_unit_test(without_room_to_wait_only_the_mean_service_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
