/* study.c - the loop over the blocks of a plan, with the noise gate and the budget.
 *
 * The gate looks at the machine only, never at who is winning: a block in which other processes
 * were busy is queued again at the end, at most three times, and all repetitions together may cost
 * a tenth of the study; then the block stays, flagged. Single values are never dropped.
 */
#include "lab/runner/study.h"

#include "lab/plan/design.h"
#include "lab/runner/conversation.h"
#include "lab/runner/interrupt.h"
#include "lab/runner/trim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS_MAX = 3, HANGS_MAX = 2 };

static void describe(const struct lab_plan_cell *cell, char *text, size_t space) {
    char size[32] = "";

    if (cell->workers > 0) {
        snprintf(size, sizeof size, " × %u", cell->workers);
    }
    snprintf(text, space, "%.40s: %s%s%s%.32s", cell->workload, cell->executor, size,
             cell->policy[0] != '\0' ? ", " : "", cell->policy);
}

/* A run that was not started has an outcome and a reason all the same. */
static int put_unstarted(struct lab_study *study, size_t block, uint32_t cell,
                         enum lab_outcome outcome, const char *reason, struct trd_error *error) {
    struct lab_raw_run run = lab_raw_run_empty();

    run.block_index = block;
    run.cell_index = cell;
    run.outcome = outcome;
    run.reason = reason;
    return lab_store_put_run(study->store, &run, error);
}

static int ensure_server(struct lab_study *study, const struct lab_plan_cell *cell) {
    if (!lab_bench_needs_server(study->bench, cell)) {
        return 0;
    }
    return lab_server_ensure(&study->bench->server);
}

static int fail_run(struct lab_study *study, const struct lab_plan_cell *cell, int code,
                    struct trd_error *error) {
    if (code != -EINTR) {
        study->is_stuck = code != -ENOSPC && code != -EROFS && code != -EACCES;
        snprintf(error->message, sizeof error->message,
                 "cannot run %.60s with %.30s: %s; put it right, then go on with --resume",
                 cell->workload, cell->executor, strerror(-code));
    }
    return code;
}

/* Runs one cell and commits what came of it. */
static int run_slot(struct lab_study *study, size_t block, uint32_t cell_index, bool *is_noisy,
                    struct trd_error *error) {
    const struct lab_plan_cell *cell = &study->plan->cells[cell_index];
    struct lab_cell_result result;
    char what[160];
    int hangs = 0, code;

    code = lab_store_count_hung(study->store, cell_index, &hangs, error);
    if (code != 0) {
        return code;
    }
    if (hangs >= HANGS_MAX) { /* not waited for once more */
        return put_unstarted(study, block, cell_index, LAB_OUTCOME_HUNG,
                             "not run again: it has hung twice", error);
    }
    describe(cell, what, sizeof what);
    lab_progress_say(&study->progress, what);
    code = ensure_server(study, cell);
    if (code != 0 && code != -EINTR) {
        return put_unstarted(study, block, cell_index, LAB_OUTCOME_FAILED,
                             "the study's HTTP server did not start", error);
    }
    if (code == 0) {
        code = lab_cell_run(study->bench, cell, study->plan->blocks[block].seed, &result);
    }
    if (code != 0) {
        return fail_run(study, cell, code, error);
    }
    result.raw.block_index = block;
    result.raw.cell_index = cell_index;
    if (strcmp(cell->part, "outcomes") == 0) {
        result.raw.is_noisy = false; /* nothing is timed: whether it works is all that counts */
    }
    *is_noisy = *is_noisy || result.raw.is_noisy;
    code = lab_store_put_run(study->store, &result.raw, error);
    lab_cell_result_free(&result);
    study->run_count++;
    return code;
}

/* May the block be run once more? */
static bool may_repeat(const struct lab_study *study, const struct lab_plan_block *block,
                       double elapsed_s) {
    const struct lab_plan *plan = study->plan;
    double planned_s = lab_plan_seconds(plan);
    double repeated_s = plan->groups[block->group].seconds;

    for (size_t i = 0; i < plan->block_count; i++) {
        if (plan->blocks[i].attempt > 0) {
            repeated_s += plan->groups[plan->blocks[i].group].seconds;
        }
    }
    if (study->is_short_of_time || block->attempt >= ATTEMPTS_MAX ||
        repeated_s > LAB_REPEAT_SHARE * planned_s) {
        return false;
    }
    return study->budget_s <= 0.0 ||
           elapsed_s + lab_progress_left_s(&study->progress) + plan->groups[block->group].seconds <
               study->budget_s;
}

