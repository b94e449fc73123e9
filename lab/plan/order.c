/* order.c - the order of a study: groups interleaved, cells of a block shuffled.
 *
 * Interleaving spreads every comparison over the whole study, so a machine that slows down for a
 * minute touches one block of each group and not all blocks of one. Every order is a pure function
 * of the study's seed and of what is ordered: a repeated block needs no stored generator.
 */
#include "lab/plan/plan.h"

#include <treadle/rng.h>

#include <stdlib.h>
#include <string.h>

/* Different streams for different purposes. */
enum { FOR_SEED = 1, FOR_ORDER = 2, FOR_GROUPS = 3 };

/* FNV-1a, 64 bits (Fowler, Noll, Vo): the name makes the group's stream its own. */
static uint64_t hash_text(const char *text) {
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    }
    return hash;
}

static void start(struct trd_rng *rng, uint64_t study_seed, const char *name, uint32_t a,
                  uint32_t b, uint32_t purpose) {
    uint64_t seed = study_seed ^ hash_text(name);

    seed = seed * UINT64_C(6364136223846793005) + a;
    seed = seed * UINT64_C(6364136223846793005) + b;
    seed = seed * UINT64_C(6364136223846793005) + purpose;
    trd_rng_init(rng, seed);
}

static void shuffle(struct trd_rng *rng, uint32_t *items, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)trd_rng_below(rng, i);
        uint32_t kept = items[i - 1];

        items[i - 1] = items[j];
        items[j] = kept;
    }
}

uint64_t lab_plan_block_seed(const struct lab_plan *plan, uint32_t group, uint32_t block,
                             uint32_t attempt, uint64_t study_seed) {
    struct trd_rng rng;

    start(&rng, study_seed, plan->groups[group].name, block, attempt, FOR_SEED);
    /* 53 bits: the number survives every JSON reader. */
    return trd_rng_next(&rng) >> 11;
}

size_t lab_plan_block_order(const struct lab_plan *plan, uint32_t group, uint32_t block,
                            uint32_t attempt, uint64_t study_seed, uint32_t *order) {
    const struct lab_plan_group *of = &plan->groups[group];
    struct trd_rng rng;
    size_t count = 0;

    for (uint32_t i = 0; i < of->cell_count; i++) {
        if (!plan->cells[of->first_cell + i].is_skipped) {
            order[count++] = of->first_cell + i;
        }
    }
    if (count == 2) {
        /* One coin for two blocks; the second of them runs the other way round: ABBA or BAAB. */
        start(&rng, study_seed, of->name, block / 2, attempt, FOR_ORDER);
        if ((trd_rng_next(&rng) >> 63) != (block & 1)) {
            uint32_t first = order[0];

            order[0] = order[1];
            order[1] = first;
        }
        return count;
    }
    start(&rng, study_seed, of->name, block, attempt, FOR_ORDER);
    shuffle(&rng, order, count);
    return count;
}

static void add_block(struct lab_plan *plan, uint32_t group, uint32_t block, uint32_t attempt,
                      uint64_t study_seed) {
    uint32_t *order = calloc(plan->groups[group].cell_count + 1, sizeof *order);
    size_t count;

    if (order == NULL) {
        plan->is_short_of_memory = true;
        return;
    }
    count = lab_plan_block_order(plan, group, block, attempt, study_seed, order);
    if (count > 0) { /* else everything in it is skipped */
        lab_plan_add_block(plan,
                           &(struct lab_plan_block){
                               .group = group,
                               .block = block,
                               .attempt = attempt,
                               .seed = lab_plan_block_seed(plan, group, block, attempt, study_seed),
                           });
    }
    for (size_t i = 0; i < count; i++) {
        lab_plan_add_slot(plan, order[i]);
    }
    free(order);
}

void lab_plan_repeat_block(struct lab_plan *plan, size_t block_index, uint64_t study_seed) {
    const struct lab_plan_block *block = &plan->blocks[block_index];

    add_block(plan, block->group, block->block, block->attempt + 1, study_seed);
}

void lab_plan_order(struct lab_plan *plan, uint64_t seed) {
    uint32_t *groups = calloc(plan->group_count + 1, sizeof *groups);
    uint32_t rounds = 0;

    if (groups == NULL) {
        plan->is_short_of_memory = true;
        return;
    }
    for (size_t i = 0; i < plan->group_count; i++) {
        groups[i] = (uint32_t)i;
        rounds = plan->groups[i].blocks > rounds ? plan->groups[i].blocks : rounds;
    }
    for (uint32_t round = 0; round < rounds; round++) {
        struct trd_rng rng;

        start(&rng, seed, "", round, 0, FOR_GROUPS);
        shuffle(&rng, groups, plan->group_count);
        for (size_t i = 0; i < plan->group_count; i++) {
            if (round < plan->groups[groups[i]].blocks) {
                add_block(plan, groups[i], round, 0, seed);
            }
        }
    }
    free(groups);
}
