/* sim_options.c - the options of `treadle sim`. */
#include "lab/command/sim_options.h"

#include "lab/command/command.h"
#include "lab/command/options.h"
#include "lab/command/say.h"
#include "lab/simulation/arrival_kind.h"
#include "lab/simulation/setting.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Says what is wrong with an option's value. */
static int say(const char *option, const struct trd_error *error) {
    lab_say_error("sim: --%s: %s", option, error->message);
    return LAB_EXIT_USAGE;
}

/* Options that set one member of the request. */
#define MEMBER(name) offsetof(struct lab_sim_request, name)

static const double ROUND_NS = 1e15; /* the longest time */

static const struct lab_setting scalars[] = {
    {"load", LAB_SETTING_NUMBER, MEMBER(load), 1e-9, 1e6},
    {"rate", LAB_SETTING_NUMBER, MEMBER(config.rate_per_s), 1e-9, 1e12},
    {"customers", LAB_SETTING_COUNT, MEMBER(config.customers), 1.0, TRD_SIM_CUSTOMERS_MAX},
    {"hosts", LAB_SETTING_COUNT, MEMBER(config.host_count), 1.0, TRD_SIM_HOSTS_MAX},
    {"choices", LAB_SETTING_COUNT, MEMBER(config.choices), 1.0, TRD_SIM_CHOICES_MAX},
    {"quantum", LAB_SETTING_INSTANT, MEMBER(config.quantum_ns), 1.0, ROUND_NS},
    {"tasks", LAB_SETTING_BIG, MEMBER(config.task_count), TRD_SIM_BATCHES, 1e12},
    {"warmup", LAB_SETTING_BIG, MEMBER(config.warmup_count), 1.0, 1e12},
    {"late", LAB_SETTING_INSTANT, MEMBER(config.late_ns), 0.0, ROUND_NS},
    {"speed", LAB_SETTING_NUMBER, MEMBER(speed), 1e-6, 1e6},
    {"replications", LAB_SETTING_COUNT, MEMBER(replications), 1.0, LAB_SIM_REPLICATIONS_MAX},
    {NULL, LAB_SETTING_NUMBER, 0, 0.0, 0.0},
};

/* Sets the scalar `name`. The table's first word is the option, so messages need no other. */
static int set_scalar(struct lab_sim_request *request, const char *name, const char *value) {
    struct trd_error error;

    if (lab_setting_apply(scalars, request, name, value, "sim", &error) != 0) {
        /* "sim: load must be ..." */
        lab_say_error("sim: --%s", error.message + strlen("sim: "));
        return LAB_EXIT_USAGE;
    }
    return 0;
}

#define SCALAR(name)                                                                               \
    static int set_##name(void *context, const char *value) {                                      \
        return set_scalar(context, #name, value);                                                  \
    }
SCALAR(load)
SCALAR(rate)
SCALAR(customers)
SCALAR(hosts)
SCALAR(choices)
SCALAR(quantum)
SCALAR(warmup)
SCALAR(late)
SCALAR(speed)
SCALAR(replications)

static int set_tasks(void *context, const char *value) {
    ((struct lab_sim_request *)context)->has_task_count = true;
    return set_scalar(context, "tasks", value);
}

static int set_seed(void *context, const char *value) {
    struct lab_sim_request *request = context;
    struct trd_error error;

    if (lab_setting_whole(value, 0, UINT64_MAX, &request->config.seed, "--seed", &error) != 0) {
        lab_say_error("sim: %s", error.message);
        return LAB_EXIT_USAGE;
    }
    return 0;
}

static int set_policy(void *context, const char *value) {
    struct lab_sim_request *request = context;
    struct trd_policy_spec *spec = &request->policy_spec;
    struct trd_error error;

    request->config.policy = value;
    request->config.policy_spec = NULL;
    if (trd_policy_parse(value, spec, &error) == 0) {
        return 0;
    }
    if (trd_policy_load(value, spec, &error) != 0) {
        return say("policy", &error);
    }
    request->config.policy_spec = spec; /* from a shared object: it has no name to be found by */
    return 0;
}

