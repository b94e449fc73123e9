/* study_resume.c - reads plan and facts back; the interpreters must be the same as before. */
#include "lab/command/study_resume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_interpreters(struct lab_resumed *resumed, struct trd_error *error) {
    char paths[LAB_LANES_MAX][LAB_PATH_SPACE], count[32];
    const char *pythons[LAB_LANES_MAX];
    size_t wanted = 0;
    int code = lab_store_get_fact(resumed->store, "interpreters", count, sizeof count, error);

    for (long i = 0; code == 0 && i < strtol(count, NULL, 10) && i < LAB_LANES_MAX; i++) {
        char key[32] = "executable";

        if (i > 0) {
            snprintf(key, sizeof key, "executable %ld", i + 1);
        }
        code = lab_store_get_fact(resumed->store, key, paths[i], sizeof paths[i], error);
        pythons[wanted] = paths[i];
        wanted++;
    }
    return code != 0 ? code : lab_lanes_find(&resumed->lanes, pythons, wanted, error);
}

/* Every planned cell must still have its lane. */
static int check_lanes(const struct lab_resumed *resumed, struct trd_error *error) {
    for (size_t i = 0; i < resumed->plan.cell_count; i++) {
        const struct lab_plan_cell *cell = &resumed->plan.cells[i];
        bool is_found = false;

        for (size_t lane = 0; lane < resumed->lanes.count && !is_found; lane++) {
            is_found = strcmp(resumed->lanes.items[lane].label, cell->interpreter) == 0;
        }
        if (!is_found) {
            snprintf(error->message, sizeof error->message,
                     "the study was made with %.60s, which is not what is installed now; start a "
                     "new study",
                     cell->interpreter);
            return -ESTALE;
        }
    }
    return 0;
}

static int read_setup(struct lab_resumed *resumed, struct trd_error *error) {
    struct lab_store *store = resumed->store;
    char seed[32], folder[LAB_PATH_SPACE];
    int code = lab_store_get_fact(store, "seed", seed, sizeof seed, error);

    code = code != 0 ? code
                     : lab_store_get_fact(store, "inputs", resumed->inputs, sizeof resumed->inputs,
                                          error);
    code = code != 0 ? code
                     : lab_store_get_fact(store, "weights", resumed->weights,
                                          sizeof resumed->weights, error);
    code = code != 0 ? code : lab_store_get_fact(store, "folder", folder, sizeof folder, error);
    if (code != 0) {
        return code;
    }
    resumed->setup = (struct lab_study_setup){
        .seed = strtoull(seed, NULL, 10),
        .inputs = resumed->inputs,
        .weights = resumed->weights,
    };
    if (folder[0] != '\0' && chdir(folder) != 0) {
        snprintf(error->message, sizeof error->message,
                 "the study was started in %.120s: %s; put the folder back", folder,
                 strerror(errno));
        return -errno;
    }
    return 0;
}

static int read_state(struct lab_resumed *resumed, struct trd_error *error) {
    int code = 0;

    resumed->is_finished = true;
    for (size_t i = 0; code == 0 && i < resumed->plan.block_count; i++) {
        enum lab_block_state state;

        code = lab_store_get_block(resumed->store, i, &state, error);
        resumed->is_finished = resumed->is_finished && state != LAB_BLOCK_PLANNED;
    }
    return code;
}

int lab_resume_open(struct lab_resumed *resumed, const char *dir, struct trd_error *error) {
    int code;

    *resumed = (struct lab_resumed){.store = NULL};
    lab_plan_init(&resumed->plan);
    code = lab_store_resume(&resumed->store, dir, error);
    code = code != 0 ? code : lab_store_get_plan(resumed->store, &resumed->plan, error);
    if (code == 0 && resumed->plan.cell_count == 0) {
        snprintf(error->message, sizeof error->message,
                 "the study in %.120s ended before it was planned; start it again", dir);
        code = -ENODATA;
    }
    code = code != 0 ? code : read_state(resumed, error);
    if (code == 0 && !resumed->is_finished) {
        code = read_setup(resumed, error);
        code = code != 0 ? code : read_interpreters(resumed, error);
        code = code != 0 ? code : check_lanes(resumed, error);
    }
    if (code != 0) {
        lab_resume_close(resumed);
    }
    return code;
}

void lab_resume_close(struct lab_resumed *resumed) {
    lab_lanes_free(&resumed->lanes);
    lab_plan_free(&resumed->plan);
    lab_store_close(resumed->store);
    resumed->store = NULL;
}
