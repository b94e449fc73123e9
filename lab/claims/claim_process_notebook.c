/* claim_process_notebook.c - T11: functions typed into a notebook. */
#include "lab/claims/cases.h"

static void decide(struct lab_finding *finding) {
    lab_weigh_outcomes(finding, "T11");
}

const struct lab_claim lab_claim_process_notebook = {
    .id = "T11",
    .text = "A notebook cannot run ProcessPoolExecutor properly: it hangs or crashes.",
    .rule = "In a real notebook kernel, for every scenario (a function defined in a cell, a "
            "lambda, a function defined anew) and start method: yes, when the standard library's "
            "processes fail, crash or hang and its threads complete; no, when the processes "
            "complete. Yes for all: supported; for none: refuted; for some: depends.",
    .need = "a notebook scenario, run by stdlib-processes and by stdlib-threads",
    .depends_on = "the function and the start method",
    .decide = decide,
};
