/* twin.c - sends the arrivals of every run of a cell through the simulator. */
#include "lab/twin/twin.h"

#include <treadle/sim.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES_MAX = 64, TASKS_LEAST = TRD_SIM_BATCHES };

/* Clients of the simulation: one for each client and priority that occurs. */
struct sources {
    struct trd_sim_client clients[SOURCES_MAX];
    size_t count;
};

/* The arrivals of a run in order: tasks that ran and tasks that were dropped. */
struct arrivals {
    const struct lab_run *run;
    size_t next_ran, next_dropped;
    const struct sources *sources;
};

static uint64_t nanoseconds(double seconds) {
    return seconds > 0 ? (uint64_t)(seconds * 1e9 + 0.5) : 0;
}

static struct trd_sim_time exactly(double seconds) {
    return (struct trd_sim_time){.law = TRD_SIM_DETERMINISTIC, .mean_ns = seconds * 1e9};
}

static size_t source_of(const struct sources *sources, const struct lab_latency *task) {
    size_t place = 0;
    while (place < sources->count && (sources->clients[place].key != task->client ||
                                      sources->clients[place].priority != task->priority))
        place++;
    return place;
}

/* Deadlines and patience are those of the run; NaN and 0 are none. */
static void add_source(struct sources *sources, const struct lab_run *run,
                       const struct lab_latency *task) {
    double deadline_s =
        lab_run_metric(run, task->priority > 0 ? "urgent_deadline_s" : "deadline_s");
    double timeout_s = lab_run_metric(run, "timeout_s");
    struct trd_sim_client client = {
        .key = task->client,
        .share = 1,
        .priority = task->priority,
        .service = exactly(1e-3), /* each arrival brings its own */
        .has_cost = true,
    };
    if (deadline_s > 0)
        client.deadline = exactly(deadline_s);
    if (timeout_s > 0)
        client.timeout = exactly(timeout_s);
    sources->clients[sources->count++] = client;
}

static bool add_sources(struct sources *sources, const struct lab_run *run,
                        const struct lab_latency *tasks, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (source_of(sources, &tasks[i]) < sources->count)
            continue;
        if (sources->count == SOURCES_MAX)
            return false;
        add_source(sources, run, &tasks[i]);
    }
    return true;
}

/* The next task by arrival, from either list; NULL when both are used up. */
static const struct lab_latency *next_task(struct arrivals *arrivals, bool *is_dropped) {
    const struct lab_run *run = arrivals->run;
    bool has_ran = arrivals->next_ran < run->latency_count;
    bool has_dropped = arrivals->next_dropped < run->dropped_count;
    if (!has_ran && !has_dropped)
        return NULL;
    *is_dropped = !has_ran || (has_dropped && run->dropped[arrivals->next_dropped].intended_s <
                                                  run->latency[arrivals->next_ran].intended_s);
    return *is_dropped ? &run->dropped[arrivals->next_dropped++]
                       : &run->latency[arrivals->next_ran++];
}

static int next_arrival(void *context, struct trd_sim_arrival *arrival_out,
                        struct trd_error *error) {
    struct arrivals *arrivals = context;
    bool is_dropped = false;
    const struct lab_latency *task = next_task(arrivals, &is_dropped);
    (void)error; /* nothing can go wrong here */
    if (!task)
        return 0;
    uint64_t service_ns = nanoseconds(is_dropped ? task->asked_s : task->end_s - task->start_s);
    *arrival_out = (struct trd_sim_arrival){
        .at_ns = nanoseconds(task->intended_s),
        .client_index = (uint32_t)source_of(arrivals->sources, task),
        .has_service = true,
        .service_ns = service_ns > 0 ? service_ns : 1,
    };
    return 1;
}

/* What one run adds: every response, and how much of the offered load was done in time. */
static double add_slices(struct lab_twin *twin, const struct trd_sim_report *report,
                         uint64_t timeout_ns) {
    double offered = 0, in_time = 0;
    for (size_t i = 0; i < report->slice_count; i++) {
        const struct trd_sim_slice *slice = &report->slices[i];
        uint64_t response_ns = slice->end_ns - slice->submit_ns;
        offered += (double)slice->service_ns;
        if (slice->end != TRD_SIM_END_DONE)
            continue;
        trd_histogram_add(&twin->response, response_ns);
        if (response_ns <= timeout_ns)
            in_time += (double)slice->service_ns;
    }
    return offered > 0 ? in_time / offered : NAN;
}

/* 0; 1: the simulator cannot say anything of this cell; -ENOMEM. */
static int simulate(const struct lab_cell *cell, const struct lab_run *run,
                    const struct sources *sources, struct lab_twin *twin, double *goodput) {
    struct arrivals arrivals = {.run = run, .sources = sources};
    double timeout_s = lab_run_metric(run, "timeout_s");
    const struct trd_sim_config config = {
        .policy = cell->policy,
        .workers_min = cell->workers,
        .workers_max = cell->workers,
        .arrivals = TRD_SIM_TRACE,
        .trace = {next_arrival, &arrivals},
        .clients = sources->clients,
        .client_count = sources->count,
        .task_count = run->latency_count + run->dropped_count,
        .is_cold = true,
        .allows_overload = true,
        .seed = run->block + 1,
        .chart_tasks = run->latency_count + run->dropped_count,
    };
    struct trd_sim_report report;
    if (config.task_count < TASKS_LEAST)
        return 1;
    int code = trd_sim_run(&config, &report, NULL);
    if (code)
        return code == -ENOMEM ? code : 1;
    *goodput = add_slices(twin, &report, timeout_s > 0 ? nanoseconds(timeout_s) : 0) *
               lab_run_metric(run, "offered");
    if (!(timeout_s > 0))
        *goodput = NAN;
    trd_sim_report_free(&report);
    return 0;
}

static int twin_of(const struct lab_cell *cell, struct lab_twin *twin) {
    double goodput_sum = 0;
    size_t runs = 0;
    *twin = (struct lab_twin){.goodput = NAN};
    for (size_t i = 0; i < cell->run_count; i++) {
        const struct lab_run *run = &cell->runs[i];
        struct sources sources = {.count = 0};
        double goodput;
        if (run->outcome != LAB_OUTCOME_OK)
            continue;
        if (!add_sources(&sources, run, run->latency, run->latency_count) ||
            !add_sources(&sources, run, run->dropped, run->dropped_count))
            return 1;
        int code = simulate(cell, run, &sources, twin, &goodput);
        if (code)
            return code;
        goodput_sum += goodput;
        runs++;
    }
    twin->goodput = runs > 0 ? goodput_sum / (double)runs : NAN;
    twin->has_formula = lab_formula_find(cell, &twin->formula);
    return runs > 0 ? 0 : 1;
}

static bool is_open_cell(const struct lab_cell *cell) {
    return cell->load > 0 && cell->workers > 0 && strncmp(cell->executor, "treadle", 7) == 0;
}

int lab_twin_all(struct lab_results *results) {
    struct lab_twin *twin = malloc(sizeof *twin);
    int code = twin ? 0 : -ENOMEM;
    for (size_t i = 0; i < results->cell_count && code >= 0; i++) {
        struct lab_cell *cell = &results->cells[i];
        if (!is_open_cell(cell))
            continue;
        code = twin_of(cell, twin);
        if (code == 0)
            code = lab_cell_set_twin(cell, twin);
    }
    free(twin);
    return code < 0 ? code : 0;
}