static int set_sizer(void *context, const char *value) {
    struct lab_sim_request *request = context;
    struct trd_sizer_spec spec;
    struct trd_error error;

    request->config.sizer = value;
    return trd_sizer_parse(value, &spec, &error) == 0 ? 0 : say("sizer", &error);
}

static int set_workers(void *context, const char *value) {
    struct lab_sim_request *request = context;
    char least[24] = "";
    const char *dash = strchr(value, '-');
    struct trd_error unused;
    uint64_t min, max;

    if (dash != NULL && (size_t)(dash - value) < sizeof least) {
        memcpy(least, value, (size_t)(dash - value));
    }
    if (lab_setting_whole(dash != NULL ? dash + 1 : value, 1, TRD_SIM_WORKERS_MAX, &max, "",
                          &unused) != 0 ||
        lab_setting_whole(dash != NULL ? least : value, 0, max, &min, "", &unused) != 0) {
        lab_say_error("sim: --workers must be a number N or a range MIN-MAX, 1 to %d, not '%s'",
                      TRD_SIM_WORKERS_MAX, value);
        return LAB_EXIT_USAGE;
    }
    request->has_workers = true;
    request->config.workers_min = (uint32_t)min;
    request->config.workers_max = (uint32_t)max;
    return 0;
}

static int set_arrivals(void *context, const char *value) {
    struct lab_sim_request *request = context;
    struct trd_error error;

    return lab_arrivals_parse(value, &request->config, &error) == 0 ? 0 : say("arrivals", &error);
}

static int set_think(void *context, const char *value) {
    struct lab_sim_request *request = context;
    struct trd_error error;

    return lab_law_parse(value, &request->think, "a law", &error) == 0 ? 0 : say("think", &error);
}

static int set_service(void *context, const char *value) {
    struct lab_sim_request *request = context;
    struct trd_error error;

    request->has_task = true;
    return lab_law_parse(value, &request->task.laws[LAB_CLIENT_SERVICE], "a law", &error) == 0
               ? 0
               : say("service", &error);
}

static int set_task(void *context, const char *value) {
    struct lab_sim_request *request = context;
    struct trd_error error;

    request->has_task = true;
    return lab_client_draft_take(&request->task, value, "a task", &error) == 0
               ? 0
               : say("task", &error);
}

static int set_machine(void *context, const char *value) {
    struct trd_error error;

    return lab_sim_request_machine(context, value, &error) == 0 ? 0 : say("machine", &error);
}

static int set_step(void *context, const char *value) {
    struct trd_error error;

    return lab_sim_request_step(context, value, &error) == 0 ? 0 : say("step", &error);
}

#define TEXT(name, member)                                                                         \
    static int set_##name(void *context, const char *value) {                                      \
        ((struct lab_sim_request *)context)->member = value;                                       \
        return 0;                                                                                  \
    }
TEXT(clients, clients_text)
TEXT(trace, trace_path)
TEXT(durations, durations_path)
TEXT(theatre, theatre)
TEXT(html, html)
TEXT(replay, replay)

#define FLAG(name, member)                                                                         \
    static int set_##name(void *context, const char *value) {                                      \
        (void)value; /* a flag has none */                                                         \
        ((struct lab_sim_request *)context)->member = true;                                        \
        return 0;                                                                                  \
    }
FLAG(preemptive, config.is_preemptive)
FLAG(overload, config.allows_overload)
FLAG(cold, config.is_cold)
FLAG(json, is_json)

