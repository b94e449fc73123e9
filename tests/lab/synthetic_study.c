/* synthetic_study.c - a plausible study made up in memory. Nothing here was measured. */
#include "tests/lab/synthetic_study.h"

#include "tests/lab/synthetic_queue.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t next_bits(struct synthetic *study) {
    /* splitmix64: Steele, Lea & Flood, OOPSLA 2014. */
    uint64_t z = study->random += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

double synthetic_uniform(struct synthetic *study) {
    return ((double)(next_bits(study) >> 12) + 0.5) * 0x1p-52;
}

double synthetic_normal(struct synthetic *study) {
    double radius = sqrt(-2.0 * log(synthetic_uniform(study)));
    return radius * cos(2.0 * acos(-1.0) * synthetic_uniform(study));
}

/* A test that runs out of memory cannot say anything. */
static void *must(void *pointer) {
    if (!pointer)
        abort();
    return pointer;
}

/* A pointer to writable memory for the model's fields, which are copied and never written to. */
static char *borrowed(const char *text) {
    union {
        const char *read;
        char *write;
    } view = {.read = text};
    return view.write;
}

static struct lab_run blank_run(struct synthetic *study, uint32_t block) {
    return (struct lab_run){
        .id = study->next_id++,
        .block = block,
        .is_steady = true,
        .cpu_s = NAN,
        .pss_bytes = NAN,
        .rss_peak_bytes = NAN,
        .others_cpu = 0.002 + 0.02 * synthetic_uniform(study),
        .steal = 0.004 * synthetic_uniform(study),
    };
}

/* Memory and CPU that go with an executor, so that tables and axes have something to show. */
static void add_usage(struct lab_run *run, const struct lab_cell *cell) {
    bool is_pool_of_processes = strcmp(cell->executor, "stdlib-processes") == 0;
    double processes = is_pool_of_processes ? 1.0 + cell->workers : 1.0;
    run->cpu_s = run->wall_s * (cell->kind[0] == 'c' ? 0.98 : 0.25);
    run->pss_bytes = 14.0e6 + 6.5e6 * processes;
    run->rss_peak_bytes = 22.0e6 * processes;
    run->setup_s = 0.04 + 0.01 * (double)cell->workers / 4.0;
    run->first_s = 0.0006 * processes;
}

static void add_run(struct synthetic *study, struct lab_cell *cell, uint32_t block,
                    double seconds) {
    struct lab_run run = blank_run(study, block);
    double slow_block = 0.03 * sin(1.7 * block); /* common to the block: pairing removes it */
    seconds *= exp(slow_block + study->noise * synthetic_normal(study));
    double tasks = ceil(0.27 / seconds);
    run.tasks = (uint64_t)tasks;
    run.wall_s = tasks * seconds;
    add_usage(&run, cell);
    must(lab_cell_add_run(cell, &run));
}

static struct lab_cell *add_cell(struct synthetic *study, const struct synthetic_cell *spec) {
    bool is_native = spec->lane && spec->lane[0] == 'n';
    struct lab_cell cell = {
        .id = study->next_id++,
        .part = borrowed(spec->part),
        .group = borrowed(spec->group),
        .lane = borrowed(spec->lane ? spec->lane : "python"),
        .workload = borrowed(spec->workload),
        .kind = borrowed(spec->kind),
        .interpreter = borrowed(is_native ? "" : study->interpreter),
        .executor = borrowed(spec->executor),
        .workers = spec->workers,
        .sizer = borrowed(spec->sizer),
        .variant = borrowed(spec->variant),
    };
    return must(lab_results_add_cell(study->results, &cell));
}

struct lab_cell *synthetic_add(struct synthetic *study, const struct synthetic_cell *spec) {
    struct lab_cell *cell = add_cell(study, spec);
    for (uint32_t block = 0; block < study->blocks; block++)
        add_run(study, cell, block, spec->seconds);
    return cell;
}

