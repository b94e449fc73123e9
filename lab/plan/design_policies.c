/* design_policies.c - part c: every policy under the same open arrivals, where a queue forms. */
#include "lab/plan/design.h"

#include <treadle/policy.h>

#include <stdio.h>
#include <string.h>

enum { WORKERS = 4 };

/* Mean service of a task: short enough for hundreds in a run, long enough that the cost of a
 * hand-over (some ten microseconds) does not show. */
#define WAIT_PARAMS "{\"c\":0,\"r\":0,\"w\":0.005}"
#define CPU_PARAMS "{\"c\":0.002,\"r\":0,\"w\":0}"

static const double loads_quick[] = {0.8, 1.1};
static const double loads_full[] = {0.5, 0.8, 0.95, 1.1};

static void add_group(const struct lab_draft *draft, double load, const char *variant) {
    const struct lab_design *design = draft->design;
    bool is_wait = strcmp(variant, "wait") == 0;
    bool is_quick = draft->detail == LAB_DETAIL_QUICK;

    lab_plan_open_group(draft->plan, draft->blocks, LAB_RANK_MAIN, "policies/%g%s/%s", load,
                        is_wait ? "" : "/cpu", draft->lane->label);
    for (const struct trd_policy *const *policy = trd_policies(); *policy != NULL; policy++) {
        struct lab_plan_cell cell;

        if (!lab_names_have(&design->policies, (*policy)->name)) {
            continue;
        }
        cell = lab_draft_cell(draft, "policies", "synthetic", "treadle-threads");
        cell.workers = WORKERS;
        cell.load = load;
        snprintf(cell.kind, sizeof cell.kind, "%s", is_wait ? "io" : "cpu");
        snprintf(cell.sizer, sizeof cell.sizer, "fixed");
        snprintf(cell.policy, sizeof cell.policy, "%s", (*policy)->name);
        snprintf(cell.variant, sizeof cell.variant, "%s", variant);
        snprintf(cell.params, sizeof cell.params, "%s", is_wait ? WAIT_PARAMS : CPU_PARAMS);
        /* Above 1 the queue must be worked off after the last arrival. */
        lab_draft_time(draft, &cell, is_quick ? 1.0 : 2.0, 0.05, load > 1.0 ? 0.25 : 0.1);
        lab_plan_add_cell(draft->plan, &cell);
    }
}

void lab_design_policies(const struct lab_draft *draft) {
    const struct lab_design *design = draft->design;
    bool is_quick = draft->detail == LAB_DETAIL_QUICK;
    const double *loads = is_quick ? loads_quick : loads_full;
    size_t count = is_quick ? sizeof loads_quick / sizeof *loads_quick
                            : sizeof loads_full / sizeof *loads_full;

    if (!lab_names_have(&design->parts, "policies") ||
        !lab_names_have(&design->workloads, "synthetic") ||
        !lab_names_have(&design->executors, "treadle-threads")) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        add_group(draft, loads[i], "wait");
        if (!is_quick) {
            add_group(draft, loads[i], "cpu");
        }
    }
}
