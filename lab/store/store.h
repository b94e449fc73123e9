/* store.h - the study on disk: DIR/study.db, an SQLite database with the manifest, the plan and
 * every raw run. Each run is committed before the next one starts, so a study that is killed loses
 * the run under way and nothing else.
 *
 * One study at a time may write to a folder: it holds a lock on DIR/study.lock. Reading needs no
 * lock. Not thread-safe.
 *
 * Functions return 0 or -errno, and then `error` says in one line what is wrong, where, and what to
 * do about it.
 */
#ifndef TREADLE_LAB_STORE_H
#define TREADLE_LAB_STORE_H

#include "lab/model/results.h"
#include "lab/plan/plan.h"

#include <treadle/param.h>

struct lab_store;

/* Makes DIR (its parents as well) and an empty study in it, and locks it. -EEXIST: there is one
 * already. */
int lab_store_create(struct lab_store **store_out, const char *dir, struct trd_error *error);
/* Opens the study in DIR to go on with it, locked. -ENOENT: there is none. -EBUSY: in use. */
int lab_store_resume(struct lab_store **store_out, const char *dir, struct trd_error *error);
/* Opens the study in DIR for reading only. */
int lab_store_read(struct lab_store **store_out, const char *dir, struct trd_error *error);
/* Gives lock and file back. NULL is allowed. */
void lab_store_close(struct lab_store *store);

/* The folder, as an absolute path. */
const char *lab_store_dir(const struct lab_store *store);

/* One line of the manifest; an older value of the same key is replaced. */
int lab_store_put_fact(struct lab_store *store, const char *key, const char *value,
                       struct trd_error *error);
/* Copies the value of a fact into `value`, "" when there is none. */
int lab_store_get_fact(struct lab_store *store, const char *key, char *value, size_t space,
                       struct trd_error *error);

/* The whole plan, in one transaction. */
int lab_store_put_plan(struct lab_store *store, const struct lab_plan *plan,
                       struct trd_error *error);
/* The plan as it was put, repeated blocks included, in the order of running. */
int lab_store_get_plan(struct lab_store *store, struct lab_plan *plan, struct trd_error *error);

/* Where a block stands. */
enum lab_block_state {
    LAB_BLOCK_PLANNED = 0, /* not run, or not to its end */
    LAB_BLOCK_DONE,
    LAB_BLOCK_NOISY,   /* run, but the machine was not quiet */
    LAB_BLOCK_DROPPED, /* given up: the time did not suffice */
};

/* `block_index` is the block's place in the plan. */
int lab_store_set_block(struct lab_store *store, size_t block_index, enum lab_block_state state,
                        struct trd_error *error);
int lab_store_get_block(struct lab_store *store, size_t block_index,
                        enum lab_block_state *state_out, struct trd_error *error);
/* Appends the plan's last block, a repetition. */
int lab_store_add_block(struct lab_store *store, const struct lab_plan *plan,
                        struct trd_error *error);

/* A run as the runner saw it. NaN: not known. */
struct lab_raw_run {
    size_t block_index;
    uint32_t cell_index;
    enum lab_outcome outcome;
    const char *reason, *install;
    uint64_t tasks;
    double wall_s, setup_s, first_s;
    bool is_steady, is_noisy;
    double cpu_s, pss_bytes, rss_peak_bytes, others_cpu, steal;
    const char *latency, *metrics, *versions; /* JSON as it came, or "" */
    double started_unix_s;
};

/* Nothing known: every number NaN or 0, every text "". */
struct lab_raw_run lab_raw_run_empty(void);

/* Commits it. */
int lab_store_put_run(struct lab_store *store, const struct lab_raw_run *run,
                      struct trd_error *error);
/* Has this cell been run in this block? */
int lab_store_has_run(struct lab_store *store, size_t block_index, uint32_t cell_index,
                      bool *has_out, struct trd_error *error);

/* How many runs of this cell have hung so far? */
int lab_store_count_hung(struct lab_store *store, uint32_t cell_index, int *count_out,
                         struct trd_error *error);
/* Was a run of this block noisy? For a block that was interrupted. */
int lab_store_block_noise(struct lab_store *store, size_t block_index, bool *is_noisy_out,
                          struct trd_error *error);

/* Everything is measured: makes study.db one plain file that any reader can open. */
int lab_store_finish(struct lab_store *store, struct trd_error *error);

/* load.c: the store as results: facts, cells, the counted attempt of every block. */
int lab_store_load(struct lab_store *store, struct lab_results *results, struct trd_error *error);

#endif
