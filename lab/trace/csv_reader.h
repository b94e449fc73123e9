/* csv_reader.h - reads a table of comma-separated values row by row. No quotes: none of the formats
 * read here has any. Every complaint names file, line and field.
 */
#ifndef TREADLE_LAB_CSV_READER_H
#define TREADLE_LAB_CSV_READER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <treadle/param.h>

enum { LAB_CSV_LINE_MAX = 1 << 16, LAB_CSV_FIELDS_MAX = 1500, LAB_CSV_NAME_MAX = 200 };

struct lab_csv {
    FILE *file;
    const char *path; /* the caller's */
    uint64_t line;    /* of the row in `fields`, from 1 */
    size_t column_count;
    char *names[LAB_CSV_FIELDS_MAX];  /* of the columns; they lie in `header` */
    char *fields[LAB_CSV_FIELDS_MAX]; /* of the row; they lie in `text` */
    char header[LAB_CSV_LINE_MAX], text[LAB_CSV_LINE_MAX];
};

/* Opens a file and reads the names of its columns. NULL with `error`: it cannot be read. Close it
 * with lab_csv_close(), which NULL may be given to. */
struct lab_csv *lab_csv_open(const char *path, struct trd_error *error);
void lab_csv_close(struct lab_csv *csv);

/* The column of this name. 0, or -EINVAL: there is none. */
int lab_csv_column(const struct lab_csv *csv, const char *name, size_t *column_out,
                   struct trd_error *error);

/* The next row that is not empty. 1; 0: there is no more; -EINVAL: not as many fields as columns,
 * too long a line, a zero byte; -EIO. */
int lab_csv_next(struct lab_csv *csv, struct trd_error *error);

/* A field of the row. -EINVAL: it is not a number of `unit` from `min` to `max`. */
int lab_csv_number(const struct lab_csv *csv, size_t column, const char *unit, double min,
                   double max, double *number_out, struct trd_error *error);
/* The same for a name, of 1 to LAB_CSV_NAME_MAX bytes. */
int lab_csv_name(const struct lab_csv *csv, size_t column, const char **name_out,
                 struct trd_error *error);

/* Says "FILE:LINE: ..."; returns -EINVAL. */
int lab_csv_refuse(const struct lab_csv *csv, struct trd_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
