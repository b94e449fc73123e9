/* store_run.c - raw runs in the store. */
#include "lab/store/store.h"

#include "lab/store/sql.h"

#include <errno.h>

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

int lab_store_has_run(struct lab_store *store, size_t block_index, uint32_t cell_index,
                      bool *has_out, struct trd_error *error) {
    sqlite3_stmt *row;
    int code =
        lab_sql_query(store, &row, error, "SELECT 1 FROM runs WHERE block_id = ? AND cell_id = ?",
                      "ii", (int64_t)block_index + 1, (int64_t)cell_index + 1);

    if (code != 0) {
        return code;
    }
    code = lab_sql_step(store, row, error);
    *has_out = code == 1;
    sqlite3_finalize(row);
    return code < 0 ? code : 0;
}