/* Settles a block that has been run to its end; a noisy one is queued again where that may be. */
static int settle(struct lab_study *study, size_t index, bool is_noisy, struct trd_error *error) {
    const struct lab_plan_block *block = &study->plan->blocks[index];
    double seconds = study->plan->groups[block->group].seconds;
    int code = lab_store_set_block(study->store, index, is_noisy ? LAB_BLOCK_NOISY : LAB_BLOCK_DONE,
                                   error);

    lab_progress_did(&study->progress, seconds);
    if (code != 0 || !is_noisy ||
        !may_repeat(study, block, lab_now_s() - study->progress.started_s)) {
        return code;
    }
    lab_plan_repeat_block(study->plan, index, study->seed);
    study->progress.planned_s += seconds;
    if (study->plan->is_short_of_memory) {
        snprintf(error->message, sizeof error->message, "out of memory");
        return -ENOMEM;
    }
    return lab_store_add_block(study->store, study->plan, error);
}

static int run_block(struct lab_study *study, size_t index, struct trd_error *error) {
    const struct lab_plan_block *block = &study->plan->blocks[index];
    size_t first = block->first_slot, count = block->slot_count;
    uint32_t group = block->group;
    double began_s = lab_now_s();
    bool is_noisy = false;
    int code = lab_store_block_noise(study->store, index, &is_noisy, error);

    for (size_t i = 0; code == 0 && i < count; i++) {
        uint32_t cell = study->plan->slots[first + i];
        bool has_run = false;

        code = lab_store_has_run(study->store, index, cell, &has_run, error);
        if (code == 0 && !has_run) {
            code = run_slot(study, index, cell, &is_noisy, error);
        }
    }
    study->spent_s[group] += lab_now_s() - began_s;
    study->spent_count[group]++;
    return code != 0 ? code : settle(study, index, is_noisy, error);
}

/* What is left to do, for the progress. */
static int count_left(struct lab_study *study, double *left_s, struct trd_error *error) {
    int code = 0;

    *left_s = 0.0;
    for (size_t i = 0; code == 0 && i < study->plan->block_count; i++) {
        enum lab_block_state state;

        code = lab_store_get_block(study->store, i, &state, error);
        if (code == 0 && state == LAB_BLOCK_PLANNED) {
            *left_s += study->plan->groups[study->plan->blocks[i].group].seconds;
        }
    }
    return code;
}

/* A repetition was admitted when there seemed to be time for it; is there? */
static bool has_no_time(const struct lab_study *study, const struct lab_plan_block *block) {
    double elapsed_s = lab_now_s() - study->progress.started_s;

    return block->attempt > 0 && study->budget_s > 0.0 &&
           elapsed_s + study->plan->groups[block->group].seconds > study->budget_s;
}

static int run_blocks(struct lab_study *study, struct trd_error *error) {
    uint32_t round = 0;
    int code = 0;

    /* The plan grows while it is run: repetitions are appended. */
    for (size_t i = 0; code == 0 && i < study->plan->block_count; i++) {
        const struct lab_plan_block *block = &study->plan->blocks[i];
        enum lab_block_state state;

        if (lab_interrupt_is_set()) {
            return -EINTR;
        }
        if (block->attempt == 0 && block->block > round) {
            round = block->block;
            code = lab_study_trim(study, i, error);
        }
        code = code != 0 ? code : lab_store_get_block(study->store, i, &state, error);
        if (code != 0 || state != LAB_BLOCK_PLANNED) {
            continue;
        }
        code = has_no_time(study, block)
                   ? lab_store_set_block(study->store, i, LAB_BLOCK_DROPPED, error)
                   : run_block(study, i, error);
    }
    return code;
}

int lab_study_run(struct lab_study *study, struct trd_error *error) {
    double left_s;
    int code = count_left(study, &left_s, error);

    study->spent_s = calloc(study->plan->group_count + 1, sizeof *study->spent_s);
    study->spent_count = calloc(study->plan->group_count + 1, sizeof *study->spent_count);
    study->is_dropped = calloc(study->plan->group_count + 1, sizeof *study->is_dropped);
    if (code == 0 &&
        (study->spent_s == NULL || study->spent_count == NULL || study->is_dropped == NULL)) {
        snprintf(error->message, sizeof error->message, "out of memory");
        code = -ENOMEM;
    }
    if (code == 0) {
        lab_progress_start(&study->progress, left_s);
        code = run_blocks(study, error);
        lab_progress_clear(&study->progress);
    }
    lab_server_stop(&study->bench->server);
    free(study->spent_s);
    free(study->spent_count);
    free(study->is_dropped);
    study->spent_s = NULL;
    study->spent_count = NULL;
    study->is_dropped = NULL;
    return code;
}
