/* sim_run.c - independent replications: the same configuration under other seeds. */
#include "lab/simulation/sim_run.h"

#include "lab/runner/machine.h"
#include "lab/simulation/setting.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t lab_sim_seed(uint64_t seed, uint32_t replication) {
    struct trd_rng rng;

    trd_rng_init(&rng, seed);
    for (uint32_t i = 0; i < replication; i++) {
        seed = trd_rng_next(&rng);
    }
    return seed;
}

struct replication {
    const struct lab_sim_request *request;
    uint32_t index;
    struct trd_sim_report report;
    struct trd_error error;
    int failed;
    struct trd_future *future;
};

/* The part of a phase in the mean of all three, which divides a trace's durations. */
static double part_of(const struct trd_sim_phases *phases, const struct trd_sim_time *phase) {
    double all = trd_sim_time_moment(&phases->held, 1, INFINITY) +
                 trd_sim_time_moment(&phases->cpu, 1, INFINITY) +
                 trd_sim_time_moment(&phases->wait, 1, INFINITY);

    return all > 0.0 ? trd_sim_time_moment(phase, 1, INFINITY) / all : 0.0;
}

static int run_trace(struct replication *replication, struct trd_sim_config *config) {
    const struct lab_sim_request *request = replication->request;
    const struct trd_sim_phases *phases = &request->clients[0].phases;
    const struct lab_trace_options options = {.seed = config->seed,
                                              .speed = request->speed,
                                              .held_part = part_of(phases, &phases->held),
                                              .cpu_part = part_of(phases, &phases->cpu)};
    struct lab_trace_reader *reader;
    int failed = lab_trace_read(request->trace, &options, &reader, &replication->error);

    if (failed == 0) {
        config->trace = (struct trd_sim_feed){lab_trace_next, reader};
        failed = trd_sim_run(config, &replication->report, &replication->error);
        lab_trace_reader_free(reader);
    }
    return failed;
}

static void *run(void *argument) {
    struct replication *replication = argument;
    struct trd_sim_config config = replication->request->config;

    config.seed = lab_sim_seed(config.seed, replication->index);
    if (replication->index > 0) {
        config.chart_tasks = 0;
    }
    replication->failed = replication->request->trace != NULL
                              ? run_trace(replication, &config)
                              : trd_sim_run(&config, &replication->report, &replication->error);
    return NULL;
}

static int say(int failed, struct trd_error *error) {
    if (failed != 0 && error->message[0] == '\0') {
        (void)lab_setting_refuse(error, "%s", strerror(-failed));
    }
    return failed;
}

static int open_pool(uint32_t replications, struct trd_pool **pool_out, struct trd_error *error) {
    struct lab_machine machine;
    uint32_t workers;

    lab_machine_read(&machine);
    workers = machine.cores > 0 ? machine.cores : 1;
    workers = workers < replications ? workers : replications;
    return trd_pool_create(&(struct trd_pool_config){.name = "treadle-sim",
                                                     .sizer = "fixed",
                                                     .workers_min = workers,
                                                     .workers_max = workers},
                           pool_out, error);
}

/* Waits for replication after replication, and adds each to the report. */
static int merge(struct replication *all, uint32_t count, struct trd_sim_report *report,
                 struct trd_error *error) {
    int failed = 0;

    for (uint32_t i = 0; i < count; i++) {
        int code = all[i].failed;

        if (all[i].future != NULL) {
            code = trd_future_wait(all[i].future, TRD_FOREVER);
            code = code != 0 ? code : all[i].failed;
            trd_future_unref(all[i].future);
        }
        if (code == 0 && failed == 0) {
            code = trd_sim_report_merge(report, &all[i].report);
        }
        if (code != 0 && failed == 0) {
            failed = code;
            *error = all[i].error;
        }
        trd_sim_report_free(&all[i].report);
    }
    return failed;
}

static int run_all(const struct lab_sim_request *request, struct trd_sim_report *report,
                   struct trd_error *error) {
    struct replication *all = calloc(request->replications, sizeof *all);
    struct trd_pool *pool;
    int failed = all != NULL ? open_pool(request->replications, &pool, error) : -ENOMEM;

    if (failed != 0) {
        free(all);
        return failed;
    }
    for (uint32_t i = 0; i < request->replications; i++) {
        all[i].request = request;
        all[i].index = i;
        all[i].failed = trd_pool_submit(pool, run, &all[i], NULL, &all[i].future);
    }
    failed = merge(all, request->replications, report, error);
    trd_pool_destroy(pool);
    free(all);
    if (failed != 0) {
        trd_sim_report_free(report);
    }
    return failed;
}

int lab_sim_run(const struct lab_sim_request *request, struct trd_sim_report *report_out,
                struct trd_error *error) {
    struct replication one = {.request = request};

    *report_out = (struct trd_sim_report){0};
    error->message[0] = '\0';
    if (request->replications > 1) {
        return say(run_all(request, report_out, error), error);
    }
    (void)run(&one); /* says what happened in its argument */
    *report_out = one.report;
    *error = one.error;
    return say(one.failed, error);
}
