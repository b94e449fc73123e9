/* finding.c - from the answers of cases to the verdict of a claim. */
#include "lab/claims/finding.h"

#include "lab/claims/cases.h"
#include "lab/claims/claims.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a reason that are quoted; the whole of it stands with its cell. */
enum { REASON_MAX = 90 };

/* At most `length`, so that no UTF-8 character is cut in two: JSON refuses halves. */
static size_t cut_before(const char *text, size_t length) {
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return length;
}

void lab_text_add(struct lab_text *text, const char *format, ...) {
    size_t room = sizeof text->text - text->length;
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(text->text + text->length, room, format, arguments);
    va_end(arguments);
    if (wanted < 0)
        return;
    if ((size_t)wanted < room) {
        text->length += (size_t)wanted;
        return;
    }
    text->length = cut_before(text->text, sizeof text->text - sizeof "...");
    memcpy(text->text + text->length, "...", sizeof "...");
    text->length = sizeof text->text - 1;
}

void lab_text_add_reason(struct lab_text *text, const char *reason) {
    bool is_long = strlen(reason) > REASON_MAX;
    size_t length = is_long ? cut_before(reason, REASON_MAX) : strlen(reason);
    lab_text_add(text, " (%.*s%s)", (int)length, reason, is_long ? "..." : "");
}

void lab_text_separate(struct lab_text *text, const char *separator) {
    if (text->length > 0)
        lab_text_add(text, "%s", separator);
}

uint32_t lab_cores(const struct lab_results *results) {
    return (uint32_t)strtoul(lab_results_fact(results, LAB_FACT_CORES), NULL, 10);
}

/* Adds the case's ratio to the common one. Blocks of different groups are no pairs, but the n-th of
 * each is one replication of the whole. */
static void add_effect(struct lab_finding *finding, const struct lab_pairs *effect) {
    if (finding->effect_count == 0 || effect->count < finding->blocks)
        finding->blocks = (uint32_t)effect->count;
    for (size_t i = 0; i < effect->count; i++)
        finding->sum[i] += effect->difference[i];
    finding->effect_count++;
}

void lab_finding_case(struct lab_finding *finding, enum lab_answer answer,
                      const struct lab_case *one) {
    struct lab_text *text = &finding->answers[answer];
    lab_text_separate(text, "; ");
    lab_text_add(text, "%s: %s", one->label, one->note);
    finding->answer_counts[answer]++;
    lab_text_separate(&finding->where, ", ");
    lab_text_add(&finding->where, "%s", one->where ? one->where : one->label);
    if (one->effect)
        add_effect(finding, one->effect);
}

void lab_finding_missing(struct lab_finding *finding, const char *label,
                         const struct lab_cell *cell) {
    lab_text_separate(&finding->missing, "; ");
    lab_text_add(&finding->missing, "%s: %s", label, cell->executor);
    bool is_ok = cell->outcome == LAB_OUTCOME_OK;
    lab_text_add(&finding->missing, " %s",
                 is_ok ? "shares no block" : lab_outcome_name(cell->outcome));
    if (cell->reason[0] && !is_ok)
        lab_text_add_reason(&finding->missing, cell->reason);
}

static enum lab_claim_verdict conclude(const struct lab_finding *finding, bool is_existential) {
    bool has_yes = finding->answer_counts[LAB_YES] > 0;
    bool has_no = finding->answer_counts[LAB_NO] > 0;
    bool has_open = finding->answer_counts[LAB_CANNOT_TELL] > 0;
    if (has_yes && is_existential)
        return LAB_CLAIM_SUPPORTED;
    if (has_yes && has_no)
        return LAB_CLAIM_DEPENDS;
    if (has_open)
        return LAB_CLAIM_UNDECIDED;
    if (has_yes)
        return LAB_CLAIM_SUPPORTED;
    return has_no ? LAB_CLAIM_REFUTED : LAB_CLAIM_NOT_TESTED;
}

static void add_part(struct lab_text *detail, const char *title, const struct lab_text *part) {
    if (part->length == 0)
        return;
    lab_text_separate(detail, ". ");
    lab_text_add(detail, "%s %s", title, part->text);
}

static void add_dependence(struct lab_text *detail, const struct lab_claim *claim,
                           const struct lab_results *results) {
    const char *interpreter = lab_has_several_interpreters(results) ? " or the interpreter" : "";
    if (claim->depends_on)
        lab_text_add(detail, "depends on %s%s", claim->depends_on, interpreter);
    else
        lab_text_add(detail, "depends on the interpreter");
}

/* A common effect over cases that contradict each other would mean nothing. */
static void state_effect(const struct lab_finding *finding, struct lab_claim_result *result) {
    result->effect = result->low = result->high = NAN;
    if (finding->effect_count == 0 || result->verdict == LAB_CLAIM_DEPENDS)
        return;
    double mean[LAB_BLOCKS_MAX];
    struct lab_decision decision;
    for (size_t i = 0; i < finding->blocks; i++)
        mean[i] = finding->sum[i] / finding->effect_count;
    lab_decide(mean, finding->blocks, finding->results->margin, &decision);
    result->effect = decision.ratio;
    result->low = decision.low;
    result->high = decision.high;
}

/* The model copies strings and never writes to them; its fields are not const. */
static char *borrowed(const char *text) {
    union {
        const char *read;
        char *write;
    } view = {.read = text};
    return view.write;
}

int lab_claim_test(const struct lab_claim *claim, struct lab_results *results) {
    struct lab_finding finding = {.results = results};
    struct lab_text detail = {.length = 0};
    uint32_t cores = lab_cores(results);
    bool is_testable = cores == 0 || cores >= claim->cores_min;
    if (is_testable)
        claim->decide(&finding);
    struct lab_claim_result result = {.verdict = conclude(&finding, claim->is_existential),
                                      .blocks = finding.blocks};
    if (!is_testable)
        lab_text_add(&detail, "needs %u cores, this machine has %u", claim->cores_min, cores);
    else if (result.verdict == LAB_CLAIM_NOT_TESTED)
        lab_text_add(&detail, "needs %s", claim->need);
    else if (result.verdict == LAB_CLAIM_DEPENDS)
        add_dependence(&detail, claim, results);
    add_part(&detail, "Yes:", &finding.answers[LAB_YES]);
    add_part(&detail, "No:", &finding.answers[LAB_NO]);
    add_part(&detail, "Cannot be told:", &finding.answers[LAB_CANNOT_TELL]);
    add_part(&detail, "Not measured:", &finding.missing);
    state_effect(&finding, &result);
    result.id = borrowed(claim->id);
    result.text = borrowed(claim->text);
    result.rule = borrowed(claim->rule);
    result.detail = detail.text;
    result.where = finding.where.text;
    return lab_results_add_claim(results, &result) ? 0 : -ENOMEM;
}
