/* time_law.c - the table of laws, and reading them. */
#include "lab/simulation/time_law.h"

#include "lab/simulation/setting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lab_law_name {
    const char *name, *alias;
    enum trd_sim_law law;
    const char *keys[LAB_LAW_KEYS]; /* NULL: the law has no such key */
    const char *summary;
};

#define NO_RANGE NULL, NULL

static const struct lab_law_name laws[] = {
    {"exp", "exponential", TRD_SIM_EXPONENTIAL, {"mean", NO_RANGE, NULL}, "exponential"},
    {"det", "deterministic", TRD_SIM_DETERMINISTIC, {"mean", NO_RANGE, NULL}, "always the mean"},
    {"erlang", NULL, TRD_SIM_ERLANG, {"mean", NO_RANGE, "stages"}, "sum of exponential stages"},
    {"hyper",
     "hyperexponential",
     TRD_SIM_HYPEREXPONENTIAL,
     {"mean", NO_RANGE, "scv"},
     "short or long, exponential both; scv = variance / mean^2, above 1"},
    {"lognormal", NULL, TRD_SIM_LOGNORMAL, {"mean", NO_RANGE, "sigma"}, "sigma of the logarithm"},
    {"pareto",
     "bounded-pareto",
     TRD_SIM_BOUNDED_PARETO,
     {NULL, "low", "high", "alpha"},
     "a power law between two bounds"},
    {"bimodal",
     NULL,
     TRD_SIM_BIMODAL,
     {NULL, "low", "high", "p"},
     "high with probability p, otherwise low"},
};

enum { LAWS = sizeof laws / sizeof laws[0] };

static const double TIME_MAX_NS = 1e15;

static const struct lab_law_name *find_law(const char *name) {
    for (size_t i = 0; i < LAWS; i++) {
        if (strcmp(laws[i].name, name) == 0 ||
            (laws[i].alias != NULL && strcmp(laws[i].alias, name) == 0)) {
            return &laws[i];
        }
    }
    return NULL;
}

