/* claim_size_is_cores.c - T9: is the number of cores the best size for CPU-bound work? */
#include "lab/claims/cases.h"
#include "lab/claims/size_family.h"

#include <string.h>

/* What the other sizes say about the size that equals the number of cores. */
struct evidence {
    uint32_t smaller, smaller_slower; /* smaller sizes, and those shown to be slower */
    uint32_t faster;                  /* any sizes shown to be faster */
    uint32_t as_good_smaller;         /* smaller sizes shown not to be slower */
    uint32_t open;                    /* not shown to be no faster */
};

static void weigh_size(struct evidence *evidence, const struct lab_cell *cores,
                       const struct lab_cell *other, double margin) {
    struct lab_pairs pairs;
    struct lab_decision decision;
    lab_pair(cores, other, lab_time_per_task, &pairs);
    lab_decide(pairs.difference, pairs.count, margin, &decision);
    bool is_smaller = other->workers < cores->workers;
    evidence->faster += decision.kind == LAB_FASTER;
    evidence->open += !lab_is_not_faster(&decision);
    evidence->smaller += is_smaller;
    evidence->smaller_slower += is_smaller && decision.kind == LAB_SLOWER;
    evidence->as_good_smaller += is_smaller && lab_is_not_slower(&decision);
}

static enum lab_answer answer_of(const struct evidence *evidence) {
    if (evidence->faster > 0 || evidence->as_good_smaller > 0)
        return LAB_NO;
    if (evidence->open == 0 && evidence->smaller == evidence->smaller_slower)
        return LAB_YES;
    return LAB_CANNOT_TELL;
}

static void weigh_family(struct lab_finding *finding, const struct lab_size_family *family,
                         uint32_t cores) {
    const struct lab_rank *at_cores = lab_size_rank(family, cores);
    const struct lab_cell *smallest = family->ranks[0].cell;
    char workload[LAB_LABEL_MAX];
    struct lab_text label = {.length = 0}, note = {.length = 0};
    struct evidence evidence = {.open = 0};
    struct lab_pairs effect;
    if (!at_cores || smallest->workers >= cores)
        return; /* nothing at that size, or nothing smaller to be worse */
    for (size_t i = 0; i < family->count; i++) {
        if (family->ranks[i].cell != at_cores->cell)
            weigh_size(&evidence, at_cores->cell, family->ranks[i].cell, finding->results->margin);
    }
    lab_case_label(finding->results, smallest, workload);
    lab_text_add(&label, "%s by %s", workload, smallest->executor);
    lab_describe_best_sizes(family, &note);
    lab_text_add(&note, ", size %u takes %.2f of the time of size %u", cores,
                 at_cores->relative / family->ranks[0].relative, smallest->workers);
    lab_pair(smallest, at_cores->cell, lab_time_per_task, &effect);
    lab_finding_case(finding, answer_of(&evidence),
                     &(struct lab_case){.label = label.text, .note = note.text, .effect = &effect});
}

static void decide(struct lab_finding *finding) {
    uint32_t cores = lab_cores(finding->results);
    struct lab_size_families all;
    lab_find_size_families(finding->results, &all);
    for (size_t i = 0; i < all.count; i++) {
        if (strcmp(all.families[i].ranks[0].cell->kind, "cpu") == 0)
            weigh_family(finding, &all.families[i], cores);
    }
}

const struct lab_claim lab_claim_size_is_cores = {
    .id = "T9",
    .text = "For CPU-bound tasks the optimal pool size is the number of cores.",
    .rule =
        "For every executor and CPU-bound workload, with at least two cores: yes, when no other "
        "size is faster than size = cores (each shown not to be, beyond the margin) and every "
        "smaller size is slower, its 95 % interval wholly beyond the margin; no, when some size "
        "is faster beyond the margin, or a smaller size is shown not to be slower, so that the "
        "cores are not what matters. Yes everywhere: supported; nowhere: refuted; here and "
        "there: depends. The effect is the time at size = cores against the smallest size.",
    .need = "a CPU-bound workload at size = cores and at a smaller size",
    .depends_on = "the executor and the workload",
    .cores_min = 2,
    .decide = decide,
};
