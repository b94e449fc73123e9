/* client_draft.c - reads what is said of a client's tasks. */
#include "lab/simulation/client_draft.h"

#include "lab/simulation/setting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER(name) offsetof(struct lab_client_draft, name)

static const struct lab_setting settings[] = {
    {"share", LAB_SETTING_NUMBER, MEMBER(share), 1e-9, 1e9},
    {"priority", LAB_SETTING_SIGNED, MEMBER(priority), -1e9, 1e9},
    {"weight", LAB_SETTING_COUNT, MEMBER(weight), 1.0, 1e6},
    {"class", LAB_SETTING_COUNT, MEMBER(class_index), 0.0, 1023.0},
    {"visits", LAB_SETTING_COUNT, MEMBER(visits), 1.0, TRD_SIM_VISITS_MAX},
    {"expires", LAB_SETTING_YES_NO, MEMBER(drops_late), 0.0, 0.0},
    {"cancels", LAB_SETTING_YES_NO, MEMBER(cancels_at_timeout), 0.0, 0.0},
    {NULL, LAB_SETTING_NUMBER, 0, 0.0, 0.0},
};

static const struct {
    const char *name;
    double min_ns;
    size_t offset; /* of the time in a struct trd_sim_client */
} laws[LAB_CLIENT_LAWS] = {
    [LAB_CLIENT_SERVICE] = {"service", 1.0, offsetof(struct trd_sim_client, service)},
    [LAB_CLIENT_HELD] = {"held", 0.0, offsetof(struct trd_sim_client, phases.held)},
    [LAB_CLIENT_CPU] = {"cpu", 0.0, offsetof(struct trd_sim_client, phases.cpu)},
    [LAB_CLIENT_WAIT] = {"wait", 0.0, offsetof(struct trd_sim_client, phases.wait)},
    [LAB_CLIENT_DEADLINE] = {"deadline", 0.0, offsetof(struct trd_sim_client, deadline)},
    [LAB_CLIENT_TIMEOUT] = {"timeout", 0.0, offsetof(struct trd_sim_client, timeout)},
};

static const double SIGMA_MAX = 20.0;

struct lab_client_draft lab_client_draft_init(void) {
    struct lab_client_draft draft = {
        .share = 1.0, .visits = 1, .class_index = LAB_CLASS_OWN, .has_cost = true};
    struct trd_error unused;

    /* Both are known to be right. */
    (void)lab_law_parse("exp:mean=1ms", &draft.laws[LAB_CLIENT_SERVICE], "", &unused);
    return draft;
}

static int take_cost(struct lab_client_draft *draft, const char *value, const char *where,
                     struct trd_error *error) {
    draft->has_cost = strcmp(value, "none") != 0;
    draft->cost_sigma = 0.0;
    if (!draft->has_cost || strcmp(value, "exact") == 0) {
        return 0;
    }
    return lab_setting_number(value, 0.0, SIGMA_MAX, &draft->cost_sigma, where, error) == 0
               ? 0
               : lab_setting_refuse(error,
                                    "%s: cost must be exact, none, or the sigma of its error from "
                                    "0 to %g, not '%s'",
                                    where, SIGMA_MAX, value);
}

static int refuse_key(const char *key, const char *where, struct trd_error *error) {
    char names[160];

    lab_setting_names(settings, names, sizeof names);
    return lab_setting_refuse(error,
                              "%s: unknown key '%s': known are %s, cost, service, held, cpu, wait, "
                              "deadline, timeout and the keys of their laws",
                              where, key, names);
}

/* Takes one key. `last` is the law that keys of laws go to. */
static int take_key(struct lab_client_draft *draft, enum lab_client_law *last, const char *key,
                    const char *value, const char *where, struct trd_error *error) {
    char place[96];

    for (unsigned i = 0; i < LAB_CLIENT_LAWS; i++) {
        if (strcmp(laws[i].name, key) == 0) {
            *last = (enum lab_client_law)i;
            (void)snprintf(place, sizeof place, "%s: %s", where, key);
            return lab_law_take(&draft->laws[i], value, place, error);
        }
    }
    if (lab_law_has_key(key)) {
        (void)snprintf(place, sizeof place, "%s: %s", where, laws[*last].name);
        return lab_law_set(&draft->laws[*last], key, value, place, error);
    }
    if (strcmp(key, "cost") == 0) {
        return take_cost(draft, value, where, error);
    }
    for (const struct lab_setting *setting = settings; setting->name != NULL; setting++) {
        if (strcmp(setting->name, key) == 0) {
            return lab_setting_apply(settings, draft, key, value, where, error);
        }
    }
    return refuse_key(key, where, error);
}

int lab_client_draft_take(struct lab_client_draft *draft, const char *text, const char *where,
                          struct trd_error *error) {
    char *copy = strdup(text), *rest = copy, *piece, *value;
    enum lab_client_law last = LAB_CLIENT_SERVICE;
    int failed = 0;

    if (copy == NULL) {
        (void)lab_setting_refuse(error, "out of memory");
        return -ENOMEM;
    }
    while (failed == 0 && (piece = lab_setting_cut(&rest, ',')) != NULL) {
        failed = lab_setting_split(piece, &value, where, error);
        failed = failed != 0 ? failed : take_key(draft, &last, piece, value, where, error);
    }
    free(copy);
    return failed;
}

int lab_client_draft_finish(const struct lab_client_draft *draft, size_t index, const char *where,
                            struct trd_sim_client *client_out, struct trd_error *error) {
    *client_out = (struct trd_sim_client){
        .key = index,
        .share = draft->share,
        .priority = draft->priority,
        .weight = draft->weight,
        .phases.visits = draft->visits,
        .class_index = (uint16_t)(draft->class_index == LAB_CLASS_OWN ? index : draft->class_index),
        .has_cost = draft->has_cost,
        .cost_sigma = draft->cost_sigma,
        .drops_late = draft->drops_late,
        .cancels_at_timeout = draft->cancels_at_timeout,
    };
    for (unsigned i = 0; i < LAB_CLIENT_LAWS; i++) {
        struct trd_sim_time *time = (void *)((char *)client_out + laws[i].offset);
        char place[96];
        int failed;

        (void)snprintf(place, sizeof place, "%s: %s", where, laws[i].name);
        failed = lab_law_finish(&draft->laws[i], laws[i].min_ns, time, place, error);
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}
