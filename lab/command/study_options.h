/* study_options.h - the options of `treadle study`. */
#ifndef TREADLE_LAB_STUDY_OPTIONS_H
#define TREADLE_LAB_STUDY_OPTIONS_H

#include "lab/command/lists.h"
#include "lab/plan/design.h"
#include "lab/runner/probe.h"

enum { LAB_SIZES_MAX = 32, LAB_PATH_SPACE = 4096 };

struct lab_study_options {
    bool is_quick, needs_quiet, has_adaptive, has_seed, has_margin;
    double budget_s, cell_s, limit_s, margin;
    uint32_t blocks;
    uint64_t seed;
    struct lab_list workloads, executors, policies, parts;
    uint32_t sizes[LAB_SIZES_MAX];
    size_t size_count;
    const char *pythons[LAB_LANES_MAX];
    size_t python_count;
    char out[LAB_PATH_SPACE];     /* "": the default */
    char resume[LAB_PATH_SPACE];  /* "": a new study */
    char inputs[LAB_PATH_SPACE];  /* absolute, or "" */
    char weights[LAB_PATH_SPACE]; /* absolute, or "" */
};

/* Parses argv. LAB_OPTIONS_GO_ON, or an exit code. Free it in any case. */
int lab_study_options_parse(struct lab_study_options *options, int argc, char **argv);
void lab_study_options_free(struct lab_study_options *options);

/* Are all names known to the lanes? 0, or an exit code after naming the known ones. */
int lab_study_options_check(const struct lab_study_options *options, const struct lab_lanes *lanes);

/* The options as the plan wants them; it points into `options`. */
struct lab_design lab_study_options_design(const struct lab_study_options *options,
                                           const struct lab_lanes *lanes, unsigned cores);
/* The equivalence margin: the one given, or what the number of blocks can carry. */
double lab_study_options_margin(const struct lab_study_options *options,
                                const struct lab_plan *plan);

#endif
