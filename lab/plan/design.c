/* design.c - chooses the level of detail and writes every part of it. */
#include "lab/plan/design.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Imports, the guard, two samples of the process tree: what a run costs besides its windows. */
#define OVERHEAD_S 0.14

bool lab_names_have(const struct lab_names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return names->count == 0;
}

static void copy(char *to, size_t space, const char *from) {
    snprintf(to, space, "%s", from);
}

static void skip(struct lab_plan_cell *cell, const struct lab_support *support) {
    cell->is_skipped = true;
    copy(cell->reason, sizeof cell->reason, support->reason);
    copy(cell->install, sizeof cell->install, support->install);
}

void lab_draft_time(const struct lab_draft *draft, struct lab_plan_cell *cell, double timed_s,
                    double warm_s, double overhead_s) {
    double wanted = draft->design->cell_s;

    cell->warm_s = wanted > 0.0 && warm_s > wanted ? wanted : warm_s;
    cell->timed_s = wanted > 0.0 ? wanted : timed_s;
    cell->seconds = cell->timed_s + cell->warm_s + OVERHEAD_S + overhead_s;
    cell->limit_s = 10.0 + 10.0 * cell->seconds;
}

struct lab_plan_cell lab_draft_cell(const struct lab_draft *draft, const char *part,
                                    const char *workload, const char *executor) {
    const struct lab_lane *lane = draft->lane;
    const struct lab_workload_info *work = lab_lane_workload(lane, workload);
    const struct lab_executor_info *run_by = lab_lane_executor(lane, executor);
    struct lab_plan_cell cell = {.scale = 1.0};
    bool is_quick = draft->detail == LAB_DETAIL_QUICK;

    copy(cell.part, sizeof cell.part, part);
    copy(cell.lane, sizeof cell.lane, lane->lane);
    copy(cell.interpreter, sizeof cell.interpreter, lane->label);
    copy(cell.workload, sizeof cell.workload, workload);
    copy(cell.kind, sizeof cell.kind, work != NULL ? work->kind : "user");
    copy(cell.executor, sizeof cell.executor, executor);
    if (run_by != NULL && run_by->is_treadle) {
        copy(cell.policy, sizeof cell.policy, "fifo");
        copy(cell.sizer, sizeof cell.sizer, "on_demand");
    }
    lab_draft_time(draft, &cell, is_quick ? 0.25 : 0.30, is_quick ? 0.03 : 0.10, 0.0);
    if (strcmp(workload, "classify") == 0) {
        lab_draft_time(draft, &cell, 0.3, 0.0, 1.9); /* importing torch */
    }
    if (run_by != NULL && !run_by->support.is_supported) {
        skip(&cell, &run_by->support);
    } else if (work != NULL && !work->support.is_supported) {
        skip(&cell, &work->support);
    }
    return cell;
}

size_t lab_draft_workload_count(const struct lab_draft *draft) {
    const struct lab_names *names = &draft->design->workloads;

    return names->count > 0 ? names->count : draft->lane->workload_count;
}

struct lab_workload_info lab_draft_workload(const struct lab_draft *draft, size_t index) {
    const struct lab_names *names = &draft->design->workloads;
    const struct lab_workload_info *found;

    if (names->count == 0) {
        return draft->lane->workloads[index];
    }
    found = lab_lane_workload(draft->lane, names->items[index]);
    if (found != NULL) {
        return *found;
    }
    return (struct lab_workload_info){
        .id = names->items[index],
        .kind = "user",
        .summary = "",
        .support = {.is_supported = true, .reason = "", .install = ""},
    };
}

static void write_parts(struct lab_plan *plan, const struct lab_design *design,
                        const struct lab_lane *lanes, size_t lane_count, enum lab_detail detail,
                        uint32_t blocks) {
    bool has_python = false;

    lab_plan_clear(plan);
    for (size_t i = 0; i < lane_count; i++) {
        bool is_python = lanes[i].executable != NULL;
        struct lab_draft draft = {
            .plan = plan,
            .design = design,
            .lane = &lanes[i],
            .is_first = is_python && !has_python,
            .detail = detail,
            .blocks = blocks,
        };

        has_python = has_python || is_python;
        lab_design_executors(&draft);
        if (is_python) {
            lab_design_sizes(&draft);
            lab_design_policies(&draft);
            lab_design_outcomes(&draft);
            lab_design_selftest(&draft);
        }
    }
    /* Drops a last group that stayed empty. */
    if (plan->group_count > 0 && plan->groups[plan->group_count - 1].cell_count == 0) {
        plan->group_count--;
    }
}

/* Seconds of one block of everything, and of what is run only once. */
static void cost(const struct lab_plan *plan, double *a_block_s, double *once_s) {
    *a_block_s = *once_s = 0.0;
    for (size_t i = 0; i < plan->group_count; i++) {
        const struct lab_plan_group *group = &plan->groups[i];

        *(group->blocks > 1 ? a_block_s : once_s) += group->seconds;
    }
}

/* The richest design that still has six blocks in the budget; the quick one, trimmed, if none. */
static void fit(struct lab_plan *plan, const struct lab_design *design,
                const struct lab_lane *lanes, size_t lane_count) {
    double budget_s = design->budget_s * (1.0 - LAB_REPEAT_SHARE) - LAB_FIXED_COST_S;
    enum lab_detail detail = LAB_DETAIL_FULL;

    for (;;) {
        double a_block_s, once_s, blocks;

        write_parts(plan, design, lanes, lane_count, detail, LAB_BLOCKS_QUICK);
        cost(plan, &a_block_s, &once_s);
        blocks = a_block_s > 0.0 ? (budget_s - once_s) / a_block_s : 0.0;
        if (blocks >= LAB_BLOCKS_QUICK) {
            blocks = blocks > LAB_BLOCKS_MAX ? LAB_BLOCKS_MAX : blocks;
            write_parts(plan, design, lanes, lane_count, detail, (uint32_t)blocks);
            return;
        }
        if (detail == LAB_DETAIL_QUICK) {
            (void)lab_design_trim(plan, budget_s);
            return;
        }
        detail--;
    }
}

int lab_design_plan(struct lab_plan *plan, const struct lab_design *design,
                    const struct lab_lane *lanes, size_t lane_count) {
    if (design->blocks > 0) {
        write_parts(plan, design, lanes, lane_count,
                    design->is_quick ? LAB_DETAIL_QUICK : LAB_DETAIL_FULL, design->blocks);
    } else if (design->is_quick) {
        write_parts(plan, design, lanes, lane_count, LAB_DETAIL_QUICK, LAB_BLOCKS_QUICK);
    } else if (design->budget_s > 0.0) {
        fit(plan, design, lanes, lane_count);
    } else {
        write_parts(plan, design, lanes, lane_count, LAB_DETAIL_FULL, LAB_BLOCKS_FULL);
    }
    for (size_t i = 0; i < plan->cell_count && design->limit_s > 0.0; i++) {
        plan->cells[i].limit_s = design->limit_s;
    }
    lab_plan_order(plan, design->seed);
    if (plan->is_short_of_memory) {
        return -ENOMEM;
    }
    return plan->cell_count > 0 ? 0 : -ENOENT;
}
