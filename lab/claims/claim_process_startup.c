/* claim_process_startup.c - T7: the cost of a pool. */
#include "lab/claims/cases.h"

static void decide(struct lab_finding *finding) {
    static const struct lab_duel duel = {.workload = "startup",
                                         .a = "stdlib-threads",
                                         .b = "stdlib-processes",
                                         .expect = LAB_EXPECT_SLOWER};
    lab_weigh_duels(finding, &duel);
}

const struct lab_claim lab_claim_process_startup = {
    .id = "T7",
    .text = "Creating and managing processes costs more than threads.",
    .rule = "Time to build a pool, put one empty task through it and shut it down: yes, when the "
            "standard library's processes take longer than its threads, the 95 % interval wholly "
            "beyond the margin; no, when they are shown not to. Of several interpreters: yes on "
            "all, supported; on none, refuted; else depends.",
    .need = "the workload startup, run by stdlib-threads and by stdlib-processes",
    .decide = decide,
};
