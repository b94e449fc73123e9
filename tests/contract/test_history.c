/* test_history.c - policies that go by what has been served: mlfq, spjf, gittins, srpt. */
#include "tests/check.h"
#include "tests/contract/stage.h"

#include <math.h>
#include <stdio.h>

#include <treadle/sim.h>

#define MS UINT64_C(1000000)

static struct stage_task *submit(struct stage *stage, uint16_t callable, unsigned flags) {
    return stage_submit(stage,
                        (struct stage_spec){.client = 1, .callable = callable, .flags = flags});
}

/* Worker 0 must get `task`, runs it for `run_ns` and ends the slice so. */
static void expect(struct stage *stage, const struct stage_task *task, uint64_t run_ns,
                   enum trd_outcome outcome) {
    assert_ptr_equal(stage_take(stage, 0), task);
    stage->now_ns += run_ns;
    stage_finish(stage, 0, outcome);
}

/* `count` tasks of this callable run, alone, for that long. */
static void teach(struct stage *stage, uint16_t callable, uint64_t run_ns, int count) {
    for (int i = 0; i < count; i++) {
        expect(stage, submit(stage, callable, 0), run_ns, TRD_OUTCOME_DONE);
    }
}

static void mlfq_with_an_endless_quantum_is_fifo(void **state) {
    (void)state;
    struct stage stage;
    struct stage_task *task[40];
    stage_open(&stage, "mlfq:quantum=3600,boost=1000", 1, 1);
    for (int i = 0; i < 40; i++) {
        task[i] = submit(&stage, (uint16_t)(i % 3), i % 2 ? TRD_TASK_RESUMABLE : 0);
    }
    for (int i = 0; i < 80; i++) { /* twice around, for who yields goes behind */
        const bool is_first_half = i < 40;
        if (is_first_half || i % 2) {
            expect(&stage, task[i % 40], MS,
                   is_first_half && i % 2 ? TRD_OUTCOME_AGAIN : TRD_OUTCOME_DONE);
        }
    }
    stage_close(&stage);
}

/* Quanta of 1, 2, 4 ms; yielding before the quantum is used saves nobody from sinking. */
static void mlfq_lets_a_task_sink_when_its_quantum_is_used_however_often_it_yields(void **state) {
    (void)state;
    struct stage stage;
    stage_open(&stage, "mlfq:quantum=0.001,levels=3,boost=1000", 1, 1);
    struct stage_task *cunning = submit(&stage, 0, TRD_TASK_RESUMABLE);
    for (int i = 0; i < 4; i++) {
        expect(&stage, cunning, MS / 4, TRD_OUTCOME_AGAIN); /* alone, and then sunk */
    }
    struct stage_task *fresh = submit(&stage, 0, TRD_TASK_RESUMABLE);
    expect(&stage, fresh, MS / 2, TRD_OUTCOME_AGAIN);
    expect(&stage, fresh, MS / 2, TRD_OUTCOME_AGAIN); /* now both are on the second level */
    expect(&stage, cunning, 2 * MS, TRD_OUTCOME_AGAIN);
    expect(&stage, fresh, MS, TRD_OUTCOME_AGAIN);
    expect(&stage, fresh, MS, TRD_OUTCOME_AGAIN);         /* both on the last */
    expect(&stage, cunning, 100 * MS, TRD_OUTCOME_AGAIN); /* from where nobody sinks */
    expect(&stage, fresh, MS, TRD_OUTCOME_DONE);
    expect(&stage, cunning, MS, TRD_OUTCOME_DONE);
    stage_close(&stage);
}

/* A sunk task does not run while new ones keep coming, until the boost. */
static void mlfq_boosts_who_would_starve(void **state) {
    (void)state;
    struct stage stage;
    stage_open(&stage, "mlfq:quantum=0.001,boost=1", 1, 1);
    stage.now_ns = 5000 * MS; /* a boost's period begins with the first call */
    struct stage_task *sunk = submit(&stage, 0, TRD_TASK_RESUMABLE);
    expect(&stage, sunk, 10 * MS, TRD_OUTCOME_AGAIN);
    struct stage_task *next = submit(&stage, 0, TRD_TASK_RESUMABLE);
    while (stage.now_ns < 5998 * MS) {
        struct stage_task *now = next;
        next = submit(&stage, 0, TRD_TASK_RESUMABLE);
        expect(&stage, now, MS, TRD_OUTCOME_DONE);
    }
    stage.now_ns = 6000 * MS;
    expect(&stage, next, MS, TRD_OUTCOME_DONE); /* it was on the top before */
    struct stage_task *later = submit(&stage, 0, TRD_TASK_RESUMABLE);
    expect(&stage, sunk, MS, TRD_OUTCOME_AGAIN);
    next = submit(&stage, 0, TRD_TASK_RESUMABLE);
    expect(&stage, later, MS, TRD_OUTCOME_DONE);
    expect(&stage, next, MS, TRD_OUTCOME_DONE);
    expect(&stage, sunk, MS, TRD_OUTCOME_DONE); /* where it belongs again */
    stage_close(&stage);
}

