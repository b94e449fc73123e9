/* cases.h - finds the cells a claim is about and turns them into cases. */
#ifndef TREADLE_LAB_CASES_H
#define TREADLE_LAB_CASES_H

#include "lab/claims/finding.h"

/* What a claim expects of b against a. */
enum lab_expect { LAB_EXPECT_FASTER, LAB_EXPECT_NOT_FASTER, LAB_EXPECT_SLOWER };

struct lab_duel {
    const char *kind;     /* NULL: any */
    const char *workload; /* NULL: any */
    const char *a, *b;    /* executors */
    enum lab_expect expect;
};

/* A case for every group of the part `executors`, Python lane, in which both executors ran such a
 * workload: is b as expected against a, beyond the margin, in time per task? */
void lab_weigh_duels(struct lab_finding *finding, const struct lab_duel *duel);

/* A case for every scenario of the claim that stdlib-processes ran, by start method: did it fail
 * where the control, stdlib-threads, did not? */
void lab_weigh_outcomes(struct lab_finding *finding, const char *claim_id);

/* Name of the case: workload, variant, and interpreter where the study has several. */
enum { LAB_LABEL_MAX = 160 };
void lab_case_label(const struct lab_results *results, const struct lab_cell *cell,
                    char label[LAB_LABEL_MAX]);

/* Whether cells of the study ran on more than one interpreter. */
bool lab_has_several_interpreters(const struct lab_results *results);

/* Appends "0.26 [0.25, 0.27]", or "0.26, 3 blocks" where they are too few for an interval. */
void lab_note(const struct lab_decision *decision, struct lab_text *note);

#endif