static const struct lab_option table[] = {
    {"policy", "NAME", "which task is next (fifo): see `treadle list`; or a file, ./own.so",
     set_policy},
    {"sizer", "NAME", "how many workers there are (fixed)", set_sizer},
    {"workers", "N|MIN-MAX", "workers of a host, or the sizer's bounds (1)", set_workers},
    {"arrivals", "KIND", "poisson, periodic, closed, mmpp, batch, onoff, diurnal (poisson)",
     set_arrivals},
    {"load", "RHO", "offered work over capacity, below 1 (0.8)", set_load},
    {"rate", "N", "tasks a second, instead of --load", set_rate},
    {"service", "LAW", "what tasks take (exp:mean=1ms)", set_service},
    {"task", "SETTINGS", "what all tasks share: see --clients", set_task},
    {"clients", "SPEC", "NAME:key=value,.../NAME...: whose tasks they are", set_clients},
    {"customers", "N", "of a closed system (10)", set_customers},
    {"think", "LAW", "of a customer between tasks (exp:mean=9ms)", set_think},
    {"machine", "SETTINGS", "cores=P,gils=G,handoff=TIME,noise=X: tasks hold, compute, wait",
     set_machine},
    {"hosts", "N", "each with workers and a queue of its own (1)", set_hosts},
    {"choices", "D", "hosts that an arrival looks at to join the shortest (1)", set_choices},
    {"quantum", "TIME", "tasks yield after so much service", set_quantum},
    {"preemptive", NULL, "an arrival may interrupt what runs", set_preemptive},
    {"step", "SETTINGS", "at=TIME,rate=N,cores=P: from then on; may be repeated", set_step},
    {"trace", "FILE", "arrivals of an Azure Functions trace, 2019 or 2021", set_trace},
    {"durations", "FILE", "of a 2019 trace, if not named as in the data set", set_durations},
    {"speed", "X", "of the trace: tasks come X times as fast (1)", set_speed},
    {"tasks", "N", "tasks to measure (1000000; of a trace: all)", set_tasks},
    {"warmup", "N", "tasks before them (from the load)", set_warmup},
    {"cold", NULL, "measure from the first task", set_cold},
    {"overload", NULL, "allow a load of 1 and more", set_overload},
    {"late", "TIME", "count the tasks that wait longer (0s: that wait at all)", set_late},
    {"replications", "N", "independent runs, side by side, as one (1)", set_replications},
    {"seed", "N", "the same seed, the same run (1)", set_seed},
    {"theatre", "A,B,...", "the same arrivals under each policy, as charts", set_theatre},
    {"replay", "FILE", "repeat a pool's recorded decisions and compare them", set_replay},
    {"html", "FILE", "write the report as a page, too", set_html},
    {"json", NULL, "write JSON", set_json},
    {NULL, NULL, NULL, NULL},
};

static const struct lab_usage usage = {
    .command = "sim",
    .synopsis = "[OPTIONS]",
    .about =
        "Runs the scheduler of the live pools in virtual time: the same policies and sizers,\n"
        "random arrivals and service times or those of a trace, and beside the result what\n"
        "queueing theory says where it has a formula. Or replays what a live pool has decided.\n"
        "\n"
        "Times have units: ns, us, ms, s, min, h. A LAW is NAME:key=value,...:\n"
        "  exp:mean=1ms  det:mean=1ms  erlang:mean=1ms,stages=4  hyper:mean=1ms,scv=9\n"
        "  lognormal:mean=1ms,sigma=1  pareto:alpha=1.5,low=1ms,high=1s\n"
        "  bimodal:p=0.005,low=0.5us,high=500us          or a time, which is always that\n"
        "KINDs of arrivals with keys:\n"
        "  closed:customers=N  mmpp:ratio=X,calm=TIME,burst=TIME  batch:mean=N,fixed=no\n"
        "  onoff:sources=N,alpha=1.5,on=TIME,off=TIME  diurnal:amplitude=0.5,period=TIME\n"
        "Keys of clients and --task (keys of a law follow its name):\n"
        "  share weight priority class cost=exact|none|SIGMA service=LAW\n"
        "  held=LAW cpu=LAW wait=LAW visits=N (on a machine)\n"
        "  deadline=LAW expires=yes|no timeout=LAW cancels=yes|no",
    .examples =
        "  treadle sim --load 0.9                          M/M/1\n"
        "  treadle sim --workers 8 --load 0.9 --policy lifo\n"
        "  treadle sim --policy srpt --preemptive --service pareto:alpha=1.5,low=1ms,high=1s\n"
        "  treadle sim --policy priority --clients web:share=3,priority=1/batch:mean=20ms\n"
        "  treadle sim --arrivals closed --customers 20 --think exp:mean=9ms --workers 3\n"
        "  treadle sim --machine cores=2,gils=1 --task held=1ms,wait=9ms --workers 1-64 \\\n"
        "      --sizer gil_model --load 0.9 --html report.html\n"
        "  treadle sim --trace azure_2021.csv --workers 4 --speed 10\n"
        "  treadle sim --theatre fifo,sjf,round_robin --html theatre.html\n"
        "  treadle sim --replay pool.trace\n",
    .options = table,
};

