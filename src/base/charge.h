/* charge.h - charging clients for tasks whose cost is known only when they have run.
 *
 * A task is charged when it is handed out, by its estimate, and the charge is put right when it has
 * run: so a client with many workers at its tasks is not taken for one that has had nothing yet.
 *
 * The estimates of a client's running tasks are kept as one sum with their number, for nobody may
 * keep a note in a task that runs. Each task that ends gives back the same part of the sum, and
 * the last one all that is left: with one worker that is its own estimate, with several it is right
 * in total. Which tasks have ended is seen from the engine's count of the client's running tasks;
 * so one that was handed out and then dropped, because its deadline had passed, gives back its
 * estimate, too. All zero is a client of which nothing is known. Inlined: every task of a client
 * goes through it. */
#ifndef TRD_BASE_CHARGE_H
#define TRD_BASE_CHARGE_H

#include <stdint.h>

#include <treadle/task.h>

/** The largest estimate: 2.4 hours, so that the sum over a million workers fits. What a task has
 * really cost is charged in full. */
#define TRD_CHARGE_MAX_NS (UINT64_C(1) << 43)

struct trd_charge {
    uint64_t sum_ns;  /* estimates of the tasks that run */
    uint64_t mean_ns; /* of what its tasks have cost, the recent ones most; 0: none has run */
    uint32_t count;   /* tasks in the sum */
};

static inline uint64_t charge_clamp(uint64_t cost_ns) {
    if (cost_ns == 0) {
        return 1;
    }
    return cost_ns < TRD_CHARGE_MAX_NS ? cost_ns : TRD_CHARGE_MAX_NS;
}

/** What `task` will probably cost: its own estimate, but for a resumable task, which estimates all
 * its slices together; else the client's mean; else `fallback_ns`. From 1 to TRD_CHARGE_MAX_NS. */
static inline uint64_t trd__charge_estimate(const struct trd_charge *charge, struct trd_task *task,
                                            uint64_t fallback_ns) {
    const struct trd_attr *attr = trd_task_attr(task);
    if (attr && attr->cost_ns && !(task->flags & TRD_TASK_RESUMABLE)) {
        return charge_clamp(attr->cost_ns);
    }
    return charge_clamp(charge->mean_ns ? charge->mean_ns : fallback_ns);
}

/** A task is handed out, with this estimate. */
static inline void trd__charge_begin(struct trd_charge *charge, uint64_t estimate_ns) {
    charge->sum_ns += estimate_ns;
    charge->count++;
}

/** `running` of the client's tasks still run. Returns the estimates of those that do not. */
static inline uint64_t trd__charge_settle(struct trd_charge *charge, uint32_t running) {
    uint64_t ended_ns = 0;
    while (charge->count > running) {
        const uint64_t part_ns =
            charge->count == 1 ? charge->sum_ns : charge->sum_ns / charge->count;
        charge->count--;
        charge->sum_ns -= part_ns;
        ended_ns += part_ns;
    }
    return ended_ns;
}

/** A task has cost that much: moves a mean by an eighth of the difference. */
static inline void trd__charge_learn(uint64_t *mean_ns, uint64_t cost_ns) {
    const uint64_t cost = charge_clamp(cost_ns);
    if (*mean_ns == 0) {
        *mean_ns = cost;
    } else if (cost > *mean_ns) {
        *mean_ns += (cost - *mean_ns) / 8;
    } else {
        *mean_ns -= (*mean_ns - cost) / 8;
    }
}

#endif
