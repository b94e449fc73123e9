/* sim_clients.c - reads the clients of a simulation and the times in it. */
#include "lab/command/sim_request.h"

#include "lab/command/command.h"
#include "lab/command/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT_KEYS "share, priority, weight, service, mean"

bool lab_sim_time_parse(const char *text, double *ns_out) {
    static const struct {
        const char *unit;
        double ns;
    } units[] = {{"ns", 1.0}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    char *end;
    double value = strtod(text, &end);

    for (size_t i = 0; end != text && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].unit) == 0) {
            *ns_out = value * units[i].ns;
            return *ns_out >= 0.0 && *ns_out <= 1e15;
        }
    }
    return false;
}

static int say_client(const char *name, const char *key, const char *value, const char *allowed) {
    lab_say_error("sim: --clients: %s of '%s' must be %s, not '%s'", key, name, allowed, value);
    return LAB_EXIT_USAGE;
}

static bool whole_number(const char *text, long long min, long long max, long long *out) {
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *out >= min && *out <= max;
}

/* Takes one "key=value" of a client. */
static int take_setting(struct trd_sim_client *client, const char *name, char *text) {
    char *value = strchr(text, '=');
    long long number;

    if (value == NULL) {
        lab_say_error(
            "sim: --clients: '%s' of '%s' has no value: write key=value, keys are " CLIENT_KEYS,
            text, name);
        return LAB_EXIT_USAGE;
    }
    *value++ = '\0';
    if (strcmp(text, "share") == 0) {
        char *end;

        client->share = strtod(value, &end);
        return end != value && *end == '\0' && client->share > 0.0 && client->share <= 1e9
                   ? 0
                   : say_client(name, text, value, "a number > 0, at most 1e9");
    }
    if (strcmp(text, "priority") == 0) {
        if (!whole_number(value, -1000000000, 1000000000, &number)) {
            return say_client(name, text, value, "a whole number from -1e9 to 1e9");
        }
        client->priority = number;
        return 0;
    }
    if (strcmp(text, "weight") == 0) {
        if (!whole_number(value, 1, 1000000, &number)) {
            return say_client(name, text, value, "a whole number from 1 to 1000000");
        }
        client->weight = (uint32_t)number;
        return 0;
    }
    if (strcmp(text, "mean") == 0) {
        return lab_sim_time_parse(value, &client->service.mean_ns) && client->service.mean_ns >= 1.0
                   ? 0
                   : say_client(name, text, value, "a time from 1ns, such as 1.5ms");
    }
    if (strcmp(text, "service") == 0) {
        bool is_exponential = strcmp(value, "exponential") == 0;

        client->service.law = is_exponential ? TRD_SIM_EXPONENTIAL : TRD_SIM_DETERMINISTIC;
        return is_exponential || strcmp(value, "deterministic") == 0
                   ? 0
                   : say_client(name, text, value, "exponential or deterministic");
    }
    lab_say_error("sim: --clients: unknown key '%s' of '%s': known are " CLIENT_KEYS, text, name);
    return LAB_EXIT_USAGE;
}

/* Takes "name" or "name:key=value,...", which it cuts up. */
static int take_client(struct lab_sim_request *request, char *text) {
    size_t index = request->config.client_count;
    struct trd_sim_client *client = &request->clients[index];
    char *settings = strchr(text, ':');

    if (settings != NULL) {
        *settings++ = '\0';
    }
    if (index == LAB_SIM_CLIENTS_MAX) {
        lab_say_error("sim: --clients: more than %d", LAB_SIM_CLIENTS_MAX);
        return LAB_EXIT_USAGE;
    }
    if (text[0] == '\0' || strlen(text) >= LAB_SIM_NAME_BYTES) {
        lab_say_error("sim: --clients: client %zu needs a name of 1 to %d bytes: "
                      "NAME:key=value,... separated by '/'",
                      index + 1, LAB_SIM_NAME_BYTES - 1);
        return LAB_EXIT_USAGE;
    }
    memcpy(request->names[index], text, strlen(text) + 1);
    *client = (struct trd_sim_client){.key = index + 1, .share = 1.0, .service = request->service};
    request->config.client_count++;
    while (settings != NULL) {
        char *next = strchr(settings, ',');
        int code;

        if (next != NULL) {
            *next++ = '\0';
        }
        code = take_setting(client, request->names[index], settings);
        if (code != 0) {
            return code;
        }
        settings = next;
    }
    return 0;
}

int lab_sim_clients_parse(const char *text, struct lab_sim_request *request) {
    char *copy = strdup(text);
    char *rest = copy;
    int code = 0;

    if (copy == NULL) {
        lab_say_error("sim: out of memory");
        return LAB_EXIT_USAGE;
    }
    request->config.client_count = 0;
    while (code == 0 && rest != NULL) {
        char *next = strchr(rest, '/');

        if (next != NULL) {
            *next++ = '\0';
        }
        code = take_client(request, rest);
        rest = next;
    }
    free(copy);
    return code;
}
