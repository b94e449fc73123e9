/* report_view.c - typical numbers of cells, two cells side by side, names. */
#include "lab/report/report_view.h"

#include "lab/stats/quantile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char lab_view_time_metric[] = "time per task";

double lab_view_median(double *values, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i]))
            values[kept++] = values[i];
    }
    lab_sort(values, kept);
    return lab_median(values, kept);
}

double lab_view_time(const struct lab_run *run) {
    return run->tasks > 0 ? run->wall_s / (double)run->tasks : (double)NAN;
}

double lab_view_memory(const struct lab_run *run) {
    return run->pss_bytes;
}

double lab_view_cpu(const struct lab_run *run) {
    return run->wall_s > 0 ? run->cpu_s / run->wall_s : (double)NAN;
}

double lab_view_goodput(const struct lab_run *run) {
    return lab_run_metric(run, "goodput");
}

double lab_view_typical(const struct lab_cell *cell, lab_view_number *number) {
    double few[64], *values = few;
    size_t count = 0;
    if (cell->run_count > sizeof(few) / sizeof(few[0]))
        values = calloc(cell->run_count, sizeof(*values));
    if (!values)
        return (double)NAN;
    for (size_t i = 0; i < cell->run_count; i++) {
        if (cell->runs[i].outcome == LAB_OUTCOME_OK)
            values[count++] = number(&cell->runs[i]);
    }
    double median = lab_view_median(values, count);
    if (values != few)
        free(values);
    return median;
}

size_t lab_view_ok_count(const struct lab_cell *cell) {
    size_t count = 0;
    for (size_t i = 0; i < cell->run_count; i++)
        count += cell->runs[i].outcome == LAB_OUTCOME_OK;
    return count;
}

/* The verdict on b against a, turned round. */
static enum lab_verdict_kind turned(enum lab_verdict_kind verdict) {
    switch (verdict) {
    case LAB_FASTER:
        return LAB_SLOWER;
    case LAB_SLOWER:
        return LAB_FASTER;
    case LAB_FASTER_MAYBE_NEGLIGIBLE:
        return LAB_SLOWER_MAYBE_NEGLIGIBLE;
    case LAB_SLOWER_MAYBE_NEGLIGIBLE:
        return LAB_FASTER_MAYBE_NEGLIGIBLE;
    case LAB_UNDECIDED:
    case LAB_TIE:
        break;
    }
    return verdict;
}

/* The comparison of the two cells, as a speed of b over a; `is_turned`: it was made the other way.
 */
static struct lab_relation relation_of(const struct lab_comparison *comparison, bool is_turned) {
    struct lab_relation relation = {
        .verdict = is_turned ? turned(comparison->verdict) : comparison->verdict,
        .blocks = comparison->blocks,
        .faster = comparison->b_faster,
        .blocks_needed = comparison->blocks_needed,
    };
    if (is_turned) {
        relation.speed = comparison->ratio;
        relation.low = comparison->low;
        relation.high = comparison->high;
        relation.faster = comparison->blocks - comparison->b_faster;
    } else {
        relation.speed = 1 / comparison->ratio;
        relation.low = 1 / comparison->high;
        relation.high = 1 / comparison->low;
    }
    return relation;
}

struct lab_relation lab_view_relation(const struct lab_results *results,
                                      const struct lab_cell *base, const struct lab_cell *cell,
                                      const char *metric) {
    for (size_t i = 0; i < results->comparison_count; i++) {
        const struct lab_comparison *comparison = &results->comparisons[i];
        bool is_direct = comparison->a == base->id && comparison->b == cell->id;
        bool is_turned = comparison->a == cell->id && comparison->b == base->id;
        if ((is_direct || is_turned) && strcmp(comparison->metric, metric) == 0) {
            struct lab_relation relation = relation_of(comparison, is_turned);
            relation.index = (long)i;
            return relation;
        }
    }
    double base_time = lab_view_typical(base, lab_view_time);
    return (struct lab_relation){
        .speed = base_time / lab_view_typical(cell, lab_view_time),
        .low = (double)NAN,
        .high = (double)NAN,
        .verdict = LAB_UNDECIDED,
        .index = -1,
    };
}

