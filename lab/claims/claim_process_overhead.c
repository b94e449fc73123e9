/* claim_process_overhead.c - T4: the cost of a task that does nothing. */
#include "lab/claims/cases.h"

static void decide(struct lab_finding *finding) {
    static const struct lab_duel duel = {.workload = "noop",
                                         .a = "stdlib-threads",
                                         .b = "stdlib-processes",
                                         .expect = LAB_EXPECT_SLOWER};
    lab_weigh_duels(finding, &duel);
}

const struct lab_claim lab_claim_process_overhead = {
    .id = "T4",
    .text = "ProcessPoolExecutor has the higher overhead per task.",
    .rule = "On tasks that do nothing: yes, when the standard library's processes take more time "
            "per task than its threads, the 95 % interval wholly beyond the margin; no, when they "
            "are shown not to. Of several interpreters: yes on all, supported; on none, refuted; "
            "else depends.",
    .need = "the workload noop, run by stdlib-threads and by stdlib-processes",
    .decide = decide,
};
