/* charge.c - estimates of running tasks. */
#include "base/charge.h"

static uint64_t charge_clamp(uint64_t cost_ns) {
    if (cost_ns == 0) {
        return 1;
    }
    return cost_ns < TRD_CHARGE_MAX_NS ? cost_ns : TRD_CHARGE_MAX_NS;
}

uint64_t trd__charge_estimate(const struct trd_charge *charge, struct trd_task *task,
                              uint64_t fallback_ns) {
    const struct trd_attr *attr = trd_task_attr(task);
    if (attr && attr->cost_ns && !(task->flags & TRD_TASK_RESUMABLE)) {
        return charge_clamp(attr->cost_ns);
    }
    return charge_clamp(charge->mean_ns ? charge->mean_ns : fallback_ns);
}

void trd__charge_begin(struct trd_charge *charge, uint64_t estimate_ns) {
    charge->sum_ns += estimate_ns;
    charge->count++;
}

uint64_t trd__charge_settle(struct trd_charge *charge, uint32_t running) {
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

void trd__charge_learn(uint64_t *mean_ns, uint64_t cost_ns) {
    const uint64_t cost = charge_clamp(cost_ns);
    if (*mean_ns == 0) {
        *mean_ns = cost;
    } else if (cost > *mean_ns) {
        *mean_ns += (cost - *mean_ns) / 8;
    } else {
        *mean_ns -= (*mean_ns - cost) / 8;
    }
}
