/* theatre_play.c - plays the same tasks under each policy. */
#include "lab/simulation/theatre.h"

#include "lab/simulation/setting.h"
#include "lab/trace/arrival_trace.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Three clients unlike each other, each with something for a policy to look at. */
static const char default_clients[] = "web:share=12,priority=2,weight=2,mean=1ms,deadline=10ms/"
                                      "report:share=4,priority=1,mean=4ms,deadline=60ms/"
                                      "batch:share=1,mean=15ms,deadline=30ms";

static const double DEFAULT_LOAD = 0.95;

void lab_theatre_defaults(struct lab_sim_request *request) {
    struct trd_sim_config *config = &request->config;

    if (!request->has_task_count) {
        config->task_count = LAB_THEATRE_TASKS;
        request->has_task_count = true;
    }
    if (!request->has_workers) {
        config->workers_min = config->workers_max = LAB_THEATRE_WORKERS;
    }
    if (!request->has_task && request->clients_text == NULL && request->trace_path == NULL) {
        request->clients_text = default_clients;
    }
    if (request->load < 0.0 && !(config->rate_per_s > 0.0)) {
        request->load = DEFAULT_LOAD;
    }
}

/* The script: arrivals in their order. */
struct script {
    struct trd_sim_arrival *arrivals;
    size_t count, next;
};

static int next_arrival(void *context, struct trd_sim_arrival *arrival_out,
                        struct trd_error *error) {
    struct script *script = context;

    (void)error; /* nothing can go wrong */
    if (script->next == script->count) {
        return 0;
    }
    *arrival_out = script->arrivals[script->next++];
    return 1;
}

/* Task numbers are 1, 2, ... in order of arrival; a task may have several slices. */
static int script_of(const struct trd_sim_report *report, size_t count, struct script *script,
                     struct trd_error *error) {
    *script = (struct script){.arrivals = calloc(count, sizeof *script->arrivals)};
    if (script->arrivals == NULL) {
        (void)lab_setting_refuse(error, "out of memory");
        return -ENOMEM;
    }
    for (size_t i = 0; i < report->slice_count; i++) {
        const struct trd_sim_slice *slice = &report->slices[i];

        if (slice->task < 1 || slice->task > count) {
            continue;
        }
        script->arrivals[slice->task - 1] =
            (struct trd_sim_arrival){.at_ns = slice->submit_ns,
                                     .client_index = slice->client_index,
                                     .has_service = true,
                                     .service_ns = slice->service_ns > 0 ? slice->service_ns : 1};
    }
    while (script->count < count && script->arrivals[script->count].has_service) {
        script->count++;
    }
    return 0;
}

/* Runs the request first in, first out, far enough for its first tasks to be over. */
static int rehearse(const struct lab_sim_request *request, struct script *script,
                    struct trd_error *error) {
    const struct lab_trace_options options = {.seed = request->config.seed,
                                              .speed = request->speed};
    struct trd_sim_config config = request->config;
    struct lab_trace_reader *reader = NULL;
    struct trd_sim_report report = {0};
    int failed = 0;

    config.policy = "fifo";
    config.is_cold = true;
    config.allows_overload = true;
    config.chart_tasks = config.task_count;
    config.task_count = 4 * config.task_count;
    config.is_preemptive = false;
    config.quantum_ns = 0;
    if (request->trace != NULL) {
        failed = lab_trace_read(request->trace, &options, &reader, error);
        config.trace = (struct trd_sim_feed){lab_trace_next, reader};
    }
    failed = failed != 0 ? failed : trd_sim_run(&config, &report, error);
    failed = failed != 0 ? failed : script_of(&report, config.chart_tasks, script, error);
    trd_sim_report_free(&report);
    lab_trace_reader_free(reader);
    return failed;
}

