/* rate_trial.c - paired rates. */
#include "base/rate_trial.h"

#define RATE_MEMORY 1000.0 /* tasks */
#define RATE_KNOWN 8.0     /* tasks, to judge at all */
#define BEFORE_KNOWN 16.0  /* to compare with; fewer would have been a lucky start */
#define SURE_PAID 1.0      /* standard errors */

void trd__rate_trial_add(struct trd__rate_trial *trial, double ns, double finished) {
    const double kept = RATE_MEMORY / (RATE_MEMORY + finished);
    trial->now.ns = kept * trial->now.ns + ns;
    trial->now.finished = kept * trial->now.finished + finished;
}

void trd__rate_trial_move(struct trd__rate_trial *trial, uint32_t size, double goal) {
    if (trial->size_before > 0) {
        trial->goal += goal;
    } else if (trial->now.finished >= BEFORE_KNOWN && trial->now.ns > 0.0) {
        trial->before = trial->now;
        trial->size_before = size;
        trial->goal = goal;
    }
    trial->now = (struct trd__rate){0};
}

void trd__rate_trial_drop(struct trd__rate_trial *trial) {
    *trial = (struct trd__rate_trial){0};
}

enum trd__verdict trd__rate_trial_judge(struct trd__rate_trial *trial, double sure,
                                        double tasks_most, bool is_strict) {
    if (trial->size_before == 0) {
        return TRD__VERDICT_NONE;
    }
    if (trial->now.finished < RATE_KNOWN || trial->now.ns <= 0.0) {
        return TRD__VERDICT_UNCLEAR;
    }
    /* One less: both counts began just after a task ended and end with one. */
    const double now = trial->now.finished - 1.0;
    const double before = trial->before.finished - 1.0;
    const double gain = log(now / trial->now.ns) - log(before / trial->before.ns) - trial->goal;
    const double error = sqrt(1.0 / now + 1.0 / before);
    const bool is_last = now >= tasks_most;
    enum trd__verdict verdict = TRD__VERDICT_UNCLEAR;
    if (gain < -sure * error || (is_last && is_strict && gain < 0.0)) {
        verdict = TRD__VERDICT_VAIN;
    } else if (gain > SURE_PAID * error || is_last) {
        verdict = TRD__VERDICT_PAID;
    }
    trial->size_before = verdict == TRD__VERDICT_UNCLEAR ? trial->size_before : 0;
    return verdict;
}