bool lab_law_has_key(const char *key) {
    for (size_t i = 0; i < LAWS; i++) {
        for (int k = 0; k < LAB_LAW_KEYS; k++) {
            if (laws[i].keys[k] != NULL && strcmp(laws[i].keys[k], key) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* "mean" or "low, high, alpha" */
static void list_keys(const struct lab_law_name *law, char *text, size_t bytes) {
    size_t used = 0;

    text[0] = '\0';
    for (int k = 0; k < LAB_LAW_KEYS; k++) {
        if (law->keys[k] != NULL && used < bytes) {
            used += (size_t)snprintf(text + used, bytes - used, "%s%s", used > 0 ? ", " : "",
                                     law->keys[k]);
        }
    }
}

static int refuse_name(const char *name, const char *where, struct trd_error *error) {
    char names[160];
    size_t used = 0;

    for (size_t i = 0; i < LAWS; i++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                 laws[i].name);
    }
    return lab_setting_refuse(error, "%s: no law is called '%s': known: %s, or a time such as 5ms",
                              where, name, names);
}

int lab_law_set(struct lab_law_draft *draft, const char *key, const char *value, const char *where,
                struct trd_error *error) {
    char place[128], keys[64];

    if (draft->law == NULL) {
        return lab_setting_refuse(error, "%s: '%s' needs a law before it", where, key);
    }
    (void)snprintf(place, sizeof place, "%s: %s", where, key);
    for (int k = 0; k < LAB_LAW_KEYS; k++) {
        if (draft->law->keys[k] != NULL && strcmp(draft->law->keys[k], key) == 0) {
            draft->is_given[k] = true;
            return k == LAB_LAW_SHAPE
                       ? lab_setting_number(value, 0.0, 1e6, &draft->values[k], place, error)
                       : lab_setting_time(value, 0.0, TIME_MAX_NS, &draft->values[k], place, error);
        }
    }
    list_keys(draft->law, keys, sizeof keys);
    return lab_setting_refuse(error, "%s: the law %s has no '%s': known: %s", where,
                              draft->law->name, key, keys);
}

static void change_law(struct lab_law_draft *draft, const struct lab_law_name *law) {
    if (law != draft->law) {
        draft->is_given[LAB_LAW_SHAPE] = false;
    }
    for (int k = 0; k < LAB_LAW_KEYS; k++) {
        draft->is_given[k] = draft->is_given[k] && law->keys[k] != NULL;
    }
    draft->law = law;
}

int lab_law_take(struct lab_law_draft *draft, const char *text, const char *where,
                 struct trd_error *error) {
    char name[32];
    size_t length = strcspn(text, ":");
    const struct lab_law_name *law;
    char *setting, *value;
    int failed;

    if (text[0] >= '0' && text[0] <= '9') {
        change_law(draft, find_law("det"));
        draft->is_given[LAB_LAW_MEAN] = true;
        return lab_setting_time(text, 0.0, TIME_MAX_NS, &draft->values[LAB_LAW_MEAN], where, error);
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : 31), text);
    law = find_law(name);
    if (law == NULL) {
        return refuse_name(name, where, error);
    }
    change_law(draft, law);
    if (text[length] == '\0') {
        return 0;
    }
    setting = strdup(text + length + 1);
    if (setting == NULL) {
        (void)lab_setting_refuse(error, "out of memory");
        return -ENOMEM;
    }
    failed = lab_setting_split(setting, &value, where, error);
    failed = failed != 0 ? failed : lab_law_set(draft, setting, value, where, error);
    free(setting);
    return failed;
}

int lab_law_finish(const struct lab_law_draft *draft, double min_ns, struct trd_sim_time *time_out,
                   const char *where, struct trd_error *error) {
    *time_out = (struct trd_sim_time){.law = TRD_SIM_EXPONENTIAL};
    if (draft->law == NULL) {
        return 0;
    }
    for (int k = 0; k < LAB_LAW_KEYS; k++) {
        if (draft->law->keys[k] != NULL && !draft->is_given[k]) {
            char keys[64];

            list_keys(draft->law, keys, sizeof keys);
            return lab_setting_refuse(error, "%s: the law %s needs '%s' (its keys: %s)", where,
                                      draft->law->name, draft->law->keys[k], keys);
        }
    }
    time_out->law = draft->law->law;
    time_out->mean_ns = draft->is_given[LAB_LAW_MEAN] ? draft->values[LAB_LAW_MEAN] : 0.0;
    time_out->low_ns = draft->is_given[LAB_LAW_LOW] ? draft->values[LAB_LAW_LOW] : 0.0;
    time_out->high_ns = draft->is_given[LAB_LAW_HIGH] ? draft->values[LAB_LAW_HIGH] : 0.0;
    time_out->shape = draft->is_given[LAB_LAW_SHAPE] ? draft->values[LAB_LAW_SHAPE] : 0.0;
    return trd_sim_time_check(time_out, min_ns, where, error);
}

int lab_law_parse(const char *text, struct lab_law_draft *draft, const char *where,
                  struct trd_error *error) {
    char *copy = strdup(text), *rest = copy, *piece, *value;
    int failed;

    if (copy == NULL) {
        (void)lab_setting_refuse(error, "out of memory");
        return -ENOMEM;
    }
    failed = lab_law_take(draft, lab_setting_cut(&rest, ','), where, error);
    while (failed == 0 && (piece = lab_setting_cut(&rest, ',')) != NULL) {
        failed = lab_setting_split(piece, &value, where, error);
        failed = failed != 0 ? failed : lab_law_set(draft, piece, value, where, error);
    }
    free(copy);
    return failed;
}

struct lab_law_text lab_law_show(const struct trd_sim_time *time) {
    struct lab_law_text shown = {""};
    const double values[LAB_LAW_KEYS] = {time->mean_ns, time->low_ns, time->high_ns, time->shape};
    size_t used = 0;

    for (size_t i = 0; i < LAWS; i++) {
        char separator = ':';

        if (laws[i].law != time->law) {
            continue;
        }
        used = (size_t)snprintf(shown.text, sizeof shown.text, "%s", laws[i].name);
        for (int k = 0; k < LAB_LAW_KEYS; k++) {
            char value[32];

            if (laws[i].keys[k] == NULL) {
                continue;
            }
            (void)snprintf(value, sizeof value, "%g", values[k]);
            used += (size_t)snprintf(shown.text + used, sizeof shown.text - used, "%c%s=%s",
                                     separator, laws[i].keys[k],
                                     k == LAB_LAW_SHAPE ? value : lab_setting_show(values[k]).text);
            separator = ',';
        }
    }
    return shown;
}

void lab_law_help(FILE *out) {
    for (size_t i = 0; i < LAWS; i++) {
        char keys[64];

        list_keys(&laws[i], keys, sizeof keys);
        (void)fprintf(out, "  %-24s %s: %s\n", laws[i].name, keys, laws[i].summary);
    }
}
