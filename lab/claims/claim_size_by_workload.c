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

/* Of the sizes that may be best for one workload, the one that is cheapest for another; NULL when
 * the other was not measured at any of them. */
static const struct lab_rank *cheapest_loan(const struct lab_size_family *from,
                                            const struct lab_size_family *to) {
    const struct lab_rank *cheapest = NULL;
    for (size_t i = 0; i < from->count; i++) {
        const struct lab_rank *rank = lab_size_rank(to, from->ranks[i].cell->workers);
        if (from->ranks[i].is_best && rank && (!cheapest || rank->relative < cheapest->relative))
            cheapest = rank;
    }
    return cheapest;
}

/* The largest price, over all pairs of workloads, of running one at a best size of the other. */
static void dearest_loan(const struct workloads *all, struct lab_pairs *effect) {
    double dearest = -1;
    effect->count = 0;
    for (size_t i = 0; i < all->count; i++) {
        for (size_t j = 0; j < all->count; j++) {
            const struct lab_rank *loan = cheapest_loan(all->families[i], all->families[j]);
            if (!loan || loan->relative <= dearest)
                continue;
            dearest = loan->relative;
            lab_pair(lab_fastest_rank(all->families[j])->cell, loan->cell, lab_time_per_task,
                     effect);
        }
    }
}

static enum lab_answer answer_of(const struct workloads *all, double margin) {
    if (!common_best(all))
        return LAB_YES;
    return has_size_for_all(all, margin) ? LAB_NO : LAB_CANNOT_TELL;
}

static void weigh(struct lab_finding *finding, const struct workloads *all) {
    struct lab_text label = {.length = 0}, where = {.length = 0}, note = {.length = 0};
    struct lab_pairs effect;
    if (all->count < 2)
        return;
    const struct lab_cell *pool = all->families[0]->ranks[0].cell;
    bool is_one_of_several = lab_has_several_interpreters(finding->results);
    lab_text_add(&label, "%s%s%s", pool->executor, is_one_of_several ? " on " : "",
                 is_one_of_several ? pool->interpreter : "");
    for (size_t i = 0; i < all->count; i++) {
        const struct lab_cell *cell = all->families[i]->ranks[0].cell;
        const char *space = cell->variant[0] ? " " : "";
        lab_text_separate(&where, " + ");
        lab_text_add(&where, "%s%s%s", cell->workload, space, cell->variant);
        lab_text_separate(&note, ", ");
        lab_text_add(&note, "%s%s%s ", cell->workload, space, cell->variant);
        lab_describe_best_sizes(all->families[i], &note);
    }
    lab_text_add(&where, " by %s", label.text);
    dearest_loan(all, &effect);
    lab_finding_case(
        finding, answer_of(all, finding->results->margin),
        &(struct lab_case){
            .label = label.text, .where = where.text, .note = note.text, .effect = &effect});
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
            "price of running a workload at a best size of another. Resources: one study sees "
            "one machine, so that half is left to a comparison of studies.",
    .need = "two workloads, run by one executor at several fixed sizes",
    .depends_on = "the executor",
    .decide = decide,
};
