/* test_fair_shares.c - what the fairness policies promise beyond their bounds: costs that nobody
 * told, several workers, debts that a pause does not shed, tasks that are dropped, and chance. */
#include "tests/check.h"
#include "tests/contract/stage.h"

#include <math.h>
#include <stdio.h>

#define MS UINT64_C(1000000)

static void submit_many(struct stage *stage, struct stage_spec spec, int count) {
    for (int i = 0; i < count; i++) {
        (void)stage_submit(stage, spec);
    }
}

/* How many of the first `count` workers' tasks are client 1's. */
static int take_many(struct stage *stage, uint32_t first, uint32_t count) {
    int ones = 0;
    for (uint32_t worker = first; worker < first + count; worker++) {
        const struct stage_task *task = stage_take(stage, worker);
        assert_non_null(task);
        ones += task->spec.client == 1;
    }
    return ones;
}

static const char *const by_weight[] = {"drr",     "sfq",          "stride",
                                        "drr/edf", "sfq/priority", "stride/priority"};
enum { BY_WEIGHT = sizeof by_weight / sizeof *by_weight };

/* Eight workers ask before the first task has ended: nothing has been charged that was measured. */
static void workers_spread_over_clients_of_whom_nothing_is_known(void **state) {
    (void)state;
    for (size_t i = 0; i < BY_WEIGHT; i++) {
        struct stage stage;
        stage_open(&stage, by_weight[i], 8, 1);
        submit_many(&stage, (struct stage_spec){.client = 1, .weight = 3}, 100);
        submit_many(&stage, (struct stage_spec){.client = 2, .weight = 1}, 100);
        assert_int_equal(take_many(&stage, 0, 8), 6);
        stage_close(&stage);
    }
}

/* Client 2 is known for tasks of 10 ms, client 1 has just come: both get workers. */
static void a_newcomer_does_not_get_all_workers(void **state) {
    (void)state;
    for (size_t i = 0; i < BY_WEIGHT; i++) {
        struct stage stage;
        stage_open(&stage, by_weight[i], 9, 1);
        submit_many(&stage, (struct stage_spec){.client = 2, .run_ns = 10 * MS}, 120);
        for (int run = 0; run < 20; run++) {
            (void)stage_run(&stage, 0);
        }
        submit_many(&stage, (struct stage_spec){.client = 1, .run_ns = 10 * MS}, 100);
        const int ones = take_many(&stage, 1, 8);
        print_message("  %s: %d of 8\n", by_weight[i], ones);
        assert_in_range(ones, 3, 5);
        stage_close(&stage);
    }
}

/* Client 1 has used much that nobody could foresee, client 2 has 300 ms to run; then 1 pauses. */
static void open_with_debt(struct stage *stage, const char *policy, uint64_t used_ns) {
    stage_open(stage, policy, 1, 1);
    submit_many(stage, (struct stage_spec){.client = 2, .run_ns = MS}, 300);
    (void)stage_run(stage, 0);
    submit_many(stage, (struct stage_spec){.client = 1, .run_ns = used_ns}, 1);
    while (stage_run(stage, 0).client != 1) {
    }
}

static void a_pause_sheds_no_debt(void **state) {
    (void)state;
    const char *const policies[] = {"drr", "sfq", "sfq/edf"}; /* drr/edf pays by the mean before */
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct stage stage;
        int twos = 0;
        open_with_debt(&stage, policies[i], 100 * MS);
        for (uint64_t key = 0, row;
             (row = trd__sched_client_forget(&stage.host.sched, &key, stage.now_ns)) != 0;) {
            assert_int_not_equal(row, 1); /* all that are idle go, but for the debtor */
        }
        for (int run = 0; run < 10; run++) {
            assert_int_equal(stage_run(&stage, 0).client, 2);
        }
        submit_many(&stage, (struct stage_spec){.client = 1, .run_ns = MS, .hint_ns = MS}, 1);
        while (stage_run(&stage, 0).client != 1) {
            twos++;
        }
        print_message("  %s: client 2 ran %d tasks of 1 ms first\n", policies[i], twos);
        assert_in_range(twos, 85, 92);
        stage_close(&stage);
    }
}

/* ... but when nobody has anything, the next one to come is served, and keeps its rights. */
static void debts_are_forgiven_when_all_are_idle(void **state) {
    (void)state;
    const char *const policies[] = {"drr", "sfq", "sfq/edf"};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct stage stage;
        int ones = 0;
        open_with_debt(&stage, policies[i], 10000 * MS);
        while (stage.queued[2] > 0) {
            (void)stage_run(&stage, 0);
        }
        submit_many(&stage, (struct stage_spec){.client = 1, .run_ns = MS, .hint_ns = MS}, 20);
        submit_many(&stage, (struct stage_spec){.client = 2, .run_ns = MS, .hint_ns = MS}, 20);
        for (int run = 0; run < 20; run++) {
            ones += stage_run(&stage, 0).client == 1;
        }
        print_message("  %s: %d of 20\n", policies[i], ones);
        assert_in_range(ones, 9, 11);
        stage_close(&stage);
    }
}

