/* setting.c - reads keys and values by tables. */
#include "lab/simulation/setting.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *unit;
    double ns;
} units[] = {{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}};

enum { UNITS = sizeof units / sizeof units[0], SECONDS_UNIT = 3 };

int lab_setting_refuse(struct trd_error *error, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return -EINVAL;
}

struct lab_time_text lab_setting_show(double ns) {
    struct lab_time_text shown;
    size_t i = SECONDS_UNIT;

    while (i > 0 && fabs(ns) < units[i].ns) {
        i--;
    }
    (void)snprintf(shown.text, sizeof shown.text, "%.6g%s", ns / units[i].ns, units[i].unit);
    return shown;
}

int lab_setting_time(const char *text, double min_ns, double max_ns, double *ns_out,
                     const char *where, struct trd_error *error) {
    char *end;
    double value = strtod(text, &end);

    for (size_t i = 0; end != text && i < UNITS; i++) {
        double ns = value * units[i].ns;

        if (strcmp(end, units[i].unit) == 0 && ns >= min_ns && ns <= max_ns) {
            *ns_out = ns;
            return 0;
        }
    }
    return lab_setting_refuse(error, "%s must be a time from %s to %s, such as 1.5ms, not '%s'",
                              where, lab_setting_show(min_ns).text, lab_setting_show(max_ns).text,
                              text);
}

int lab_setting_number(const char *text, double min, double max, double *number_out,
                       const char *where, struct trd_error *error) {
    char *end;
    double number = strtod(text, &end);

    if (end == text || *end != '\0' || !(number >= min && number <= max)) {
        return lab_setting_refuse(error, "%s must be a number from %g to %g, not '%s'", where, min,
                                  max, text);
    }
    *number_out = number;
    return 0;
}

int lab_setting_whole(const char *text, uint64_t min, uint64_t max, uint64_t *number_out,
                      const char *where, struct trd_error *error) {
    char *end;
    unsigned long long number;

    errno = 0;
    number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number < min ||
        number > max) {
        return lab_setting_refuse(error, "%s must be a whole number from %llu to %llu, not '%s'",
                                  where, (unsigned long long)min, (unsigned long long)max, text);
    }
    *number_out = number;
    return 0;
}

static int read_signed(const struct lab_setting *setting, const char *text, int64_t *out,
                       const char *where, struct trd_error *error) {
    char *end;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || (double)number < setting->min ||
        (double)number > setting->max) {
        return lab_setting_refuse(error, "%s must be a whole number from %.0f to %.0f, not '%s'",
                                  where, setting->min, setting->max, text);
    }
    *out = number;
    return 0;
}

static int read_yes_no(const char *text, bool *out, const char *where, struct trd_error *error) {
    if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0) {
        return lab_setting_refuse(error, "%s must be yes or no, not '%s'", where, text);
    }
    *out = text[0] == 'y';
    return 0;
}

static int apply(const struct lab_setting *setting, void *base, const char *value,
                 const char *where, struct trd_error *error) {
    void *member = (char *)base + setting->offset;
    uint64_t whole;
    double ns;
    int failed;

    switch (setting->kind) {
    case LAB_SETTING_TIME:
        return lab_setting_time(value, setting->min, setting->max, member, where, error);
    case LAB_SETTING_INSTANT:
        failed = lab_setting_time(value, setting->min, setting->max, &ns, where, error);
        *(uint64_t *)member = failed == 0 ? (uint64_t)ns : 0;
        return failed;
    case LAB_SETTING_NUMBER:
        return lab_setting_number(value, setting->min, setting->max, member, where, error);
    case LAB_SETTING_BIG:
        return lab_setting_whole(value, (uint64_t)setting->min, (uint64_t)setting->max, member,
                                 where, error);
    case LAB_SETTING_COUNT:
        failed = lab_setting_whole(value, (uint64_t)setting->min, (uint64_t)setting->max, &whole,
                                   where, error);
        *(uint32_t *)member = failed == 0 ? (uint32_t)whole : 0;
        return failed;
    case LAB_SETTING_SIGNED:
        return read_signed(setting, value, member, where, error);
    case LAB_SETTING_YES_NO:
        return read_yes_no(value, member, where, error);
    }
    return -EINVAL;
}

void lab_setting_names(const struct lab_setting *table, char *text, size_t bytes) {
    size_t used = 0;

    text[0] = '\0';
    for (; table->name != NULL && used < bytes; table++) {
        int more = snprintf(text + used, bytes - used, "%s%s", used > 0 ? ", " : "", table->name);

        used += more > 0 ? (size_t)more : 0;
    }
}

int lab_setting_apply(const struct lab_setting *table, void *base, const char *key,
                      const char *value, const char *where, struct trd_error *error) {
    char names[256], place[160];

    for (const struct lab_setting *setting = table; setting->name != NULL; setting++) {
        if (strcmp(setting->name, key) == 0) {
            (void)snprintf(place, sizeof place, "%s: %s", where, key);
            return apply(setting, base, value, place, error);
        }
    }
    lab_setting_names(table, names, sizeof names);
    return lab_setting_refuse(error, "%s: unknown key '%s': %s%s", where, key,
                              names[0] ? "known: " : "there are none", names);
}

char *lab_setting_cut(char **rest, char separator) {
    char *piece = *rest;

    if (piece == NULL) {
        return NULL;
    }
    *rest = strchr(piece, separator);
    if (*rest != NULL) {
        *(*rest)++ = '\0';
    }
    return piece;
}

int lab_setting_split(char *text, char **value_out, const char *where, struct trd_error *error) {
    *value_out = strchr(text, '=');
    if (*value_out == NULL || *value_out == text) {
        return lab_setting_refuse(error, "%s: '%s' must be KEY=VALUE", where, text);
    }
    *(*value_out)++ = '\0';
    return 0;
}

int lab_setting_apply_all(const struct lab_setting *table, void *base, const char *text,
                          const char *where, struct trd_error *error) {
    char *copy = strdup(text), *rest = copy, *piece, *value;
    int failed = 0;

    if (copy == NULL) {
        (void)lab_setting_refuse(error, "out of memory");
        return -ENOMEM;
    }
    while (failed == 0 && (piece = lab_setting_cut(&rest, ',')) != NULL) {
        failed = lab_setting_split(piece, &value, where, error);
        failed = failed != 0 ? failed : lab_setting_apply(table, base, piece, value, where, error);
    }
    free(copy);
    return failed;
}