static int compare_doubles(const void *a, const void *b) {
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

/* What the tasks of a client met; `client` NULL: all tasks. */
static struct lab_act_part part_of(const struct trd_sim_report *report, const uint32_t *client,
                                   double *responses) {
    struct lab_act_part part = {NAN, NAN, NAN, 0, 0};
    double sum = 0.0;

    for (size_t i = 0; i < report->slice_count; i++) {
        const struct trd_sim_slice *slice = &report->slices[i];

        if (client != NULL && slice->client_index != *client) {
            continue;
        }
        if (slice->end == TRD_SIM_END_DONE) {
            responses[part.finished] = (double)(slice->end_ns - slice->submit_ns);
            sum += responses[part.finished++];
        } else if (slice->end != TRD_SIM_END_AGAIN) {
            part.lost++;
        }
    }
    if (part.finished > 0) {
        qsort(responses, part.finished, sizeof *responses, compare_doubles);
        part.mean_ns = sum / (double)part.finished;
        part.max_ns = responses[part.finished - 1];
        part.p95_ns = responses[(part.finished * 95 + 99) / 100 - 1]; /* nearest rank */
    }
    return part;
}

static int play_act(const struct lab_theatre *theatre, struct lab_act *act, struct script *script,
                    struct trd_error *error) {
    struct trd_sim_config config = theatre->request->config;
    double *responses;
    int failed;

    script->next = 0;
    config.policy = act->policy;
    config.arrivals = TRD_SIM_TRACE;
    config.trace = (struct trd_sim_feed){next_arrival, script};
    config.is_cold = true;
    config.allows_overload = true;
    config.warmup_count = 0;
    config.chart_tasks = script->count;
    failed = trd_sim_run(&config, &act->report, error);
    if (failed != 0) {
        return failed;
    }
    responses = malloc((act->report.slice_count + 1) * sizeof *responses);
    if (responses == NULL) {
        (void)lab_setting_refuse(error, "out of memory");
        return -ENOMEM;
    }
    act->all = part_of(&act->report, NULL, responses);
    for (uint32_t i = 0; i < config.client_count && i < LAB_THEATRE_CLIENTS_MAX; i++) {
        act->clients[i] = part_of(&act->report, &i, responses);
    }
    free(responses);
    return 0;
}

/* Is this the next parameter of the policy before, as in "a:x=1,y=2,b"? */
static bool is_parameter(const char *text) {
    size_t length = strcspn(text, "=:/,");

    return text[length] == '=';
}

/* Cuts "fifo,priority_aging:slope=2,lifo" into policies. */
static int cast(struct lab_theatre *theatre, const char *text, struct trd_error *error) {
    while (*text != '\0') {
        struct lab_act *act = &theatre->acts[theatre->act_count];
        struct trd_policy_spec spec;
        size_t length = strcspn(text, ",");

        while (text[length] == ',' && is_parameter(text + length + 1)) {
            length += 1 + strcspn(text + length + 1, ",");
        }
        if (theatre->act_count == LAB_THEATRE_ACTS_MAX || length >= sizeof act->policy) {
            return lab_setting_refuse(error, "theatre: at most %d policies of %zu letters",
                                      LAB_THEATRE_ACTS_MAX, sizeof act->policy - 1);
        }
        memcpy(act->policy, text, length);
        if (trd_policy_parse(act->policy, &spec, error) != 0) {
            return -EINVAL;
        }
        theatre->act_count++;
        text += length + (text[length] == ',');
    }
    return theatre->act_count > 0 ? 0
                                  : lab_setting_refuse(error, "theatre: name policies: A,B,...");
}

static int check(const struct lab_sim_request *request, struct trd_error *error) {
    const struct trd_sim_config *config = &request->config;

    if (config->machine.cores > 0.0 || config->arrivals == TRD_SIM_CLOSED ||
        config->host_count > 1) {
        return lab_setting_refuse(error, "theatre: draws the workers of one host with arrivals of "
                                         "their own: not with --machine, --hosts or closed "
                                         "arrivals");
    }
    if (config->task_count > LAB_THEATRE_TASKS_MAX ||
        config->workers_max > LAB_THEATRE_WORKERS_MAX) {
        return lab_setting_refuse(error,
                                  "theatre: at most %d tasks and %d workers can be seen, not %llu "
                                  "and %u",
                                  LAB_THEATRE_TASKS_MAX, LAB_THEATRE_WORKERS_MAX,
                                  (unsigned long long)config->task_count, config->workers_max);
    }
    return 0;
}

int lab_theatre_play(const struct lab_sim_request *request, struct lab_theatre *theatre,
                     struct trd_error *error) {
    struct script script = {0};
    int failed = check(request, error);

    *theatre = (struct lab_theatre){.request = request};
    failed = failed != 0 ? failed : cast(theatre, request->theatre, error);
    failed = failed != 0 ? failed : rehearse(request, &script, error);
    theatre->task_count = script.count;
    for (size_t i = 0; failed == 0 && i < theatre->act_count; i++) {
        const struct trd_sim_report *report = &theatre->acts[i].report;

        failed = play_act(theatre, &theatre->acts[i], &script, error);
        for (size_t k = 0; failed == 0 && k < report->slice_count; k++) {
            if (report->slices[k].end_ns > theatre->end_ns) {
                theatre->end_ns = report->slices[k].end_ns;
            }
        }
    }
    free(script.arrivals);
    if (failed != 0) {
        if (error->message[0] == '\0') {
            (void)lab_setting_refuse(error, "theatre: %s", strerror(-failed));
        }
        lab_theatre_free(theatre);
    }
    return failed;
}

void lab_theatre_free(struct lab_theatre *theatre) {
    for (size_t i = 0; i < theatre->act_count; i++) {
        trd_sim_report_free(&theatre->acts[i].report);
    }
}
