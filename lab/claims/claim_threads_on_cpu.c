/* claim_threads_on_cpu.c - T2: threads against serial execution on CPU-bound work. */
#include "lab/claims/cases.h"

static void decide(struct lab_finding *finding) {
    static const struct lab_duel duel = {
        .kind = "cpu", .a = "serial", .b = "stdlib-threads", .expect = LAB_EXPECT_NOT_FASTER};
    lab_weigh_duels(finding, &duel);
}

const struct lab_claim lab_claim_threads_on_cpu = {
    .id = "T2",
    .text = "ThreadPoolExecutor is limited by the GIL for CPU-bound tasks.",
    .rule = "For every CPU-bound workload, with at least two cores: yes, when the standard "
            "library's threads are shown not to be faster than serial execution beyond the margin "
            "(a tie, slower, or an interval that leaves no room for more); no, when they are "
            "faster, the 95 % interval wholly beyond the margin, as work that releases the GIL may "
            "be. Yes everywhere: supported; nowhere: refuted; here and there: depends.",
    .need = "a CPU-bound workload, run by serial and by stdlib-threads",
    .depends_on = "the workload (some releases the GIL)",
    .cores_min = 2,
    .decide = decide,
};
