/* sim_request.c - completes a request: clients from text or from a trace, the rate from the load.
 */
#include "lab/simulation/sim_request.h"

#include "lab/simulation/setting.h"
#include "lab/simulation/theatre.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ROUND_NS = 1e15; /* the longest time */
static const double DEFAULT_LOAD = 0.8;

void lab_sim_request_init(struct lab_sim_request *request) {
    struct trd_error unused;

    *request = (struct lab_sim_request){
        .config = {.policy = "fifo",
                   .sizer = "fixed",
                   .workers_min = 1,
                   .workers_max = 1,
                   .customers = 10,
                   .task_count = 1000000,
                   .seed = 1},
        .task = lab_client_draft_init(),
        .load = -1.0,
        .speed = 1.0,
        .replications = 1,
    };
    (void)lab_law_parse("exp:mean=9ms", &request->think, "", &unused); /* known to be right */
}

void lab_sim_request_free(struct lab_sim_request *request) {
    free(request->clients);
    free(request->names);
    lab_trace_close(request->trace);
    request->clients = NULL;
    request->names = NULL;
    request->trace = NULL;
}

int lab_sim_request_machine(struct lab_sim_request *request, const char *text,
                            struct trd_error *error) {
    static const struct lab_setting settings[] = {
        {"cores", LAB_SETTING_NUMBER, offsetof(struct trd_sim_machine, cores), 0.01, 1e6},
        {"gils", LAB_SETTING_COUNT, offsetof(struct trd_sim_machine, gils), 0.0, 1e6},
        {"handoff", LAB_SETTING_TIME, offsetof(struct trd_sim_machine, handoff_ns), 0.0, ROUND_NS},
        {"noise", LAB_SETTING_NUMBER, offsetof(struct trd_sim_machine, noise), 0.0, 1.0},
        {NULL, LAB_SETTING_NUMBER, 0, 0.0, 0.0},
    };
    struct trd_sim_machine *machine = &request->config.machine;
    int failed = lab_setting_apply_all(settings, machine, text, "machine", error);

    if (failed == 0 && !(machine->cores > 0.0)) {
        return lab_setting_refuse(error, "machine: needs cores, such as cores=4,gils=1");
    }
    return failed;
}

int lab_sim_request_step(struct lab_sim_request *request, const char *text,
                         struct trd_error *error) {
    static const struct lab_setting settings[] = {
        {"at", LAB_SETTING_INSTANT, offsetof(struct trd_sim_step, at_ns), 0.0, ROUND_NS},
        {"rate", LAB_SETTING_NUMBER, offsetof(struct trd_sim_step, rate_per_s), 1e-9, 1e12},
        {"cores", LAB_SETTING_NUMBER, offsetof(struct trd_sim_step, cores), 0.01, 1e6},
        {NULL, LAB_SETTING_NUMBER, 0, 0.0, 0.0},
    };
    struct trd_sim_step *step;
    int failed;

    if (request->config.step_count == LAB_SIM_STEPS_MAX) {
        return lab_setting_refuse(error, "more than %d steps", LAB_SIM_STEPS_MAX);
    }
    step = &request->steps[request->config.step_count++];
    request->config.steps = request->steps;
    failed = lab_setting_apply_all(settings, step, text, "step", error);
    if (failed == 0 && !(step->rate_per_s > 0.0) && !(step->cores > 0.0)) {
        return lab_setting_refuse(error, "step: needs what it changes, rate or cores, such as "
                                         "at=10s,rate=2000");
    }
    return failed;
}

static int allocate_clients(struct lab_sim_request *request, size_t count,
                            struct trd_error *error) {
    request->clients = calloc(count, sizeof *request->clients);
    request->names = calloc(count, sizeof *request->names);
    request->config.clients = request->clients;
    request->config.client_count = 0;
    if (request->clients == NULL || request->names == NULL) {
        (void)lab_setting_refuse(error, "out of memory");
        return -ENOMEM;
    }
    return 0;
}

/* Takes "NAME" or "NAME:key=value,...", which it cuts up. */
static int take_client(struct lab_sim_request *request, char *text, struct trd_error *error) {
    size_t index = request->config.client_count;
    struct lab_client_draft draft = request->task;
    char *settings = text, where[64];
    char *name = lab_setting_cut(&settings, ':');
    int failed = 0;

    if (index == LAB_SIM_CLIENTS_MAX) {
        return lab_setting_refuse(error, "more than %d clients", LAB_SIM_CLIENTS_MAX);
    }
    if (name[0] == '\0' || strlen(name) >= LAB_SIM_NAME_BYTES) {
        return lab_setting_refuse(error,
                                  "client %zu needs a name of 1 to %d bytes: "
                                  "NAME:key=value,... separated by '/'",
                                  index + 1, LAB_SIM_NAME_BYTES - 1);
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(request->names[i], name) == 0) {
            return lab_setting_refuse(error, "there are two clients '%s'", name);
        }
    }
    memcpy(request->names[index], name, strlen(name) + 1);
    (void)snprintf(where, sizeof where, "client '%s'", name);
    if (settings != NULL) {
        failed = lab_client_draft_take(&draft, settings, where, error);
    }
    failed = failed != 0 ? failed
                         : lab_client_draft_finish(&draft, index + 1, where,
                                                   &request->clients[index], error);
    request->config.client_count++;
    return failed;
}

static int clients_from_text(struct lab_sim_request *request, struct trd_error *error) {
    char *copy = strdup(request->clients_text), *rest = copy, *piece;
    int failed = allocate_clients(request, LAB_SIM_CLIENTS_MAX, error);

    if (copy == NULL && failed == 0) {
        (void)lab_setting_refuse(error, "out of memory");
        failed = -ENOMEM;
    }
    while (failed == 0 && (piece = lab_setting_cut(&rest, '/')) != NULL) {
        failed = take_client(request, piece, error);
    }
    free(copy);
    return failed;
}

