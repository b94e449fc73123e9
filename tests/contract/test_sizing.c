/* test_sizing.c - how well sizers size, on the idealised plants: the acceptance of gil_model, and
 * with --table the comparison that the documentation prints. */
#include "tests/check.h"
#include "tests/contract/paper_plant.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SEEDS = 5 };

/* The plant in words: "1/0/9 on 2, 1 lock". */
static void plant_words(const struct paper_plant *plant, char *text, size_t bytes) {
    size_t length = 0;
    for (int stage = 0; stage < (plant->has_step ? 2 : 1); stage++) {
        const struct paper_task *task = &plant->tasks[stage];
        length +=
            (size_t)snprintf(text + length, bytes - length, "%s%g/%g/%g", stage ? " then " : "",
                             task->held_ms, task->cpu_ms, task->wait_ms);
    }
    (void)snprintf(text + length, bytes - length, "; P %g, G %g%s%s%s%s", plant->cores, plant->gils,
                   plant->overhead > 0.0 ? ", overhead" : "", plant->meter > 0.0 ? ", noise" : "",
                   plant->spread < 1.0 ? ", less spread" : "", plant->is_held_out ? "" : " *");
}

/* Means over seeds, and the whole range of sizes. */
static struct paper_result mean_result(const struct paper_plant *plant,
                                       const struct paper_run *like, int stage,
                                       uint64_t seed_first) {
    struct paper_result sum = {.size_low = PAPER_WORKERS};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct paper_run run = *like;
        struct paper_result results[PAPER_STAGES];
        run.seed = seed_first + seed;
        paper_plant_run(plant, &run, results);
        const struct paper_result *r = &results[stage];
        sum.share += r->share / SEEDS;
        sum.size_mean += r->size_mean / SEEDS;
        sum.size_least = r->size_least;
        sum.converged_tasks += r->converged_tasks / SEEDS;
        sum.converged_s += r->converged_s / SEEDS;
        sum.size_low = r->size_low < sum.size_low ? r->size_low : sum.size_low;
        sum.size_high = r->size_high > sum.size_high ? r->size_high : sum.size_high;
    }
    return sum;
}

static const struct paper_run check_run = {
    .sizer = "gil_model", .tasks_allowed = {400.0, 500.0}, .seconds = 2.0, .tasks_least = 5000.0};

static void gil_model_meets_its_promise_on_every_plant(void **state) {
    (void)state;
    int failures = 0;
    for (uint32_t i = 0; i < paper_plant_count; i++) {
        const struct paper_plant *plant = &paper_plants[i];
        char words[160];
        plant_words(plant, words, sizeof words);
        for (int stage = 0; stage < (plant->has_step ? 2 : 1); stage++) {
            const struct paper_result r =
                mean_result(plant, &check_run, stage, plant->is_held_out ? 1000 : 1);
            const bool is_good = r.share >= 0.95 && r.size_mean <= 1.5 * r.size_least &&
                                 r.converged_tasks <= check_run.tasks_allowed[stage];
            print_message("  %-48s %d: %.3f of best, N %5.1f (%u..%u), least %u, %.0f tasks%s\n",
                          words, stage, r.share, r.size_mean, r.size_low, r.size_high, r.size_least,
                          r.converged_tasks, is_good ? "" : "  <--");
            failures += !is_good;
        }
    }
    assert_int_equal(failures, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gil_model_meets_its_promise_on_every_plant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
