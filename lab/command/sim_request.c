/* sim_request.c - the options of `treadle sim`. */
#include "lab/command/sim_request.h"

#include "lab/command/command.h"
#include "lab/command/options.h"
#include "lab/command/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int say_value(const char *option, const char *value, const char *allowed) {
    lab_say_error("sim: --%s must be %s, not '%s'", option, allowed, value);
    return LAB_EXIT_USAGE;
}

static bool take_count(const char *text, uint64_t min, uint64_t max, uint64_t *out) {
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *out >= min &&
           *out <= max;
}

static int set_policy(void *context, const char *value) {
    struct lab_sim_request *request = context;
    struct trd_policy_spec spec;
    struct trd_error error;

    if (trd_policy_parse(value, &spec, &error) != 0) {
        lab_say_error("sim: --policy: %s", error.message);
        return LAB_EXIT_USAGE;
    }
    request->config.policy = value;
    return 0;
}

static int set_sizer(void *context, const char *value) {
    struct lab_sim_request *request = context;
    struct trd_sizer_spec spec;
    struct trd_error error;

    if (trd_sizer_parse(value, &spec, &error) != 0) {
        lab_say_error("sim: --sizer: %s", error.message);
        return LAB_EXIT_USAGE;
    }
    request->config.sizer = value;
    return 0;
}

static int set_workers(void *context, const char *value) {
    struct lab_sim_request *request = context;
    char least[16] = "";
    const char *dash = strchr(value, '-');
    uint64_t min, max;

    if (dash != NULL && (size_t)(dash - value) < sizeof least) {
        memcpy(least, value, (size_t)(dash - value));
    }
    if (!take_count(dash != NULL ? dash + 1 : value, 1, TRD_SIM_WORKERS_MAX, &max) ||
        !take_count(dash != NULL ? least : value, 0, max, &min)) {
        return say_value("workers", value, "a number N or a range MIN-MAX, 1 to 1048576");
    }
    request->config.workers_min = (uint32_t)min;
    request->config.workers_max = (uint32_t)max;
    return 0;
}

static int set_arrivals(void *context, const char *value) {
    struct lab_sim_request *request = context;

    if (strcmp(value, "poisson") != 0 && strcmp(value, "closed") != 0) {
        return say_value("arrivals", value, "poisson or closed");
    }
    request->config.arrivals = value[0] == 'p' ? TRD_SIM_POISSON : TRD_SIM_CLOSED;
    return 0;
}

static int set_load(void *context, const char *value) {
    struct lab_sim_request *request = context;
    char *end;

    request->load = strtod(value, &end);
    return end != value && *end == '\0' && request->load > 0.0 && request->load < 1e9
               ? 0
               : say_value("load", value, "a number > 0 (and below 1 for a steady state)");
}

static int set_rate(void *context, const char *value) {
    struct lab_sim_request *request = context;
    char *end;

    request->load = 0.0;
    request->config.rate_per_s = strtod(value, &end);
    return end != value && *end == '\0' && request->config.rate_per_s > 0.0 &&
                   request->config.rate_per_s < 1e12
               ? 0
               : say_value("rate", value, "a number of tasks a second, > 0");
}

static int set_service(void *context, const char *value) {
    struct lab_sim_request *request = context;

    if (strcmp(value, "exponential") != 0 && strcmp(value, "deterministic") != 0) {
        return say_value("service", value, "exponential or deterministic");
    }
    request->service.law = value[0] == 'e' ? TRD_SIM_EXPONENTIAL : TRD_SIM_DETERMINISTIC;
    return 0;
}

static int set_mean(void *context, const char *value) {
    struct lab_sim_request *request = context;

    return lab_sim_time_parse(value, &request->service.mean_ns) && request->service.mean_ns >= 1.0
               ? 0
               : say_value("mean", value, "a time from 1ns, such as 1.5ms");
}

static int set_customers(void *context, const char *value) {
    struct lab_sim_request *request = context;
    uint64_t count;

    if (!take_count(value, 1, TRD_SIM_CUSTOMERS_MAX, &count)) {
        return say_value("customers", value, "a whole number from 1 to 4194304");
    }
    request->config.customers = (uint32_t)count;
    return 0;
}

static int set_think(void *context, const char *value) {
    struct lab_sim_request *request = context;

    return lab_sim_time_parse(value, &request->config.think.mean_ns)
               ? 0
               : say_value("think", value, "a time such as 9ms, or 0s");
}

static int set_clients(void *context, const char *value) {
    ((struct lab_sim_request *)context)->clients_text = value;
    return 0;
}

static int set_tasks(void *context, const char *value) {
    struct lab_sim_request *request = context;

    return take_count(value, TRD_SIM_BATCHES, UINT64_C(1000000000000), &request->config.task_count)
               ? 0
               : say_value("tasks", value, "a whole number from 40 to 10^12");
}

