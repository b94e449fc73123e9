/* design_outcomes.c - one-shot scenarios: does it work at all, and what happens if not? */
#include "lab/plan/design.h"

#include <stdio.h>
#include <string.h>

enum { WORKERS = 2 };

void lab_design_outcomes(const struct lab_draft *draft) {
    const struct lab_design *design = draft->design;
    const struct lab_lane *lane = draft->lane;

    /* They belong to claims, not to a workload that somebody has picked. */
    if (!lab_names_have(&design->parts, "outcomes") || design->workloads.count > 0) {
        return;
    }
    for (size_t i = 0; i < lane->outcome_count; i++) {
        const struct lab_outcome_info *outcome = &lane->outcomes[i];

        lab_plan_open_group(draft->plan, 1, LAB_RANK_CORE, "outcomes/%s/%s", outcome->claim,
                            outcome->id);
        for (size_t pair = 0; pair < outcome->pair_count; pair++) {
            const char *executor = outcome->pairs[pair].executor;
            struct lab_plan_cell cell;

            if (!lab_names_have(&design->executors, executor)) {
                continue;
            }
            cell = lab_draft_cell(draft, "outcomes", outcome->id, executor);
            cell.workers = WORKERS;
            snprintf(cell.kind, sizeof cell.kind, "%s", "outcome");
            snprintf(cell.variant, sizeof cell.variant, "%s", outcome->pairs[pair].variant);
            /* T5 takes no time; T10 imports torch, T11 starts a notebook's kernel. */
            lab_draft_time(draft, &cell, 0.1, 0.0, strcmp(outcome->claim, "T5") == 0 ? 0.4 : 1.8);
            cell.limit_s = draft->detail == LAB_DETAIL_QUICK ? 20.0 : 60.0;
            if (draft->detail == LAB_DETAIL_QUICK && strcmp(outcome->id, "io-large-result") == 0) {
                snprintf(cell.params, sizeof cell.params, "{\"bytes\":32000000}");
            }
            if (!outcome->support.is_supported && !cell.is_skipped) {
                cell.is_skipped = true;
                snprintf(cell.reason, sizeof cell.reason, "%s", outcome->support.reason);
                snprintf(cell.install, sizeof cell.install, "%s", outcome->support.install);
            }
            lab_plan_add_cell(draft->plan, &cell);
        }
    }
}