/* Deadlines drop client 1's tasks when their turn comes: those turns are not charged. */
static void a_dropped_task_costs_its_client_nothing(void **state) {
    (void)state;
    const char *const policies[] = {"drr", "sfq", "drr/edf", "sfq/priority"};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct stage stage;
        int ones = 0;
        stage_open(&stage, policies[i], 1, 1);
        submit_many(&stage, (struct stage_spec){.client = 1, .run_ns = MS}, 1);
        submit_many(&stage, (struct stage_spec){.client = 2, .run_ns = MS}, 200);
        (void)stage_run(&stage, 0);
        submit_many(&stage,
                    (struct stage_spec){.client = 1,
                                        .hint_ns = 50 * MS,
                                        .deadline_ns = stage.now_ns,
                                        .flags = TRD_TASK_DROP_LATE},
                    100);
        stage.now_ns++;
        while (stage.queued[1] > 0) {
            (void)stage_run(&stage, 0);
        }
        assert_int_equal(stage.expired, 100);
        submit_many(&stage, (struct stage_spec){.client = 1, .run_ns = MS}, 30);
        for (int run = 0; run < 40 && stage.queued[2] > 0; run++) {
            ones += stage_run(&stage, 0).client == 1;
        }
        print_message("  %s: %d of 40 turns\n", policies[i], ones);
        assert_in_range(ones, 18, 22);
        stage_close(&stage);
    }
}

enum { CLIENTS = 5, WORKERS = 7 };

/* Five clients with a backlog, seven workers; costs of a client vary tenfold and nobody tells them.
 * Returns what each client got in `got_ns`. */
static void play(struct stage *stage, int tasks, uint64_t *got_ns) {
    uint64_t end_ns[WORKERS] = {0};
    bool is_busy[WORKERS] = {false};
    for (int ended = 0; ended < tasks;) {
        uint32_t next = 0;
        for (uint32_t client = 1; client <= CLIENTS; client++) {
            while (stage->queued[client] < WORKERS + 1) {
                (void)stage_submit(
                    stage,
                    (struct stage_spec){.client = client,
                                        .weight = client,
                                        .run_ns = (MS >> client) + trd_rng_below(&stage->rng, MS)});
            }
        }
        for (uint32_t worker = 0; worker < WORKERS; worker++) {
            if (!is_busy[worker]) {
                const struct stage_task *task = stage_take(stage, worker);
                end_ns[worker] = stage->now_ns + task->spec.run_ns;
                is_busy[worker] = true;
            }
            next = end_ns[worker] < end_ns[next] ? worker : next;
        }
        stage->now_ns = end_ns[next];
        got_ns[stage->on_worker[next]->spec.client] += stage->on_worker[next]->spec.run_ns;
        stage_finish(stage, next, TRD_OUTCOME_DONE);
        is_busy[next] = false;
        ended++;
    }
}

static void several_workers_are_shared_by_weight_when_no_cost_is_told(void **state) {
    (void)state;
    const char *const policies[] = {"drr", "sfq", "drr/edf", "sfq/priority"};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct stage stage;
        uint64_t got_ns[CLIENTS + 1] = {0};
        double least = INFINITY, most = 0.0;
        stage_open(&stage, policies[i], WORKERS, stage_seed(5));
        play(&stage, 20000, got_ns);
        for (uint32_t client = 1; client <= CLIENTS; client++) {
            const double share = (double)got_ns[client] / (double)client;
            least = share < least ? share : least;
            most = share > most ? share : most;
        }
        print_message("  %s: shares are %.5f apart\n", policies[i], most / least - 1.0);
        assert_true(most / least < 1.01);
        stage_close(&stage);
    }
}

/* The largest numbers there are: nothing overflows, and nobody counts rounds one by one. */
static void absurd_costs_and_weights_do_no_harm(void **state) {
    (void)state;
    const char *const policies[] = {"drr:quantum=1e-6", "drr:quantum=100", "sfq",
                                    "stride",           "lottery",         "drr:quantum=1e-6/fifo"};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct stage stage;
        stage_open(&stage, policies[i], 4, 1);
        for (uint32_t client = 1; client < STAGE_CLIENTS; client++) {
            submit_many(&stage,
                        (struct stage_spec){.client = client,
                                            .weight = client % 3 ? UINT32_MAX : client % 2,
                                            .hint_ns = client % 5 ? UINT64_MAX : 1,
                                            .run_ns = client == 1 ? UINT64_C(1) << 61 : 1},
                        20);
        }
        for (int run = 0; run < 1000; run++) {
            const struct stage_spec spec = stage_run(&stage, (uint32_t)(run % 4));
            stage.now_ns -= spec.run_ns > 1 ? spec.run_ns : 0; /* time must last */
        }
        stage_close(&stage);
    }
}

