/* admit_codel.c - the admission `codel`: tasks that have waited too long expire while the queue
 * stands.
 *
 * Idea: a queue is good while it absorbs bursts and bad when it only makes everybody wait. It is
 * bad when for `interval` nobody has left it who had waited at most `target`. Then, and only then,
 * a task that has waited longer than twice `target` expires instead of running: its submitter has
 * given up or soon will. A task that has overtaken others says nothing about how long the queue is,
 * so its delay does not count as evidence; and the last task of a queue is run, however old: nobody
 * waits behind it.
 * Source: K. Nichols and V. Jacobson, "Controlling queue delay", ACM Queue 10(5), 2012; with the
 * drop law for tasks of folly (executors/Codel.h) and B. Maurer, "Fail at scale", ACM Queue 13(8),
 * 2015.
 * Does badly: where tasks run for longer than `target` each: a handful of them is a standing queue;
 * and for submitters who would rather wait than be told no.
 * Cost: O(1).
 */
#include <treadle/policy.h>

enum { TARGET, INTERVAL };

static const struct trd_param codel_params[] = {
    [TARGET] = {"target", "seconds of waiting that are fine", 0.005, 1e-6, 3600.0},
    [INTERVAL] = {"interval", "seconds of more waiting that make it an overload", 0.1, 1e-6,
                  3600.0},
    {0},
};

struct codel {
    uint64_t calm_ns;  /* when the queue last proved to be a good one */
    uint64_t admitted; /* sequence of the last task that came in: their number, too */
};

static bool codel_admit(const struct trd_policy_env *env, struct trd_task *task, uint64_t queued,
                        uint64_t now_ns) {
    struct codel *codel = env->state;
    codel->admitted = task->sequence;
    if (queued == 0) {
        codel->calm_ns = now_ns;
    }
    return true;
}

static enum trd_fate codel_judge(const struct trd_policy_env *env, struct trd_task *task,
                                 uint64_t queued, uint64_t now_ns) {
    struct codel *codel = env->state;
    const double target_ns = env->params[TARGET] * 1e9;
    const double delay_ns = (double)(now_ns - task->submit_ns);
    const uint64_t gone = codel->admitted - queued; /* this one with them */
    const bool has_overtaken = task->sequence > gone;
    if (queued == 0 || (!has_overtaken && delay_ns <= target_ns)) {
        codel->calm_ns = now_ns;
    }
    const bool is_overload = (double)(now_ns - codel->calm_ns) > env->params[INTERVAL] * 1e9;
    return is_overload && delay_ns > 2.0 * target_ns ? TRD_FATE_EXPIRE : TRD_FATE_RUN;
}

const struct trd_admission trd__admission_codel = {
    .name = "codel",
    .summary = "expires tasks that waited too long while the queue will not go away",
    .source = "Nichols and Jacobson, ACM Queue 10(5), 2012; Maurer, ACM Queue 13(8), 2015",
    .params = codel_params,
    .state_bytes = sizeof(struct codel),
    .order = "adaptive_lifo",
    .admit = codel_admit,
    .judge = codel_judge,
};
