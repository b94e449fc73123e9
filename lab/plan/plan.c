/* plan.c - the growing arrays of a plan. */
#include "lab/plan/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lab_plan_init(struct lab_plan *plan) {
    *plan = (struct lab_plan){0};
}

void lab_plan_free(struct lab_plan *plan) {
    free(plan->cells);
    free(plan->groups);
    free(plan->blocks);
    free(plan->slots);
    *plan = (struct lab_plan){0};
}

void lab_plan_clear(struct lab_plan *plan) {
    plan->cell_count = plan->group_count = plan->block_count = plan->slot_count = 0;
}

/* Room for one more of `item_bytes`; false when there is none. */
static bool grow(struct lab_plan *plan, void **items, size_t count, size_t *space,
                 size_t item_bytes) {
    size_t wanted = *space == 0 ? 64 : *space * 2;
    void *larger;

    if (count < *space) {
        return true;
    }
    larger = realloc(*items, wanted * item_bytes);
    if (larger == NULL) {
        plan->is_short_of_memory = true;
        return false;
    }
    *items = larger;
    *space = wanted;
    return true;
}

void lab_plan_open_group(struct lab_plan *plan, uint32_t blocks, enum lab_importance rank,
                         const char *name, ...) {
    void *items = plan->groups;
    struct lab_plan_group *group;
    va_list arguments;

    if (plan->group_count > 0 && plan->groups[plan->group_count - 1].cell_count == 0) {
        plan->group_count--;
    }
    if (!grow(plan, &items, plan->group_count, &plan->group_space, sizeof *plan->groups)) {
        return;
    }
    plan->groups = items;
    group = &plan->groups[plan->group_count++];
    *group = (struct lab_plan_group){
        .first_cell = (uint32_t)plan->cell_count, .blocks = blocks, .rank = rank};
    va_start(arguments, name);
    vsnprintf(group->name, sizeof group->name, name, arguments);
    va_end(arguments);
}

void lab_plan_add_cell(struct lab_plan *plan, const struct lab_plan_cell *cell) {
    void *items = plan->cells;
    struct lab_plan_group *group;

    if (plan->is_short_of_memory || plan->group_count == 0 ||
        !grow(plan, &items, plan->cell_count, &plan->cell_space, sizeof *plan->cells)) {
        return;
    }
    plan->cells = items;
    group = &plan->groups[plan->group_count - 1];
    plan->cells[plan->cell_count] = *cell;
    plan->cells[plan->cell_count].group = (uint32_t)(plan->group_count - 1);
    plan->cell_count++;
    group->cell_count++;
    group->seconds += cell->is_skipped ? 0.0 : cell->seconds;
}

void lab_plan_add_block(struct lab_plan *plan, const struct lab_plan_block *block) {
    void *items = plan->blocks;

    if (!grow(plan, &items, plan->block_count, &plan->block_space, sizeof *plan->blocks)) {
        return;
    }
    plan->blocks = items;
    plan->blocks[plan->block_count] = *block;
    plan->blocks[plan->block_count].first_slot = plan->slot_count;
    plan->blocks[plan->block_count].slot_count = 0;
    plan->block_count++;
}

void lab_plan_add_slot(struct lab_plan *plan, uint32_t cell) {
    void *items = plan->slots;

    if (plan->is_short_of_memory || plan->block_count == 0 ||
        !grow(plan, &items, plan->slot_count, &plan->slot_space, sizeof *plan->slots)) {
        return;
    }
    plan->slots = items;
    plan->slots[plan->slot_count++] = cell;
    plan->blocks[plan->block_count - 1].slot_count++;
}

double lab_plan_seconds(const struct lab_plan *plan) {
    double seconds = 0.0;

    for (size_t i = 0; i < plan->group_count; i++) {
        seconds += plan->groups[i].blocks * plan->groups[i].seconds;
    }
    return seconds;
}
