/* setting.h - the small language of `treadle sim`: "name:key=value,key=value", described by tables.
 *
 * Values carry their units. Every complaint says where, which key, what is allowed and what was
 * found. Functions that read return 0, or -EINVAL with `error`.
 */
#ifndef TREADLE_LAB_SETTING_H
#define TREADLE_LAB_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/param.h>

enum lab_setting_kind {
    LAB_SETTING_TIME,   /* "1.5ms", to a double of ns */
    LAB_SETTING_NUMBER, /* double */
    LAB_SETTING_COUNT,  /* uint32_t */
    LAB_SETTING_BIG,    /* uint64_t */
    LAB_SETTING_SIGNED, /* int64_t */
    LAB_SETTING_YES_NO, /* bool */
    LAB_SETTING_INSTANT /* "1.5ms", to a uint64_t of ns */
};

/* One key. An array of them ends with a NULL `name`. */
struct lab_setting {
    const char *name;
    enum lab_setting_kind kind;
    size_t offset;   /* of the member it sets */
    double min, max; /* ns for times; unused for yes and no */
};

/* Cuts the next "key=value" off `*rest`, which is changed; NULL when there is none left. */
char *lab_setting_cut(char **rest, char separator);
/* Cuts "key=value" at its sign. */
int lab_setting_split(char *text, char **value_out, const char *where, struct trd_error *error);

/* Sets what `key` names in the struct at `base`. */
int lab_setting_apply(const struct lab_setting *table, void *base, const char *key,
                      const char *value, const char *where, struct trd_error *error);
/* The same for all of "key=value,key=value". */
int lab_setting_apply_all(const struct lab_setting *table, void *base, const char *text,
                          const char *where, struct trd_error *error);
/* The keys, "a, b, c". */
void lab_setting_names(const struct lab_setting *table, char *text, size_t bytes);

/* A value of its own, told as `where`. */
int lab_setting_time(const char *text, double min_ns, double max_ns, double *ns_out,
                     const char *where, struct trd_error *error);
int lab_setting_number(const char *text, double min, double max, double *number_out,
                       const char *where, struct trd_error *error);
int lab_setting_whole(const char *text, uint64_t min, uint64_t max, uint64_t *number_out,
                      const char *where, struct trd_error *error);

/* A time as this language writes it: "1.5ms". */
struct lab_time_text {
    char text[32];
};
struct lab_time_text lab_setting_show(double ns);

/* Says it; returns -EINVAL. */
int lab_setting_refuse(struct trd_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
