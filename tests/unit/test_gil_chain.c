/* test_gil_chain.c - the model of lock and cores against formulas and against the whole chain. */
#include "tests/check.h"

#include <math.h>
#include <stdlib.h>

#include "base/gil_chain.h"

static double rate_of(double held, double cpu, double wait, double cores, double locks,
                      uint32_t workers) {
    struct trd__gil_chain chain = {
        .held = held, .cpu = cpu, .wait = wait, .cores = cores, .locks = locks};
    trd__gil_chain_solve(&chain, workers);
    return trd__gil_chain_rate(&chain, workers);
}

static void assert_close(double value, double expected, double part) {
    if (!(fabs(value / expected - 1.0) <= part)) {
        print_message("%g instead of %g\n", value, expected);
    }
    assert_true(fabs(value / expected - 1.0) <= part);
}

/* Machine repair with one repairman: the lock is used 1 - B(N, w/c) of the time (Erlang's B). */
static void one_lock_and_waits_follow_erlangs_loss_formula(void **state) {
    (void)state;
    const double waits[] = {0.1, 1.0, 9.0, 49.0};
    for (size_t i = 0; i < 4; i++) {
        double blocking = 1.0;
        for (uint32_t n = 1; n <= 100; n++) {
            blocking = waits[i] * blocking / (n + waits[i] * blocking);
            assert_close(rate_of(1.0, 0.0, waits[i], 2.0, 1.0, n), 1.0 - blocking, 1e-6);
        }
    }
}

/* Without a lock it is M/M/P//N, a birth-death chain. */
static void cores_and_waits_follow_machine_repair_with_several_repairmen(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= 40; workers += 3) {
        double term = 1.0;
        double sum = 1.0;
        double busy = 0.0;
        for (uint32_t n = 1; n <= workers; n++) {
            const double cores = n < 4 ? n : 4.0;
            term *= (workers - n + 1) * 2.0 / (7.0 * cores);
            sum += term;
            busy += term * cores;
        }
        assert_close(rate_of(0.0, 2.0, 7.0, 4.0, 1.0, workers), busy / sum / 2.0, 1e-6);
        assert_close(rate_of(2.0, 0.0, 7.0, 4.0, 0.0, workers), busy / sum / 2.0, 1e-6);
    }
}

enum { FULL_WORKERS = 24, FULL_SWEEPS = 4000 };

struct full_chain {
    double held, cpu, wait, cores;
    uint32_t workers;
    double share[FULL_WORKERS + 2][FULL_WORKERS + 2]; /* of at the lock, computing */
};

static double full_speed(const struct full_chain *full, uint32_t at_lock, uint32_t computing) {
    const double running = (at_lock > 0) + (double)computing;
    return running > full->cores ? full->cores / running : 1.0;
}

/* The balance of one state of the whole chain. */
static double full_balance(const struct full_chain *full, uint32_t g, uint32_t k) {
    const uint32_t waiting = full->workers - g - k;
    const double speed = full_speed(full, g, k);
    double in = 0.0;
    if (g > 0) { /* somebody's wait ended */
        in += full->share[g - 1][k] * (waiting + 1) / full->wait;
    }
    if (k > 0) { /* somebody left the lock */
        in += full->share[g + 1][k - 1] * full_speed(full, g + 1, k - 1) / full->held;
    }
    if (waiting > 0) { /* somebody began to wait */
        in += full->share[g][k + 1] * (k + 1) * full_speed(full, g, k + 1) / full->cpu;
    }
    const double out =
        waiting / full->wait + (g > 0 ? speed / full->held : 0.0) + k * speed / full->cpu;
    return in / out;
}

/* Rate by Gauss-Seidel sweeps over all (N + 1)(N + 2) / 2 states. */
static double full_rate(struct full_chain *full) {
    const uint32_t workers = full->workers;
    double sum = 0.0;
    double flow = 0.0;
    for (uint32_t g = 0; g <= workers; g++) {
        for (uint32_t k = 0; g + k <= workers; k++) {
            full->share[g][k] = 1.0;
        }
    }
    for (int sweep = 0; sweep < FULL_SWEEPS; sweep++) {
        sum = flow = 0.0;
        for (uint32_t g = 0; g <= workers; g++) {
            for (uint32_t k = 0; g + k <= workers; k++) {
                /* Half a step: whole ones may go round in circles. */
                full->share[g][k] = 0.5 * (full->share[g][k] + full_balance(full, g, k));
                sum += full->share[g][k];
                flow += full->share[g][k] * k * full_speed(full, g, k) / full->cpu;
            }
        }
        for (uint32_t g = 0; g <= workers; g++) {
            for (uint32_t k = 0; g + k <= workers; k++) {
                full->share[g][k] /= sum;
            }
        }
    }
    return flow / sum;
}

