/* little.c - the fewest workers that keep the mean wait in the queue below a target.
 *
 * Idea: tasks that arrive at rate L and take S keep L x S workers busy (Little). With N workers a
 * task waits C(N, L x S) x S / (N - L x S) in the mean (Erlang); N is counted up until that is at
 * most the target. What already waits shall be gone within a second, which adds its share.
 * Source: J. Little, Operations Research 9, 1961; A. K. Erlang's delay formula, 1917.
 * Does badly: with tasks that slow each other down (an interpreter lock, full cores): more workers
 * make S longer, which asks for more workers; and with closed arrivals, where L depends on N.
 * Cost: O(N) a tick.
 */
#include "base/sizing.h"

#define PERIOD_NS UINT64_C(50000000)
#define DRAIN_NS 1e9 /* in so long, what is queued shall be gone */

enum { LITTLE_WINDOW = 20, LITTLE_MOST = 100000 };

struct little {
    double arrived, ns, busy_ns, finished; /* fading sums */
    double queued_before;
    double size;
};

static void little_observe(struct little *little, const struct trd_sample *sample) {
    const double kept = 1.0 - 1.0 / LITTLE_WINDOW;
    const double started_ns = (double)sample->busy_ns;
    const double arrived =
        (double)sample->finished + (double)sample->queued - little->queued_before;
    little->queued_before = (double)sample->queued;
    little->arrived = kept * little->arrived + trd__at_least(arrived, 0.0);
    little->ns = kept * little->ns + (double)sample->interval_ns;
    little->busy_ns = kept * little->busy_ns + started_ns;
    little->finished = kept * little->finished + (double)sample->finished;
}

/* The fewest workers for `load` busy ones whose mean wait is at most `waits` service times. */
static double little_workers(double load, double waits, double most) {
    double blocking = 1.0; /* Erlang's B for no worker; each turn adds one */
    for (double count = 1.0; count < most; count += 1.0) {
        blocking = load * blocking / (count + load * blocking);
        if (count > load) {
            const double delayed = blocking / (1.0 - load / count * (1.0 - blocking));
            if (delayed / (count - load) <= waits) {
                return count;
            }
        }
    }
    return most;
}

static uint32_t little_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    struct little *little = env->state;
    if (sample->cause == TRD_CAUSE_OPEN) {
        little->size = trd__at_least(little->size, 1.0);
        return trd__size(little->size, sample);
    }
    little_observe(little, sample);
    if (little->finished < 1.0) {
        /* Nothing is known of the tasks: one more while they queue. */
        little->size += sample->queued > 0 && little->size < sample->workers_max ? 1.0 : 0.0;
        return trd__size(little->size, sample);
    }
    const double service_ns = trd__at_least(little->busy_ns / little->finished, 1.0);
    const double rate = little->arrived / trd__at_least(little->ns, 1.0) +
                        (double)sample->queued / DRAIN_NS; /* a nanosecond */
    const double most = sample->workers_max < LITTLE_MOST ? sample->workers_max : LITTLE_MOST;
    little->size = little_workers(rate * service_ns, env->params[0] * 1e9 / service_ns, most);
    return trd__size(little->size, sample);
}

static const struct trd_param little_params[] = {
    {"target", "seconds that a task may wait in the mean", 0.01, 1e-6, 3600.0},
    {0},
};

const struct trd_sizer trd__sizer_little = {
    .name = "little",
    .summary = "the fewest workers whose mean queue wait meets a target",
    .source = "Little, Operations Research 9, 1961; Erlang, 1917",
    .params = little_params,
    .state_bytes = sizeof(struct little),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_TICK,
    .period_ns = PERIOD_NS,
    .resize = little_resize,
};
