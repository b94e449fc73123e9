/* results.c - the model of a study's results: appending copies, finding, freeing. */
#include "lab/model/results.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const outcome_names[] = {
    [LAB_OUTCOME_OK] = "ok",           [LAB_OUTCOME_FAILED] = "failed",
    [LAB_OUTCOME_CRASHED] = "crashed", [LAB_OUTCOME_HUNG] = "hung",
    [LAB_OUTCOME_SKIPPED] = "skipped", [LAB_OUTCOME_MISSING] = "missing",
};

static const char *const verdict_names[] = {
    [LAB_UNDECIDED] = "undecided",
    [LAB_FASTER] = "faster",
    [LAB_SLOWER] = "slower",
    [LAB_FASTER_MAYBE_NEGLIGIBLE] = "faster, maybe negligible",
    [LAB_SLOWER_MAYBE_NEGLIGIBLE] = "slower, maybe negligible",
    [LAB_TIE] = "tie",
};

static const char *const claim_names[] = {
    [LAB_CLAIM_NOT_TESTED] = "not tested", [LAB_CLAIM_SUPPORTED] = "supported",
    [LAB_CLAIM_REFUTED] = "refuted",       [LAB_CLAIM_DEPENDS] = "depends",
    [LAB_CLAIM_UNDECIDED] = "undecided",
};

const char *lab_outcome_name(enum lab_outcome outcome) {
    return outcome_names[outcome];
}

enum lab_outcome lab_outcome_parse(const char *name) {
    for (int i = LAB_OUTCOME_OK; name && i <= LAB_OUTCOME_MISSING; i++) {
        if (strcmp(name, outcome_names[i]) == 0)
            return (enum lab_outcome)i;
    }
    return LAB_OUTCOME_MISSING;
}

const char *lab_verdict_name(enum lab_verdict_kind kind) {
    return verdict_names[kind];
}

const char *lab_claim_verdict_name(enum lab_claim_verdict verdict) {
    return claim_names[verdict];
}

/* Makes room for one more element. Capacity is the next power of two, so it follows from the count
 * and needs no field of its own. */
static void *grown(void *array, size_t count, size_t size) {
    if ((count & (count - 1)) != 0)
        return array;
    size_t capacity = count == 0 ? 1 : 2 * count;
    if (capacity > SIZE_MAX / size)
        return NULL;
    return realloc(array, capacity * size);
}

/* Turns the borrowed string in *field into an owned copy. On failure *field is NULL: whoever frees
 * the record then frees only what it owns. */
static bool own_string(char **field) {
    *field = strdup(*field ? *field : "");
    return *field != NULL;
}

/* All of the fields, also after a failure, so that none is left borrowed. */
static bool own_strings(char **const *fields, size_t count) {
    bool is_owned = true;
    for (size_t i = 0; i < count; i++)
        is_owned = own_string(fields[i]) && is_owned;
    return is_owned;
}

static void run_fini(struct lab_run *run) {
    free(run->reason);
    free(run->latency);
    free(run->dropped);
    for (size_t i = 0; i < run->metric_count; i++)
        free(run->metrics[i].name);
    free(run->metrics);
}

static void cell_fini(struct lab_cell *cell) {
    char *strings[] = {cell->part,   cell->group,       cell->lane,     cell->workload,
                       cell->kind,   cell->interpreter, cell->executor, cell->sizer,
                       cell->policy, cell->variant,     cell->reason,   cell->install};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        free(strings[i]);
    for (size_t i = 0; i < cell->run_count; i++)
        run_fini(&cell->runs[i]);
    free(cell->runs);
    free(cell->twin);
}

static bool own_metrics(struct lab_run *run) {
    const struct lab_metric *given = run->metrics;
    size_t count = run->metric_count;
    run->metrics = NULL;
    run->metric_count = 0;
    if (count == 0)
        return true;
    run->metrics = calloc(count, sizeof *run->metrics);
    if (!run->metrics)
        return false;
    for (size_t i = 0; i < count; i++) {
        run->metrics[i] = given[i];
        run->metric_count++;
        if (!own_string(&run->metrics[i].name))
            return false;
    }
    return true;
}

static bool own_tasks(struct lab_latency **tasks, size_t count) {
    const struct lab_latency *given = *tasks;
    *tasks = NULL;
    if (count == 0)
        return true;
    *tasks = calloc(count, sizeof **tasks);
    if (!*tasks)
        return false;
    memcpy(*tasks, given, count * sizeof *given);
    return true;
}

static bool run_copy(struct lab_run *copy, const struct lab_run *run) {
    *copy = *run;
    bool is_owned = own_string(&copy->reason);
    is_owned = own_tasks(&copy->latency, copy->latency_count) && is_owned;
    is_owned = own_tasks(&copy->dropped, copy->dropped_count) && is_owned;
    is_owned = own_metrics(copy) && is_owned;
    if (!is_owned)
        run_fini(copy);
    return is_owned;
}

/* Where a run of this block stands, or would. */
static size_t run_place(const struct lab_cell *cell, uint32_t block) {
    size_t place = cell->run_count;
    while (place > 0 && cell->runs[place - 1].block >= block)
        place--;
    return place;
}

struct lab_run *lab_cell_add_run(struct lab_cell *cell, const struct lab_run *run) {
    size_t place = run_place(cell, run->block);
    bool is_repeat = place < cell->run_count && cell->runs[place].block == run->block;
    if (is_repeat && cell->runs[place].attempt > run->attempt)
        return &cell->runs[place];
    struct lab_run copy;
    if (!run_copy(&copy, run))
        return NULL;
    if (is_repeat) {
        run_fini(&cell->runs[place]);
        cell->runs[place] = copy;
        return &cell->runs[place];
    }
    struct lab_run *runs = grown(cell->runs, cell->run_count, sizeof *runs);
    if (!runs) {
        run_fini(&copy);
        return NULL;
    }
    cell->runs = runs;
    memmove(&runs[place + 1], &runs[place], (cell->run_count - place) * sizeof *runs);
    runs[place] = copy;
    cell->run_count++;
    return &runs[place];
}

