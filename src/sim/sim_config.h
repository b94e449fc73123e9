/* sim_config.h - checks a configuration of the simulator and derives what it leaves open. */
#ifndef TRD_SIM_SIM_CONFIG_H
#define TRD_SIM_SIM_CONFIG_H

#include <treadle/policy.h>
#include <treadle/sim.h>
#include <treadle/sizer.h>

/** A checked configuration. */
struct trd__sim_plan {
    const struct trd_sim_config *config;
    struct trd_policy_spec policy;
    struct trd_sizer_spec sizer;
    double share_sum;
    double service_ns; /* mean over the arrivals */
    double gap_ns;     /* Poisson: mean time between arrivals */
    uint64_t warmup_count;
};

/** 0, or -EINVAL with `error` (which may be NULL). */
int trd__sim_plan(const struct trd_sim_config *config, struct trd__sim_plan *plan,
                  struct trd_error *error);
/** The message of `error`, as printf() would print it. */
void trd__sim_say(struct trd_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
