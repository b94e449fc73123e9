/* claim_process_failures.c - T5: do processes fail where threads do not. */
#include "lab/claims/cases.h"

static void decide(struct lab_finding *finding) {
    lab_weigh_outcomes(finding, "T5");
}

const struct lab_claim lab_claim_process_failures = {
    .id = "T5",
    .text = "ProcessPoolExecutor can fail for I/O-bound tasks.",
    .rule = "For every scenario of I/O-bound tasks (a large result, a lambda, a result that holds "
            "an open file, a worker that is killed): yes, when the standard library's processes "
            "fail, crash or hang and its threads complete; no, when the processes complete. One "
            "yes supports the claim; refuted when all complete; undecided when only failures "
            "without a working control remain.",
    .need = "an I/O scenario, run by stdlib-processes and by stdlib-threads",
    .is_existential = true,
    .decide = decide,
};