static int set_warmup(void *context, const char *value) {
    struct lab_sim_request *request = context;

    return take_count(value, 1, UINT64_C(1000000000000), &request->config.warmup_count)
               ? 0
               : say_value("warmup", value, "a whole number from 1 to 10^12");
}

static int set_late(void *context, const char *value) {
    struct lab_sim_request *request = context;
    double ns;

    if (!lab_sim_time_parse(value, &ns)) {
        return say_value("late", value, "a time such as 10ms");
    }
    request->config.late_ns = (uint64_t)ns;
    return 0;
}

static int set_seed(void *context, const char *value) {
    struct lab_sim_request *request = context;

    return take_count(value, 0, UINT64_MAX, &request->config.seed)
               ? 0
               : say_value("seed", value, "a whole number from 0 to 2^64 - 1");
}

static int set_replay(void *context, const char *value) {
    ((struct lab_sim_request *)context)->replay = value;
    return 0;
}

static int set_json(void *context, const char *value) {
    (void)value;
    ((struct lab_sim_request *)context)->is_json = true;
    return 0;
}

static const struct lab_option table[] = {
    {"policy", "NAME", "which task is next (fifo); `treadle list` names them", set_policy},
    {"sizer", "NAME", "how many workers there are (fixed)", set_sizer},
    {"workers", "N|MIN-MAX", "workers, or the sizer's bounds (1)", set_workers},
    {"arrivals", "KIND", "poisson: an open system; closed: customers (poisson)", set_arrivals},
    {"load", "RHO", "offered work per worker, below 1 (0.8)", set_load},
    {"rate", "N", "tasks a second, instead of --load", set_rate},
    {"customers", "N", "of a closed system (10)", set_customers},
    {"think", "TIME", "of a customer between tasks, exponential (9ms)", set_think},
    {"service", "LAW", "exponential or deterministic (exponential)", set_service},
    {"mean", "TIME", "mean service time (1ms)", set_mean},
    {"clients", "SPEC", "NAME:share=N,priority=N,weight=N,service=LAW,mean=TIME/NAME...",
     set_clients},
    {"tasks", "N", "tasks to measure (1000000)", set_tasks},
    {"warmup", "N", "tasks before them (from the load)", set_warmup},
    {"late", "TIME", "count the tasks that wait longer (0s: that wait at all)", set_late},
    {"seed", "N", "the same seed, the same run (1)", set_seed},
    {"replay", "FILE", "repeat a pool's recorded decisions and compare them", set_replay},
    {"json", NULL, "write JSON", set_json},
    {NULL, NULL, NULL, NULL},
};

static const struct lab_usage usage = {
    .command = "sim",
    .synopsis = "[OPTIONS]",
    .about = "Runs the scheduler of the live pools in virtual time: the same policies and sizers,\n"
             "random arrivals and service times, and beside the result what queueing theory says\n"
             "where it has a formula. Or replays what a live pool has decided.",
    .examples = "  treadle sim --load 0.9                          M/M/1\n"
                "  treadle sim --workers 8 --load 0.9 --policy lifo\n"
                "  treadle sim --policy priority --clients web:share=3,priority=1/batch:mean=20ms\n"
                "  treadle sim --arrivals closed --customers 20 --think 9ms --workers 3\n"
                "  treadle sim --sizer on_demand --workers 1-32 --rate 5000 --json\n"
                "  treadle sim --replay pool.trace\n",
    .options = table,
};

/* Fills in what depends on several options. */
static int complete(struct lab_sim_request *request) {
    struct trd_sim_config *config = &request->config;
    double shares = 0.0, work = 0.0;

    request->clients[0] = (struct trd_sim_client){.share = 1.0, .service = request->service};
    config->client_count = 1;
    config->clients = request->clients;
    if (request->clients_text != NULL) {
        int code = lab_sim_clients_parse(request->clients_text, request);

        if (code != 0) {
            return code;
        }
    }
    for (size_t i = 0; i < config->client_count; i++) {
        shares += request->clients[i].share;
        work += request->clients[i].share * request->clients[i].service.mean_ns;
    }
    if (request->load > 0.0) {
        config->rate_per_s = request->load * config->workers_max / (work / shares) * 1e9;
    }
    return LAB_OPTIONS_GO_ON;
}

int lab_sim_request_parse(int argc, char **argv, struct lab_sim_request *request) {
    int code;

    *request = (struct lab_sim_request){
        .config = {.policy = "fifo",
                   .sizer = "fixed",
                   .workers_min = 1,
                   .workers_max = 1,
                   .customers = 10,
                   .think = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = 9e6},
                   .task_count = 1000000,
                   .seed = 1},
        .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = 1e6},
        .load = 0.8,
    };
    code = lab_options_parse(&usage, argc, argv, request);
    return code == LAB_OPTIONS_GO_ON ? complete(request) : code;
}
