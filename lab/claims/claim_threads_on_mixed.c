/* claim_threads_on_mixed.c - T6: threads against processes on mixed work. */
#include "lab/claims/cases.h"

static void decide(struct lab_finding *finding) {
    static const struct lab_duel duel = {.kind = "mixed",
                                         .a = "stdlib-processes",
                                         .b = "stdlib-threads",
                                         .expect = LAB_EXPECT_FASTER};
    lab_weigh_duels(finding, &duel);
}

const struct lab_claim lab_claim_threads_on_mixed = {
    .id = "T6",
    .text = "ThreadPoolExecutor is more effective than ProcessPoolExecutor for mixed workloads.",
    .rule = "For every workload that mixes I/O and CPU: yes, when the standard library's threads "
            "take less time per task than its processes, the 95 % interval wholly beyond the "
            "margin; no, when they are shown not to. Yes everywhere: supported; nowhere: refuted; "
            "here and there: depends.",
    .need = "a mixed workload, run by stdlib-threads and by stdlib-processes",
    .depends_on = "the workload",
    .decide = decide,
};