/* One client, anonymous. */
static int single_client(struct lab_sim_request *request, struct trd_error *error) {
    int failed = allocate_clients(request, 1, error);

    if (failed == 0) {
        (void)snprintf(request->names[0], LAB_SIM_NAME_BYTES, "all");
        request->config.client_count = 1;
        failed = lab_client_draft_finish(&request->task, 0, "task", &request->clients[0], error);
    }
    return failed;
}

static int clients_from_trace(struct lab_sim_request *request, struct trd_error *error) {
    const struct lab_trace_client *from;
    size_t count;
    int failed =
        lab_trace_open(request->trace_path, request->durations_path, &request->trace, error);

    if (failed != 0) {
        return failed;
    }
    from = lab_trace_clients(request->trace, &count);
    failed = allocate_clients(request, count, error);
    for (size_t i = 0; failed == 0 && i < count; i++) {
        struct trd_sim_client *client = &request->clients[i];

        failed = lab_client_draft_finish(&request->task, 0, "task", client, error);
        memcpy(request->names[i], from[i].name, LAB_SIM_NAME_BYTES);
        client->key = from[i].key;
        client->class_index = from[i].class_index;
        client->share = fmax(1.0, (double)from[i].task_count) /
                        (double)lab_trace_summary(request->trace)->task_count;
        client->service = (struct trd_sim_time){.law = TRD_SIM_DETERMINISTIC,
                                                .mean_ns = fmax(1.0, from[i].mean_ns)};
        request->config.client_count++;
    }
    return failed;
}

static void arrivals_from_trace(struct lab_sim_request *request) {
    const struct lab_trace_summary *summary = lab_trace_summary(request->trace);
    struct trd_sim_config *config = &request->config;
    double length_ns = fmax(1.0, (double)summary->length_ns);

    config->arrivals = TRD_SIM_TRACE;
    config->rate_per_s = (double)summary->task_count / length_ns * 1e9 * request->speed;
    if (!request->has_task_count) {
        config->task_count =
            summary->task_count > TRD_SIM_BATCHES ? summary->task_count : TRD_SIM_BATCHES;
    }
}

double lab_sim_demand_ns(const struct trd_sim_config *config) {
    double share = 0.0, all = 0.0, held = 0.0, computing = 0.0;
    double servers =
        (double)config->workers_max * (config->host_count > 1 ? config->host_count : 1);
    const struct trd_sim_machine *machine = &config->machine;

    for (size_t i = 0; i < config->client_count; i++) {
        const struct trd_sim_client *client = &config->clients[i];
        const struct trd_sim_phases *phases = &client->phases;
        double of_held = trd_sim_time_moment(&phases->held, 1, INFINITY);
        double of_cpu = trd_sim_time_moment(&phases->cpu, 1, INFINITY);
        double of_wait = trd_sim_time_moment(&phases->wait, 1, INFINITY);
        double service = trd_sim_time_moment(&client->service, 1, INFINITY);

        share += client->share;
        held += client->share * of_held;
        computing += client->share * (of_held + of_cpu);
        all += client->share * (machine->cores > 0.0 ? of_held + of_cpu + of_wait : service);
    }
    if (machine->cores > 0.0) {
        double lock = machine->gils > 0 ? held / machine->gils : 0.0;

        return fmax(fmax(all / servers, lock), computing / machine->cores) / share;
    }
    return all / servers / share;
}

/* Times that only a machine gives a meaning. */
static int check_phases(const struct lab_sim_request *request, struct trd_error *error) {
    const struct trd_sim_config *config = &request->config;

    for (size_t i = 0; i < config->client_count && !(config->machine.cores > 0.0); i++) {
        const struct trd_sim_phases *phases = &config->clients[i].phases;

        if (phases->held.mean_ns > 0.0 || phases->cpu.mean_ns > 0.0 || phases->wait.mean_ns > 0.0) {
            return lab_setting_refuse(error, "held, cpu and wait need a machine, such as "
                                             "--machine cores=2,gils=1; without one, --service "
                                             "says what tasks take");
        }
    }
    return 0;
}

int lab_sim_request_complete(struct lab_sim_request *request, struct trd_error *error) {
    struct trd_sim_config *config = &request->config;
    double demand;
    int failed;

    if (request->theatre != NULL) {
        lab_theatre_defaults(request);
    }
    if (request->trace_path != NULL) {
        failed = request->clients_text != NULL
                     ? lab_setting_refuse(error, "a trace has clients of its own: leave out "
                                                 "--clients; --task says what all tasks share")
                     : clients_from_trace(request, error);
    } else {
        failed = request->clients_text != NULL ? clients_from_text(request, error)
                                               : single_client(request, error);
    }
    failed =
        failed != 0 ? failed : lab_law_finish(&request->think, 0.0, &config->think, "think", error);
    if (failed != 0) {
        return failed;
    }
    if (request->trace != NULL) {
        arrivals_from_trace(request);
        return 0;
    }
    if (check_phases(request, error) != 0) {
        return -EINVAL;
    }
    demand = lab_sim_demand_ns(config);
    if (!(demand > 0.0)) {
        return lab_setting_refuse(error, "a machine needs tasks with held, cpu or wait times: "
                                         "--task held=1ms,cpu=2ms,wait=7ms");
    }
    if (!(config->rate_per_s > 0.0)) {
        config->rate_per_s = (request->load > 0.0 ? request->load : DEFAULT_LOAD) / demand * 1e9;
    }
    return 0;
}
