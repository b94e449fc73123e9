/* claim_processes_on_cpu.c - T3: processes against threads on CPU-bound work. */
#include "lab/claims/cases.h"

static void decide(struct lab_finding *finding) {
    static const struct lab_duel duel = {
        .kind = "cpu", .a = "stdlib-threads", .b = "stdlib-processes", .expect = LAB_EXPECT_FASTER};
    lab_weigh_duels(finding, &duel);
}

const struct lab_claim lab_claim_processes_on_cpu = {
    .id = "T3",
    .text = "ProcessPoolExecutor outperforms thread pools for CPU-bound tasks.",
    .rule = "For every CPU-bound workload, with at least two cores: yes, when the standard "
            "library's processes take less time per task than its threads, the 95 % interval "
            "wholly beyond the margin; no, when they are shown not to. Yes everywhere: supported; "
            "nowhere: refuted; here and there: depends.",
    .need = "a CPU-bound workload, run by stdlib-threads and by stdlib-processes",
    .depends_on = "the workload (some releases the GIL)",
    .cores_min = 2,
    .decide = decide,
};
