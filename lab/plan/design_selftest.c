/* design_selftest.c - the study tests itself: identical code, and a planted difference. */
#include "lab/plan/design.h"

#include <stdio.h>

static void add_cell(const struct lab_draft *draft, const char *variant, double scale) {
    struct lab_plan_cell cell = lab_draft_cell(draft, "selftest", "fibonacci", "serial");

    cell.scale = scale;
    snprintf(cell.variant, sizeof cell.variant, "%s", variant);
    lab_plan_add_cell(draft->plan, &cell);
}

void lab_design_selftest(const struct lab_draft *draft) {
    int pairs = draft->detail == LAB_DETAIL_QUICK ? 2 : 4;

    /* What it tests is the machine and the method: one interpreter is enough. */
    if (!draft->is_first || !lab_names_have(&draft->design->parts, "selftest")) {
        return;
    }
    for (int i = 1; i <= pairs; i++) {
        lab_plan_open_group(draft->plan, draft->blocks, LAB_RANK_CORE, "selftest/aa/%d", i);
        add_cell(draft, "A", 1.0);
        add_cell(draft, "B", 1.0);
    }
    lab_plan_open_group(draft->plan, draft->blocks, LAB_RANK_CORE, "selftest/planted");
    add_cell(draft, "base", 1.0);
    add_cell(draft, "+5%", 1.05);
}
