/* plan.h - what a study is going to run: cells, in comparison groups, in randomised complete
 * blocks. Made once, from the wishes of the user and what the lanes can run; then it is data in the
 * store, so that an interrupted study goes on with the same plan.
 *
 * A plan owns its memory. Not thread-safe.
 */
#ifndef TREADLE_LAB_PLAN_H
#define TREADLE_LAB_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LAB_NAME_MAX = 192, LAB_WORD_MAX = 32, LAB_CAUSE_MAX = 512 };

/* One configuration. Its words are those of the cell protocol. */
struct lab_plan_cell {
    uint32_t group; /* index of its group; the cell's id in the store is its own index + 1 */
    char part[LAB_WORD_MAX], lane[LAB_WORD_MAX], kind[LAB_WORD_MAX];
    char workload[LAB_NAME_MAX], interpreter[LAB_NAME_MAX];
    char executor[LAB_WORD_MAX], sizer[LAB_WORD_MAX], policy[LAB_NAME_MAX], variant[LAB_WORD_MAX];
    char params[LAB_NAME_MAX]; /* JSON object, or "" */
    uint32_t workers;
    double load, scale, timed_s, warm_s;
    double limit_s;                                     /* longer than this and it is hung */
    double seconds;                                     /* what a run is expected to take in all */
    bool is_skipped;                                    /* cannot run here, known beforehand */
    char reason[LAB_CAUSE_MAX], install[LAB_CAUSE_MAX]; /* when it is skipped */
};

/* What goes first when the time does not suffice: the largest value. */
enum lab_importance {
    LAB_RANK_CORE = 0, /* the self-test and the answers to the three questions */
    LAB_RANK_MAIN,
    LAB_RANK_MORE,
    LAB_RANK_EXTRA,
};

/* Cells that are compared with each other; they lie side by side in the plan. */
struct lab_plan_group {
    char name[LAB_NAME_MAX];
    uint32_t first_cell, cell_count;
    uint32_t blocks;
    enum lab_importance rank;
    double seconds; /* what a block is expected to take */
};

/* One block of one group, in the place where it is to be run. */
struct lab_plan_block {
    uint32_t group, block, attempt;
    uint64_t seed;                 /* shared by its runs: they work on the same data and arrivals */
    size_t first_slot, slot_count; /* its cells, in the order of running */
};

struct lab_plan {
    struct lab_plan_cell *cells;
    size_t cell_count, cell_space;
    struct lab_plan_group *groups;
    size_t group_count, group_space;
    struct lab_plan_block *blocks;
    size_t block_count, block_space;
    uint32_t *slots; /* indices of cells */
    size_t slot_count, slot_space;
    bool is_short_of_memory; /* an append has failed: the plan is not to be used */
};

void lab_plan_init(struct lab_plan *plan);
void lab_plan_free(struct lab_plan *plan);

/* Opens a group; the cells added next belong to it. A group without cells is dropped when the next
 * one is opened. Memory: see is_short_of_memory. */
void lab_plan_open_group(struct lab_plan *plan, uint32_t blocks, enum lab_importance rank,
                         const char *name, ...) __attribute__((format(printf, 4, 5)));
/* Copies the cell into the group opened last. */
void lab_plan_add_cell(struct lab_plan *plan, const struct lab_plan_cell *cell);
/* Appends a block; the slots added next belong to it. */
void lab_plan_add_block(struct lab_plan *plan, const struct lab_plan_block *block);
void lab_plan_add_slot(struct lab_plan *plan, uint32_t cell);
/* Appends the same block once more, one attempt later, in a new order. */
void lab_plan_repeat_block(struct lab_plan *plan, size_t block_index, uint64_t study_seed);
/* Takes back everything, for another try; keeps the memory. */
void lab_plan_clear(struct lab_plan *plan);

/* Seconds that all blocks of all groups are expected to take. */
double lab_plan_seconds(const struct lab_plan *plan);

/* order.c: fills `blocks` and `slots`: every block of every group, groups interleaved at random,
 * cells in random order (two cells: ABBA over two blocks). Skipped cells get no slot. */
void lab_plan_order(struct lab_plan *plan, uint64_t seed);

/* order.c: the cells of one block in their random order; `order` has room for the group's cells.
 * Returns how many run. The same arguments give the same order. */
size_t lab_plan_block_order(const struct lab_plan *plan, uint32_t group, uint32_t block,
                            uint32_t attempt, uint64_t study_seed, uint32_t *order);
/* order.c: the seed shared by the runs of one block. */
uint64_t lab_plan_block_seed(const struct lab_plan *plan, uint32_t group, uint32_t block,
                             uint32_t attempt, uint64_t study_seed);

#endif
