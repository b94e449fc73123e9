/* cases.c - finds the cells a claim is about and turns them into cases. */
#include "lab/claims/cases.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool lab_has_several_interpreters(const struct lab_results *results) {
    const char *first = "";
    for (size_t i = 0; i < results->cell_count; i++) {
        const char *interpreter = results->cells[i].interpreter;
        if (first[0] && interpreter[0] && strcmp(first, interpreter) != 0)
            return true;
        if (interpreter[0])
            first = interpreter;
    }
    return false;
}

void lab_case_label(const struct lab_results *results, const struct lab_cell *cell,
                    char label[LAB_LABEL_MAX]) {
    const char *space = cell->variant[0] ? " " : "";
    const char *interpreter = lab_has_several_interpreters(results) ? cell->interpreter : "";
    snprintf(label, LAB_LABEL_MAX, "%s%s%s%s%s", cell->workload, space, cell->variant,
             interpreter[0] ? " on " : "", interpreter);
}

/* Three digits or so, as a reader of ratios wants them. */
static void add_ratio(struct lab_text *note, double ratio) {
    int digits = ratio < 0.1 ? 3 : ratio < 10 ? 2 : ratio < 100 ? 1 : 0;
    lab_text_add(note, "%.*f", digits, ratio);
}

void lab_note(const struct lab_decision *decision, struct lab_text *note) {
    add_ratio(note, decision->ratio);
    if (isnan(decision->low)) {
        lab_text_add(note, ", %u block%s", decision->blocks, decision->blocks == 1 ? "" : "s");
        return;
    }
    lab_text_add(note, " [");
    add_ratio(note, decision->low);
    lab_text_add(note, ", ");
    add_ratio(note, decision->high);
    lab_text_add(note, "]");
}

static enum lab_answer answer_to(const struct lab_decision *decision, enum lab_expect expect) {
    switch (expect) {
    case LAB_EXPECT_FASTER:
        if (decision->kind == LAB_FASTER)
            return LAB_YES;
        return lab_is_not_faster(decision) ? LAB_NO : LAB_CANNOT_TELL;
    case LAB_EXPECT_NOT_FASTER:
        if (decision->kind == LAB_FASTER)
            return LAB_NO;
        return lab_is_not_faster(decision) ? LAB_YES : LAB_CANNOT_TELL;
    case LAB_EXPECT_SLOWER:
        if (decision->kind == LAB_SLOWER)
            return LAB_YES;
        return lab_is_not_slower(decision) ? LAB_NO : LAB_CANNOT_TELL;
    }
    return LAB_CANNOT_TELL;
}

/* The cell of the same comparison that another executor ran; NULL when none was planned. */
static const struct lab_cell *opponent_of(const struct lab_results *results,
                                          const struct lab_cell *cell, const char *executor) {
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct lab_cell *other = &results->cells[i];
        if (strcmp(other->group, cell->group) == 0 && strcmp(other->executor, executor) == 0 &&
            strcmp(other->interpreter, cell->interpreter) == 0)
            return other;
    }
    return NULL;
}

static bool is_side(const struct lab_cell *cell, const struct lab_duel *duel) {
    return strcmp(cell->part, "executors") == 0 && strcmp(cell->lane, "python") == 0 &&
           strcmp(cell->executor, duel->a) == 0 &&
           (!duel->kind || strcmp(cell->kind, duel->kind) == 0) &&
           (!duel->workload || strcmp(cell->workload, duel->workload) == 0);
}

static void weigh_duel(struct lab_finding *finding, const struct lab_duel *duel,
                       const struct lab_cell *a, const struct lab_cell *b) {
    char label[LAB_LABEL_MAX];
    struct lab_text note = {.length = 0};
    struct lab_pairs pairs;
    struct lab_decision decision;
    lab_case_label(finding->results, a, label);
    lab_pair(a, b, lab_time_per_task, &pairs);
    if (pairs.count == 0) {
        lab_finding_missing(finding, label, a->outcome == LAB_OUTCOME_OK ? b : a);
        return;
    }
    lab_decide(pairs.difference, pairs.count, finding->results->margin, &decision);
    lab_note(&decision, &note);
    lab_finding_case(finding, answer_to(&decision, duel->expect),
                     &(struct lab_case){.label = label, .note = note.text, .effect = &pairs});
}

void lab_weigh_duels(struct lab_finding *finding, const struct lab_duel *duel) {
    const struct lab_results *results = finding->results;
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct lab_cell *a = &results->cells[i];
        if (!is_side(a, duel))
            continue;
        const struct lab_cell *b = opponent_of(results, a, duel->b);
        if (b)
            weigh_duel(finding, duel, a, b);
    }
}

static bool is_bad(enum lab_outcome outcome) {
    switch (outcome) {
    case LAB_OUTCOME_FAILED:
    case LAB_OUTCOME_CRASHED:
    case LAB_OUTCOME_HUNG:
        return true;
    case LAB_OUTCOME_OK:
    case LAB_OUTCOME_SKIPPED:
    case LAB_OUTCOME_MISSING:
        return false;
    }
    return false;
}

static void weigh_outcome(struct lab_finding *finding, const struct lab_cell *cell) {
    const struct lab_cell *control = opponent_of(finding->results, cell, "stdlib-threads");
    bool is_controlled = control && control->outcome == LAB_OUTCOME_OK;
    char label[LAB_LABEL_MAX];
    struct lab_text note = {.length = 0};
    lab_case_label(finding->results, cell, label);
    if (cell->outcome == LAB_OUTCOME_OK) {
        lab_finding_case(finding, LAB_NO, &(struct lab_case){.label = label, .note = "completes"});
        return;
    }
    if (!is_bad(cell->outcome)) {
        lab_finding_missing(finding, label, cell);
        return;
    }
    lab_text_add(&note, "%s", lab_outcome_name(cell->outcome));
    if (cell->reason[0])
        lab_text_add_reason(&note, cell->reason);
    if (!is_controlled)
        lab_text_add(&note, ", %s", control ? "with threads, too" : "without a control");
    lab_finding_case(finding, is_controlled ? LAB_YES : LAB_CANNOT_TELL,
                     &(struct lab_case){.label = label, .note = note.text});
}

void lab_weigh_outcomes(struct lab_finding *finding, const char *claim_id) {
    char prefix[32];
    snprintf(prefix, sizeof prefix, "outcomes/%s/", claim_id);
    for (size_t i = 0; i < finding->results->cell_count; i++) {
        const struct lab_cell *cell = &finding->results->cells[i];
        if (strncmp(cell->group, prefix, strlen(prefix)) == 0 &&
            strcmp(cell->executor, "stdlib-processes") == 0)
            weigh_outcome(finding, cell);
    }
}
