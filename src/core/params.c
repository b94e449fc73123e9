/* params.c - parameters in specifications such as "name:key=value,key=value". */
#include "core/params.h"

static const struct trd_param no_params[] = {{0}};

void trd__say_part(struct trd_error *error, const char *text, size_t length) {
    if (!error) {
        return;
    }
    const size_t used = strlen(error->message);
    const size_t room = sizeof error->message - 1 - used;
    if (length > room) {
        length = room;
    }
    memcpy(error->message + used, text, length);
    error->message[used + length] = '\0';
}

void trd__say(struct trd_error *error, const char *text) {
    trd__say_part(error, text, strlen(text));
}

static void say_number(struct trd_error *error, double value) {
    char text[32];
    (void)snprintf(text, sizeof text, "%g", value); /* %g of a double fits */
    trd__say(error, text);
}

void trd__say_unknown(struct trd_error *error, const char *kind, const char *name, size_t length) {
    trd__say(error, "unknown ");
    trd__say(error, kind);
    trd__say(error, " '");
    trd__say_part(error, name, length);
    trd__say(error, "'; known:");
}

void trd__say_known(struct trd_error *error, const char *name) {
    trd__say(error, " ");
    trd__say(error, name);
}

struct trd__named trd__named(const char *text, size_t length) {
    const char *colon = memchr(text, ':', length);
    return (struct trd__named){text, length, colon ? (size_t)(colon - text) : length};
}

static bool is_equal(const char *name, const char *text, size_t length) {
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

bool trd__is_named(const struct trd__named *named, const char *name) {
    return is_equal(name, named->text, named->name_length);
}

static int param_unknown(const struct trd_param *list, const struct trd__named *owner,
                         const char *key, size_t length, struct trd_error *error) {
    if (!list[0].name) {
        trd__say_part(error, owner->text, owner->name_length);
        trd__say(error, " takes no parameters, but '");
        trd__say_part(error, key, length);
        trd__say(error, "' was given");
        return -EINVAL;
    }
    trd__say_unknown(error, "parameter", key, length);
    for (size_t i = 0; list[i].name; i++) {
        trd__say_known(error, list[i].name);
    }
    return -EINVAL;
}

static int param_not_allowed(const struct trd_param *param, const struct trd__named *owner,
                             const char *value, size_t length, struct trd_error *error) {
    trd__say(error, "parameter ");
    trd__say(error, param->name);
    trd__say(error, " of ");
    trd__say_part(error, owner->text, owner->name_length);
    trd__say(error, " must be a number from ");
    say_number(error, param->min);
    trd__say(error, " to ");
    say_number(error, param->max);
    trd__say(error, ", not '");
    trd__say_part(error, value, length);
    trd__say(error, "'");
    return -EINVAL;
}

/* Sets one parameter from "key=value", `length` bytes. */
static int param_set(const struct trd_param *list, double *values, const struct trd__named *owner,
                     const char *text, size_t length, struct trd_error *error) {
    const char *equals = memchr(text, '=', length);
    const size_t key_length = equals ? (size_t)(equals - text) : length;
    const char *value_text = equals ? equals + 1 : text + length;
    const size_t value_length = (size_t)(text + length - value_text);
    size_t i = 0;
    while (list[i].name && !is_equal(list[i].name, text, key_length)) {
        i++;
    }
    if (!list[i].name) {
        return param_unknown(list, owner, text, key_length, error);
    }
    char number[64] = "";
    if (value_length < sizeof number) {
        memcpy(number, value_text, value_length);
    }
    char *end = number;
    const double value = strtod(number, &end);
    if (end == number || *end != '\0' || !(value >= list[i].min && value <= list[i].max)) {
        return param_not_allowed(&list[i], owner, value_text, value_length, error);
    }
    values[i] = value;
    return 0;
}

int trd__params_parse(const struct trd_param *list, double *values, const struct trd__named *named,
                      struct trd_error *error) {
    list = list ? list : no_params;
    for (size_t i = 0; i < TRD_PARAMS_MAX; i++) {
        values[i] = 0.0;
    }
    for (size_t i = 0; list[i].name; i++) {
        assert(i < TRD_PARAMS_MAX);
        values[i] = list[i].fallback;
    }
    const char *end = named->text + named->length;
    const char *text = named->text + named->name_length;
    while (text < end) {
        text++; /* the ':' or ',' */
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const size_t length = (size_t)((comma ? comma : end) - text);
        const int failed = param_set(list, values, named, text, length, error);
        if (failed) {
            return failed;
        }
        text += length;
    }
    return 0;
}

void trd__params_print(char *text, size_t bytes, const char *name, const struct trd_param *list,
                       const double *values) {
    size_t used = strlen(text);
    (void)snprintf(text + used, bytes - used, "%s", name); /* cut where there is no room */
    for (size_t i = 0; list && list[i].name; i++) {
        used = strlen(text);
        (void)snprintf(text + used, bytes - used, "%c%s=%.17g", i ? ',' : ':', list[i].name,
                       values[i]);
    }
}