/* The cell has no times: one run that ended so. */
static void end_badly(struct synthetic *study, struct lab_cell *cell, enum lab_outcome outcome,
                      const char *reason) {
    struct lab_run run = blank_run(study, 0);
    run.outcome = outcome;
    run.reason = borrowed(reason);
    run.wall_s = outcome == LAB_OUTCOME_OK ? 0.2 : 0.0;
    run.tasks = outcome == LAB_OUTCOME_OK ? 4 : 0;
    must(lab_cell_add_run(cell, &run));
    cell->outcome = outcome;
    free(cell->reason);
    cell->reason = must(strdup(reason));
}

struct lab_cell *synthetic_add_outcome(struct synthetic *study, const char *claim,
                                       const char *scenario, const char *executor,
                                       const char *variant, enum lab_outcome outcome,
                                       const char *reason) {
    char group[96];
    snprintf(group, sizeof group, "outcomes/%s/%s", claim, scenario);
    struct synthetic_cell spec = {.part = "outcomes",
                                  .group = group,
                                  .workload = scenario,
                                  .kind = "outcome",
                                  .executor = executor,
                                  .variant = variant,
                                  .workers = 2};
    struct lab_cell *cell = add_cell(study, &spec);
    end_badly(study, cell, outcome, reason ? reason : "");
    return cell;
}

/* Seconds by task of the four executors, on a machine of two cores; 0: skipped, -1: not planned. */
static const struct {
    const char *workload, *kind, *variant;
    double serial, threads, processes, treadle;
} executor_rows[] = {
    {"http", "io", "", 10.1e-3, 2.62e-3, 2.95e-3, 2.55e-3},
    {"file-read", "io", "", 0.40e-3, 0.43e-3, 1.90e-3, 0.36e-3},
    {"file-write", "io", "", 1.20e-3, 0.81e-3, 2.10e-3, 0.78e-3},
    {"fibonacci", "cpu", "", 6.00e-3, 6.21e-3, 3.24e-3, 6.08e-3},
    {"prime", "cpu", "", 4.10e-3, 4.24e-3, 2.25e-3, 4.13e-3},
    {"compress", "cpu", "zlib", 20.0e-3, 10.5e-3, 11.6e-3, 10.4e-3},
    {"image", "mixed", "", 15.0e-3, 8.20e-3, 9.90e-3, 8.10e-3},
    {"classify", "mixed", "per-task", 0, 0, 0, 0},
    {"classify", "mixed", "per-worker", 80.0e-3, 55.0e-3, 62.0e-3, 54.0e-3},
    {"noop", "overhead", "", 0.30e-6, 18.0e-6, 95.0e-6, 1.30e-6},
    {"startup", "overhead", "", -1, 190e-6, 9.00e-3, 160e-6},
};

static void add_executor_row(struct synthetic *study, size_t row) {
    static const char *const executors[] = {"serial", "stdlib-threads", "stdlib-processes",
                                            "treadle-threads"};
    const double seconds[] = {executor_rows[row].serial, executor_rows[row].threads,
                              executor_rows[row].processes, executor_rows[row].treadle};
    const char *variant = executor_rows[row].variant;
    char group[128];
    snprintf(group, sizeof group, "executors/%s%s%s/python/%s", executor_rows[row].workload,
             variant[0] ? "/" : "", variant, study->interpreter);
    for (size_t i = seconds[0] < 0 ? 1 : 0; i < 4; i++) {
        struct synthetic_cell spec = {.part = "executors",
                                      .group = group,
                                      .workload = executor_rows[row].workload,
                                      .kind = executor_rows[row].kind,
                                      .variant = variant,
                                      .executor = executors[i],
                                      .sizer = i == 3 ? "on_demand" : "",
                                      .workers = i == 0 ? 0 : 4,
                                      .seconds = seconds[i]};
        bool is_crash = i == 2 && strcmp(variant, "per-worker") == 0;
        if (seconds[i] > 0 && !is_crash) {
            synthetic_add(study, &spec);
            continue;
        }
        struct lab_cell *cell = add_cell(study, &spec);
        if (is_crash) {
            end_badly(study, cell, LAB_OUTCOME_CRASHED, "killed by signal 9 (out of memory?)");
            continue;
        }
        end_badly(study, cell, LAB_OUTCOME_SKIPPED, "torchvision is not installed");
        free(cell->install);
        cell->install = must(strdup("apt-get install python3-torchvision"));
    }
}