static bool is_first_of_group(const struct lab_results *results, const struct lab_cell *cell) {
    for (const struct lab_cell *other = results->cells; other < cell; other++) {
        if (strcmp(other->group, cell->group) == 0)
            return false;
    }
    return true;
}

const struct lab_cell *lab_view_next_group(const struct lab_results *results, const char *part,
                                           const struct lab_cell *previous) {
    const struct lab_cell *cell = previous ? previous + 1 : results->cells;
    if (!results->cells)
        return NULL;
    for (; cell < results->cells + results->cell_count; cell++) {
        if (strcmp(cell->part, part) == 0 && is_first_of_group(results, cell))
            return cell;
    }
    return NULL;
}

const struct lab_cell *lab_view_next_member(const struct lab_results *results, const char *group,
                                            const struct lab_cell *previous) {
    const struct lab_cell *cell = previous ? previous + 1 : results->cells;
    if (!results->cells)
        return NULL;
    for (; cell < results->cells + results->cell_count; cell++) {
        if (strcmp(cell->group, group) == 0)
            return cell;
    }
    return NULL;
}

const struct lab_cell *lab_view_baseline(const struct lab_results *results, const char *group) {
    const struct lab_cell *first = NULL, *cell = NULL;
    while ((cell = lab_view_next_member(results, group, cell))) {
        if (lab_view_ok_count(cell) == 0)
            continue;
        if (strcmp(cell->executor, "serial") == 0)
            return cell;
        first = first ? first : cell;
    }
    return first;
}

bool lab_view_has_interpreters(const struct lab_results *results) {
    const char *first = NULL;
    for (size_t i = 0; i < results->cell_count; i++) {
        const char *name = results->cells[i].interpreter;
        if (name[0] && first && strcmp(first, name) != 0)
            return true;
        if (name[0])
            first = name;
    }
    return false;
}

struct lab_name lab_view_work_name(const struct lab_results *results, const struct lab_cell *cell) {
    struct lab_name name;
    bool is_native = strcmp(cell->lane, "native") == 0;
    bool has_interpreter = !is_native && lab_view_has_interpreters(results);
    (void)snprintf(name.text, sizeof(name.text), "%s%s%s%s%s%s", cell->workload,
                   cell->variant[0] ? " " : "", cell->variant, is_native ? " · native C" : "",
                   has_interpreter ? " · " : "", has_interpreter ? cell->interpreter : "");
    return name;
}

struct lab_name lab_view_load_name(const struct lab_results *results, const struct lab_cell *cell) {
    struct lab_name name;
    (void)snprintf(name.text, sizeof(name.text), "Load %g, %.120s", cell->load,
                   lab_view_work_name(results, cell).text);
    return name;
}

struct lab_name lab_view_executor_name(const struct lab_cell *cell, bool is_long) {
    struct lab_name name;
    if (!is_long || cell->workers == 0) {
        (void)snprintf(name.text, sizeof(name.text), "%s", cell->executor);
        return name;
    }
    bool is_adaptive = strcmp(cell->sizer, "adaptive") == 0;
    (void)snprintf(name.text, sizeof(name.text), "%s, %s%u worker%s", cell->executor,
                   is_adaptive ? "adaptive up to " : "", cell->workers,
                   cell->workers == 1 ? "" : "s");
    return name;
}

unsigned lab_view_executor_index(const struct lab_results *results, const char *executor) {
    unsigned index = 0;
    for (size_t i = 0; i < results->cell_count; i++) {
        const char *name = results->cells[i].executor;
        bool is_new = true;
        if (strcmp(name, executor) == 0)
            return index;
        for (size_t j = 0; j < i && is_new; j++)
            is_new = strcmp(results->cells[j].executor, name) != 0;
        index += is_new;
    }
    return index;
}

size_t lab_view_cell_index(const struct lab_results *results, const struct lab_cell *cell) {
    return (size_t)(cell - results->cells);
}
