/* claim_size_by_workload.c - T8: does the best pool size depend on the workload? */
#include "lab/claims/cases.h"
#include "lab/claims/size_family.h"

#include <string.h>

/* The workloads at which one executor of one interpreter ran its sizes. */
struct workloads {
    const struct lab_size_family *families[LAB_FAMILIES_MAX];
    size_t count;
};

static bool is_best_at(const struct lab_size_family *family, uint32_t workers) {
    const struct lab_rank *rank = lab_size_rank(family, workers);
    return rank && rank->is_best;
}

/* A size that may be best for all workloads; NULL when there is none: the best sets are apart. */
static const struct lab_rank *common_best(const struct workloads *all) {
    for (size_t i = 0; i < all->families[0]->count; i++) {
        const struct lab_rank *rank = &all->families[0]->ranks[i];
        bool is_common = true;
        for (size_t j = 0; j < all->count; j++)
            is_common = is_common && is_best_at(all->families[j], rank->cell->workers);
        if (is_common)
            return rank;
    }
    return NULL;
}

/* Whether the size is shown not to be slower than any other size of the family. */
static bool is_as_good(const struct lab_size_family *family, uint32_t workers, double margin) {
    const struct lab_rank *rank = lab_size_rank(family, workers);
    for (size_t i = 0; rank && i < family->count; i++) {
        struct lab_pairs pairs;
        struct lab_decision decision;
        if (family->ranks[i].cell == rank->cell)
            continue;
        lab_pair(family->ranks[i].cell, rank->cell, lab_time_per_task, &pairs);
        lab_decide(pairs.difference, pairs.count, margin, &decision);
        if (!lab_is_not_slower(&decision))
            return false;
    }
    return rank != NULL;
}

static bool has_size_for_all(const struct workloads *all, double margin) {
    for (size_t i = 0; i < all->families[0]->count; i++) {
        bool is_for_all = true;
        for (size_t j = 0; j < all->count && is_for_all; j++)
            is_for_all =
                is_as_good(all->families[j], all->families[0]->ranks[i].cell->workers, margin);
        if (is_for_all)
            return true;
    }
    return false;
}

/* The largest price of using one workload's fastest size for another. */
static void dearest_exchange(const struct workloads *all, struct lab_pairs *effect) {
    double dearest = -1;
    effect->count = 0;
    for (size_t i = 0; i < all->count; i++) {
        uint32_t workers = lab_fastest_rank(all->families[i])->cell->workers;
        for (size_t j = 0; j < all->count; j++) {
            const struct lab_rank *own = lab_fastest_rank(all->families[j]);
            const struct lab_rank *taken = lab_size_rank(all->families[j], workers);
            if (!taken || taken->relative <= dearest)
                continue;
            dearest = taken->relative;
            lab_pair(own->cell, taken->cell, lab_time_per_task, effect);
        }
    }
}

static void describe(const struct lab_size_family *family, const char *workload,
                     struct lab_text *note) {
    const char *separator = " best at ";
    lab_text_separate(note, ", ");
    lab_text_add(note, "%s", workload);
    for (size_t i = 0; i < family->count; i++) {
        if (!family->ranks[i].is_best)
            continue;
        lab_text_add(note, "%s%u", separator, family->ranks[i].cell->workers);
        separator = "|";
    }
}

static void weigh(struct lab_finding *finding, const struct workloads *all) {
    if (all->count < 2)
        return;
    const struct lab_cell *cell = all->families[0]->ranks[0].cell;
    enum lab_answer answer = LAB_CANNOT_TELL;
    struct lab_text label = {.length = 0}, note = {.length = 0};
    struct lab_pairs effect;
    if (!common_best(all))
        answer = LAB_YES;
    else if (has_size_for_all(all, finding->results->margin))
        answer = LAB_NO;
    for (size_t i = 0; i < all->count; i++) {
        char workload[LAB_LABEL_MAX];
        lab_case_label(finding->results, all->families[i]->ranks[0].cell, workload);
        lab_text_separate(&label, " and ");
        lab_text_add(&label, "%s", workload);
        describe(all->families[i], workload, &note);
    }
    lab_text_add(&label, " by %s", cell->executor);
    dearest_exchange(all, &effect);
    lab_finding_case(finding, answer, label.text, note.text, &effect);
}

static bool is_same_pool(const struct lab_size_family *a, const struct lab_size_family *b) {
    const struct lab_cell *one = a->ranks[0].cell, *other = b->ranks[0].cell;
    return strcmp(one->executor, other->executor) == 0 &&
           strcmp(one->interpreter, other->interpreter) == 0;
}

static void decide(struct lab_finding *finding) {
    struct lab_size_families all;
    lab_find_size_families(finding->results, &all);
    for (size_t head = 0; head < all.count; head++) {
        struct workloads workloads = {.count = 0};
        size_t first = all.count;
        for (size_t i = all.count; i-- > 0;)
            first = is_same_pool(&all.families[i], &all.families[head]) ? i : first;
        for (size_t i = head; first == head && i < all.count; i++) {
            if (is_same_pool(&all.families[i], &all.families[head]))
                workloads.families[workloads.count++] = &all.families[i];
        }
        weigh(finding, &workloads);
    }
}

const struct lab_claim lab_claim_size_by_workload = {
    .id = "T8",
    .text = "The optimal pool size depends on the workload and on system resources.",
    .rule = "For every executor measured at fixed sizes on at least two workloads: yes, when no "
            "size belongs to the best set of every workload; no, when one size is shown not to be "
            "slower, beyond the margin, than any other size on any of the workloads. Yes for all "
            "executors: supported; for none: refuted; for some: depends. The effect is the largest "
            "price of running a workload at the fastest size of another. Resources: one study sees "
            "one machine, so that half is left to a comparison of studies.",
    .need = "two workloads, run by one executor at several fixed sizes",
    .depends_on = "the executor",
    .decide = decide,
};