static void add_native(struct synthetic *study) {
    static const struct {
        const char *group, *workload, *kind, *executor;
        double seconds;
    } rows[] = {
        {"executors/http/native/", "http", "io", "serial", 10.0e-3},
        {"executors/http/native/", "http", "io", "treadle-pool", 2.51e-3},
        {"executors/fibonacci/native/", "fibonacci", "cpu", "serial", 0.09e-3},
        {"executors/fibonacci/native/", "fibonacci", "cpu", "treadle-pool", 0.046e-3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct synthetic_cell spec = {.part = "executors",
                                      .group = rows[i].group,
                                      .lane = "native",
                                      .workload = rows[i].workload,
                                      .kind = rows[i].kind,
                                      .executor = rows[i].executor,
                                      .sizer = i % 2 ? "fixed" : "",
                                      .workers = i % 2 ? 4 : 0,
                                      .seconds = rows[i].seconds};
        synthetic_add(study, &spec);
    }
}

static void add_sizes(struct synthetic *study) {
    static const uint32_t sizes[] = {1, 2, 4, 8, 32, 32};
    static const struct {
        const char *workload, *kind, *variant, *executor;
        double seconds[6]; /* the last: adaptive; 0: not planned */
    } rows[] = {
        {"http", "io", "", "treadle-threads", {10.1e-3, 5.1e-3, 2.6e-3, 1.35e-3, .62e-3, .63e-3}},
        {"fibonacci",
         "cpu",
         "",
         "treadle-threads",
         {6.1e-3, 6.15e-3, 6.2e-3, 6.3e-3, 6.6e-3, 6.12e-3}},
        {"fibonacci", "cpu", "", "stdlib-processes", {6.3e-3, 3.2e-3, 3.25e-3, 3.4e-3, 0, 0}},
        {"compress",
         "cpu",
         "zlib",
         "treadle-threads",
         {20.4e-3, 10.5e-3, 10.6e-3, 10.8e-3, 11.8e-3, 10.6e-3}},
    };
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        char group[128];
        snprintf(group, sizeof group, "sizes/%s/%s", rows[row].workload, study->interpreter);
        bool is_treadle = rows[row].executor[0] == 't';
        for (size_t i = 0; i < 6 && rows[row].seconds[i] > 0; i++) {
            struct synthetic_cell spec = {.part = "sizes",
                                          .group = group,
                                          .workload = rows[row].workload,
                                          .kind = rows[row].kind,
                                          .variant = rows[row].variant,
                                          .executor = rows[row].executor,
                                          .sizer = !is_treadle ? ""
                                                   : i < 5     ? "fixed"
                                                               : "adaptive",
                                          .workers = sizes[i],
                                          .seconds = rows[row].seconds[i]};
            synthetic_add(study, &spec);
        }
    }
}

/* A twin that is 3 % faster than what was measured. */
static void add_twin(struct lab_cell *cell) {
    static struct lab_twin twin;
    twin = (struct lab_twin){
        .goodput = (double)NAN,
        .has_formula = cell->load < 1,
        .formula = {.mean_s = 0.0174,
                    .is_tail_known = strcmp(cell->policy, "fifo") == 0,
                    .rate_per_s = 100 * cell->load * cell->workers,
                    .service_s = 0.010,
                    .workers = cell->workers},
    };
    for (size_t i = 0; i < cell->run_count; i++) {
        for (size_t j = 0; j < cell->runs[i].latency_count; j++) {
            const struct lab_latency *task = &cell->runs[i].latency[j];
            trd_histogram_add(&twin.response,
                              (uint64_t)(0.97e9 * (task->end_s - task->intended_s)));
        }
    }
    if (lab_cell_set_twin(cell, &twin))
        abort();
}

