/* on_demand.c - one more worker when a task is submitted and nobody is idle.
 *
 * Idea: the rule of CPython's ThreadPoolExecutor since 3.8: a submit that finds no idle worker
 * starts one, up to the largest allowed number; nobody is ever sent away.
 * Source: CPython, Lib/concurrent/futures/thread.py, _adjust_thread_count (bpo-24882).
 * Does badly: a burst makes the pool as large as it may be, for ever, and for tasks that compute
 * under an interpreter lock the largest size is too large.
 */
#include <treadle/sizer.h>

static uint32_t on_demand_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    (void)env; /* no state, no parameters */
    const uint32_t idle = sample->workers - sample->busy;
    return sample->queued > idle ? sample->workers + 1 : sample->workers;
}

const struct trd_sizer trd__sizer_on_demand = {
    .name = "on_demand",
    .summary = "one more worker when a task finds none idle; never fewer",
    .source = "CPython, concurrent/futures/thread.py, _adjust_thread_count",
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_SUBMIT,
    .resize = on_demand_resize,
};
