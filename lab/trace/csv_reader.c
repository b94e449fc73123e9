/* csv_reader.c - rows of comma-separated values. */
#include "lab/trace/csv_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int lab_csv_refuse(const struct lab_csv *csv, struct trd_error *error, const char *format, ...) {
    va_list arguments;
    int used = snprintf(error->message, sizeof error->message, "%.200s:%llu: ", csv->path,
                        (unsigned long long)csv->line);

    va_start(arguments, format);
    (void)vsnprintf(error->message + used, sizeof error->message - (size_t)used, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

/* Reads a line that is not empty into `text`, without its end. As lab_csv_next(). */
static int read_line(struct lab_csv *csv, char *text, struct trd_error *error) {
    size_t length;

    do {
        csv->line++;
        if (fgets(text, LAB_CSV_LINE_MAX, csv->file) == NULL) {
            if (ferror(csv->file)) {
                (void)lab_csv_refuse(csv, error, "cannot be read: %s", strerror(errno));
                return -EIO;
            }
            return 0;
        }
        length = strlen(text);
        if (length > 0 && text[length - 1] == '\n') {
            text[--length] = '\0';
        } else if (!feof(csv->file) || length == 0) {
            return lab_csv_refuse(csv, error,
                                  "the line holds a zero byte or is longer than %d bytes",
                                  LAB_CSV_LINE_MAX - 2);
        }
        if (length > 0 && text[length - 1] == '\r') {
            text[--length] = '\0';
        }
    } while (length == 0);
    return 1;
}

/* Cuts `text` at its commas. False: more than fit. */
static int cut(char *text, char **fields, size_t *count_out) {
    size_t count = 0;

    for (char *next = text; next != NULL; text = next) {
        if (count == LAB_CSV_FIELDS_MAX) {
            return 0;
        }
        fields[count++] = text;
        next = strchr(text, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
    }
    *count_out = count;
    return 1;
}

static int read_header(struct lab_csv *csv, struct trd_error *error) {
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    int got = read_line(csv, csv->header, error);
    char *text = csv->header;

    if (got < 0) {
        return got;
    }
    if (got == 0) {
        return lab_csv_refuse(csv, error,
                              "the file is empty: its first line must name the columns");
    }
    if (strncmp(text, byte_order_mark, 3) == 0) {
        text += 3;
    }
    return cut(text, csv->names, &csv->column_count)
               ? 0
               : lab_csv_refuse(csv, error, "more than %d columns", LAB_CSV_FIELDS_MAX);
}

struct lab_csv *lab_csv_open(const char *path, struct trd_error *error) {
    struct lab_csv *csv = malloc(sizeof *csv);

    if (csv == NULL) {
        (void)snprintf(error->message, sizeof error->message, "out of memory");
        return NULL;
    }
    csv->path = path;
    csv->line = 0;
    csv->file = fopen(path, "re");
    if (csv->file == NULL) {
        (void)snprintf(error->message, sizeof error->message, "cannot open %.200s: %s", path,
                       strerror(errno));
        free(csv);
        return NULL;
    }
    if (read_header(csv, error) != 0) {
        lab_csv_close(csv);
        return NULL;
    }
    return csv;
}

void lab_csv_close(struct lab_csv *csv) {
    if (csv != NULL) {
        (void)fclose(csv->file); /* only read */
        free(csv);
    }
}

int lab_csv_column(const struct lab_csv *csv, const char *name, size_t *column_out,
                   struct trd_error *error) {
    for (size_t i = 0; i < csv->column_count; i++) {
        if (strcmp(csv->names[i], name) == 0) {
            *column_out = i;
            return 0;
        }
    }
    return lab_csv_refuse(csv, error, "there is no column '%s'", name);
}

int lab_csv_next(struct lab_csv *csv, struct trd_error *error) {
    size_t count = 0;
    int got = read_line(csv, csv->text, error);

    if (got <= 0) {
        return got;
    }
    if (!cut(csv->text, csv->fields, &count) || count != csv->column_count) {
        return lab_csv_refuse(csv, error, "%zu fields where the first line names %zu columns",
                              count, csv->column_count);
    }
    return 1;
}

int lab_csv_number(const struct lab_csv *csv, size_t column, const char *unit, double min,
                   double max, double *number_out, struct trd_error *error) {
    const char *text = csv->fields[column];
    char *end;
    double number = strtod(text, &end);

    if (end == text || *end != '\0' || !(number >= min && number <= max)) {
        return lab_csv_refuse(csv, error,
                              "field '%.60s' must be a number of %s from %g to %g, not '%.60s'",
                              csv->names[column], unit, min, max, text);
    }
    *number_out = number;
    return 0;
}

int lab_csv_name(const struct lab_csv *csv, size_t column, const char **name_out,
                 struct trd_error *error) {
    size_t length = strlen(csv->fields[column]);

    if (length == 0 || length > LAB_CSV_NAME_MAX) {
        return lab_csv_refuse(csv, error, "field '%.60s' must have 1 to %d bytes, not %zu",
                              csv->names[column], LAB_CSV_NAME_MAX, length);
    }
    *name_out = csv->fields[column];
    return 0;
}
