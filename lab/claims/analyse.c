/* analyse.c - from a study's runs to what it found. */
#include "lab/claims/claims.h"

#include "lab/claims/compare.h"
#include "lab/claims/finding.h"

static const struct lab_claim *const claims[] = {
#define LAB_CLAIM(name) &lab_claim_##name,
#include "lab/claims/claims.def"
#undef LAB_CLAIM
};

int lab_analyse(struct lab_results *results) {
    int error = lab_compare_all(results);
    if (!error)
        error = lab_judge_selftest(results);
    for (size_t i = 0; i < sizeof claims / sizeof *claims && !error; i++)
        error = lab_claim_test(claims[i], results);
    return error;
}
