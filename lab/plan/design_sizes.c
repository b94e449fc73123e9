/* design_sizes.c - part b: fixed pool sizes against each other and against the adaptive one. */
#include "lab/plan/design.h"

#include <stdio.h>
#include <string.h>

static const uint32_t sizes_quick[] = {1, 2, 4, 8, 32};
static const uint32_t sizes_medium[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32};
enum { SIZES_MAX = 32, PROCESSES_QUICK_MAX = 8 };

static size_t default_sizes(const struct lab_draft *draft, uint32_t *sizes) {
    switch (draft->detail) {
    case LAB_DETAIL_QUICK:
        memcpy(sizes, sizes_quick, sizeof sizes_quick);
        return sizeof sizes_quick / sizeof *sizes_quick;
    case LAB_DETAIL_MEDIUM:
        memcpy(sizes, sizes_medium, sizeof sizes_medium);
        return sizeof sizes_medium / sizeof *sizes_medium;
    case LAB_DETAIL_FULL:
        break;
    }
    for (uint32_t i = 0; i < SIZES_MAX; i++) {
        sizes[i] = i + 1;
    }
    return SIZES_MAX;
}

/* The number of cores is a size of its own: a claim says that it is the best for CPU-bound work. */
static size_t with_cores(uint32_t *sizes, size_t count, uint32_t cores) {
    size_t place = 0;

    while (place < count && sizes[place] < cores) {
        place++;
    }
    if (cores == 0 || (place < count && sizes[place] == cores)) {
        return count;
    }
    memmove(&sizes[place + 1], &sizes[place], (count - place) * sizeof *sizes);
    sizes[place] = cores;
    return count + 1;
}

static size_t choose_sizes(const struct lab_draft *draft, uint32_t *sizes) {
    const struct lab_design *design = draft->design;

    if (design->size_count > 0 || design->has_adaptive) {
        size_t count = design->size_count < SIZES_MAX ? design->size_count : SIZES_MAX;

        memcpy(sizes, design->sizes, count * sizeof *sizes);
        return count;
    }
    return with_cores(sizes, default_sizes(draft, sizes), design->cores);
}

static void add_fixed(const struct lab_draft *draft, const struct lab_workload_info *work,
                      const char *executor, uint32_t workers) {
    const struct lab_executor_info *info = lab_lane_executor(draft->lane, executor);
    struct lab_plan_cell cell = lab_draft_cell(draft, "sizes", work->id, executor);

    cell.workers = workers;
    snprintf(cell.variant, sizeof cell.variant, "%s",
             work->variant_count > 0 ? work->variants[0] : "");
    if (info != NULL && info->is_treadle) {
        snprintf(cell.sizer, sizeof cell.sizer, "fixed");
    }
    lab_plan_add_cell(draft->plan, &cell);
}

static void add_adaptive(const struct lab_draft *draft, const struct lab_workload_info *work) {
    struct lab_plan_cell cell = lab_draft_cell(draft, "sizes", work->id, "treadle-threads");

    cell.workers = LAB_SIZE_ADAPTIVE;
    snprintf(cell.variant, sizeof cell.variant, "%s",
             work->variant_count > 0 ? work->variants[0] : "");
    snprintf(cell.sizer, sizeof cell.sizer, "adaptive");
    if (strcmp(work->id, "classify") != 0) {
        lab_draft_time(draft, &cell, 0.3, 0.45, 0.0); /* it must have found its size */
    }
    lab_plan_add_cell(draft->plan, &cell);
}

/* The executor whose sizes are compared: ours, or the standard library's where ours cannot run. */
static const char *threads_of(const struct lab_draft *draft) {
    const struct lab_executor_info *ours = lab_lane_executor(draft->lane, "treadle-threads");
    const struct lab_names *wanted = &draft->design->executors;
    bool is_ours = ours != NULL && ours->support.is_supported;

    if (is_ours && lab_names_have(wanted, "treadle-threads")) {
        return "treadle-threads";
    }
    return lab_names_have(wanted, "stdlib-threads") ? "stdlib-threads" : NULL;
}

static void add_group(const struct lab_draft *draft, const struct lab_workload_info *work) {
    const struct lab_design *design = draft->design;
    bool is_quick = draft->detail == LAB_DETAIL_QUICK;
    bool is_cpu = strcmp(work->kind, "cpu") == 0 || strcmp(work->kind, "user") == 0;
    bool has_default_sizes = design->size_count == 0 && !design->has_adaptive;
    const char *threads = threads_of(draft);
    uint32_t sizes[SIZES_MAX + 1]; /* and the number of cores */
    size_t count = choose_sizes(draft, sizes);

    lab_plan_open_group(draft->plan, draft->blocks, LAB_RANK_MAIN, "sizes/%s/%s", work->id,
                        draft->lane->label);
    for (size_t i = 0; threads != NULL && i < count; i++) {
        add_fixed(draft, work, threads, sizes[i]);
    }
    if ((has_default_sizes || design->has_adaptive) &&
        lab_names_have(&design->executors, "treadle-threads")) {
        add_adaptive(draft, work);
    }
    if (!is_cpu || !lab_names_have(&design->executors, "stdlib-processes")) {
        return;
    }
    if (is_quick && design->workloads.count == 0 && strcmp(work->id, "fibonacci") != 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_quick || !has_default_sizes || sizes[i] <= PROCESSES_QUICK_MAX ||
            sizes[i] == design->cores) {
            add_fixed(draft, work, "stdlib-processes", sizes[i]);
        }
    }
}

static bool is_wanted(const struct lab_draft *draft, const struct lab_workload_info *work) {
    if (strcmp(work->kind, "overhead") == 0) {
        return false; /* it has no work whose speed a size could change */
    }
    if (draft->design->workloads.count > 0 || draft->detail != LAB_DETAIL_QUICK) {
        return true;
    }
    return strcmp(work->id, "http") == 0 || strcmp(work->id, "fibonacci") == 0 ||
           strcmp(work->id, "compress") == 0;
}

void lab_design_sizes(const struct lab_draft *draft) {
    if (!lab_names_have(&draft->design->parts, "sizes")) {
        return;
    }
    for (size_t i = 0; i < lab_draft_workload_count(draft); i++) {
        const struct lab_workload_info work = lab_draft_workload(draft, i);

        if (is_wanted(draft, &work)) {
            add_group(draft, &work);
        }
    }
}
