/* formula.c - the steady state of c exponential servers under Poisson arrivals (M/M/c), which is
 * the design of the variant "exp" of the open loads.
 *
 * A work-conserving policy that is blind to sizes cannot change the mean: it is Erlang's
 * (Kleinrock, Queueing Systems vol. 1, 3.8, and the conservation law, vol. 2, 3.4). First in, first
 * out has a known distribution, too: the wait is 0 or, with Erlang's probability C, exponential.
 */
#include "lab/twin/twin.h"

#include "lab/queueing/formulas.h"

#include <math.h>
#include <string.h>

/* Policies that look at the hint of a task's size before it runs, or drop tasks. */
static const char *const not_blind[] = {"sjf", "srpt", "drr", "codel", "bounded"};

static bool is_blind(const char *policy) {
    for (size_t i = 0; i < sizeof not_blind / sizeof *not_blind; i++) {
        if (strstr(policy, not_blind[i]))
            return false;
    }
    return true;
}

static double mean_asked(const struct lab_cell *cell) {
    for (size_t i = 0; i < cell->run_count; i++) {
        if (cell->runs[i].outcome == LAB_OUTCOME_OK)
            return lab_run_metric(&cell->runs[i], "mean_s");
    }
    return NAN;
}

bool lab_formula_find(const struct lab_cell *cell, struct lab_formula *formula) {
    double mean_s = mean_asked(cell);
    if (strcmp(cell->variant, "exp") != 0 || cell->load >= 1 || !(mean_s > 0) ||
        !is_blind(cell->policy))
        return false;
    const struct trd_sim_time service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = mean_s * 1e9};
    const struct lab_stream stream = {.rate = cell->workers * cell->load / service.mean_ns,
                                      .service = service};
    *formula = (struct lab_formula){
        .mean_s = mean_s + lab_theory_wait(&stream, 1, cell->workers) / 1e9,
        .is_tail_known = strcmp(cell->policy, "fifo") == 0,
        .rate_per_s = stream.rate * 1e9,
        .service_s = mean_s,
        .workers = cell->workers,
    };
    return true;
}

static double beyond(const struct lab_formula *formula, double seconds) {
    return lab_theory_response_beyond(formula->rate_per_s / 1e9, formula->service_s * 1e9,
                                      formula->workers, seconds * 1e9);
}

double lab_formula_quantile(const struct lab_formula *formula, double p) {
    double low = 0, high = formula->mean_s;
    if (!formula->is_tail_known || !(p >= 0 && p < 1))
        return NAN;
    for (int i = 0; i < 64 && beyond(formula, high) > 1 - p; i++)
        high *= 2;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (beyond(formula, middle) > 1 - p)
            low = middle;
        else
            high = middle;
    }
    return high;
}
