/* study_resume.h - an interrupted study, opened to go on as it was planned. */
#ifndef TREADLE_LAB_STUDY_RESUME_H
#define TREADLE_LAB_STUDY_RESUME_H

#include "lab/command/study_options.h"
#include "lab/store/store.h"

/* What running a plan needs besides it. */
struct lab_study_setup {
    uint64_t seed;
    double budget_s; /* 0: as long as it needs */
    bool needs_quiet;
    const char *inputs, *weights;
};

struct lab_resumed {
    struct lab_store *store;
    struct lab_plan plan;
    struct lab_lanes lanes;
    struct lab_study_setup setup;
    bool is_finished;
    char inputs[LAB_PATH_SPACE], weights[LAB_PATH_SPACE];
};

/* 0, or -errno with `error`: then nothing is open. Moves to the folder that the study was started
 * in, for the user's modules. */
int lab_resume_open(struct lab_resumed *resumed, const char *dir, struct trd_error *error);
void lab_resume_close(struct lab_resumed *resumed);

#endif
