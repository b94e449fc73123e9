/* load.c - the store as results: facts, cells, and of every block the attempt that counts. */
#include "lab/store/store.h"

#include "lab/store/load_run.h"
#include "lab/store/sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail_memory(struct trd_error *error) {
    snprintf(error->message, sizeof error->message, "out of memory");
    return -ENOMEM;
}

static int load_facts(struct lab_store *store, struct lab_results *results,
                      struct trd_error *error) {
    sqlite3_stmt *row;
    int code = lab_sql_query(store, &row, error, "SELECT key, value FROM facts ORDER BY rowid", "");

    if (code != 0) {
        return code;
    }
    while ((code = lab_sql_step(store, row, error)) == 1) {
        if (lab_results_add_fact(results, lab_sql_text(row, 0), lab_sql_text(row, 1)) == NULL) {
            code = fail_memory(error);
            break;
        }
    }
    sqlite3_finalize(row);
    if (code == 0) {
        results->is_quick = strcmp(lab_results_fact(results, "design"), "quick") == 0;
        results->margin = strtod(lab_results_fact(results, "margin"), NULL);
    }
    return code;
}

/* A copy that lab_results_add_cell() copies again: it never writes to its argument's strings. */
static char *borrowed(sqlite3_stmt *row, int column) {
    const unsigned char *text = sqlite3_column_text(row, column);
    static char empty[1];

    return text != NULL ? (char *)(uintptr_t)text : empty;
}

static int load_cells(struct lab_store *store, struct lab_results *results,
                      struct trd_error *error) {
    sqlite3_stmt *row;
    int code = lab_sql_query(
        store, &row, error,
        "SELECT c.id, part, g.name, lane, workload, kind, interpreter, executor, workers, sizer,"
        " policy, load, variant, is_skipped, reason, install"
        " FROM cells c JOIN groups g ON g.id = c.group_id ORDER BY c.id",
        "");

    if (code != 0) {
        return code;
    }
    while ((code = lab_sql_step(store, row, error)) == 1) {
        const struct lab_cell cell = {
            .id = sqlite3_column_int64(row, 0),
            .part = borrowed(row, 1),
            .group = borrowed(row, 2),
            .lane = borrowed(row, 3),
            .workload = borrowed(row, 4),
            .kind = borrowed(row, 5),
            .interpreter = borrowed(row, 6),
            .executor = borrowed(row, 7),
            .workers = (uint32_t)sqlite3_column_int64(row, 8),
            .sizer = borrowed(row, 9),
            .policy = borrowed(row, 10),
            .load = sqlite3_column_double(row, 11),
            .variant = borrowed(row, 12),
            .outcome =
                sqlite3_column_int64(row, 13) != 0 ? LAB_OUTCOME_SKIPPED : LAB_OUTCOME_MISSING,
            .reason = borrowed(row, 14),
            .install = borrowed(row, 15),
        };

        if (lab_results_add_cell(results, &cell) == NULL) {
            code = fail_memory(error);
            break;
        }
    }
    sqlite3_finalize(row);
    return code;
}

/* Of several attempts at a block the last finished one counts; while none is finished, the last
 * that was begun. */
#define COUNTED_RUNS                                                                               \
    "WITH begun AS (SELECT b.* FROM blocks b"                                                      \
    "  WHERE EXISTS (SELECT 1 FROM runs r WHERE r.block_id = b.id)),"                              \
    " counted AS (SELECT b.id, b.block, b.attempt, ROW_NUMBER() OVER"                              \
    "  (PARTITION BY group_id, block ORDER BY state IN (1, 2) DESC, attempt DESC) AS place"        \
    "  FROM begun b)"                                                                              \
    " SELECT r.id, r.cell_id, c.block, c.attempt, r.outcome, r.reason, r.install, r.tasks,"        \
    " r.wall_s, r.setup_s, r.first_s, r.is_steady, r.is_noisy, r.cpu_s, r.pss_bytes,"              \
    " r.rss_peak_bytes, r.others_cpu, r.steal, r.latency, r.metrics"                               \
    " FROM runs r JOIN counted c ON c.id = r.block_id AND c.place = 1"                             \
    " ORDER BY r.cell_id, c.block"

