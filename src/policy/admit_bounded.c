/* admit_bounded.c - the admission `bounded`: no more than so many tasks wait.
 *
 * Idea: a task that finds `max` tasks waiting is refused at the door, so its submitter knows at
 * once and the queue's memory has a bound. What has come in is served.
 * Source: the loss systems of A. K. Erlang, 1917; M/M/1/K in Kleinrock, Queueing Systems vol. 1,
 * 1975, 3.6.
 * Does badly: the bound is in tasks, not in time: too low for bursts of short tasks and too high
 * for long ones; and a client that fills the queue shuts the others out.
 * Cost: O(1).
 */
#include <treadle/policy.h>

enum { MAX };

static const struct trd_param bounded_params[] = {
    [MAX] = {"max", "tasks that may wait", 1000.0, 0.0, 1e12},
    {0},
};

static bool bounded_admit(const struct trd_policy_env *env, struct trd_task *task, uint64_t queued,
                          uint64_t now_ns) {
    (void)task, (void)now_ns; /* whoever comes, whenever */
    return (double)queued < env->params[MAX];
}

const struct trd_admission trd__admission_bounded = {
    .name = "bounded",
    .summary = "refuses a task when too many wait",
    .source = "Erlang, 1917; Kleinrock, Queueing Systems vol. 1, 1975, 3.6",
    .params = bounded_params,
    .admit = bounded_admit,
};
