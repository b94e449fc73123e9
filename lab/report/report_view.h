/* report_view.h - what the writers ask the model of results: typical numbers of a cell, two cells
 * side by side, latencies of all blocks together.
 *
 * Speeds, not times: every ratio a writer derives here is "how many times as fast", more is better.
 */
#ifndef TREADLE_LAB_REPORT_VIEW_H
#define TREADLE_LAB_REPORT_VIEW_H

#include "lab/model/results.h"
#include "lab/report/report_text.h"

#include <stdbool.h>

/* The middle of values, which are sorted in place; NaN ones are left out. NaN when none is left. */
double lab_view_median(double *values, size_t count);

/* A number of a run; NaN when it has none. */
typedef double lab_view_number(const struct lab_run *run);
double lab_view_time(const struct lab_run *run); /* seconds by task */
double lab_view_memory(const struct lab_run *run);
double lab_view_cpu(const struct lab_run *run); /* cores busy: CPU seconds by second */
/* Open load with impatient clients: share of the capacity that worked for clients who waited. */
double lab_view_goodput(const struct lab_run *run);
/* The median over the runs that are ok. */
double lab_view_typical(const struct lab_cell *cell, lab_view_number *number);
/* Runs that are ok. */
size_t lab_view_ok_count(const struct lab_cell *cell);

/* `cell` against `base`: how many times as fast, by blocks where the study compared the two. */
struct lab_relation {
    double speed, low, high; /* low and high NaN: not compared, speed is of the medians */
    enum lab_verdict_kind verdict;
    uint32_t blocks, faster, blocks_needed;
    long index; /* in the study's comparisons; -1: not compared */
};
struct lab_relation lab_view_relation(const struct lab_results *results,
                                      const struct lab_cell *base, const struct lab_cell *cell,
                                      const char *metric);
/* The metric of lab_comparison that compares seconds by task. */
extern const char lab_view_time_metric[];

/* Walks the cells that are first of their comparison group within a part, in the study's order:
 * pass NULL, then what was returned, until NULL. */
const struct lab_cell *lab_view_next_group(const struct lab_results *results, const char *part,
                                           const struct lab_cell *previous);
/* Walks the cells of a group likewise. */
const struct lab_cell *lab_view_next_member(const struct lab_results *results, const char *group,
                                            const struct lab_cell *previous);
/* The group's cell that others are measured against: serial, else the first that ran; or NULL. */
const struct lab_cell *lab_view_baseline(const struct lab_results *results, const char *group);

/* Does the study hold cells of more than one interpreter? Then names carry it. */
bool lab_view_has_interpreters(const struct lab_results *results);

/* "image", "classify per-task", and with the lane and interpreter where they tell cells apart. */
struct lab_name {
    char text[160];
};
struct lab_name lab_view_work_name(const struct lab_results *results, const struct lab_cell *cell);
/* "Load 0.8, synthetic wait": a group of the part policies. */
struct lab_name lab_view_load_name(const struct lab_results *results, const struct lab_cell *cell);
/* "stdlib-threads", "treadle-threads, adaptive, 32 workers". */
struct lab_name lab_view_executor_name(const struct lab_cell *cell, bool is_long);

/* Index of an executor among the study's, in order of appearance: its colour and shape. */
unsigned lab_view_executor_index(const struct lab_results *results, const char *executor);

/* Place of the cell in `cells` of study.json. */
size_t lab_view_cell_index(const struct lab_results *results, const struct lab_cell *cell);

#endif