static void add_policy_cell(struct synthetic *study, double load, const char *policy) {
    char group[96];
    snprintf(group, sizeof group, "policies/%g/%s", load, study->interpreter);
    struct synthetic_cell spec = {.part = "policies",
                                  .group = group,
                                  .workload = "synthetic",
                                  .kind = "io",
                                  .executor = "treadle-threads",
                                  .sizer = "fixed",
                                  .variant = "wait",
                                  .workers = 4};
    struct lab_cell *cell = add_cell(study, &spec);
    cell->load = load;
    free(cell->policy);
    cell->policy = must(strdup(policy));
    for (uint32_t block = 0; block < study->blocks; block++) {
        struct lab_run run = blank_run(study, block);
        static struct lab_latency tasks[SYNTHETIC_QUEUE_TASKS];
        /* The block is the seed: every policy meets the same arrivals. */
        struct lab_metric metrics[] = {
            {borrowed("queue_max"), synthetic_queue(1000 + block, load, policy, tasks)},
            {borrowed("workers_peak"), 4},
            {borrowed("offered"), load},
        };
        run.latency = tasks;
        run.latency_count = SYNTHETIC_QUEUE_TASKS;
        run.metrics = metrics;
        run.metric_count = sizeof metrics / sizeof *metrics;
        run.tasks = SYNTHETIC_QUEUE_TASKS;
        for (size_t i = 0; i < SYNTHETIC_QUEUE_TASKS; i++)
            run.wall_s = fmax(run.wall_s, tasks[i].end_s);
        add_usage(&run, cell);
        must(lab_cell_add_run(cell, &run));
    }
    add_twin(cell);
}

static void add_policies(struct synthetic *study) {
    static const double loads[] = {0.8, 1.1};
    static const char *const policies[] = {"fifo", "lifo", "priority", "round_robin"};
    for (size_t i = 0; i < 8; i++)
        add_policy_cell(study, loads[i / 4], policies[i % 4]);
}

static void add_selftest_pair(struct synthetic *study, const char *group, const char *a,
                              const char *b, double ratio) {
    for (int i = 0; i < 2; i++) {
        struct synthetic_cell spec = {.part = "selftest",
                                      .group = group,
                                      .workload = "fibonacci",
                                      .kind = "cpu",
                                      .executor = "serial",
                                      .variant = i == 0 ? a : b,
                                      .seconds = i == 0 ? 6.0e-3 : 6.0e-3 * ratio};
        synthetic_add(study, &spec);
    }
}

static void add_selftest(struct synthetic *study) {
    for (int i = 1; i <= 4; i++) {
        char group[32];
        snprintf(group, sizeof group, "selftest/aa/%d", i);
        add_selftest_pair(study, group, "A", "B", 1.0);
    }
    add_selftest_pair(study, "selftest/planted", "base", "+5%", 1.05);
}

