/* sql.c - prepared statements, bound by a string of types, and SQLite's errors in our words. */
#include "lab/store/sql.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static int code_of(int sqlite_code) {
    switch (sqlite_code & 0xff) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    default:
        return -EIO;
    }
}

int lab_sql_fail(struct lab_store *store, struct trd_error *error) {
    int code = code_of(sqlite3_extended_errcode(store->db));
    const char *what = sqlite3_errmsg(store->db);

    if (code == -ENOSPC) {
        snprintf(error->message, sizeof error->message,
                 "%.120s/study.db: the disk is full; free some space, then go on with --resume: "
                 "what was measured is kept",
                 store->dir);
    } else if (code == -EBADMSG) {
        snprintf(error->message, sizeof error->message,
                 "%.120s/study.db is not a study of treadle (%s)", store->dir, what);
    } else {
        snprintf(error->message, sizeof error->message,
                 "%.120s/study.db: %s; put it right, then go on with --resume: what was measured "
                 "is kept",
                 store->dir, what);
    }
    return code;
}

static int bind_one(sqlite3_stmt *statement, int index, char type, va_list *arguments) {
    if (type == 'i') {
        return sqlite3_bind_int64(statement, index, va_arg(*arguments, int64_t));
    }
    if (type == 't') {
        return sqlite3_bind_text(statement, index, va_arg(*arguments, const char *), -1,
                                 SQLITE_TRANSIENT);
    }
    return sqlite3_bind_double(statement, index, va_arg(*arguments, double)); /* NaN binds NULL */
}

static int query(struct lab_store *store, sqlite3_stmt **statement_out, struct trd_error *error,
                 const char *sql, const char *types, va_list *arguments) {
    int code = sqlite3_prepare_v2(store->db, sql, -1, statement_out, NULL);

    for (int i = 0; code == SQLITE_OK && types[i] != '\0'; i++) {
        code = bind_one(*statement_out, i + 1, types[i], arguments);
    }
    if (code != SQLITE_OK) {
        code = lab_sql_fail(store, error);
        sqlite3_finalize(*statement_out);
        *statement_out = NULL;
    }
    return code;
}

int lab_sql_query(struct lab_store *store, sqlite3_stmt **statement_out, struct trd_error *error,
                  const char *sql, const char *types, ...) {
    va_list arguments;
    int code;

    va_start(arguments, types);
    code = query(store, statement_out, error, sql, types, &arguments);
    va_end(arguments);
    return code;
}

int lab_sql_step(struct lab_store *store, sqlite3_stmt *statement, struct trd_error *error) {
    int code = sqlite3_step(statement);

    if (code == SQLITE_ROW) {
        return 1;
    }
    return code == SQLITE_DONE ? 0 : lab_sql_fail(store, error);
}

int lab_sql_run(struct lab_store *store, struct trd_error *error, const char *sql,
                const char *types, ...) {
    sqlite3_stmt *statement;
    va_list arguments;
    int code;

    va_start(arguments, types);
    code = query(store, &statement, error, sql, types, &arguments);
    va_end(arguments);
    if (code != 0) {
        return code;
    }
    do {
        code = lab_sql_step(store, statement, error);
    } while (code == 1);
    sqlite3_finalize(statement);
    return code;
}

const char *lab_sql_text(sqlite3_stmt *statement, int column) {
    const unsigned char *text = sqlite3_column_text(statement, column);

    return text != NULL ? (const char *)text : "";
}

double lab_sql_real(sqlite3_stmt *statement, int column) {
    if (sqlite3_column_type(statement, column) == SQLITE_NULL) {
        return (double)NAN;
    }
    return sqlite3_column_double(statement, column);
}
