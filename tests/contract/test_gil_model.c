/* test_gil_model.c - what gil_model promises, on plants whose right size is known. */
#include "tests/check.h"
#include "tests/contract/plant.h"

#include <math.h>

/* *state says whether waits for lock and cores are measured, or only CPU time. */
static void open_plant(struct plant *plant, void **state, double cores, double gils) {
    plant_open(plant, "gil_model", cores, gils);
    plant->is_measured = **(bool **)state;
}

/* Runs for `ms` and returns the mean size of the last half; prints what it was. */
static double mean_size(struct plant *plant, double ms, const char *what) {
    double sum = 0.0;
    int count = 0;
    plant_run(plant, ms / 2);
    const uint64_t before = plant->finished;
    for (double t = 0.0; t < ms / 2; t += 10.0) {
        plant_run(plant, 10.0);
        sum += plant->wanted;
        count++;
    }
    print_message("  %-40s size %6.1f, %8.1f tasks/s\n", what, sum / count,
                  (double)(plant->finished - before) / (ms / 2000.0));
    return sum / count;
}

/* Tasks a second that `workers` workers would do on the same plant. */
static double rate_of_fixed(const struct plant *like, uint32_t workers) {
    struct plant plant;
    plant_open(&plant, "fixed", like->cores, like->gils);
    plant.mean = like->mean;
    plant.workers_max = workers;
    plant.wanted = workers;
    plant_run(&plant, 1000.0);
    const uint64_t before = plant.finished;
    plant_run(&plant, 10000.0);
    plant_close(&plant);
    return (double)(plant.finished - before) / 10.0;
}

static double rate_now(struct plant *plant) {
    const uint64_t before = plant->finished;
    plant_run(plant, 10000.0);
    return (double)(plant->finished - before) / 10.0;
}

static void computing_under_one_lock_needs_few_workers(void **state) {
    const double service_ms[] = {1.0, 100.0};
    for (size_t i = 0; i < 2; i++) {
        struct plant plant;
        open_plant(&plant, state, 2.0, 1.0);
        plant.mean.locked_ms = service_ms[i];
        assert_true(mean_size(&plant, 20000.0, "compute, one lock") <= 4.0);
        plant_close(&plant);
    }
}

static void computing_without_a_lock_uses_every_core(void **state) {
    const double gils[] = {0.0, 1.0};
    for (size_t i = 0; i < 2; i++) {
        struct plant plant;
        open_plant(&plant, state, 8.0, gils[i]);
        plant.mean.free_ms = 5.0;
        const double size = mean_size(&plant, 10000.0, "compute, no lock, 8 cores");
        assert_true(size >= 7.0 && size <= 12.0);
        assert_true(rate_now(&plant) > 0.9 * rate_of_fixed(&plant, 8));
        plant_close(&plant);
    }
}

static void waiting_tasks_get_nearly_the_best_rate(void **state) {
    const struct plant_task means[] = {{1, 0, 9}, {1, 0, 49}, {2, 0, 2}, {0.2, 4, 20}, {1, 2, 7}};
    for (size_t i = 0; i < sizeof means / sizeof means[0]; i++) {
        struct plant plant;
        open_plant(&plant, state, 2.0, 1.0);
        plant.mean = means[i];
        const double size = mean_size(&plant, 10000.0, "compute and wait");
        const double part = rate_now(&plant) / rate_of_fixed(&plant, 128);
        print_message("    %.3f of the best rate\n", part);
        assert_true(part > 0.85);
        assert_true(size < 100.0);
        plant_close(&plant);
    }
}

static void tasks_that_only_wait_get_as_many_workers_as_allowed(void **state) {
    struct plant plant;
    open_plant(&plant, state, 2.0, 1.0);
    plant.workers_max = 64;
    plant.mean.wait_ms = 20.0;
    assert_true(mean_size(&plant, 4000.0, "wait, at most 64") > 56.0);
    plant_close(&plant);
}

