/* compare.c - every comparison that a study makes, by part. */
#include "lab/claims/compare.h"

#include "lab/stats/best_set.h"
#include "lab/stats/pairing.h"
#include "lab/stats/verdict.h"

#include <errno.h>
#include <math.h>
#include <string.h>

struct metric {
    const char *name;
    lab_measure *measure;
};

static const struct metric time_per_task = {"time per task", lab_time_per_task};

static const struct metric policy_metrics[] = {
    {"mean latency", lab_latency_mean},
    {"p50 latency", lab_latency_p50},
    {"p99 latency", lab_latency_p99},
    {"completion time", lab_completion_time},
};

/* The model copies the name and never writes to it; its field is not const. */
static char *borrowed(const char *text) {
    union {
        const char *read;
        char *write;
    } view = {.read = text};
    return view.write;
}

/* b against a, unless they share no block. */
static int compare(struct lab_results *results, const struct lab_cell *a, const struct lab_cell *b,
                   const struct metric *metric) {
    struct lab_pairs pairs;
    struct lab_decision decision;
    lab_pair(a, b, metric->measure, &pairs);
    if (pairs.count == 0)
        return 0;
    lab_decide(pairs.difference, pairs.count, results->margin, &decision);
    struct lab_comparison comparison = {
        .a = a->id,
        .b = b->id,
        .metric = borrowed(metric->name),
        .blocks = decision.blocks,
        .b_faster = decision.b_faster,
        .ratio = decision.ratio,
        .low = decision.low,
        .high = decision.high,
        .margin = results->margin,
        .verdict = decision.kind,
        .blocks_needed = decision.blocks_needed,
    };
    return lab_results_add_comparison(results, &comparison) ? 0 : -ENOMEM;
}

static bool is_part(const struct lab_cell *cell, const char *part) {
    return strcmp(cell->part, part) == 0;
}

static bool is_same_group(const struct lab_cell *a, const struct lab_cell *b) {
    return strcmp(a->group, b->group) == 0 && strcmp(a->interpreter, b->interpreter) == 0;
}

static bool is_executor_pair(const struct lab_cell *a, const struct lab_cell *b) {
    static const char *const pairs[][2] = {
        {"serial", "stdlib-threads"},
        {"serial", "stdlib-processes"},
        {"serial", "treadle-threads"},
        {"serial", "treadle-pool"},
        {"stdlib-threads", "stdlib-processes"},
        {"stdlib-threads", "treadle-threads"},
        {"stdlib-processes", "treadle-threads"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (strcmp(a->executor, pairs[i][0]) == 0 && strcmp(b->executor, pairs[i][1]) == 0)
            return is_same_group(a, b);
    }
    return false;
}

static bool is_same_pool(const struct lab_cell *a, const struct lab_cell *b) {
    return is_same_group(a, b) && strcmp(a->executor, b->executor) == 0 &&
           strcmp(a->variant, b->variant) == 0;
}

static bool is_policy_pair(const struct lab_cell *a, const struct lab_cell *b) {
    return strcmp(a->policy, "fifo") == 0 && is_same_pool(a, b);
}

static bool is_selftest_pair(const struct lab_cell *a, const struct lab_cell *b) {
    bool is_first = strcmp(a->variant, "A") == 0 || strcmp(a->variant, "base") == 0;
    return is_first && is_same_group(a, b);
}

/* Compares every pair of a part that the predicate asks for, by the given metrics. */
static int compare_part(struct lab_results *results, const char *part,
                        bool (*is_pair)(const struct lab_cell *a, const struct lab_cell *b),
                        const struct metric *metrics, size_t metric_count) {
    int error = 0;
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct lab_cell *a = &results->cells[i];
        for (size_t j = 0; j < results->cell_count && is_part(a, part); j++) {
            const struct lab_cell *b = &results->cells[j];
            if (i == j || !is_part(b, part) || !is_pair(a, b))
                continue;
            for (size_t k = 0; k < metric_count && !error; k++)
                error = compare(results, a, b, &metrics[k]);
        }
    }
    return error;
}

/* The first of the cells that is fastest in its pool, or the one of size 1. */
static bool is_baseline(const struct lab_rank *ranks, size_t count, size_t index) {
    bool is_adaptive = strcmp(ranks[index].cell->sizer, "adaptive") == 0;
    if (ranks[index].cell->workers == 1 && !is_adaptive)
        return true;
    for (size_t i = 0; i < count; i++) {
        if (ranks[i].relative < ranks[index].relative)
            return false;
    }
    return !isnan(ranks[index].relative);
}

/* Each size against the fastest and against size 1, once. */
static int compare_pool(struct lab_results *results, const struct lab_cell *head) {
    struct lab_rank ranks[LAB_GROUP_MAX];
    int error = 0;
    size_t count = lab_best_set(results, head->group, head->executor, head->variant, ranks, NULL);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; is_baseline(ranks, count, i) && j < count && !error; j++) {
            bool is_done = j < i && is_baseline(ranks, count, j); /* the other way round */
            if (j != i && !is_done)
                error = compare(results, ranks[i].cell, ranks[j].cell, &time_per_task);
        }
    }
    return error;
}

static int compare_sizes(struct lab_results *results) {
    int error = 0;
    for (size_t i = 0; i < results->cell_count && !error; i++) {
        const struct lab_cell *cell = &results->cells[i];
        bool is_head = is_part(cell, "sizes");
        for (size_t j = 0; j < i && is_head; j++)
            is_head =
                !is_part(&results->cells[j], "sizes") || !is_same_pool(&results->cells[j], cell);
        if (is_head)
            error = compare_pool(results, cell);
    }
    return error;
}

int lab_compare_all(struct lab_results *results) {
    int error = compare_part(results, "executors", is_executor_pair, &time_per_task, 1);
    if (!error)
        error = compare_sizes(results);
    if (!error)
        error = compare_part(results, "policies", is_policy_pair, policy_metrics,
                             sizeof policy_metrics / sizeof *policy_metrics);
    if (!error)
        error = compare_part(results, "selftest", is_selftest_pair, &time_per_task, 1);
    return error;
}
