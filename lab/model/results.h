/* results.h - what a study has found, in memory: cells, their runs, and everything decided from
 * them. The store fills it, statistics and claims read it and add to it, every report writer reads
 * it. No database and no I/O here.
 *
 * Ownership: a `struct lab_results` owns everything below it, strings included, and frees it in
 * lab_results_free(). Functions that add copy what they are given. Not thread-safe.
 */
#ifndef TREADLE_LAB_RESULTS_H
#define TREADLE_LAB_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/metrics.h>

enum lab_outcome {
    LAB_OUTCOME_OK = 0,
    LAB_OUTCOME_FAILED,  /* the work raised, or a result was wrong */
    LAB_OUTCOME_CRASHED, /* the child died without a result */
    LAB_OUTCOME_HUNG,    /* over its time limit, killed */
    LAB_OUTCOME_SKIPPED, /* cannot run here; the reason says how it could */
    LAB_OUTCOME_MISSING, /* planned, not run (yet) */
};

/* "ok", "failed", ...; and back (MISSING for anything else). */
const char *lab_outcome_name(enum lab_outcome outcome);
enum lab_outcome lab_outcome_parse(const char *name);

/* One task of a run under open load: seconds since the timed window began. */
struct lab_latency {
    uint32_t client;
    int32_t priority;
    double intended_s, start_s, end_s;
    double asked_s; /* what it was made to take; 0 when the study did not note it */
};

/* A named number of a run, from the child's `metrics`. */
struct lab_metric {
    char *name;
    double value;
};

/* One run of a cell: the unit of replication. */
struct lab_run {
    int64_t id;       /* row in the store */
    uint32_t block;   /* 0, 1, ...; cells of one comparison group run once in every block */
    uint32_t attempt; /* 0, then 1.. when the noise gate repeated the block: the last counts */
    bool is_noisy;    /* the gate's budget was used up and it is still noisy */
    enum lab_outcome outcome;
    char *reason; /* "" when ok */
    uint64_t tasks;
    double wall_s; /* timed window */
    double setup_s, first_s;
    bool is_steady;
    double cpu_s;          /* of the whole process tree in the window; NaN when not known */
    double pss_bytes;      /* of the whole process tree after the window, pool standing; NaN */
    double rss_peak_bytes; /* sum of the processes' VmHWM; NaN when not known */
    double others_cpu;     /* share of all cores used by others in the window, 0 to 1; NaN */
    double steal;          /* share of all cores stolen in the window, 0 to 1; NaN */
    struct lab_latency *latency; /* tasks that ran, by arrival */
    size_t latency_count;
    struct lab_latency *dropped; /* tasks that the policy dropped, by arrival: never started */
    size_t dropped_count;
    struct lab_metric *metrics;
    size_t metric_count;
};

/* The steady state of exponential servers under Poisson arrivals (M/M/c). */
struct lab_formula {
    double mean_s;      /* response; the same for every policy that is blind to sizes */
    bool is_tail_known; /* first in, first out: the distribution follows from the next three */
    double rate_per_s, service_s;
    uint32_t workers;
};

/* What the simulator makes of the arrivals that a cell under open load met, and what theory says
 * where it has a formula. */
struct lab_twin {
    struct trd_histogram response; /* ns, from the intended arrival; over all runs that are ok */
    double goodput;                /* mean over runs, as their metric; NaN without a timeout */
    bool has_formula;
    struct lab_formula formula;
};

struct lab_cell {
    int64_t id;
    char *part;  /* executors, sizes, policies, outcomes, selftest */
    char *group; /* comparison group: cells compared within blocks share it */
    char *lane;  /* python, native */
    char *workload;
    char *kind;        /* io, cpu, mixed, overhead; what the workload is bound by */
    char *interpreter; /* label such as "CPython 3.11.2"; "" in the native lane */
    char *executor;
    uint32_t workers; /* 0 for serial */
    char *sizer, *policy;
    double load;   /* 0: closed */
    char *variant; /* what else tells this cell from others: "per-task", "A", "B", "+5%", "" */
    enum lab_outcome outcome; /* OK when at least one run is; else of its last run */
    char *reason;
    char *install;        /* command that would make a skipped cell run; "" */
    struct lab_run *runs; /* the counted attempt of each block, by block */
    size_t run_count;
    struct lab_twin *twin; /* owned; NULL: none */
};

