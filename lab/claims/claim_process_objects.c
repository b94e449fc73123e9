/* claim_process_objects.c - T10: models that have to cross to another process. */
#include "lab/claims/cases.h"

static void decide(struct lab_finding *finding) {
    lab_weigh_outcomes(finding, "T10");
}

const struct lab_claim lab_claim_process_objects = {
    .id = "T10",
    .text = "ProcessPoolExecutor struggles with certain objects, such as models for image "
            "classification.",
    .rule = "For every way a torchvision model reaches the worker (as an argument, in a closure, "
            "loaded in each task): yes, when the standard library's processes fail, crash or hang "
            "and its threads complete; no, when the processes complete. Yes for all: supported; "
            "for none: refuted; for some: depends.",
    .need = "a scenario with a torchvision model, run by stdlib-processes and by stdlib-threads",
    .depends_on = "how the model reaches the worker",
    .decide = decide,
};
