/* test_sizer_contract.c - what every pool-size controller in the table must do. */
#include "tests/check.h"
#include "tests/contract/plant.h"
#include "tests/contract/rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TESTS_MAX = 256, NAME_MAX_BYTES = 128, SAMPLES = 20000 };

static void describes_itself(void **state) {
    const struct trd_sizer *sizer = *state;
    struct trd_sizer_spec spec;
    assert_int_equal(trd_sizer_parse(sizer->name, &spec, NULL), 0);
    assert_ptr_equal(spec.sizer, sizer);
    assert_int_equal(strspn(sizer->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                     strlen(sizer->name));
    assert_true(strlen(sizer->summary) > 0 && strlen(sizer->source) > 0);
    assert_true(sizer->causes & TRD_CAUSE_OPEN);
    assert_int_equal((sizer->causes & TRD_CAUSE_TICK) != 0, sizer->period_ns != 0);
    for (size_t i = 0; sizer->params && sizer->params[i].name; i++) {
        const struct trd_param *param = &sizer->params[i];
        assert_true(i < TRD_PARAMS_MAX);
        assert_true(param->min <= param->fallback && param->fallback <= param->max);
    }
}

/* A number that is often at an end of its range. */
static uint64_t strange(struct trd_rng *rng) {
    const uint64_t choices[] = {0,
                                1,
                                2,
                                UINT32_MAX,
                                UINT64_MAX,
                                UINT64_MAX / 2,
                                trd_rng_below(rng, 100),
                                trd_rng_next(rng)};
    return choices[trd_rng_below(rng, sizeof choices / sizeof choices[0])];
}

static struct trd_sample strange_sample(struct trd_rng *rng, const struct trd_sizer *sizer) {
    const enum trd_cause causes[] = {TRD_CAUSE_OPEN, TRD_CAUSE_SUBMIT, TRD_CAUSE_TICK,
                                     TRD_CAUSE_STARVED, TRD_CAUSE_BLOCK};
    const double cores[] = {1e-3, 1.0, 2.0, 64.0, 1e6};
    struct trd_sample sample = {
        .workers = (uint32_t)strange(rng),
        .workers_min = (uint32_t)trd_rng_below(rng, 5),
        .workers_max = 5 + (uint32_t)trd_rng_below(rng, 100),
        .busy = (uint32_t)strange(rng),
        .blocked = (uint32_t)strange(rng),
        .queued = strange(rng),
        .now_ns = strange(rng),
        .interval_ns = strange(rng),
        .finished = strange(rng),
        .run_ns = strange(rng),
        .queue_wait_ns = strange(rng),
        .busy_ns = strange(rng),
        .cpu_ns = strange(rng),
        .gil_held_ns = strange(rng),
        .gil_wait_ns = strange(rng),
        .run_wait_ns = strange(rng),
        .is_gil_measured = trd_rng_below(rng, 2) == 1,
        .cores = cores[trd_rng_below(rng, 5)],
        .gils = (double)trd_rng_below(rng, 3),
    };
    do {
        sample.cause = causes[trd_rng_below(rng, 5)];
    } while (!(sizer->causes & sample.cause));
    return sample;
}

/* Nothing a body could measure, however wrong, leads to undefined behaviour, and the same samples
 * lead to the same answers. (The sanitizers watch.) */
static void strange_samples_are_survived_and_repeat(void **state) {
    const struct trd_sizer *sizer = *state;
    struct trd_sizer_spec spec;
    uint32_t *first = calloc(SAMPLES, sizeof *first);
    assert_non_null(first);
    assert_int_equal(trd_sizer_parse(sizer->name, &spec, NULL), 0);
    for (int time = 0; time < 2; time++) {
        struct trd_sizer_env env = {calloc(1, sizer->state_bytes + 1), spec.params};
        struct trd_rng rng;
        trd_rng_init(&rng, rig_seed(5));
        if (sizer->open) {
            sizer->open(&env);
        }
        for (int i = 0; i < SAMPLES; i++) {
            const struct trd_sample sample = strange_sample(&rng, sizer);
            const uint32_t wanted = sizer->resize(&env, &sample);
            assert_true(time == 0 || wanted == first[i]);
            first[i] = wanted;
        }
        if (sizer->close) {
            sizer->close(&env);
        }
        free(env.state);
    }
    free(first);
}

/* The scheduler keeps the answer within the bounds, whatever the bounds become. */
static void the_engine_keeps_the_answer_within_bounds(void **state) {
    const struct trd_sizer *sizer = *state;
    struct trd_policy_spec policy;
    struct trd_sizer_spec spec;
    struct rig rig;
    assert_int_equal(trd_policy_parse("fifo", &policy, NULL), 0);
    assert_int_equal(trd_sizer_parse(sizer->name, &spec, NULL), 0);
    rig_open(&rig, &policy, &spec, rig_seed(6));
    for (int i = 0; i < 2000; i++) {
        const struct trd_sched *sched = &rig.host.sched;
        rig_random(&rig, 5);
        assert_in_range(sched->workers_wanted, sched->config.workers_min,
                        sched->config.workers_max);
    }
    rig_drain(&rig);
    rig_close(&rig);
}

/* With work waiting, every sizer comes to have at least one worker. */
static void work_gets_a_worker(void **state) {
    const struct trd_sizer *sizer = *state;
    struct plant plant;
    plant_open(&plant, sizer->name, 2.0, 1.0);
    plant.workers_min = 0;
    plant.wanted = 0;
    plant.workers_max = 4;
    plant.mean.wait_ms = 1.0;
    if (sizer->causes == TRD_CAUSE_OPEN) {
        plant.wanted = plant.workers_max; /* it said so when it was opened */
    }
    plant_run(&plant, 100.0);
    assert_true(plant.finished > 0);
    plant_close(&plant);
}

/* In each test, *state is the sizer. */
static const struct CMUnitTest contract[] = {
    cmocka_unit_test(describes_itself),
    cmocka_unit_test(strange_samples_are_survived_and_repeat),
    cmocka_unit_test(the_engine_keeps_the_answer_within_bounds),
    cmocka_unit_test(work_gets_a_worker),
};

int main(void) {
    static char names[TESTS_MAX][NAME_MAX_BYTES];
    static struct CMUnitTest tests[TESTS_MAX];
    size_t count = 0;
    for (const struct trd_sizer *const *sizer = trd_sizers(); *sizer; sizer++) {
        for (size_t i = 0; i < sizeof contract / sizeof contract[0] && count < TESTS_MAX; i++) {
            (void)snprintf(names[count], NAME_MAX_BYTES, "%s_%s", (*sizer)->name, contract[i].name);
            tests[count] = contract[i];
            tests[count].name = names[count];
            tests[count++].initial_state = (void *)(uintptr_t)*sizer;
        }
    }
    return _cmocka_run_group_tests("sizer contract", tests, count, NULL, NULL);
}
