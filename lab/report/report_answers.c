/* report_answers.c - which executor, which size, which policy, what not, and how sure. */
#include "lab/report/report_answers.h"

#include "lab/report/report_latency.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"
#include "lab/stats/best_set.h"
#include "lab/stats/quantile.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* Appends to a text of `size` bytes; what does not fit is left out. */
static void __attribute__((format(printf, 3, 4)))
append(char *text, size_t size, const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static void name_cell(struct lab_answer *answer, const struct lab_cell *cell) {
    if (answer->cell_count < LAB_ANSWER_CELLS_MAX)
        answer->cells[answer->cell_count++] = cell;
}

/* The groups one answer speaks of: Python work of a kind, by one interpreter. */
struct topic {
    const char *kind, *interpreter;
};

static bool is_about(const struct topic *topic, const struct lab_cell *cell) {
    return strcmp(cell->lane, "python") == 0 && strcmp(cell->kind, topic->kind) == 0 &&
           strcmp(cell->interpreter, topic->interpreter) == 0;
}

enum { EXECUTORS_MAX = 16, POLICIES_SHOWN = 6 };

/* How often an executor is in the best set of a group. */
struct tally {
    const char *executors[EXECUTORS_MAX];
    unsigned best[EXECUTORS_MAX];
    size_t count;
    unsigned groups, most;
};

static void tally_cell(struct tally *tally, const struct lab_cell *cell) {
    size_t i = 0;
    while (i < tally->count && strcmp(tally->executors[i], cell->executor) != 0)
        i++;
    if (i == EXECUTORS_MAX)
        return;
    if (i == tally->count)
        tally->executors[tally->count++] = cell->executor;
    if (++tally->best[i] > tally->most)
        tally->most = tally->best[i];
}

static struct tally tally_of(const struct lab_results *results, const struct topic *topic) {
    struct tally tally = {.count = 0};
    const struct lab_cell *first = NULL;
    while ((first = lab_view_next_group(results, "executors", first))) {
        struct lab_rank ranks[LAB_GROUP_MAX];
        size_t count = 0;
        if (is_about(topic, first))
            count = lab_best_set(results, first->group, NULL, NULL, ranks, NULL);
        bool has_best = false;
        for (size_t i = 0; i < count; i++) {
            if (!ranks[i].is_best)
                continue;
            tally_cell(&tally, ranks[i].cell);
            has_best = true;
        }
        tally.groups += has_best;
    }
    return tally;
}

/* "http 3.96× [3.8, 4.1] serial": the named executor in each group of the topic. */
static void detail_executor(struct lab_answer *answer, const struct lab_results *results,
                            const struct topic *topic, const char *executor) {
    const struct lab_cell *first = NULL;
    while ((first = lab_view_next_group(results, "executors", first))) {
        const struct lab_cell *base = lab_view_baseline(results, first->group), *cell = NULL;
        while (is_about(topic, first) && base &&
               (cell = lab_view_next_member(results, first->group, cell))) {
            if (strcmp(cell->executor, executor) != 0 || lab_view_ok_count(cell) == 0)
                continue;
            struct lab_relation relation =
                lab_view_relation(results, base, cell, lab_view_time_metric);
            append(answer->detail, sizeof(answer->detail), "%s%s%s%s %s%s%s",
                   answer->detail[0] ? " · " : "", cell->workload, cell->variant[0] ? " " : "",
                   cell->variant, lab_show_ratio(relation.speed).text,
                   isnan(relation.low) ? "" : " ",
                   lab_show_interval(relation.low, relation.high).text);
            name_cell(answer, cell);
        }
    }
}

/* Appends one of a list: "a", "a or b", "a, b or c". */
static void append_choice(char *text, size_t size, const char *name, size_t index, size_t count) {
    const char *joint = index == 0 ? "" : index + 1 == count ? " or " : ", ";
    append(text, size, "%s%s", joint, name);
}

static bool is_serial(const char *executor) {
    return strcmp(executor, "serial") == 0;
}

/* The executors that are most often in the best set. Where serial is one of them, nothing is
 * gained by a pool, so serial is the answer. */
static size_t winners_of(const struct tally *tally, const char *winners[EXECUTORS_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < tally->count; i++) {
        if (tally->best[i] < tally->most)
            continue;
        if (is_serial(tally->executors[i])) {
            winners[0] = tally->executors[i];
            return 1;
        }
        winners[count++] = tally->executors[i];
    }
    return count;
}

static void answer_executor(struct lab_answer *answer, const struct lab_results *results,
                            const struct topic *topic, const char *what) {
    struct tally tally = tally_of(results, topic);
    const char *winners[EXECUTORS_MAX];
    size_t count = winners_of(&tally, winners);
    bool has_many = lab_view_has_interpreters(results);
    append(answer->topic, sizeof(answer->topic), "%s%s%s", what, has_many ? ", " : "",
           has_many ? topic->interpreter : "");
    if (count == 0) {
        append(answer->headline, sizeof(answer->headline), "not measured");
        return;
    }
    if (is_serial(winners[0])) {
        append(answer->headline, sizeof(answer->headline), "serial (no pool)");
        append(answer->detail, sizeof(answer->detail), "no pool is shown to be faster");
        return;
    }
    for (size_t i = 0; i < count; i++)
        append_choice(answer->headline, sizeof(answer->headline), winners[i], i, count);
    detail_executor(answer, results, topic, winners[0]);
    append(answer->detail, sizeof(answer->detail), " as fast as serial");
    if (count > 1)
        append(answer->detail, sizeof(answer->detail), " (%s)", winners[0]);
    if (tally.groups > 1)
        append(answer->detail, sizeof(answer->detail), "; best or tied in %u of %u", tally.most,
               tally.groups);
}

static bool has_topic(const struct lab_results *results, const struct topic *topic) {
    const struct lab_cell *first = NULL;
    while ((first = lab_view_next_group(results, "executors", first))) {
        if (is_about(topic, first))
            return true;
    }
    return false;
}

/* One answer for each interpreter and kind of work, the user's own first. */
static size_t answer_executors(const struct lab_results *results, struct lab_answer *answers,
                               size_t count) {
    static const char *const kinds[][2] = {{"user", "Your function"},
                                           {"io", "I/O-bound work"},
                                           {"cpu", "CPU-bound work"},
                                           {"mixed", "Mixed work"}};
    const struct lab_cell *first = NULL;
    const char *seen[EXECUTORS_MAX];
    size_t seen_count = 0;
    while ((first = lab_view_next_group(results, "executors", first))) {
        bool is_new = strcmp(first->lane, "python") == 0 && seen_count < EXECUTORS_MAX;
        for (size_t i = 0; i < seen_count && is_new; i++)
            is_new = strcmp(seen[i], first->interpreter) != 0;
        if (!is_new)
            continue;
        seen[seen_count++] = first->interpreter;
        for (size_t i = 0; i < 4 && count < LAB_ANSWERS_MAX - 8; i++) {
            struct topic topic = {kinds[i][0], first->interpreter};
            if (has_topic(results, &topic))
                answer_executor(&answers[count++], results, &topic, kinds[i][1]);
        }
    }
    return count;
}

static bool is_adaptive(const struct lab_cell *cell) {
    return strcmp(cell->sizer, "adaptive") == 0;
}

struct lab_sizes_text lab_report_best_sizes(const struct lab_results *results,
                                            const struct lab_cell *first) {
    struct lab_sizes_text sizes = {""};
    struct lab_rank ranks[LAB_GROUP_MAX];
    size_t count =
        lab_best_set(results, first->group, first->executor, first->variant, ranks, NULL);
    for (size_t i = 0; i < count; i++) {
        const char *comma = sizes.text[0] ? ", " : "";
        size_t last = i;
        if (!ranks[i].is_best)
            continue;
        if (is_adaptive(ranks[i].cell)) {
            append(sizes.text, sizeof(sizes.text), "%sadaptive", comma);
            continue;
        }
        /* Neighbours in the study's order, sizes ascending, are one range. */
        while (last + 1 < count && ranks[last + 1].is_best && !is_adaptive(ranks[last + 1].cell) &&
               ranks[last + 1].cell->workers > ranks[last].cell->workers)
            last++;
        append(sizes.text, sizeof(sizes.text), "%s%u", comma, ranks[i].cell->workers);
        if (last > i)
            append(sizes.text, sizeof(sizes.text), "%s%u", last == i + 1 ? ", " : " to ",
                   ranks[last].cell->workers);
        i = last;
    }
    return sizes;
}

/* Is adaptive in the best set of this executor's sizes? -1: it did not run. */
static int adaptive_standing(const struct lab_results *results, const struct lab_cell *first) {
    struct lab_rank ranks[LAB_GROUP_MAX];
    size_t count =
        lab_best_set(results, first->group, first->executor, first->variant, ranks, NULL);
    for (size_t i = 0; i < count; i++) {
        if (is_adaptive(ranks[i].cell) && !isnan(ranks[i].relative))
            return ranks[i].is_best;
    }
    return -1;
}

/* Rows of sizes differ in executor and variant. */
static bool is_first_of_row(const struct lab_results *results, const struct lab_cell *cell) {
    const struct lab_cell *other = lab_view_next_member(results, cell->group, NULL);
    while (other != cell && (strcmp(other->executor, cell->executor) != 0 ||
                             strcmp(other->variant, cell->variant) != 0))
        other = lab_view_next_member(results, cell->group, other);
    return other == cell;
}

/* ", CPython 3.13.0" where the study has more than one interpreter. */
static void append_interpreter(char *text, size_t size, const struct lab_results *results,
                               const char *interpreter) {
    if (lab_view_has_interpreters(results))
        append(text, size, ", %s", interpreter);
}

/* A row of sizes: its best ones, and how adaptive stands. */
static void answer_row(const struct lab_results *results, const struct lab_cell *first,
                       struct lab_answer *answer, unsigned *asked, unsigned *good) {
    struct lab_sizes_text sizes = lab_report_best_sizes(results, first);
    int standing = adaptive_standing(results, first);
    bool is_process = strcmp(first->executor, "stdlib-processes") == 0;
    if (!sizes.text[0])
        return;
    append(answer->detail, sizeof(answer->detail), "%s%s%s%s%s: %s", answer->detail[0] ? " · " : "",
           first->workload, first->variant[0] ? " " : "", first->variant,
           is_process ? " in processes" : "", sizes.text);
    *asked += standing >= 0;
    *good += standing == 1;
    name_cell(answer, first);
}

static size_t answer_sizes_of(const struct lab_results *results, const char *interpreter,
                              struct lab_answer *answer) {
    unsigned asked = 0, good = 0;
    const struct lab_cell *first = NULL;
    while ((first = lab_view_next_group(results, "sizes", first))) {
        const struct lab_cell *cell = NULL;
        while (strcmp(first->interpreter, interpreter) == 0 &&
               (cell = lab_view_next_member(results, first->group, cell))) {
            if (is_first_of_row(results, cell))
                answer_row(results, cell, answer, &asked, &good);
        }
    }
    if (!answer->detail[0])
        return 0;
    append(answer->topic, sizeof(answer->topic), "Pool size");
    append_interpreter(answer->topic, sizeof(answer->topic), results, interpreter);
    if (asked > 0)
        append(answer->headline, sizeof(answer->headline), "adaptive is among the best in %u of %u",
               good, asked);
    else
        append(answer->headline, sizeof(answer->headline), "the best sizes");
    return 1;
}

/* One answer for each interpreter. */
static size_t answer_sizes(const struct lab_results *results, struct lab_answer *answers,
                           size_t count) {
    const struct lab_cell *first = NULL;
    while ((first = lab_view_next_group(results, "sizes", first)) && count < LAB_ANSWERS_MAX - 3) {
        const struct lab_cell *other = lab_view_next_group(results, "sizes", NULL);
        while (other != first && strcmp(other->interpreter, first->interpreter) != 0)
            other = lab_view_next_group(results, "sizes", other);
        if (other == first)
            count += answer_sizes_of(results, first->interpreter, &answers[count]);
    }
    return count;
}

/* The group of policies whose load is the largest below 1: busy, yet the queue empties; else the
 * first. */
static const struct lab_cell *busy_group(const struct lab_results *results) {
    const struct lab_cell *first = NULL, *busy = NULL;
    while ((first = lab_view_next_group(results, "policies", first))) {
        bool is_better = busy && first->load < 1 && (busy->load >= 1 || first->load > busy->load);
        if (!busy || is_better)
            busy = first;
    }
    return busy;
}

static double quantile_of(const struct lab_cell *cell, double p) {
    struct lab_latencies latencies;
    if (lab_latencies_gather(&latencies, cell, LAB_LATENCY_ALL, 0) < 0)
        return (double)NAN;
    double seconds = lab_quantile(latencies.sorted, latencies.count, p);
    lab_latencies_free(&latencies);
    return seconds;
}

static const struct lab_cell *lowest_of(const struct lab_results *results, const char *group,
                                        double p) {
    const struct lab_cell *cell = NULL, *lowest = NULL;
    double least = HUGE_VAL;
    while ((cell = lab_view_next_member(results, group, cell))) {
        double seconds = quantile_of(cell, p);
        if (!isnan(seconds) && seconds < least) {
            lowest = cell;
            least = seconds;
        }
    }
    return lowest;
}

/* "fifo or lifo": the policy of a group with the lowest quantile, and those not shown to be worse
 * by more than the margin. */
static void name_policies(struct lab_answer *answer, const struct lab_results *results,
                          const char *group, double p, const char *metric) {
    const struct lab_cell *lowest = lowest_of(results, group, p), *cell = NULL;
    const char *names[EXECUTORS_MAX];
    size_t count = 0;
    while (lowest && count < EXECUTORS_MAX && (cell = lab_view_next_member(results, group, cell))) {
        struct lab_relation relation = lab_view_relation(results, lowest, cell, metric);
        bool is_worse = relation.index < 0 || relation.verdict == LAB_SLOWER;
        if (cell == lowest || !is_worse)
            names[count++] = cell->policy;
    }
    for (size_t i = 0; i < count; i++)
        append_choice(answer->headline, sizeof(answer->headline), names[i], i, count);
}

/* Policies of the group with a shorter tail than this one's. */
static size_t count_shorter(const struct lab_results *results, const struct lab_cell *than) {
    const struct lab_cell *cell = NULL;
    double tail = quantile_of(than, 0.99);
    size_t count = 0;
    while ((cell = lab_view_next_member(results, than->group, cell)))
        count += quantile_of(cell, 0.99) < tail;
    return count;
}

static size_t answer_policies(const struct lab_results *results, struct lab_answer *answer) {
    const struct lab_cell *first = busy_group(results), *cell = NULL;
    if (!first || isnan(quantile_of(first, 0.5)))
        return 0;
    append(answer->topic, sizeof(answer->topic), "Policy at load %g", first->load);
    append_interpreter(answer->topic, sizeof(answer->topic), results, first->interpreter);
    append(answer->headline, sizeof(answer->headline), "median: ");
    name_policies(answer, results, first->group, 0.5, "p50 latency");
    append(answer->headline, sizeof(answer->headline), "; tail: ");
    name_policies(answer, results, first->group, 0.99, "p99 latency");
    append(answer->detail, sizeof(answer->detail), "p50 and p99 of those with short tails: ");
    for (bool is_next = false; (cell = lab_view_next_member(results, first->group, cell));) {
        if (lab_view_ok_count(cell) == 0 || count_shorter(results, cell) >= POLICIES_SHOWN)
            continue;
        append(answer->detail, sizeof(answer->detail), "%s%s %s, %s", is_next ? " · " : "",
               cell->policy, lab_show_seconds(quantile_of(cell, 0.5)).text,
               lab_show_seconds(quantile_of(cell, 0.99)).text);
        is_next = true;
        name_cell(answer, cell);
    }
    return 1;
}

/* The slowest cell that is shown not to be best, against the best of its group. */
static size_t answer_avoid(const struct lab_results *results, struct lab_answer *answer) {
    const struct lab_cell *first = NULL, *worst = NULL;
    double worst_relative = 1;
    while ((first = lab_view_next_group(results, "executors", first))) {
        struct lab_rank ranks[LAB_GROUP_MAX];
        size_t count = 0;
        if (strcmp(first->kind, "overhead") != 0)
            count = lab_best_set(results, first->group, NULL, NULL, ranks, NULL);
        for (size_t i = 0; i < count; i++) {
            bool is_pool = strcmp(ranks[i].cell->executor, "serial") != 0;
            if (is_pool && !ranks[i].is_best && ranks[i].relative > worst_relative) {
                worst = ranks[i].cell;
                worst_relative = ranks[i].relative;
            }
        }
    }
    if (!worst)
        return 0;
    const struct lab_cell *base = lab_view_baseline(results, worst->group);
    append(answer->topic, sizeof(answer->topic), "Don't");
    append(answer->headline, sizeof(answer->headline), "%s for %s", worst->executor,
           worst->workload);
    append(answer->detail, sizeof(answer->detail), "%s the time of the best",
           lab_show_ratio(worst_relative).text);
    if (base && base != worst) {
        struct lab_relation relation =
            lab_view_relation(results, base, worst, lab_view_time_metric);
        append(answer->detail, sizeof(answer->detail), "; %s %s as fast as serial",
               lab_show_ratio(relation.speed).text,
               lab_show_interval(relation.low, relation.high).text);
    }
    name_cell(answer, worst);
    return 1;
}

static size_t answer_confidence(const struct lab_results *results, struct lab_answer *answer) {
    unsigned counts[LAB_CLAIM_UNDECIDED + 1] = {0};
    static const enum lab_claim_verdict order[] = {LAB_CLAIM_SUPPORTED, LAB_CLAIM_REFUTED,
                                                   LAB_CLAIM_DEPENDS, LAB_CLAIM_UNDECIDED,
                                                   LAB_CLAIM_NOT_TESTED};
    if (results->claim_count == 0)
        return 0;
    for (size_t i = 0; i < results->claim_count; i++)
        counts[results->claims[i].verdict]++;
    append(answer->topic, sizeof(answer->topic), "Confidence");
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const char *comma = answer->headline[0] ? ", " : "";
        if (counts[order[i]] > 0)
            append(answer->headline, sizeof(answer->headline), "%s%u %s", comma, counts[order[i]],
                   lab_claim_verdict_name(order[i]));
    }
    append(answer->detail, sizeof(answer->detail), "%zu claims; intervals 95 %%, margin ±%s%s",
           results->claim_count, lab_show_percent(results->margin).text,
           results->is_quick ? "; a quick study: few blocks, wide intervals" : "");
    return 1;
}

size_t lab_report_answers(const struct lab_results *results,
                          struct lab_answer answers[LAB_ANSWERS_MAX]) {
    memset(answers, 0, LAB_ANSWERS_MAX * sizeof(*answers));
    size_t count = answer_executors(results, answers, 0);
    count = answer_sizes(results, answers, count);
    count += answer_policies(results, &answers[count]);
    count += answer_avoid(results, &answers[count]);
    count += answer_confidence(results, &answers[count]);
    return count;
}
