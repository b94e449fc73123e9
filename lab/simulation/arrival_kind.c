/* arrival_kind.c - the table of arrival processes, their keys and what they are when not given. */
#include "lab/simulation/arrival_kind.h"

#include "lab/simulation/setting.h"

#include <math.h>
#include <string.h>

struct arrival_kind {
    const char *name;
    enum trd_sim_arrivals kind;
    const struct lab_setting *settings;
    const char *summary;
};

#define MEMBER(name) offsetof(struct trd_sim_config, name)

static const struct lab_setting none[] = {{NULL, LAB_SETTING_NUMBER, 0, 0.0, 0.0}};
static const struct lab_setting closed[] = {
    {"customers", LAB_SETTING_COUNT, MEMBER(customers), 1.0, TRD_SIM_CUSTOMERS_MAX},
    {NULL, LAB_SETTING_NUMBER, 0, 0.0, 0.0},
};
static const struct lab_setting mmpp[] = {
    {"ratio", LAB_SETTING_NUMBER, MEMBER(mmpp.ratio), 1.0, 1e6},
    {"calm", LAB_SETTING_TIME, MEMBER(mmpp.calm_ns), 1.0, 1e15},
    {"burst", LAB_SETTING_TIME, MEMBER(mmpp.burst_ns), 1.0, 1e15},
    {NULL, LAB_SETTING_NUMBER, 0, 0.0, 0.0},
};
static const struct lab_setting batch[] = {
    {"mean", LAB_SETTING_NUMBER, MEMBER(batch.mean), 1.0, 1e6},
    {"fixed", LAB_SETTING_YES_NO, MEMBER(batch.is_fixed), 0.0, 0.0},
    {NULL, LAB_SETTING_NUMBER, 0, 0.0, 0.0},
};
static const struct lab_setting on_off[] = {
    {"sources", LAB_SETTING_COUNT, MEMBER(on_off.sources), 1.0, TRD_SIM_SOURCES_MAX},
    {"alpha", LAB_SETTING_NUMBER, MEMBER(on_off.alpha), 1.000001, 100.0},
    {"on", LAB_SETTING_TIME, MEMBER(on_off.on_ns), 1.0, 1e15},
    {"off", LAB_SETTING_TIME, MEMBER(on_off.off_ns), 1.0, 1e15},
    {NULL, LAB_SETTING_NUMBER, 0, 0.0, 0.0},
};
static const struct lab_setting diurnal[] = {
    {"amplitude", LAB_SETTING_NUMBER, MEMBER(diurnal.amplitude), 0.0, 1.0},
    {"period", LAB_SETTING_TIME, MEMBER(diurnal.period_ns), 1.0, 1e18},
    {NULL, LAB_SETTING_NUMBER, 0, 0.0, 0.0},
};

static const struct arrival_kind kinds[] = {
    {"poisson", TRD_SIM_POISSON, none, "an open system, exponential gaps"},
    {"periodic", TRD_SIM_PERIODIC, none, "equal gaps"},
    {"closed", TRD_SIM_CLOSED, closed, "customers who think, submit a task and await it"},
    {"mmpp", TRD_SIM_MMPP, mmpp, "Poisson at two rates: calm, and bursts `ratio` times as fast"},
    {"batch", TRD_SIM_BATCH_POISSON, batch, "batches, of a geometric size or a fixed one"},
    {"onoff", TRD_SIM_ON_OFF, on_off, "sources on and off for Pareto times: self-similar"},
    {"diurnal", TRD_SIM_DIURNAL, diurnal, "Poisson whose rate follows a sine"},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void set_defaults(struct trd_sim_config *config) {
    config->mmpp = (struct trd_sim_mmpp){.ratio = 10.0, .calm_ns = 900e6, .burst_ns = 100e6};
    config->batch = (struct trd_sim_batch){.mean = 5.0};
    config->on_off =
        (struct trd_sim_on_off){.sources = 50, .alpha = 1.5, .on_ns = 100e6, .off_ns = 900e6};
    config->diurnal = (struct trd_sim_diurnal){.amplitude = 0.5, .period_ns = 60e9};
}

int lab_arrivals_parse(const char *text, struct trd_sim_config *config, struct trd_error *error) {
    size_t length = strcspn(text, ":");
    char names[160], where[48];
    size_t used = 0;

    for (size_t i = 0; i < KINDS; i++) {
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                 kinds[i].name);
        if (strlen(kinds[i].name) != length || strncmp(kinds[i].name, text, length) != 0) {
            continue;
        }
        set_defaults(config);
        config->arrivals = kinds[i].kind;
        (void)snprintf(where, sizeof where, "%s", kinds[i].name);
        return text[length] == '\0' ? 0
                                    : lab_setting_apply_all(kinds[i].settings, config,
                                                            text + length + 1, where, error);
    }
    return lab_setting_refuse(error, "must be one of %s, not '%s'", names, text);
}

struct lab_arrivals_text lab_arrivals_show(const struct trd_sim_config *config) {
    struct lab_arrivals_text shown = {"trace"};
    size_t used;

    for (size_t i = 0; i < KINDS; i++) {
        char separator = ':';

        if (kinds[i].kind != config->arrivals) {
            continue;
        }
        used = (size_t)snprintf(shown.text, sizeof shown.text, "%s", kinds[i].name);
        for (const struct lab_setting *setting = kinds[i].settings; setting->name; setting++) {
            const void *member = (const char *)config + setting->offset;
            char value[32];

            if (setting->kind == LAB_SETTING_TIME) {
                (void)snprintf(value, sizeof value, "%s",
                               lab_setting_show(*(const double *)member).text);
            } else if (setting->kind == LAB_SETTING_COUNT) {
                (void)snprintf(value, sizeof value, "%u", *(const uint32_t *)member);
            } else if (setting->kind == LAB_SETTING_YES_NO) {
                (void)snprintf(value, sizeof value, "%s", *(const bool *)member ? "yes" : "no");
            } else {
                (void)snprintf(value, sizeof value, "%g", *(const double *)member);
            }
            used += (size_t)snprintf(shown.text + used, sizeof shown.text - used, "%c%s=%s",
                                     separator, setting->name, value);
            separator = ',';
        }
    }
    return shown;
}

void lab_arrivals_help(FILE *out) {
    for (size_t i = 0; i < KINDS; i++) {
        char keys[64];

        lab_setting_names(kinds[i].settings, keys, sizeof keys);
        (void)fprintf(out, "  %-24s %s%s%s\n", kinds[i].name, keys, keys[0] ? ": " : "",
                      kinds[i].summary);
    }
}
