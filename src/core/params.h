/* params.h - "name:key=value,key=value": messages about it, the parameters, and writing it.
 * Internal to src/core. */
#ifndef TRD_CORE_PARAMS_H
#define TRD_CORE_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include <treadle/param.h>

/** Appends to the message of `error`, as far as there is room; NULL is nobody to tell. */
void trd__say(struct trd_error *error, const char *text);
void trd__say_part(struct trd_error *error, const char *text, size_t length);
/** Appends "unknown KIND 'name'; known:"; then append the names. */
void trd__say_unknown(struct trd_error *error, const char *kind, const char *name, size_t length);
void trd__say_known(struct trd_error *error, const char *name);

/** One name with its parameters, within a longer text. */
struct trd__named {
    const char *text;
    size_t length;      /**< of all of it */
    size_t name_length; /**< up to the first ':' */
};

/** `length` bytes of `text`, taken apart. Pure. */
struct trd__named trd__named(const char *text, size_t length);
/** Is this its name? Pure. */
bool trd__is_named(const struct trd__named *named, const char *name);

/** Fills `values` (TRD_PARAMS_MAX of them) with what `named` says and the fallbacks of `list`,
 * which may be NULL. 0, or -EINVAL with `error`. */
int trd__params_parse(const struct trd_param *list, double *values, const struct trd__named *named,
                      struct trd_error *error);

/** Appends to the string in `text`, as far as `bytes` go: the name with every parameter. */
void trd__params_print(char *text, size_t bytes, const char *name, const struct trd_param *list,
                       const double *values);

#endif
