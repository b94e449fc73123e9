/* sql.h - SQLite in the store's own words; for lab/store only. */
#ifndef TREADLE_LAB_SQL_H
#define TREADLE_LAB_SQL_H

#include "lab/store/store.h"

#include <sqlite3.h>

enum { LAB_PATH_MAX = 4096 };

struct lab_store {
    sqlite3 *db;
    int lock_fd; /* -1: reading only */
    char dir[LAB_PATH_MAX];
};

/* Fills `error` from what SQLite last said and returns the matching -errno. */
int lab_sql_fail(struct lab_store *store, struct trd_error *error);

/* Prepares `sql` and binds the arguments by `types`: i int64_t, t const char *, r double (NaN
 * becomes NULL). */
int lab_sql_query(struct lab_store *store, sqlite3_stmt **statement_out, struct trd_error *error,
                  const char *sql, const char *types, ...);
/* The same, run to its end; rows are ignored. */
int lab_sql_run(struct lab_store *store, struct trd_error *error, const char *sql,
                const char *types, ...);
/* The next row: 1; no more: 0; else -errno. */
int lab_sql_step(struct lab_store *store, sqlite3_stmt *statement, struct trd_error *error);

/* "" for NULL. */
const char *lab_sql_text(sqlite3_stmt *statement, int column);
/* NaN for NULL. */
double lab_sql_real(sqlite3_stmt *statement, int column);

/* store_lock.c: holds the folder's lock. The descriptor, or -errno with `error`. */
int lab_store_lock(const char *dir, struct trd_error *error);
/* store_lock.c: makes a folder and its parents. 0, or -errno with `error`. */
int lab_store_make_dir(const char *dir, struct trd_error *error);

#endif