static void add_outcomes(struct synthetic *study) {
    static const struct {
        const char *claim, *scenario, *executor, *variant;
        enum lab_outcome outcome;
        const char *reason;
    } rows[] = {
        {"T5", "io-large-result", "stdlib-threads", "", LAB_OUTCOME_OK, ""},
        {"T5", "io-large-result", "stdlib-processes", "", LAB_OUTCOME_OK, ""},
        {"T5", "io-large-result", "treadle-threads", "", LAB_OUTCOME_OK, ""},
        {"T5", "io-lambda", "stdlib-threads", "", LAB_OUTCOME_OK, ""},
        {"T5", "io-lambda", "stdlib-processes", "", LAB_OUTCOME_FAILED,
         "PicklingError: Can't pickle <function <lambda>>"},
        {"T5", "io-lambda", "treadle-threads", "", LAB_OUTCOME_OK, ""},
        {"T5", "io-open-file", "stdlib-threads", "", LAB_OUTCOME_OK, ""},
        {"T5", "io-open-file", "stdlib-processes", "", LAB_OUTCOME_FAILED,
         "TypeError: cannot pickle '_io.TextIOWrapper' object"},
        {"T5", "io-open-file", "treadle-threads", "", LAB_OUTCOME_OK, ""},
        {"T5", "io-worker-killed", "stdlib-threads", "", LAB_OUTCOME_OK, ""},
        {"T5", "io-worker-killed", "stdlib-processes", "", LAB_OUTCOME_FAILED,
         "BrokenProcessPool: every pending task was lost"},
        {"T5", "io-worker-killed", "treadle-threads", "", LAB_OUTCOME_OK, ""},
        {"T10", "model-argument", "stdlib-processes", "", LAB_OUTCOME_SKIPPED,
         "torchvision is not installed"},
        {"T11", "notebook-function", "stdlib-threads", "", LAB_OUTCOME_OK, ""},
        {"T11", "notebook-function", "stdlib-processes", "fork", LAB_OUTCOME_OK, ""},
        {"T11", "notebook-function", "stdlib-processes", "spawn", LAB_OUTCOME_FAILED,
         "BrokenProcessPool: the function is not importable"},
        {"T11", "notebook-function", "stdlib-processes", "forkserver", LAB_OUTCOME_HUNG,
         "no result in 10 s, killed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lab_cell *cell =
            synthetic_add_outcome(study, rows[i].claim, rows[i].scenario, rows[i].executor,
                                  rows[i].variant, rows[i].outcome, rows[i].reason);
        if (rows[i].outcome != LAB_OUTCOME_SKIPPED)
            continue;
        free(cell->install);
        cell->install = must(strdup("apt-get install python3-torchvision"));
    }
}

static void add_facts(struct lab_results *results) {
    static const char *const facts[][2] = {
        {"treadle", "0.1.0"},
        {"command", "treadle study --quick --seed 7"},
        {"started", "2024-05-04 10:20:30 UTC"},
        {"seed", "7"},
        {"cores", "2"},
        {"machine", "x86_64, made up"},
        {"kernel", "Linux 6.1.0"},
        {"memory", "7.8 GiB"},
        {"interpreter", "CPython 3.11.2"},
        {"blocks", "6"},
        {"margin", "0.10"},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        must(lab_results_add_fact(results, facts[i][0], facts[i][1]));
}

/* Two blocks that stayed noisy, one that was repeated and then quiet. */
static void flag_noise(struct lab_results *results) {
    for (size_t i = 0; i < results->cell_count; i++) {
        struct lab_cell *cell = &results->cells[i];
        bool is_flagged = strncmp(cell->group, "executors/http/p", 16) == 0;
        for (size_t j = 0; j < cell->run_count && is_flagged; j++) {
            cell->runs[j].is_noisy = j == 1 || j == 4;
            cell->runs[j].attempt = j == 2 ? 1 : cell->runs[j].is_noisy ? 3 : 0;
            if (cell->runs[j].is_noisy)
                cell->runs[j].others_cpu = 0.11;
        }
    }
}

void synthetic_study(struct lab_results *results, uint64_t seed) {
    lab_results_init(results);
    results->is_quick = true;
    results->is_complete = true;
    results->margin = 0.10;
    struct synthetic study = {.results = results,
                              .random = seed,
                              .blocks = 6,
                              .noise = 0.012,
                              .next_id = 1,
                              .interpreter = "CPython 3.11.2"};
    add_facts(results);
    for (size_t row = 0; row < sizeof executor_rows / sizeof *executor_rows; row++)
        add_executor_row(&study, row);
    add_native(&study);
    add_sizes(&study);
    add_policies(&study);
    add_selftest(&study);
    add_outcomes(&study);
    flag_noise(results);
}
