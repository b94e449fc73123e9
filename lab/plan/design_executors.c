/* design_executors.c - part a: every executor on every workload, closed load. */
#include "lab/plan/design.h"

#include <stdio.h>
#include <string.h>

static bool is_overhead(const struct lab_workload_info *work) {
    return strcmp(work->kind, "overhead") == 0;
}

/* The earlier study's question needs these; the rest is what else one may ask. */
static enum lab_importance rank_of(const struct lab_draft *draft,
                                   const struct lab_workload_info *work) {
    if (draft->lane->executable == NULL) {
        return LAB_RANK_EXTRA;
    }
    if (strcmp(work->id, "http") == 0 || strcmp(work->id, "fibonacci") == 0 ||
        strcmp(work->kind, "user") == 0 || is_overhead(work)) {
        return LAB_RANK_CORE;
    }
    /* Mixed work is one of the questions, and this is the mixed work that people ask about. */
    return strcmp(work->id, "classify") == 0 ? LAB_RANK_MAIN : LAB_RANK_MORE;
}

static bool is_wanted(const struct lab_draft *draft, const struct lab_workload_info *work) {
    const struct lab_lane *lane = draft->lane;

    if (lane->executable == NULL && lab_lane_workload(lane, work->id) == NULL) {
        return false; /* a function in Python has no native twin */
    }
    /* Synthetic work is what the policies are compared on; the quick study leaves it there. */
    return draft->design->workloads.count > 0 || draft->detail != LAB_DETAIL_QUICK ||
           strcmp(work->id, "synthetic") != 0;
}

static void add_group(const struct lab_draft *draft, const struct lab_workload_info *work,
                      const char *variant) {
    const struct lab_lane *lane = draft->lane;
    uint32_t workers = draft->design->cores > 4 ? draft->design->cores : 4;
    char name[LAB_NAME_MAX];

    snprintf(name, sizeof name, "executors/%s%s%s/%s%s%s", work->id, variant[0] ? "/" : "", variant,
             lane->lane, lane->label[0] ? "/" : "", lane->label);
    lab_plan_open_group(draft->plan, draft->blocks, rank_of(draft, work), "%s", name);
    for (size_t i = 0; i < lane->executor_count; i++) {
        const struct lab_executor_info *executor = &lane->executors[i];
        struct lab_plan_cell cell;

        if (!lab_names_have(&draft->design->executors, executor->id) ||
            (strcmp(work->id, "startup") == 0 && !executor->is_pool)) {
            continue; /* nothing is started to run serially */
        }
        cell = lab_draft_cell(draft, "executors", work->id, executor->id);
        cell.workers = executor->is_pool ? workers : 0;
        snprintf(cell.variant, sizeof cell.variant, "%s", variant);
        if (is_overhead(work)) {
            lab_draft_time(draft, &cell, 0.08, 0.02, 0.0);
        }
        lab_plan_add_cell(draft->plan, &cell);
    }
}

/* The quick study runs one variant: classify with a model in every worker, else the first. */
static bool is_quick_variant(const struct lab_workload_info *work, size_t index) {
    for (size_t i = 0; i < work->variant_count; i++) {
        if (strcmp(work->variants[i], "per-worker") == 0) {
            return i == index;
        }
    }
    return index == 0;
}

void lab_design_executors(const struct lab_draft *draft) {
    if (!lab_names_have(&draft->design->parts, "executors")) {
        return;
    }
    for (size_t i = 0; i < lab_draft_workload_count(draft); i++) {
        const struct lab_workload_info work = lab_draft_workload(draft, i);

        if (!is_wanted(draft, &work)) {
            continue;
        }
        if (work.variant_count == 0) {
            add_group(draft, &work, "");
        }
        for (size_t variant = 0; variant < work.variant_count; variant++) {
            if (draft->detail != LAB_DETAIL_QUICK || is_quick_variant(&work, variant)) {
                add_group(draft, &work, work.variants[variant]);
            }
        }
    }
}