/* All workers blocked for good: another within a tick, a hundred within 200 ms. */
static void blocked_workers_get_help_within_a_tick(void **state) {
    struct plant plant;
    open_plant(&plant, state, 2.0, 1.0);
    plant.mean.wait_ms = 1e9;
    plant.backlog = 110;
    plant_run(&plant, 0.2);
    const uint32_t at_first = plant.wanted;
    plant_run(&plant, 10.1);
    assert_true(plant.wanted > at_first);
    plant_run(&plant, 190.0);
    assert_true(plant.wanted >= 100);
    plant_close(&plant);
}

/* Waits that go one at a time: more workers buy nothing, and go again. */
static void workers_that_buy_nothing_leave(void **state) {
    struct plant plant;
    open_plant(&plant, state, 2.0, 0.0);
    plant.serial_ms = 2.0;
    assert_true(mean_size(&plant, 30000.0, "a foreign lock") < 16.0);
    plant_close(&plant);
}

static void a_change_of_the_tasks_is_followed_both_ways(void **state) {
    struct plant plant;
    open_plant(&plant, state, 2.0, 1.0);
    plant.mean = (struct plant_task){1, 0, 19};
    assert_true(mean_size(&plant, 6000.0, "mostly waiting") >= 14.0);
    plant.mean = (struct plant_task){2, 0, 0};
    assert_true(mean_size(&plant, 10000.0, "then computing") <= 6.0);
    plant.mean = (struct plant_task){1, 0, 19};
    assert_true(mean_size(&plant, 6000.0, "then waiting again") >= 14.0);
    plant_close(&plant);
}

static void idle_workers_leave(void **state) {
    struct plant plant;
    open_plant(&plant, state, 2.0, 1.0);
    plant.mean.wait_ms = 20.0;
    plant_run(&plant, 1000.0);
    assert_true(plant.wanted > 16);
    plant.backlog = 0;
    plant_run(&plant, 1500.0);
    assert_int_equal(plant.wanted, 1);
    plant_close(&plant);
}

/* The engine knows who is blocked: nobody needs to wait for a tick. */
static void declared_blocking_is_compensated_at_once(void **state) {
    struct plant plant;
    open_plant(&plant, state, 2.0, 1.0);
    plant.mean.wait_ms = 1e9;
    plant.backlog = 10;
    plant_run(&plant, 0.1);
    plant.blocked = 2;
    plant_tell(&plant, TRD_CAUSE_BLOCK);
    assert_true(plant.wanted >= 3);
    plant_close(&plant);
}

static bool measured = true;
static bool unmeasured = false;

#define WITH(test) cmocka_unit_test_prestate(test, &measured)
#define WITHOUT(test) cmocka_unit_test_prestate(test, &unmeasured)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(computing_under_one_lock_needs_few_workers),
        WITHOUT(computing_under_one_lock_needs_few_workers),
        WITH(computing_without_a_lock_uses_every_core),
        WITHOUT(computing_without_a_lock_uses_every_core),
        WITH(waiting_tasks_get_nearly_the_best_rate),
        WITHOUT(waiting_tasks_get_nearly_the_best_rate),
        WITH(tasks_that_only_wait_get_as_many_workers_as_allowed),
        WITHOUT(tasks_that_only_wait_get_as_many_workers_as_allowed),
        WITH(blocked_workers_get_help_within_a_tick),
        WITHOUT(blocked_workers_get_help_within_a_tick),
        WITH(workers_that_buy_nothing_leave),
        WITHOUT(workers_that_buy_nothing_leave),
        WITH(a_change_of_the_tasks_is_followed_both_ways),
        WITHOUT(a_change_of_the_tasks_is_followed_both_ways),
        WITH(idle_workers_leave),
        WITHOUT(idle_workers_leave),
        WITH(declared_blocking_is_compensated_at_once),
        WITHOUT(declared_blocking_is_compensated_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