static void mlfq_can_cancel_what_a_boost_has_moved(void **state) {
    (void)state;
    enum { TASKS = 12 };
    for (int victim = 0; victim < TASKS; victim++) {
        struct stage stage;
        struct stage_task *task[TASKS];
        stage_open(&stage, "mlfq:quantum=0.001,boost=1", 1, 1);
        stage.now_ns = 5000 * MS;
        for (int level = 3; level >= 0; level--) { /* three on each, one after the other */
            for (int i = 3 * level; i < 3 * level + 3; i++) {
                task[i] = submit(&stage, 0, TRD_TASK_RESUMABLE);
                if (level > 0) {
                    expect(&stage, task[i], ((UINT64_C(1) << level) - 1) * MS, TRD_OUTCOME_AGAIN);
                }
            }
        }
        stage.now_ns += 1000 * MS;
        struct stage_task *last = submit(&stage, 0, TRD_TASK_RESUMABLE); /* this push boosts */
        stage_cancel(&stage, task[victim]);
        for (int i = 0; i < TASKS; i++) {
            if (i != victim) {
                expect(&stage, task[i], 0, TRD_OUTCOME_DONE);
            }
        }
        expect(&stage, last, 0, TRD_OUTCOME_DONE);
        stage_close(&stage);
    }
}

static void mlfq_demotes_a_callable_by_its_runs_and_promotes_it_again(void **state) {
    (void)state;
    struct stage stage;
    stage_open(&stage, "mlfq:quantum=0.001,boost=1000", 1, 1);
    teach(&stage, 1, 50 * MS, 1);
    teach(&stage, 2, MS / 2, 1);
    for (int is_retrained = 0; is_retrained < 2; is_retrained++) {
        struct stage_task *first = submit(&stage, 1, 0);
        struct stage_task *second = submit(&stage, 2, 0);
        struct stage_task *new = submit(&stage, (uint16_t)(3 + is_retrained), 0);
        if (!is_retrained) { /* nobody knows callable 3: it starts at the top */
            expect(&stage, second, MS / 2, TRD_OUTCOME_DONE);
            expect(&stage, new, MS / 2, TRD_OUTCOME_DONE);
            expect(&stage, first, MS / 2, TRD_OUTCOME_DONE);
            teach(&stage, 1, MS / 2, 60); /* it has become quick */
        } else {
            expect(&stage, first, MS / 2, TRD_OUTCOME_DONE);
            expect(&stage, second, MS / 2, TRD_OUTCOME_DONE);
            expect(&stage, new, MS / 2, TRD_OUTCOME_DONE);
        }
    }
    stage_close(&stage);
}

/* Callables that are not told apart are judged by whose they are. */
static void mlfq_demotes_a_client_when_callables_are_unknown(void **state) {
    (void)state;
    struct stage stage;
    stage_open(&stage, "mlfq:quantum=0.001,boost=1000", 1, 1);
    for (uint32_t client = 1; client <= 2; client++) {
        (void)stage_submit(&stage, (struct stage_spec){.client = client});
        (void)stage_take(&stage, 0);
        stage.now_ns += client == 1 ? 50 * MS : MS / 2;
        stage_finish(&stage, 0, TRD_OUTCOME_DONE);
    }
    struct stage_task *of_slow = stage_submit(&stage, (struct stage_spec){.client = 1});
    struct stage_task *of_quick = stage_submit(&stage, (struct stage_spec){.client = 2});
    expect(&stage, of_quick, 0, TRD_OUTCOME_DONE);
    expect(&stage, of_slow, 0, TRD_OUTCOME_DONE);
    stage_close(&stage);
}

