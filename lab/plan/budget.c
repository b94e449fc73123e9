/* budget.c - fewer cells, when the time does not suffice for six blocks of all. */
#include "lab/plan/design.h"

#include <string.h>

/* The group to give up first: the highest rank; among equals the most expensive. */
static size_t least_important(const struct lab_plan *plan) {
    size_t worst = plan->group_count;

    for (size_t i = 0; i < plan->group_count; i++) {
        const struct lab_plan_group *group = &plan->groups[i];
        const struct lab_plan_group *than = worst < plan->group_count ? &plan->groups[worst] : NULL;

        if (group->rank == LAB_RANK_CORE || group->seconds <= 0.0) {
            continue;
        }
        if (than == NULL || group->rank > than->rank ||
            (group->rank == than->rank &&
             group->seconds * group->blocks > than->seconds * than->blocks)) {
            worst = i;
        }
    }
    return worst;
}

static void drop(struct lab_plan *plan, size_t index) {
    uint32_t first = plan->groups[index].first_cell;
    uint32_t count = plan->groups[index].cell_count;

    memmove(&plan->cells[first], &plan->cells[first + count],
            (plan->cell_count - first - count) * sizeof *plan->cells);
    memmove(&plan->groups[index], &plan->groups[index + 1],
            (plan->group_count - index - 1) * sizeof *plan->groups);
    plan->cell_count -= count;
    plan->group_count--;
    for (size_t i = index; i < plan->group_count; i++) {
        plan->groups[i].first_cell -= count;
    }
    for (size_t i = first; i < plan->cell_count; i++) {
        plan->cells[i].group--;
    }
}

size_t lab_design_trim(struct lab_plan *plan, double seconds) {
    size_t dropped = 0;

    while (lab_plan_seconds(plan) > seconds) {
        size_t index = least_important(plan);

        if (index == plan->group_count) {
            break;
        }
        drop(plan, index);
        dropped++;
    }
    return dropped;
}
