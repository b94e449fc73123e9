/* rate_trial.h - was a change of size worth it? Rates before and after, with their chance errors.
 */
#ifndef TRD_BASE_RATE_TRIAL_H
#define TRD_BASE_RATE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

enum trd__verdict {
    TRD__VERDICT_NONE,    /**< nothing is being tried */
    TRD__VERDICT_UNCLEAR, /**< more tasks must finish */
    TRD__VERDICT_PAID,
    TRD__VERDICT_VAIN,
};

/** Tasks finished at one size. */
struct trd__rate {
    double ns, finished;
};

struct trd__rate_trial {
    struct trd__rate now, before;
    uint32_t size_before; /**< 0: nothing is being tried */
    double goal;          /**< least logarithm of the rate's ratio that counts as paid */
};

/** Adds what finished at the present size while every worker was busy. */
void trd__rate_trial_add(struct trd__rate_trial *trial, double ns, double finished);

/** The size changes from `size`; it is worth it when the rate grows by exp(`goal`). With too
 * little known of the present rate, nothing is tried. While a trial is going on, it becomes a trial
 * of both changes. */
void trd__rate_trial_move(struct trd__rate_trial *trial, uint32_t size, double goal);

/** The size changes, and nothing is to be learnt from it. */
void trd__rate_trial_drop(struct trd__rate_trial *trial);

/** Paid or vain end the trial. Vain needs `sure` standard errors; after `tasks_most` tasks the
 * verdict is given by the sign when `is_strict`, and otherwise in favour. */
enum trd__verdict trd__rate_trial_judge(struct trd__rate_trial *trial, double sure,
                                        double tasks_most, bool is_strict);

#endif