static void spjf_follows_history(void **state) {
    (void)state;
    struct stage stage;
    stage_open(&stage, "spjf", 1, 1);
    teach(&stage, 1, 10 * MS, 3);
    teach(&stage, 2, 2 * MS, 3);
    struct stage_task *slow[2], *quick[2], *unknown;
    for (int i = 0; i < 2; i++) {
        slow[i] = submit(&stage, 1, 0);
        quick[i] = submit(&stage, 2, 0);
    }
    unknown = submit(&stage, 3, 0);
    expect(&stage, unknown, 5 * MS, TRD_OUTCOME_DONE); /* so that it has a history soon */
    expect(&stage, quick[0], 2 * MS, TRD_OUTCOME_DONE);
    expect(&stage, quick[1], 500 * MS, TRD_OUTCOME_DONE); /* it has changed for the worse */
    struct stage_task *now_slow = submit(&stage, 2, 0);
    expect(&stage, slow[0], 10 * MS, TRD_OUTCOME_DONE);
    expect(&stage, slow[1], 10 * MS, TRD_OUTCOME_DONE);
    expect(&stage, now_slow, MS, TRD_OUTCOME_DONE);
    stage_close(&stage);
}

/* What was cut short, and what a slice has cost, is no run time of the callable. */
static void spjf_learns_from_whole_runs_only(void **state) {
    (void)state;
    struct stage stage;
    stage_open(&stage, "spjf:newest=1", 1, 1);
    teach(&stage, 1, 4 * MS, 1);
    struct stage_task *task = submit(&stage, 2, TRD_TASK_RESUMABLE);
    expect(&stage, task, 3 * MS, TRD_OUTCOME_AGAIN);
    expect(&stage, task, 3 * MS, TRD_OUTCOME_DONE); /* 6 ms in all: more than the 4 of the other */
    expect(&stage, submit(&stage, 2, 0), MS, TRD_OUTCOME_LOST);
    struct stage_task *six = submit(&stage, 2, 0);
    struct stage_task *four = submit(&stage, 1, 0);
    expect(&stage, four, MS, TRD_OUTCOME_DONE);
    expect(&stage, six, MS, TRD_OUTCOME_DONE);
    stage_close(&stage);
}

static void srpt_serves_who_is_nearest_to_the_end(void **state) {
    (void)state;
    struct stage stage;
    const struct stage_spec given[] = {
        {.client = 1, .hint_ns = 10 * MS, .flags = TRD_TASK_RESUMABLE},
        {.client = 1, .hint_ns = 6 * MS},
        {.client = 1, .flags = TRD_TASK_RESUMABLE}, /* no estimate: least attained */
        {.client = 1},                              /* neither: last */
    };
    stage_open(&stage, "srpt", 1, 1);
    struct stage_task *last = stage_submit(&stage, given[3]);
    struct stage_task *ten = stage_submit(&stage, given[0]);
    expect(&stage, ten, 5 * MS, TRD_OUTCOME_AGAIN);
    struct stage_task *six = stage_submit(&stage, given[1]);
    struct stage_task *unknown = stage_submit(&stage, given[2]);
    expect(&stage, unknown, 5 * MS + 1, TRD_OUTCOME_AGAIN);  /* as long again */
    expect(&stage, ten, 5 * MS + 8 * MS, TRD_OUTCOME_AGAIN); /* 8 ms more than it said */
    expect(&stage, unknown, MS, TRD_OUTCOME_DONE);
    expect(&stage, six, 6 * MS, TRD_OUTCOME_DONE);
    expect(&stage, ten, MS, TRD_OUTCOME_DONE);
    expect(&stage, last, MS, TRD_OUTCOME_DONE);
    stage_close(&stage);
}

/* New better than used in expectation: nobody gains by stopping such a task. */
static const struct trd_sim_time nbue[] = {
    {TRD_SIM_DETERMINISTIC, .mean_ns = 1e6},
    {TRD_SIM_ERLANG, .mean_ns = 1e6, .shape = 3},
    {TRD_SIM_EXPONENTIAL, .mean_ns = 1e6},
};

enum { NBUE_LAWS = sizeof nbue / sizeof nbue[0], CLASSES = 4 };