int lab_cell_set_twin(struct lab_cell *cell, const struct lab_twin *twin) {
    struct lab_twin *copy = malloc(sizeof *copy);
    if (!copy)
        return -ENOMEM;
    *copy = *twin;
    free(cell->twin);
    cell->twin = copy;
    return 0;
}

static bool cell_copy(struct lab_cell *copy, const struct lab_cell *cell) {
    *copy = *cell;
    copy->runs = NULL;
    copy->run_count = 0;
    copy->twin = NULL;
    char **const fields[] = {&copy->part,   &copy->group,       &copy->lane,     &copy->workload,
                             &copy->kind,   &copy->interpreter, &copy->executor, &copy->sizer,
                             &copy->policy, &copy->variant,     &copy->reason,   &copy->install};
    bool is_owned = own_strings(fields, sizeof fields / sizeof *fields);
    for (size_t i = 0; is_owned && i < cell->run_count; i++)
        is_owned = lab_cell_add_run(copy, &cell->runs[i]) != NULL;
    if (is_owned && cell->twin)
        is_owned = lab_cell_set_twin(copy, cell->twin) == 0;
    if (!is_owned)
        cell_fini(copy);
    return is_owned;
}

struct lab_cell *lab_results_add_cell(struct lab_results *results, const struct lab_cell *cell) {
    struct lab_cell copy;
    if (!cell_copy(&copy, cell))
        return NULL;
    struct lab_cell *cells = grown(results->cells, results->cell_count, sizeof *cells);
    if (!cells) {
        cell_fini(&copy);
        return NULL;
    }
    results->cells = cells;
    cells[results->cell_count] = copy;
    return &cells[results->cell_count++];
}

struct lab_fact *lab_results_add_fact(struct lab_results *results, const char *key,
                                      const char *value) {
    struct lab_fact *facts = grown(results->facts, results->fact_count, sizeof *facts);
    if (!facts)
        return NULL;
    results->facts = facts;
    struct lab_fact *fact = &facts[results->fact_count];
    fact->key = strdup(key ? key : "");
    fact->value = strdup(value ? value : "");
    if (!fact->key || !fact->value) {
        free(fact->key);
        free(fact->value);
        return NULL;
    }
    results->fact_count++;
    return fact;
}

struct lab_comparison *lab_results_add_comparison(struct lab_results *results,
                                                  const struct lab_comparison *comparison) {
    struct lab_comparison *comparisons =
        grown(results->comparisons, results->comparison_count, sizeof *comparisons);
    if (!comparisons)
        return NULL;
    results->comparisons = comparisons;
    struct lab_comparison *copy = &comparisons[results->comparison_count];
    *copy = *comparison;
    if (!own_string(&copy->metric))
        return NULL;
    results->comparison_count++;
    return copy;
}

static void claim_fini(struct lab_claim_result *claim) {
    free(claim->id);
    free(claim->text);
    free(claim->rule);
    free(claim->detail);
    free(claim->where);
}

struct lab_claim_result *lab_results_add_claim(struct lab_results *results,
                                               const struct lab_claim_result *claim) {
    struct lab_claim_result *claims = grown(results->claims, results->claim_count, sizeof *claims);
    if (!claims)
        return NULL;
    results->claims = claims;
    struct lab_claim_result *copy = &claims[results->claim_count];
    *copy = *claim;
    char **const fields[] = {&copy->id, &copy->text, &copy->rule, &copy->detail, &copy->where};
    if (!own_strings(fields, sizeof fields / sizeof *fields)) {
        claim_fini(copy);
        return NULL;
    }
    results->claim_count++;
    return copy;
}

void lab_results_init(struct lab_results *results) {
    *results = (struct lab_results){
        .selftest = {.aa_spread = NAN,
                     .planted_ratio = NAN,
                     .planted_low = NAN,
                     .planted_high = NAN,
                     .others_cpu = NAN,
                     .steal = NAN},
    };
}

void lab_results_free(struct lab_results *results) {
    for (size_t i = 0; i < results->fact_count; i++) {
        free(results->facts[i].key);
        free(results->facts[i].value);
    }
    for (size_t i = 0; i < results->cell_count; i++)
        cell_fini(&results->cells[i]);
    for (size_t i = 0; i < results->comparison_count; i++)
        free(results->comparisons[i].metric);
    for (size_t i = 0; i < results->claim_count; i++)
        claim_fini(&results->claims[i]);
    free(results->facts);
    free(results->cells);
    free(results->comparisons);
    free(results->claims);
    lab_results_init(results);
}

const char *lab_results_fact(const struct lab_results *results, const char *key) {
    for (size_t i = 0; i < results->fact_count; i++) {
        if (strcmp(results->facts[i].key, key) == 0)
            return results->facts[i].value;
    }
    return "";
}

const struct lab_cell *lab_results_cell(const struct lab_results *results, int64_t id) {
    for (size_t i = 0; i < results->cell_count; i++) {
        if (results->cells[i].id == id)
            return &results->cells[i];
    }
    return NULL;
}

double lab_run_metric(const struct lab_run *run, const char *name) {
    for (size_t i = 0; i < run->metric_count; i++) {
        if (strcmp(run->metrics[i].name, name) == 0)
            return run->metrics[i].value;
    }
    return NAN;
}
