/* finding.h - how a claim comes to its verdict: case by case.
 *
 * A case is one place where the claim can be put to the test: a workload, a size, a scenario. Each
 * case answers yes, no, or cannot tell. All yes: supported. All no: refuted. Yes here and no there:
 * it depends. Else, with any case that cannot tell: undecided. No case at all: not tested. What was
 * planned and has no times is no case; it is named, with its reason.
 */
#ifndef TREADLE_LAB_FINDING_H
#define TREADLE_LAB_FINDING_H

#include "lab/model/results.h"
#include "lab/stats/pairing.h"
#include "lab/stats/verdict.h"

enum lab_answer { LAB_CANNOT_TELL, LAB_YES, LAB_NO };

/* Text that grows to a bound; what does not fit is cut, and ends in "...". */
struct lab_text {
    char text[2400];
    size_t length;
};

/* Appends as printf does. */
__attribute__((format(printf, 2, 3))) void lab_text_add(struct lab_text *text, const char *format,
                                                        ...);
/* Appends a reason, which may be long: its beginning, and "..." for the rest. */
void lab_text_add_reason(struct lab_text *text, const char *reason);
/* "; " or what else stands between entries, unless the text is empty. */
void lab_text_separate(struct lab_text *text, const char *separator);

struct lab_finding {
    const struct lab_results *results;
    struct lab_text answers[3]; /* the cases that gave this answer */
    uint32_t answer_counts[3];
    struct lab_text missing; /* planned, without times, and why */
    struct lab_text where;   /* all cases, by name */
    /* The common effect: the geometric mean of the cases' ratios, block by block. */
    double sum[LAB_BLOCKS_MAX];
    uint32_t effect_count, blocks;
};

/* A claim put to the test: const tables name them (claims.def). */
struct lab_claim {
    const char *id;   /* T1 ... */
    const char *text; /* the claim, in a sentence */
    const char *rule; /* when it is supported, refuted, ...: fixed before anything is measured */
    const char *need; /* what must have been measured to test it at all */
    const char *depends_on; /* what its cases differ in; NULL: in the interpreter only */
    bool is_existential;    /* "can": a single yes supports it */
    uint32_t cores_min;     /* with fewer cores it cannot be tested; 0: any */
    void (*decide)(struct lab_finding *finding);
};

/* All claims, by name. */
#define LAB_CLAIM(name) extern const struct lab_claim lab_claim_##name;
#include "lab/claims/claims.def"
#undef LAB_CLAIM

struct lab_case {
    const char *label; /* its name */
    const char *where; /* what it was decided on, when the name does not say; else NULL */
    const char *note;  /* what was seen */
    const struct lab_pairs *effect; /* NULL: none */
};

void lab_finding_case(struct lab_finding *finding, enum lab_answer answer,
                      const struct lab_case *one);

/* Adds what was planned and cannot be a case: the cell's outcome and reason are the why. */
void lab_finding_missing(struct lab_finding *finding, const char *label,
                         const struct lab_cell *cell);

/* Puts the claim to the test on the results and adds its verdict to them. 0 or -ENOMEM. */
int lab_claim_test(const struct lab_claim *claim, struct lab_results *results);

/* The machine's cores by the study's facts; 0 when they do not say. */
uint32_t lab_cores(const struct lab_results *results);

#endif