/* Was the option `name` typed? */
static bool has_option(const struct lab_sim_request *request, const char *name) {
    const size_t length = strlen(name);

    for (size_t i = 0; i < request->argument_count; i++) {
        const char *argument = request->arguments[i];

        if (strncmp(argument, name, length) == 0 &&
            (argument[length] == '\0' || argument[length] == '=')) {
            return true;
        }
    }
    return false;
}

/* What is wrong with the arrivals that were typed; NULL: nothing. */
static const char *check_arrivals(const struct lab_sim_request *request) {
    const bool is_closed = request->config.arrivals == TRD_SIM_CLOSED;
    const bool has_load = has_option(request, "--load"), has_rate = has_option(request, "--rate");

    if (has_load && has_rate) {
        return "--load and --rate say the same: leave out one of them";
    }
    if (request->trace_path != NULL &&
        (has_load || has_rate || request->config.arrivals != TRD_SIM_POISSON)) {
        return "a trace has arrivals of its own: leave out --load, --rate and --arrivals; --speed "
               "brings them sooner";
    }
    if (is_closed && (has_load || has_rate)) {
        return "customers of a closed system come when they have thought: leave out --load and "
               "--rate; --customers and --think say how often";
    }
    if (!is_closed && (has_option(request, "--customers") || has_option(request, "--think"))) {
        return "--customers and --think belong to --arrivals closed";
    }
    return NULL;
}

/* The same for the others. */
static const char *check_others(const struct lab_sim_request *request) {
    if (request->durations_path != NULL && request->trace_path == NULL) {
        return "--durations belongs to --trace";
    }
    if (fabs(request->speed - 1.0) > 0.0 && request->trace_path == NULL) {
        return "--speed belongs to --trace";
    }
    if (request->theatre != NULL && request->replications > 1) {
        return "--theatre shows one run of each policy: leave out --replications";
    }
    if (request->replay != NULL && request->html != NULL) {
        return "--replay writes no page: leave out --html";
    }
    return NULL;
}

/* What only the whole of the options can tell. */
static int check_together(const struct lab_sim_request *request) {
    const char *wrong = check_arrivals(request);

    wrong = wrong != NULL ? wrong : check_others(request);
    if (wrong == NULL) {
        return LAB_OPTIONS_GO_ON;
    }
    lab_say_error("sim: %s", wrong);
    return LAB_EXIT_USAGE;
}

int lab_sim_options_parse(int argc, char **argv, struct lab_sim_request *request) {
    struct trd_error error;
    int code;

    request->arguments = (const char *const *)argv;
    request->argument_count = (size_t)argc;
    code = lab_options_parse(&usage, argc, argv, request);
    code = code != LAB_OPTIONS_GO_ON ? code : check_together(request);
    if (code != LAB_OPTIONS_GO_ON || request->replay != NULL) {
        return code;
    }
    if (lab_sim_request_complete(request, &error) != 0) {
        lab_say_error("sim: %s", error.message);
        return LAB_EXIT_USAGE;
    }
    return LAB_OPTIONS_GO_ON;
}