static struct lab_cell *cell_of(struct lab_results *results, int64_t id) {
    for (size_t i = 0; i < results->cell_count; i++) {
        if (results->cells[i].id == id) {
            return &results->cells[i];
        }
    }
    return NULL;
}

/* The cell's outcome is ok once one of its runs is, else that of its last run. */
static int settle(struct lab_cell *cell, const struct lab_run *run, const char *install) {
    char *reason, *command;

    if (cell->outcome == LAB_OUTCOME_OK) {
        return 0;
    }
    reason = strdup(run->outcome == LAB_OUTCOME_OK ? "" : run->reason);
    command = strdup(install);
    if (reason == NULL || command == NULL) {
        free(reason);
        free(command);
        return -ENOMEM;
    }
    free(cell->reason);
    free(cell->install);
    cell->outcome = run->outcome;
    cell->reason = reason;
    cell->install = command;
    return 0;
}

static int load_runs(struct lab_store *store, struct lab_results *results,
                     struct trd_error *error) {
    sqlite3_stmt *row;
    struct lab_cell *cell = NULL;
    int code = lab_sql_query(store, &row, error, COUNTED_RUNS, "");

    if (code != 0) {
        return code;
    }
    while ((code = lab_sql_step(store, row, error)) == 1) {
        struct lab_run run;
        int64_t id = sqlite3_column_int64(row, 1);

        if (cell == NULL || cell->id != id) {
            cell = cell_of(results, id);
        }
        if (cell == NULL) {
            continue;
        }
        code = lab_load_run(row, &run);
        code = code != 0 ? code : settle(cell, &run, lab_sql_text(row, 6));
        if (code == 0 && lab_cell_add_run(cell, &run) == NULL) {
            code = -ENOMEM;
        }
        lab_load_run_free(&run);
        if (code != 0) {
            code = fail_memory(error);
            break;
        }
    }
    sqlite3_finalize(row);
    return code;
}

static int load_number(struct lab_store *store, const char *sql, int64_t *number_out,
                       struct trd_error *error) {
    sqlite3_stmt *row;
    int code = lab_sql_query(store, &row, error, sql, "");

    if (code != 0) {
        return code;
    }
    code = lab_sql_step(store, row, error);
    *number_out = code == 1 ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_finalize(row);
    return code < 0 ? code : 0;
}

static int load_gate(struct lab_store *store, struct lab_results *results,
                     struct trd_error *error) {
    int64_t left = 0, blocks = 0, noisy = 0, repeated = 0;
    int code = load_number(store, "SELECT COUNT(*) FROM blocks WHERE state = 0", &left, error);

    code = code != 0 ? code
                     : load_number(store,
                                   "SELECT COUNT(*) FROM (SELECT DISTINCT group_id, block FROM "
                                   "blocks WHERE state IN (1, 2))",
                                   &blocks, error);
    code = code != 0 ? code
                     : load_number(store,
                                   "SELECT COUNT(*) FROM blocks b WHERE state = 2 AND NOT EXISTS"
                                   " (SELECT 1 FROM blocks n WHERE n.group_id = b.group_id AND"
                                   " n.block = b.block AND n.attempt > b.attempt AND"
                                   " n.state IN (1, 2))",
                                   &noisy, error);
    code = code != 0 ? code
                     : load_number(store,
                                   "SELECT COUNT(*) FROM blocks WHERE attempt > 0 AND"
                                   " state IN (1, 2)",
                                   &repeated, error);
    results->is_complete = left == 0;
    results->selftest.blocks = (uint32_t)blocks;
    results->selftest.noisy_blocks = (uint32_t)noisy;
    results->selftest.repeated_blocks = (uint32_t)repeated;
    return code;
}

int lab_store_load(struct lab_store *store, struct lab_results *results, struct trd_error *error) {
    int code = load_facts(store, results, error);

    code = code != 0 ? code : load_cells(store, results, error);
    code = code != 0 ? code : load_runs(store, results, error);
    return code != 0 ? code : load_gate(store, results, error);
}
