/* store_plan.c - the plan in the store: written once, read again by --resume. */
#include "lab/store/store.h"

#include "lab/store/sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int put_cell(struct lab_store *store, const struct lab_plan_cell *cell, size_t index,
                    struct trd_error *error) {
    return lab_sql_run(
        store, error, "INSERT INTO cells VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        "iittttttittrttrrrrritt", (int64_t)index + 1, (int64_t)cell->group + 1, cell->part,
        cell->lane, cell->workload, cell->kind, cell->interpreter, cell->executor,
        (int64_t)cell->workers, cell->sizer, cell->policy, cell->load, cell->variant, cell->params,
        cell->scale, cell->timed_s, cell->warm_s, cell->limit_s, cell->seconds,
        (int64_t)cell->is_skipped, cell->reason, cell->install);
}

static int put_block(struct lab_store *store, const struct lab_plan *plan, size_t index,
                     struct trd_error *error) {
    const struct lab_plan_block *block = &plan->blocks[index];
    int code =
        lab_sql_run(store, error, "INSERT INTO blocks VALUES(?,?,?,?,?,?)", "iiiiii",
                    (int64_t)index + 1, (int64_t)block->group + 1, (int64_t)block->block,
                    (int64_t)block->attempt, (int64_t)block->seed, (int64_t)LAB_BLOCK_PLANNED);

    for (size_t i = 0; code == 0 && i < block->slot_count; i++) {
        code =
            lab_sql_run(store, error, "INSERT INTO slots VALUES(?,?,?)", "iii", (int64_t)index + 1,
                        (int64_t)i, (int64_t)plan->slots[block->first_slot + i] + 1);
    }
    return code;
}

static int put_all(struct lab_store *store, const struct lab_plan *plan, struct trd_error *error) {
    int code = 0;

    for (size_t i = 0; code == 0 && i < plan->group_count; i++) {
        const struct lab_plan_group *group = &plan->groups[i];

        code = lab_sql_run(store, error, "INSERT INTO groups VALUES(?,?,?,?,?)", "itiir",
                           (int64_t)i + 1, group->name, (int64_t)group->blocks,
                           (int64_t)group->rank, group->seconds);
    }
    for (size_t i = 0; code == 0 && i < plan->cell_count; i++) {
        code = put_cell(store, &plan->cells[i], i, error);
    }
    for (size_t i = 0; code == 0 && i < plan->block_count; i++) {
        code = put_block(store, plan, i, error);
    }
    return code;
}

/* Ends the transaction: for good if `code` is 0, else as if nothing had been written. */
static int end(struct lab_store *store, int code, struct trd_error *error) {
    struct trd_error ignored;

    if (code == 0) {
        code = lab_sql_run(store, error, "COMMIT", "");
    }
    if (code != 0) {
        (void)lab_sql_run(store, &ignored, "ROLLBACK", ""); /* `error` has the cause already */
    }
    return code;
}

int lab_store_put_plan(struct lab_store *store, const struct lab_plan *plan,
                       struct trd_error *error) {
    int code = lab_sql_run(store, error, "BEGIN IMMEDIATE", "");

    return code != 0 ? code : end(store, put_all(store, plan, error), error);
}

int lab_store_add_block(struct lab_store *store, const struct lab_plan *plan,
                        struct trd_error *error) {
    int code = lab_sql_run(store, error, "BEGIN IMMEDIATE", "");

    return code != 0 ? code
                     : end(store, put_block(store, plan, plan->block_count - 1, error), error);
}

static void copy(sqlite3_stmt *row, int column, char *to, size_t space) {
    snprintf(to, space, "%s", lab_sql_text(row, column));
}

static void read_cell(sqlite3_stmt *row, struct lab_plan_cell *cell) {
    *cell = (struct lab_plan_cell){
        .group = (uint32_t)(sqlite3_column_int64(row, 1) - 1),
        .workers = (uint32_t)sqlite3_column_int64(row, 8),
        .load = sqlite3_column_double(row, 11),
        .scale = sqlite3_column_double(row, 14),
        .timed_s = sqlite3_column_double(row, 15),
        .warm_s = sqlite3_column_double(row, 16),
        .limit_s = sqlite3_column_double(row, 17),
        .seconds = sqlite3_column_double(row, 18),
        .is_skipped = sqlite3_column_int64(row, 19) != 0,
    };
    copy(row, 2, cell->part, sizeof cell->part);
    copy(row, 3, cell->lane, sizeof cell->lane);
    copy(row, 4, cell->workload, sizeof cell->workload);
    copy(row, 5, cell->kind, sizeof cell->kind);
    copy(row, 6, cell->interpreter, sizeof cell->interpreter);
    copy(row, 7, cell->executor, sizeof cell->executor);
    copy(row, 9, cell->sizer, sizeof cell->sizer);
    copy(row, 10, cell->policy, sizeof cell->policy);
    copy(row, 12, cell->variant, sizeof cell->variant);
    copy(row, 13, cell->params, sizeof cell->params);
    copy(row, 20, cell->reason, sizeof cell->reason);
    copy(row, 21, cell->install, sizeof cell->install);
}

