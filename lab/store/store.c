/* store.c - opening and closing a study, its schema and its manifest. */
#define _DEFAULT_SOURCE /* realpath */
#include "lab/store/store.h"

#include "lab/store/sql.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUSY_LIMIT_MS = 5000 };

/* The application id marks the file as ours for file(1) and for --resume. */
#define SCHEMA                                                                                     \
    "PRAGMA application_id = 1414677828;"                                                          \
    "PRAGMA user_version = 1;"                                                                     \
    "CREATE TABLE facts(key TEXT PRIMARY KEY, value TEXT NOT NULL);"                               \
    "CREATE TABLE groups(id INTEGER PRIMARY KEY, name TEXT NOT NULL, blocks INTEGER NOT NULL,"     \
    " rank INTEGER NOT NULL, seconds REAL NOT NULL);"                                              \
    "CREATE TABLE cells(id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL REFERENCES groups(id),"  \
    " part TEXT NOT NULL, lane TEXT NOT NULL, workload TEXT NOT NULL, kind TEXT NOT NULL,"         \
    " interpreter TEXT NOT NULL, executor TEXT NOT NULL, workers INTEGER NOT NULL,"                \
    " sizer TEXT NOT NULL, policy TEXT NOT NULL, load REAL NOT NULL, variant TEXT NOT NULL,"       \
    " params TEXT NOT NULL, scale REAL NOT NULL, timed_s REAL NOT NULL, warm_s REAL NOT NULL,"     \
    " limit_s REAL NOT NULL, seconds REAL NOT NULL, is_skipped INTEGER NOT NULL,"                  \
    " reason TEXT NOT NULL, install TEXT NOT NULL);"                                               \
    "CREATE TABLE blocks(id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL REFERENCES groups(id)," \
    " block INTEGER NOT NULL, attempt INTEGER NOT NULL, seed INTEGER NOT NULL,"                    \
    " state INTEGER NOT NULL);"                                                                    \
    "CREATE TABLE slots(block_id INTEGER NOT NULL REFERENCES blocks(id),"                          \
    " position INTEGER NOT NULL, cell_id INTEGER NOT NULL REFERENCES cells(id),"                   \
    " PRIMARY KEY(block_id, position)) WITHOUT ROWID;"                                             \
    "CREATE TABLE runs(id INTEGER PRIMARY KEY, block_id INTEGER NOT NULL REFERENCES blocks(id),"   \
    " cell_id INTEGER NOT NULL REFERENCES cells(id), started REAL NOT NULL,"                       \
    " outcome TEXT NOT NULL, reason TEXT NOT NULL, install TEXT NOT NULL, tasks INTEGER NOT NULL," \
    " wall_s REAL, setup_s REAL, first_s REAL, is_steady INTEGER NOT NULL,"                        \
    " is_noisy INTEGER NOT NULL, cpu_s REAL, pss_bytes REAL, rss_peak_bytes REAL,"                 \
    " others_cpu REAL, steal REAL, latency TEXT NOT NULL, metrics TEXT NOT NULL,"                  \
    " versions TEXT NOT NULL, UNIQUE(block_id, cell_id));"

static int execute(struct lab_store *store, const char *sql, struct trd_error *error) {
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                       : lab_sql_fail(store, error);
}

static void path_of(const struct lab_store *store, char *path, size_t space) {
    snprintf(path, space, "%s/study.db", store->dir);
}

/* An empty store for `dir`, which exists. */
static int allocate(struct lab_store **store_out, const char *dir, struct trd_error *error) {
    struct lab_store *store = calloc(1, sizeof *store);
    char *real;

    *store_out = NULL;
    if (store == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory");
        return -ENOMEM;
    }
    store->lock_fd = -1;
    real = realpath(dir, NULL);
    if (real == NULL || strlen(real) >= sizeof store->dir) {
        int code = real == NULL ? errno : ENAMETOOLONG;

        snprintf(error->message, sizeof error->message, "no study in %.120s: %s", dir,
                 strerror(code));
        free(real);
        free(store);
        return -code;
    }
    snprintf(store->dir, sizeof store->dir, "%s", real);
    free(real);
    *store_out = store;
    return 0;
}

static int open_db(struct lab_store *store, int flags, struct trd_error *error) {
    char path[LAB_PATH_MAX + 16];

    path_of(store, path, sizeof path);
    if (sqlite3_open_v2(path, &store->db, flags, NULL) != SQLITE_OK) {
        return lab_sql_fail(store, error);
    }
    sqlite3_busy_timeout(store->db, BUSY_LIMIT_MS); /* somebody reads a report */
    return 0;
}

/* A commit then costs no wait for the disk, survives a kill, and after a loss of power the database
 * is whole. Where the file system cannot do it SQLite stays with its default. */
