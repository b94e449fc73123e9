/* size_family.c - the fixed sizes at which one executor ran one workload. */
#include "lab/claims/size_family.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_fixed_size(const struct lab_cell *cell) {
    bool is_fixed = cell->sizer[0] == '\0' || strcmp(cell->sizer, "fixed") == 0;
    return is_fixed && cell->workers > 0 && strcmp(cell->part, "sizes") == 0;
}

static bool is_of_family(const struct lab_cell *cell, const struct lab_cell *head) {
    return is_fixed_size(cell) && strcmp(cell->group, head->group) == 0 &&
           strcmp(cell->executor, head->executor) == 0 &&
           strcmp(cell->variant, head->variant) == 0 &&
           strcmp(cell->interpreter, head->interpreter) == 0;
}

/* The family is visited at its first cell. */
static bool is_head(const struct lab_results *results, size_t index) {
    const struct lab_cell *cell = &results->cells[index];
    if (!is_fixed_size(cell))
        return false;
    for (size_t i = 0; i < index; i++) {
        if (is_of_family(&results->cells[i], cell))
            return false;
    }
    return true;
}

static int by_workers(const void *left, const void *right) {
    const struct lab_rank *a = left, *b = right;
    return (a->cell->workers > b->cell->workers) - (a->cell->workers < b->cell->workers);
}

static void gather(const struct lab_results *results, size_t head, struct lab_size_family *family) {
    size_t kept = 0;
    family->count = 0;
    for (size_t i = head; i < results->cell_count && family->count < LAB_GROUP_MAX; i++) {
        if (is_of_family(&results->cells[i], &results->cells[head]))
            family->ranks[family->count++] = (struct lab_rank){.cell = &results->cells[i]};
    }
    qsort(family->ranks, family->count, sizeof *family->ranks, by_workers);
    lab_rank_cells(family->ranks, family->count, results->margin, NULL);
    for (size_t i = 0; i < family->count; i++) {
        if (!isnan(family->ranks[i].relative))
            family->ranks[kept++] = family->ranks[i];
    }
    family->count = kept;
}

void lab_find_size_families(const struct lab_results *results, struct lab_size_families *found) {
    found->count = 0;
    for (size_t i = 0; i < results->cell_count && found->count < LAB_FAMILIES_MAX; i++) {
        if (!is_head(results, i))
            continue;
        gather(results, i, &found->families[found->count]);
        found->count += found->families[found->count].count > 0;
    }
}

const struct lab_rank *lab_size_rank(const struct lab_size_family *family, uint32_t workers) {
    for (size_t i = 0; i < family->count; i++) {
        if (family->ranks[i].cell->workers == workers)
            return &family->ranks[i];
    }
    return NULL;
}

const struct lab_rank *lab_fastest_rank(const struct lab_size_family *family) {
    const struct lab_rank *fastest = &family->ranks[0];
    for (size_t i = 1; i < family->count; i++) {
        if (family->ranks[i].relative < fastest->relative)
            fastest = &family->ranks[i];
    }
    return fastest;
}

void lab_describe_best_sizes(const struct lab_size_family *family, struct lab_text *text) {
    const char *separator = "best at ";
    for (size_t first = 0, end; first < family->count; first = end + 1) {
        for (end = first; end < family->count && family->ranks[end].is_best;)
            end++;
        if (end == first)
            continue;
        lab_text_add(text, "%s%u", separator, family->ranks[first].cell->workers);
        if (end > first + 1)
            lab_text_add(text, "%s%u", end > first + 2 ? " to " : ", ",
                         family->ranks[end - 1].cell->workers);
        separator = ", ";
    }
}