/* Yielding tasks of one client take turns; and those of two clients do, whatever they submit. */
static void a_yield_ends_a_turn_of_round_robin(void **state) {
    (void)state;
    struct stage stage;
    stage_open(&stage, "round_robin", 1, 1);
    for (uint32_t i = 0; i < 3; i++) { /* `priority` names them; it does not count here */
        (void)stage_submit(&stage, (struct stage_spec){.client = i < 2 ? 1 : 2,
                                                       .priority = i,
                                                       .flags = TRD_TASK_RESUMABLE});
    }
    const int64_t expected[] = {0, 2, 1, 2, 0, 2, 1, 2};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(stage_take(&stage, 0)->spec.priority, expected[i]);
        stage_finish(&stage, 0, TRD_OUTCOME_AGAIN);
    }
    stage_close(&stage);
}

/* k draws: mean k p, variance k p (1 - p), all clients together by the chi-square test. */
static void lottery_gives_turns_by_weight_as_chance_does(void **state) {
    (void)state;
    enum { DRAWS = 60000, HOLDERS = 10 };
    struct stage stage;
    uint32_t turns[HOLDERS + 1] = {0};
    double chi2 = 0.0;
    stage_open(&stage, "lottery", 1, stage_seed(9));
    for (int draw = 0; draw < DRAWS; draw++) {
        for (uint32_t client = 1; client <= HOLDERS; client++) {
            if (stage.queued[client] == 0) {
                (void)stage_submit(&stage, (struct stage_spec){.client = client, .weight = client});
            }
        }
        turns[stage_run(&stage, 0).client]++;
    }
    for (uint32_t client = 1; client <= HOLDERS; client++) {
        const double expected = DRAWS * client / (HOLDERS * (HOLDERS + 1) / 2.0);
        chi2 += (turns[client] - expected) * (turns[client] - expected) / expected;
    }
    print_message("  chi2 of 9 degrees: %.2f\n", chi2);
    assert_true(chi2 < 33.7); /* passed with probability 0.9999 */
    stage_close(&stage);
}

/* Clients come, go and change weights; who is drawn is compared with a plain sum of weights by the
 * variance of single draws: sum of (hit - p) has variance sum of p (1 - p). */
static void lottery_counts_the_tickets_of_those_who_are_there(void **state) {
    (void)state;
    enum { DRAWS = 40000, HOLDERS = 40 };
    struct stage stage;
    uint32_t weights[HOLDERS + 1] = {0};
    double apart[HOLDERS + 1] = {0}, variance[HOLDERS + 1] = {0};
    stage_open(&stage, "lottery", 1, stage_seed(10));
    for (int draw = 0; draw < DRAWS; draw++) {
        double sum = 0.0;
        for (uint32_t client = 1; client <= HOLDERS; client++) {
            if (trd_rng_below(&stage.rng, 60) == 0 && stage.queued[client] < 3) {
                weights[client] = 1 + (uint32_t)trd_rng_below(&stage.rng, 1000);
                (void)stage_submit(
                    &stage, (struct stage_spec){.client = client, .weight = weights[client]});
            }
            sum += stage.queued[client] ? weights[client] : 0;
        }
        double p[HOLDERS + 1];
        for (uint32_t client = 1; client <= HOLDERS; client++) {
            p[client] = sum > 0.0 && stage.queued[client] ? weights[client] / sum : 0.0;
            variance[client] += p[client] * (1.0 - p[client]);
            apart[client] -= p[client];
        }
        const struct stage_task *task = stage_take(&stage, 0);
        if (task) {
            apart[task->spec.client] += 1.0;
            assert_true(p[task->spec.client] > 0.0);
            stage_finish(&stage, 0, TRD_OUTCOME_DONE);
        }
    }
    for (uint32_t client = 1; client <= HOLDERS; client++) {
        assert_true(fabs(apart[client]) < 4.5 * sqrt(variance[client]));
    }
    stage_close(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_spread_over_clients_of_whom_nothing_is_known),
        cmocka_unit_test(a_newcomer_does_not_get_all_workers),
        cmocka_unit_test(a_pause_sheds_no_debt),
        cmocka_unit_test(debts_are_forgiven_when_all_are_idle),
        cmocka_unit_test(a_dropped_task_costs_its_client_nothing),
        cmocka_unit_test(several_workers_are_shared_by_weight_when_no_cost_is_told),
        cmocka_unit_test(absurd_costs_and_weights_do_no_harm),
        cmocka_unit_test(a_yield_ends_a_turn_of_round_robin),
        cmocka_unit_test(lottery_gives_turns_by_weight_as_chance_does),
        cmocka_unit_test(lottery_counts_the_tickets_of_those_who_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