static int set_journal(struct lab_store *store, struct trd_error *error) {
    return execute(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", error);
}

int lab_store_create(struct lab_store **store_out, const char *dir, struct trd_error *error) {
    char path[LAB_PATH_MAX + 16];
    struct lab_store *store;
    int code = lab_store_make_dir(dir, error);

    *store_out = NULL;
    code = code != 0 ? code : allocate(&store, dir, error);
    if (code != 0) {
        return code;
    }
    store->lock_fd = lab_store_lock(store->dir, error);
    code = store->lock_fd < 0 ? store->lock_fd : 0;
    path_of(store, path, sizeof path);
    if (code == 0 && access(path, F_OK) == 0) {
        snprintf(error->message, sizeof error->message,
                 "%.120s already holds a study; go on with --resume, or name another folder with "
                 "--out",
                 dir);
        code = -EEXIST;
    }
    code = code != 0 ? code : open_db(store, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error);
    code = code != 0 ? code : set_journal(store, error);
    code = code != 0 ? code : execute(store, "BEGIN;" SCHEMA "COMMIT;", error);
    if (code != 0) {
        lab_store_close(store);
        return code;
    }
    *store_out = store;
    return 0;
}

/* Is it ours, and of a version that this program knows? */
static int check_version(struct lab_store *store, struct trd_error *error) {
    sqlite3_stmt *statement;
    int code = lab_sql_query(store, &statement, error,
                             "SELECT application_id, user_version FROM pragma_application_id, "
                             "pragma_user_version",
                             "");

    if (code != 0) {
        return code;
    }
    code = lab_sql_step(store, statement, error);
    if (code == 1 && (sqlite3_column_int64(statement, 0) != 1414677828 ||
                      sqlite3_column_int64(statement, 1) != 1)) {
        snprintf(error->message, sizeof error->message,
                 "%.120s/study.db was not written by this version of treadle", store->dir);
        code = -EBADMSG;
    }
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}

static int open_existing(struct lab_store **store_out, const char *dir, bool is_writing,
                         struct trd_error *error) {
    char path[LAB_PATH_MAX + 16];
    struct lab_store *store;
    int code = allocate(&store, dir, error);

    *store_out = NULL;
    if (code != 0) {
        return code;
    }
    path_of(store, path, sizeof path);
    if (access(path, F_OK) != 0) {
        snprintf(error->message, sizeof error->message,
                 "no study in %.120s: there is no study.db; name the folder that `treadle study` "
                 "printed",
                 dir);
        code = -ENOENT;
    }
    if (code == 0 && is_writing) {
        store->lock_fd = lab_store_lock(store->dir, error);
        code = store->lock_fd < 0 ? store->lock_fd : 0;
    }
    code = code != 0
               ? code
               : open_db(store, is_writing ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, error);
    code = code != 0 ? code : check_version(store, error);
    if (code == 0 && is_writing) {
        code = set_journal(store, error);
    }
    if (code != 0) {
        lab_store_close(store);
        return code;
    }
    *store_out = store;
    return 0;
}

int lab_store_resume(struct lab_store **store_out, const char *dir, struct trd_error *error) {
    return open_existing(store_out, dir, true, error);
}

int lab_store_read(struct lab_store **store_out, const char *dir, struct trd_error *error) {
    return open_existing(store_out, dir, false, error);
}

void lab_store_close(struct lab_store *store) {
    if (store == NULL) {
        return;
    }
    sqlite3_close(store->db);
    if (store->lock_fd >= 0) {
        close(store->lock_fd);
    }
    free(store);
}

const char *lab_store_dir(const struct lab_store *store) {
    return store->dir;
}

int lab_store_finish(struct lab_store *store, struct trd_error *error) {
    int code;

    sqlite3_busy_timeout(store->db, 100);
    code = execute(store, "PRAGMA journal_mode = DELETE;", error);
    sqlite3_busy_timeout(store->db, BUSY_LIMIT_MS);
    return code == -EBUSY ? 0 : code; /* somebody reads it: it stays as it is, which is as good */
}

int lab_store_put_fact(struct lab_store *store, const char *key, const char *value,
                       struct trd_error *error) {
    return lab_sql_run(store, error,
                       "INSERT INTO facts(key, value) VALUES(?, ?)"
                       " ON CONFLICT(key) DO UPDATE SET value = excluded.value",
                       "tt", key, value);
}

int lab_store_get_fact(struct lab_store *store, const char *key, char *value, size_t space,
                       struct trd_error *error) {
    sqlite3_stmt *statement;
    int code =
        lab_sql_query(store, &statement, error, "SELECT value FROM facts WHERE key = ?", "t", key);

    if (code != 0) {
        return code;
    }
    code = lab_sql_step(store, statement, error);
    snprintf(value, space, "%s", code == 1 ? lab_sql_text(statement, 0) : "");
    sqlite3_finalize(statement);
    return code < 0 ? code : 0;
}
