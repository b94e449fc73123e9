/* claim_threads_on_io.c - T1: threads against serial execution on I/O. */
#include "lab/claims/cases.h"

static void decide(struct lab_finding *finding) {
    static const struct lab_duel duel = {
        .kind = "io", .a = "serial", .b = "stdlib-threads", .expect = LAB_EXPECT_FASTER};
    lab_weigh_duels(finding, &duel);
}

const struct lab_claim lab_claim_threads_on_io = {
    .id = "T1",
    .text = "ThreadPoolExecutor is effective for I/O-bound tasks.",
    .rule = "For every I/O-bound workload: yes, when the standard library's threads take less time "
            "per task than serial execution, the 95 % interval wholly beyond the margin; no, when "
            "they are shown not to (a tie, or an interval that leaves no room for it). Yes "
            "everywhere: supported; nowhere: refuted; here and there: depends.",
    .need = "an I/O-bound workload, run by serial and by stdlib-threads",
    .depends_on = "the workload",
    .decide = decide,
};
