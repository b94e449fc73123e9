/* spec.c - the tables of policies and sizers, and specifications such as "name:key=value". */
#include <treadle/policy.h>
#include <treadle/sizer.h>

#define TRD_POLICY(name) extern const struct trd_policy trd__policy_##name;
#include "policy/policies.def"
#undef TRD_POLICY
#define TRD_SIZER(name) extern const struct trd_sizer trd__sizer_##name;
#include "sizer/sizers.def"
#undef TRD_SIZER

static const struct trd_policy *const policies[] = {
#define TRD_POLICY(name) &trd__policy_##name,
#include "policy/policies.def"
#undef TRD_POLICY
    NULL};

static const struct trd_sizer *const sizers[] = {
#define TRD_SIZER(name) &trd__sizer_##name,
#include "sizer/sizers.def"
#undef TRD_SIZER
    NULL};

const struct trd_policy *const *trd_policies(void) {
    return policies;
}

const struct trd_sizer *const *trd_sizers(void) {
    return sizers;
}

static const struct trd_param no_params[] = {{0}};

/* Appends `length` bytes of `text` to the message, as far as they fit. */
static void say(struct trd_error *error, const char *text, size_t length) {
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

static void say_text(struct trd_error *error, const char *text) {
    say(error, text, strlen(text));
}

static void say_number(struct trd_error *error, double value) {
    char text[32];
    (void)snprintf(text, sizeof text, "%g", value); /* %g of a double fits */
    say_text(error, text);
}

/* "unknown KIND 'name'; known:" - the names follow. */
static void say_unknown(struct trd_error *error, const char *kind, const char *name,
                        size_t length) {
    say_text(error, "unknown ");
    say_text(error, kind);
    say_text(error, " '");
    say(error, name, length);
    say_text(error, "'; known:");
}

static void say_known(struct trd_error *error, const char *name) {
    say_text(error, " ");
    say_text(error, name);
}

static bool is_named(const char *name, const char *text, size_t length) {
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

static int param_unknown(const struct trd_param *list, const char *owner, const char *key,
                         size_t length, struct trd_error *error) {
    if (!list[0].name) {
        say_text(error, owner);
        say_text(error, " takes no parameters, but '");
        say(error, key, length);
        say_text(error, "' was given");
        return -EINVAL;
    }
    say_unknown(error, "parameter", key, length);
    for (size_t i = 0; list[i].name; i++) {
        say_known(error, list[i].name);
    }
    return -EINVAL;
}

static int param_not_allowed(const struct trd_param *param, const char *owner, const char *value,
                             size_t length, struct trd_error *error) {
    say_text(error, "parameter ");
    say_text(error, param->name);
    say_text(error, " of ");
    say_text(error, owner);
    say_text(error, " must be a number from ");
    say_number(error, param->min);
    say_text(error, " to ");
    say_number(error, param->max);
    say_text(error, ", not '");
    say(error, value, length);
    say_text(error, "'");
    return -EINVAL;
}

/* Sets one parameter from "key=value", `length` bytes. */
static int param_set(const struct trd_param *list, double *values, const char *owner,
                     const char *text, size_t length, struct trd_error *error) {
    const char *equals = memchr(text, '=', length);
    const size_t key_length = equals ? (size_t)(equals - text) : length;
    const char *value_text = equals ? equals + 1 : text + length;
    const size_t value_length = (size_t)(text + length - value_text);
    size_t i = 0;
    while (list[i].name && !is_named(list[i].name, text, key_length)) {
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

/* Fills in the fallbacks, then what follows the name: nothing, or ":key=value,key=value". */
static int params_parse(const struct trd_param *list, double *values, const char *owner,
                        const char *text, struct trd_error *error) {
    list = list ? list : no_params;
    for (size_t i = 0; i < TRD_PARAMS_MAX; i++) {
        values[i] = 0.0;
    }
    for (size_t i = 0; list[i].name; i++) {
        assert(i < TRD_PARAMS_MAX);
        values[i] = list[i].fallback;
    }
    while (*text) {
        text++; /* the ':' or ',' */
        const size_t length = strcspn(text, ",");
        const int failed = param_set(list, values, owner, text, length, error);
        if (failed) {
            return failed;
        }
        text += length;
    }
    return 0;
}

int trd_policy_parse(const char *text, struct trd_policy_spec *spec, struct trd_error *error) {
    const size_t length = strcspn(text, ":");
    if (error) {
        error->message[0] = '\0';
    }
    for (size_t i = 0; policies[i]; i++) {
        if (is_named(policies[i]->name, text, length)) {
            spec->policy = policies[i];
            return params_parse(policies[i]->params, spec->params, policies[i]->name, text + length,
                                error);
        }
    }
    say_unknown(error, "policy", text, length);
    for (size_t i = 0; policies[i]; i++) {
        say_known(error, policies[i]->name);
    }
    return -EINVAL;
}

int trd_sizer_parse(const char *text, struct trd_sizer_spec *spec, struct trd_error *error) {
    const size_t length = strcspn(text, ":");
    if (error) {
        error->message[0] = '\0';
    }
    for (size_t i = 0; sizers[i]; i++) {
        if (is_named(sizers[i]->name, text, length)) {
            spec->sizer = sizers[i];
            return params_parse(sizers[i]->params, spec->params, sizers[i]->name, text + length,
                                error);
        }
    }
    say_unknown(error, "sizer", text, length);
    for (size_t i = 0; sizers[i]; i++) {
        say_known(error, sizers[i]->name);
    }
    return -EINVAL;
}
