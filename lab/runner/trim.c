/* trim.c - fewer groups to the end of the study, rather than all of them past its budget. */
#include "lab/runner/trim.h"

#include "lab/runner/conversation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* What a block of the group takes on this machine: measured, or by plan. */
static double block_s(const struct lab_study *study, uint32_t group) {
    if (study->spent_count[group] > 0) {
        return study->spent_s[group] / study->spent_count[group];
    }
    return study->plan->groups[group].seconds;
}

/* Seconds that every group will still take, from block `next` on. */
static double count_left(const struct lab_study *study, size_t next, double *by_group) {
    const struct lab_plan *plan = study->plan;
    double left_s = 0.0;

    for (size_t i = 0; i < plan->group_count; i++) {
        by_group[i] = 0.0;
    }
    for (size_t i = next; i < plan->block_count; i++) {
        uint32_t group = plan->blocks[i].group;

        bool is_given_up = study->is_short_of_time && plan->blocks[i].attempt > 0;

        if (!study->is_dropped[group] && !is_given_up) {
            by_group[group] += block_s(study, group);
            left_s += block_s(study, group);
        }
    }
    return left_s;
}

static size_t choose(const struct lab_plan *plan, const double *by_group) {
    size_t chosen = plan->group_count;

    for (size_t i = 0; i < plan->group_count; i++) {
        const struct lab_plan_group *group = &plan->groups[i];
        bool is_first = chosen == plan->group_count;

        if (by_group[i] <= 0.0 || group->rank == LAB_RANK_CORE) {
            continue;
        }
        if (is_first || group->rank > plan->groups[chosen].rank ||
            (group->rank == plan->groups[chosen].rank && by_group[i] > by_group[chosen])) {
            chosen = i;
        }
    }
    return chosen;
}

/* Gives up what is left of one group; its repetitions have gone before. */
static int drop(struct lab_study *study, size_t next, size_t group, struct trd_error *error) {
    int code = 0;

    study->is_dropped[group] = true;
    for (size_t i = next; code == 0 && i < study->plan->block_count; i++) {
        if (study->plan->blocks[i].group == group && study->plan->blocks[i].attempt == 0) {
            code = lab_store_set_block(study->store, i, LAB_BLOCK_DROPPED, error);
            study->progress.planned_s -= study->plan->groups[group].seconds;
            study->dropped_count++;
        }
    }
    return code;
}

/* A block that was noisy is better than one that was not run: repetitions go first. */
static int drop_repetitions(struct lab_study *study, size_t next, struct trd_error *error) {
    int code = 0;

    study->is_short_of_time = true;
    for (size_t i = next; code == 0 && i < study->plan->block_count; i++) {
        if (study->plan->blocks[i].attempt > 0) {
            code = lab_store_set_block(study->store, i, LAB_BLOCK_DROPPED, error);
            study->progress.planned_s -= study->plan->groups[study->plan->blocks[i].group].seconds;
        }
    }
    return code;
}

int lab_study_trim(struct lab_study *study, size_t next, struct trd_error *error) {
    double elapsed_s = lab_now_s() - study->progress.started_s;
    double *by_group;
    int code = 0;

    if (study->budget_s <= 0.0) {
        return 0;
    }
    by_group = calloc(study->plan->group_count + 1, sizeof *by_group);
    if (by_group == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory");
        return -ENOMEM;
    }
    if (!study->is_short_of_time &&
        elapsed_s + count_left(study, next, by_group) > study->budget_s) {
        code = drop_repetitions(study, next, error);
    }
    while (code == 0 && elapsed_s + count_left(study, next, by_group) > study->budget_s) {
        size_t group = choose(study->plan, by_group);

        if (group == study->plan->group_count) {
            break; /* nothing but the core is left: rather late than without an answer */
        }
        code = drop(study, next, group, error);
    }
    free(by_group);
    return code;
}
