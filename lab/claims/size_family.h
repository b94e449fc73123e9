/* size_family.h - the fixed sizes at which one executor ran one workload: what claims about pool
 * sizes are decided on. */
#ifndef TREADLE_LAB_SIZE_FAMILY_H
#define TREADLE_LAB_SIZE_FAMILY_H

#include "lab/claims/finding.h"
#include "lab/stats/best_set.h"

/* Cells of one group, executor and variant, with a fixed size and times; by size. */
struct lab_size_family {
    struct lab_rank ranks[LAB_GROUP_MAX];
    size_t count;
};

/* Families of a study that are looked at. */
enum { LAB_FAMILIES_MAX = 96 };

struct lab_size_families {
    struct lab_size_family families[LAB_FAMILIES_MAX]; /* each with at least one rank */
    size_t count;
};

/* All families of the part `sizes`, in the study's order. */
void lab_find_size_families(const struct lab_results *results, struct lab_size_families *found);

/* The rank with this size; NULL when it was not measured. */
const struct lab_rank *lab_size_rank(const struct lab_size_family *family, uint32_t workers);

/* The rank whose time is lowest. */
const struct lab_rank *lab_fastest_rank(const struct lab_size_family *family);

/* Appends the sizes of the best set, "best at 1, 4 to 32": ranges over the sizes measured. */
void lab_describe_best_sizes(const struct lab_size_family *family, struct lab_text *text);

#endif
