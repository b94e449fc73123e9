/* design.h - from what the user wants and what the lanes can run to a plan. */
#ifndef TREADLE_LAB_DESIGN_H
#define TREADLE_LAB_DESIGN_H

#include "lab/plan/catalogue.h"
#include "lab/plan/plan.h"

/* Names given by the user; count 0 means all. */
struct lab_names {
    const char *const *items;
    size_t count;
};

enum { LAB_BLOCKS_QUICK = 6, LAB_BLOCKS_FULL = 24, LAB_BLOCKS_MAX = 40, LAB_SIZE_ADAPTIVE = 32 };
#define LAB_QUICK_BUDGET_S 360.0 /* for each interpreter */
#define LAB_REPEAT_SHARE 0.10    /* of the budget, for blocks that were noisy */
#define LAB_FIXED_COST_S 12.0    /* doctor, manifest, report */

/* What the user wants. */
struct lab_design {
    bool is_quick;
    double budget_s; /* 0: none was given */
    uint32_t blocks; /* 0: as the design says */
    double cell_s;   /* timed window of a run; 0: as the design says */
    double limit_s;  /* of a run, longer is hung; 0: as the design says */
    uint64_t seed;
    unsigned cores;
    struct lab_names workloads, executors, policies, parts;
    const uint32_t *sizes; /* fixed sizes of part b */
    size_t size_count;     /* 0: as the design says, adaptive included */
    bool has_adaptive;     /* among the sizes given */
};

/* How rich the design is. */
enum lab_detail { LAB_DETAIL_QUICK, LAB_DETAIL_MEDIUM, LAB_DETAIL_FULL };

/* Fills an empty plan, ordered and ready for the store. 0; -ENOMEM; -ENOENT when nothing is left to
 * run. */
int lab_design_plan(struct lab_plan *plan, const struct lab_design *design,
                    const struct lab_lane *lanes, size_t lane_count);

/* budget.c: drops groups, the least important first, until `seconds` suffice. Groups of rank core
 * stay. Returns how many went. */
size_t lab_design_trim(struct lab_plan *plan, double seconds);

/* What a part is written from: one lane at one level of detail. */
struct lab_draft {
    struct lab_plan *plan;
    const struct lab_design *design;
    const struct lab_lane *lane;
    bool is_first; /* the first lane of Python */
    enum lab_detail detail;
    uint32_t blocks;
};

bool lab_names_have(const struct lab_names *names, const char *name);

/* A cell of this lane, skipped with the lane's own reason when it cannot run. Every other member
 * has the value that means "none", times are those of an ordinary cell. */
struct lab_plan_cell lab_draft_cell(const struct lab_draft *draft, const char *part,
                                    const char *workload, const char *executor);
/* Sets how long it is timed and warmed, and how much more it costs than an ordinary run. */
void lab_draft_time(const struct lab_draft *draft, struct lab_plan_cell *cell, double timed_s,
                    double warm_s, double overhead_s);
/* The workloads of the design in this lane, the user's functions included: their number, and the
 * index-th one (a workload of kind "user" when the lane does not list it). */
size_t lab_draft_workload_count(const struct lab_draft *draft);
struct lab_workload_info lab_draft_workload(const struct lab_draft *draft, size_t index);

/* The parts, each in its own file. */
void lab_design_executors(const struct lab_draft *draft);
void lab_design_sizes(const struct lab_draft *draft);
void lab_design_policies(const struct lab_draft *draft);
void lab_design_outcomes(const struct lab_draft *draft);
void lab_design_selftest(const struct lab_draft *draft);

#endif