enum lab_verdict_kind { /* of a comparison, STATISTICS: four verdicts */
                        LAB_UNDECIDED = 0,
                        LAB_FASTER, /* b is faster than a, beyond the margin */
                        LAB_SLOWER,
                        LAB_FASTER_MAYBE_NEGLIGIBLE,
                        LAB_SLOWER_MAYBE_NEGLIGIBLE,
                        LAB_TIE,
};
const char *lab_verdict_name(enum lab_verdict_kind kind); /* "faster", "tie", ... */

/* b against a, paired by block: ratio of seconds per task, time_b / time_a; < 1: b is faster. */
struct lab_comparison {
    int64_t a, b; /* cell ids */
    char *metric; /* "time per task", "p99 latency", ... */
    uint32_t blocks;
    uint32_t b_faster; /* in so many of the blocks */
    double ratio;      /* Hodges-Lehmann */
    double low, high;  /* 95 % interval */
    double margin;     /* equivalence margin, 0.03 or 0.10 */
    enum lab_verdict_kind verdict;
    uint32_t blocks_needed; /* to decide an undecided one; 0 otherwise */
};

enum lab_claim_verdict {
    LAB_CLAIM_NOT_TESTED = 0,
    LAB_CLAIM_SUPPORTED,
    LAB_CLAIM_REFUTED,
    LAB_CLAIM_DEPENDS,
    LAB_CLAIM_UNDECIDED,
};
const char *lab_claim_verdict_name(enum lab_claim_verdict verdict); /* "supported", ... */

struct lab_claim_result {
    char *id;   /* T1 ... */
    char *text; /* the claim, in a sentence */
    char *rule; /* the rule stated before measuring */
    enum lab_claim_verdict verdict;
    char *detail;  /* depends on what, not tested why, or what was seen */
    char *where;   /* the workloads it was decided on */
    double effect; /* ratio; NaN when the claim is about outcomes */
    double low, high;
    uint32_t blocks;
};

/* The study's own check: identical code compared, and a planted difference. */
struct lab_selftest {
    uint32_t aa_pairs;     /* A/A comparisons made */
    uint32_t aa_different; /* of them, called different */
    double aa_spread;      /* largest |ratio - 1| seen in an A/A comparison; NaN */
    bool planted_found;    /* was the planted +5 % called slower? */
    double planted_ratio, planted_low, planted_high; /* NaN when not run */
    uint32_t blocks, noisy_blocks, repeated_blocks;
    double others_cpu, steal; /* medians over the counted runs; NaN */
};

struct lab_fact { /* one line of the manifest: machine, kernel, interpreter, versions, seeds, ... */
    char *key, *value;
};

struct lab_results {
    struct lab_fact *facts;
    size_t fact_count;
    struct lab_cell *cells;
    size_t cell_count;
    struct lab_comparison *comparisons;
    size_t comparison_count;
    struct lab_claim_result *claims;
    size_t claim_count;
    struct lab_selftest selftest;
    bool is_quick;
    bool is_complete; /* every planned run has an outcome */
    double margin;    /* equivalence margin of this study */
};

void lab_results_init(struct lab_results *results);
void lab_results_free(struct lab_results *results);

/* Each appends a copy and returns it (valid until the next append), or NULL when memory is short.
 * Strings that are NULL become "". */
struct lab_fact *lab_results_add_fact(struct lab_results *results, const char *key,
                                      const char *value);
struct lab_cell *lab_results_add_cell(struct lab_results *results, const struct lab_cell *cell);
/* Keeps runs by block, one a block: of two attempts at a block the later stays. Returns the run
 * that stays. */
struct lab_run *lab_cell_add_run(struct lab_cell *cell, const struct lab_run *run);
struct lab_comparison *lab_results_add_comparison(struct lab_results *results,
                                                  const struct lab_comparison *comparison);
struct lab_claim_result *lab_results_add_claim(struct lab_results *results,
                                               const struct lab_claim_result *claim);

/* Gives the cell a copy of `twin`, in the place of the one it had. 0 or -ENOMEM. */
int lab_cell_set_twin(struct lab_cell *cell, const struct lab_twin *twin);

/* The value of a fact, or "". */
const char *lab_results_fact(const struct lab_results *results, const char *key);
/* The cell with this id, or NULL. */
const struct lab_cell *lab_results_cell(const struct lab_results *results, int64_t id);
/* The metric of a run, or NaN. */
double lab_run_metric(const struct lab_run *run, const char *name);

#endif