static void lock_cores_and_waits_come_close_to_the_whole_chain(void **state) {
    (void)state;
    static const double tasks[][4] = {{1, 1, 8, 2},    {1, 2, 7, 2},  {0.2, 4, 20, 2},
                                      {1, 1, 1, 2},    {1, 3, 12, 4}, {2, 2, 20, 4},
                                      {0.5, 4, 16, 8}, {1, 0.2, 6, 2}};
    double worst = 0.0;
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
        for (uint32_t workers = 2; workers <= FULL_WORKERS; workers += 7) {
            const double *t = tasks[i];
            static struct full_chain full;
            full = (struct full_chain){t[0], t[1], t[2], t[3], workers, {{0.0}}};
            const double rate = rate_of(t[0], t[1], t[2], t[3], 1.0, workers);
            const double exact = full_rate(&full);
            worst = fmax(worst, fabs(rate / exact - 1.0));
            print_message("  %4g %4g %4g on %g, %2u workers: %.4f, whole chain %.4f\n", t[0], t[1],
                          t[2], t[3], workers, rate, exact);
        }
    }
    print_message("  worst %.2f %%\n", 100.0 * worst);
    assert_true(worst < 0.02);
}

static void an_idle_handoff_costs_the_lock_and_not_the_cores(void **state) {
    (void)state;
    struct trd__gil_chain chain = {.held = 1.0, .handoff = 0.5, .cores = 2.0, .locks = 1.0};
    trd__gil_chain_solve(&chain, 50);
    assert_close(trd__gil_chain_rate(&chain, 1), 1.0, 1e-6);
    assert_close(trd__gil_chain_rate(&chain, 50), 1.0 / 1.5, 1e-3);
}

static void the_smallest_size_reaches_the_share_and_one_fewer_does_not(void **state) {
    (void)state;
    static const double tasks[][3] = {{1, 0, 9}, {1, 0, 49}, {1, 2, 7}, {0, 1, 30}, {5, 0, 0.1}};
    for (size_t i = 0; i < 5; i++) {
        struct trd__gil_chain chain = {.held = tasks[i][0],
                                       .cpu = tasks[i][1],
                                       .wait = tasks[i][2],
                                       .cores = 2.0,
                                       .locks = 1.0};
        trd__gil_chain_solve(&chain, 256);
        const double goal = 0.95 * trd__gil_chain_rate(&chain, 256);
        const uint32_t size = trd__gil_chain_size(&chain, 0.95, 256);
        assert_true(trd__gil_chain_rate(&chain, size) >= goal);
        assert_true(size == 1 || trd__gil_chain_rate(&chain, size - 1) < goal);
    }
}

static void very_many_workers_are_extrapolated(void **state) {
    (void)state;
    assert_close(rate_of(1e-3, 0.0, 1e3, 2.0, 1.0, 100000), 100.0, 0.01);
    assert_close(rate_of(1.0, 0.0, 1e3, 2.0, 1.0, 100000), 1.0, 0.01);
    assert_close(rate_of(0.0, 1.0, 0.0, 1000.0, 0.0, 2000), 1000.0, 0.01);
    assert_close(rate_of(0.0, 1.0, 0.0, 1000.0, 0.0, 500), 500.0, 0.01);
}

static void a_wait_is_found_from_the_rate_it_leads_to(void **state) {
    (void)state;
    struct trd__gil_chain chain = {
        .held = 1.0, .cpu = 1.0, .wait = 15.0, .cores = 2.0, .locks = 1.0};
    trd__gil_chain_solve(&chain, 64);
    const double rate = trd__gil_chain_rate(&chain, 8);
    assert_close(trd__gil_chain_wait(&chain, 8, rate), 15.0, 1e-3);
    assert_true(trd__gil_chain_wait(&chain, 8, 2.0) < 1e-3); /* no wait makes it that fast */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_lock_and_waits_follow_erlangs_loss_formula),
        cmocka_unit_test(cores_and_waits_follow_machine_repair_with_several_repairmen),
        cmocka_unit_test(lock_cores_and_waits_come_close_to_the_whole_chain),
        cmocka_unit_test(an_idle_handoff_costs_the_lock_and_not_the_cores),
        cmocka_unit_test(the_smallest_size_reaches_the_share_and_one_fewer_does_not),
        cmocka_unit_test(very_many_workers_are_extrapolated),
        cmocka_unit_test(a_wait_is_found_from_the_rate_it_leads_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