/* Groups and their cells: the cells of a group are side by side, so both are read in one pass. */
static int get_cells(struct lab_store *store, struct lab_plan *plan, struct trd_error *error) {
    sqlite3_stmt *row;
    int64_t group = 0;
    int code = lab_sql_query(store, &row, error,
                             "SELECT c.*, g.name, g.blocks, g.rank FROM cells c"
                             " JOIN groups g ON g.id = c.group_id ORDER BY c.id",
                             "");

    if (code != 0) {
        return code;
    }
    while ((code = lab_sql_step(store, row, error)) == 1) {
        struct lab_plan_cell cell;

        read_cell(row, &cell);
        if (sqlite3_column_int64(row, 1) != group) {
            group = sqlite3_column_int64(row, 1);
            lab_plan_open_group(plan, (uint32_t)sqlite3_column_int64(row, 23),
                                (enum lab_importance)sqlite3_column_int(row, 24), "%s",
                                lab_sql_text(row, 22));
        }
        lab_plan_add_cell(plan, &cell);
    }
    sqlite3_finalize(row);
    return code;
}

static int get_blocks(struct lab_store *store, struct lab_plan *plan, struct trd_error *error) {
    sqlite3_stmt *row;
    int64_t last = 0;
    int code = lab_sql_query(store, &row, error,
                             "SELECT b.id, b.group_id, b.block, b.attempt, b.seed, s.cell_id"
                             " FROM blocks b JOIN slots s ON s.block_id = b.id"
                             " ORDER BY b.id, s.position",
                             "");

    if (code != 0) {
        return code;
    }
    while ((code = lab_sql_step(store, row, error)) == 1) {
        if (sqlite3_column_int64(row, 0) != last) {
            last = sqlite3_column_int64(row, 0);
            lab_plan_add_block(plan, &(struct lab_plan_block){
                                         .group = (uint32_t)(sqlite3_column_int64(row, 1) - 1),
                                         .block = (uint32_t)sqlite3_column_int64(row, 2),
                                         .attempt = (uint32_t)sqlite3_column_int64(row, 3),
                                         .seed = (uint64_t)sqlite3_column_int64(row, 4),
                                     });
        }
        lab_plan_add_slot(plan, (uint32_t)(sqlite3_column_int64(row, 5) - 1));
    }
    sqlite3_finalize(row);
    return code;
}

int lab_store_get_plan(struct lab_store *store, struct lab_plan *plan, struct trd_error *error) {
    int code = get_cells(store, plan, error);

    code = code != 0 ? code : get_blocks(store, plan, error);
    if (code == 0 && plan->is_short_of_memory) {
        snprintf(error->message, sizeof error->message, "out of memory");
        return -ENOMEM;
    }
    return code;
}

int lab_store_set_block(struct lab_store *store, size_t block_index, enum lab_block_state state,
                        struct trd_error *error) {
    return lab_sql_run(store, error, "UPDATE blocks SET state = ? WHERE id = ?", "ii",
                       (int64_t)state, (int64_t)block_index + 1);
}

int lab_store_get_block(struct lab_store *store, size_t block_index,
                        enum lab_block_state *state_out, struct trd_error *error) {
    sqlite3_stmt *row;
    int code = lab_sql_query(store, &row, error, "SELECT state FROM blocks WHERE id = ?", "i",
                             (int64_t)block_index + 1);

    if (code != 0) {
        return code;
    }
    code = lab_sql_step(store, row, error);
    *state_out = code == 1 ? (enum lab_block_state)sqlite3_column_int(row, 0) : LAB_BLOCK_PLANNED;
    sqlite3_finalize(row);
    return code < 0 ? code : 0;
}
