/* store_run.c - raw runs in the store. */
#include "lab/store/store.h"

#include "lab/store/sql.h"

#include <math.h>
#include <time.h>

struct lab_raw_run lab_raw_run_empty(void) {
    const double unknown = (double)NAN;

    return (struct lab_raw_run){
        .outcome = LAB_OUTCOME_MISSING,
        .reason = "",
        .install = "",
        .wall_s = unknown,
        .setup_s = unknown,
        .first_s = unknown,
        .cpu_s = unknown,
        .pss_bytes = unknown,
        .rss_peak_bytes = unknown,
        .others_cpu = unknown,
        .steal = unknown,
        .latency = "",
        .metrics = "",
        .versions = "",
        .started_unix_s = (double)time(NULL),
    };
}

int lab_store_put_run(struct lab_store *store, const struct lab_raw_run *run,
                      struct trd_error *error) {
    return lab_sql_run(
        store, error, "INSERT INTO runs VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        "iirtttirrriirrrrrttt", (int64_t)run->block_index + 1, (int64_t)run->cell_index + 1,
        run->started_unix_s, lab_outcome_name(run->outcome), run->reason, run->install,
        (int64_t)run->tasks, run->wall_s, run->setup_s, run->first_s, (int64_t)run->is_steady,
        (int64_t)run->is_noisy, run->cpu_s, run->pss_bytes, run->rss_peak_bytes, run->others_cpu,
        run->steal, run->latency, run->metrics, run->versions);
}

/* The one number that a query gives. */
static int number_of(struct lab_store *store, const char *sql, int64_t a, int64_t b,
                     int64_t *number_out, struct trd_error *error) {
    sqlite3_stmt *row;
    int code = lab_sql_query(store, &row, error, sql, "ii", a, b);

    if (code != 0) {
        return code;
    }
    code = lab_sql_step(store, row, error);
    *number_out = code == 1 ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_finalize(row);
    return code < 0 ? code : 0;
}

int lab_store_has_run(struct lab_store *store, size_t block_index, uint32_t cell_index,
                      bool *has_out, struct trd_error *error) {
    int64_t count = 0;
    int code = number_of(store, "SELECT COUNT(*) FROM runs WHERE block_id = ? AND cell_id = ?",
                         (int64_t)block_index + 1, (int64_t)cell_index + 1, &count, error);

    *has_out = count > 0;
    return code;
}

int lab_store_count_hung(struct lab_store *store, uint32_t cell_index, int *count_out,
                         struct trd_error *error) {
    int64_t count = 0;
    int code = number_of(store,
                         "SELECT COUNT(*) FROM runs WHERE cell_id = ?1 AND outcome = 'hung'"
                         " AND block_id >= ?2",
                         (int64_t)cell_index + 1, 0, &count, error);

    *count_out = (int)count;
    return code;
}

int lab_store_block_noise(struct lab_store *store, size_t block_index, bool *is_noisy_out,
                          struct trd_error *error) {
    int64_t count = 0;
    int code = number_of(store, "SELECT COUNT(*) FROM runs WHERE block_id = ?1 AND is_noisy = ?2",
                         (int64_t)block_index + 1, 1, &count, error);

    *is_noisy_out = count > 0;
    return code;
}