static void gittins_is_the_smallest_mean_when_all_classes_are_nbue(void **state) {
    (void)state;
    static const unsigned flags[] = {0, TRD_TASK_RESUMABLE};
    const uint64_t first = stage_seed(1);
    for (uint64_t seed = first; seed < first + 20; seed++) {
        struct stage stage;
        struct stage_task *task[CLASSES];
        double sum_ns[CLASSES] = {0};
        stage_open(&stage, "gittins", 1, seed);
        for (uint16_t i = 0; i < CLASSES; i++) { /* the means are a tenth apart, in any order */
            struct trd_sim_time law = nbue[(i + seed) % NBUE_LAWS];
            law.mean_ns *= 1.0 + 0.1 * (double)((i * 7 + seed) % CLASSES);
            for (int n = 0; n < 2000; n++) {
                const uint64_t run_ns = trd_sim_time_draw(&law, &stage.rng);
                sum_ns[i] += (double)run_ns;
                teach(&stage, (uint16_t)(i + 1), run_ns, 1);
            }
        }
        for (size_t f = 0; f < 2; f++) {
            for (uint16_t i = 0; i < CLASSES; i++) {
                task[i] = submit(&stage, (uint16_t)(i + 1), flags[f]);
            }
            for (int n = 0; n < CLASSES; n++) {
                const struct stage_task *next = stage_take(&stage, 0);
                const uint16_t taken = (uint16_t)(next->spec.callable - 1);
                for (uint16_t i = 0; i < CLASSES; i++) {
                    assert_true(!task[i] || sum_ns[taken] <= sum_ns[i]);
                }
                task[taken] = NULL;
                stage_finish(&stage, 0, TRD_OUTCOME_LOST); /* which teaches nothing */
            }
        }
        stage_close(&stage);
    }
}

static double mean_response_ms(const char *policy, const struct trd_sim_client *clients,
                               uint64_t quantum_ns) {
    const double mean_ns = (trd_sim_time_moment(&clients[0].service, 1, HUGE_VAL) +
                            trd_sim_time_moment(&clients[1].service, 1, HUGE_VAL)) /
                           2;
    const struct trd_sim_config config = {
        .policy = policy,
        .workers_min = 1,
        .workers_max = 1,
        .rate_per_s = 0.8e9 / mean_ns,
        .clients = clients,
        .client_count = 2,
        .task_count = 60000,
        .quantum_ns = quantum_ns,
        .seed = 11,
    };
    struct trd_sim_report report;
    struct trd_error error = {""};
    if (trd_sim_run(&config, &report, &error)) {
        fail_msg("%s", error.message);
    }
    const double mean_ms = report.total.response_ns.mean / 1e6;
    print_message("%s, slices of %g ms: %.2f ms\n", policy, (double)quantum_ns / 1e6, mean_ms);
    trd_sim_report_free(&report);
    return mean_ms;
}

/* One callable ends at once nine times in ten, and else takes very long; its mean is the larger
 * one. Who can stop a task tries it first; the mean would have it last. */
static void gittins_beats_the_smallest_mean_when_a_class_is_heavy_tailed(void **state) {
    (void)state;
    const struct trd_sim_client clients[] = {
        {.key = 1,
         .share = 1,
         .class_index = 1,
         .service = {TRD_SIM_BIMODAL, .shape = 0.1, .low_ns = 1e6, .high_ns = 100e6}},
        {.key = 2,
         .share = 1,
         .class_index = 2,
         .service = {TRD_SIM_DETERMINISTIC, .mean_ns = 5e6}},
    };
    const double gittins = mean_response_ms("gittins", clients, MS);
    assert_true(gittins < 0.7 * mean_response_ms("spjf", clients, MS));
    assert_true(gittins < 0.7 * mean_response_ms("mlfq", clients, MS));
    assert_true(gittins <
                0.7 * mean_response_ms("srpt", clients, MS)); /* no estimates: least attained */
    /* When nobody can be stopped, the smallest mean is the best there is, and both are that. */
    const double whole = mean_response_ms("gittins", clients, 0);
    assert_true(fabs(whole / mean_response_ms("spjf:newest=0.01", clients, 0) - 1) < 0.05);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mlfq_with_an_endless_quantum_is_fifo),
        cmocka_unit_test(mlfq_lets_a_task_sink_when_its_quantum_is_used_however_often_it_yields),
        cmocka_unit_test(mlfq_boosts_who_would_starve),
        cmocka_unit_test(mlfq_can_cancel_what_a_boost_has_moved),
        cmocka_unit_test(mlfq_demotes_a_callable_by_its_runs_and_promotes_it_again),
        cmocka_unit_test(mlfq_demotes_a_client_when_callables_are_unknown),
        cmocka_unit_test(spjf_follows_history),
        cmocka_unit_test(spjf_learns_from_whole_runs_only),
        cmocka_unit_test(srpt_serves_who_is_nearest_to_the_end),
        cmocka_unit_test(gittins_is_the_smallest_mean_when_all_classes_are_nbue),
        cmocka_unit_test(gittins_beats_the_smallest_mean_when_a_class_is_heavy_tailed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
