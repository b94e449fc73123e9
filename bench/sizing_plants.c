/* sizing_plants.c - the table of docs/reference/sizers.md: sizers on simulated plants.
 *
 * Every plant is swept over fixed sizes first; what a sizer reached is printed as its share of the
 * best of them, beside its mean size and what it took to converge. Virtual time, fixed seeds: the
 * same table everywhere. Arguments: sizers instead of the usual five, or --seeds N. */
#include "sizing_plant.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZERS_MAX = 32, SEEDS_MAX = 100, SEED_FIRST = 1000 };

static const struct sizing_length table_length = {
    .seconds = 60.0, .tasks = 10000.0, .allowed = {400.0, 500.0}};

static int table_is_before(const void *a, const void *b) {
    const double first = *(const double *)a;
    const double second = *(const double *)b;
    return (first > second) - (first < second);
}

/* One sizer on one plant: means over seeds, and the median of what it took to converge. */
static int table_cell(const struct sizing_plant *plant, const struct sizing_sweep *sweeps,
                      const char *sizer, uint64_t seeds, struct sizing_result *means) {
    double converged[SIZING_STAGES][SEEDS_MAX];
    for (int stage = 0; stage < SIZING_STAGES; stage++) {
        means[stage] = (struct sizing_result){.share = 0.0};
    }
    for (uint64_t seed = 0; seed < seeds; seed++) {
        struct sizing_result results[SIZING_STAGES];
        const int failed =
            sizing_run(plant, sweeps, sizer, &table_length, SEED_FIRST + seed, results);
        if (failed) {
            return failed;
        }
        for (int stage = 0; stage < (plant->has_step ? 2 : 1); stage++) {
            means[stage].share += results[stage].share / (double)seeds;
            means[stage].size_mean += results[stage].size_mean / (double)seeds;
            converged[stage][seed] = results[stage].converged_tasks;
        }
    }
    for (int stage = 0; stage < (plant->has_step ? 2 : 1); stage++) {
        qsort(converged[stage], seeds, sizeof converged[stage][0], table_is_before);
        means[stage].converged_tasks = converged[stage][seeds / 2];
    }
    return 0;
}

static void table_print(const struct sizing_result *result) {
    if (isfinite(result->converged_tasks)) {
        (void)printf(" | %.3f, N %.1f, %.0f tasks", result->share, result->size_mean,
                     result->converged_tasks);
    } else {
        (void)printf(" | %.3f, N %.1f, never", result->share, result->size_mean);
    }
}

static int table_rows(const struct sizing_plant *plant, const char *const *sizers, size_t count,
                      uint64_t seeds) {
    struct sizing_sweep sweeps[SIZING_STAGES];
    struct sizing_result results[SIZERS_MAX][SIZING_STAGES];
    char words[128];
    const int stages = plant->has_step ? 2 : 1;
    for (int stage = 0; stage < stages; stage++) {
        const int failed = sizing_sweep(plant, stage, 20000, 1, &sweeps[stage]);
        if (failed) {
            return failed;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const int failed = table_cell(plant, sweeps, sizers[i], seeds, results[i]);
        if (failed) {
            return failed;
        }
    }
    sizing_plant_words(plant, words, sizeof words);
    for (int stage = 0; stage < stages; stage++) {
        (void)printf("| %s%s%s | %u", words, stage ? ", after the step" : "",
                     plant->is_held_out ? "" : " *", sweeps[stage].size_least);
        for (size_t i = 0; i < count; i++) {
            table_print(&results[i][stage]);
        }
        (void)printf(" |\n");
    }
    return fflush(stdout) ? EXIT_FAILURE : 0;
}

int main(int argc, char **argv) {
    const char *sizers[SIZERS_MAX] = {"gil_model", "hill_climb", "gradient2", "vegas", "envoy"};
    size_t count = 5;
    uint64_t seeds = 3;
    size_t given = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc) {
            seeds = strtoull(argv[++i], NULL, 10);
        } else if (given < SIZERS_MAX) {
            sizers[given++] = argv[i];
        }
    }
    count = given ? given : count;
    if (seeds < 1 || seeds > SEEDS_MAX) {
        (void)fprintf(stderr, "sizing_plants: --seeds must be 1 to %d\n", SEEDS_MAX);
        return 2;
    }
    (void)printf("| plant | N95");
    for (size_t i = 0; i < count; i++) {
        (void)printf(" | %s", sizers[i]);
    }
    (void)printf(" |\n|---|---");
    for (size_t i = 0; i < count; i++) {
        (void)printf("|---");
    }
    (void)printf("|\n");
    for (size_t i = 0; i < sizing_plant_count; i++) {
        if (table_rows(&sizing_plants[i], sizers, count, seeds)) {
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
