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
    uint32_t host_count;
    double share_sum;
    double load; /* of an open system with a known rate; otherwise 0 */
    uint64_t warmup_count;
    bool has_attr;     /* tasks carry attributes */
    bool is_full;      /* tasks carry everything */
    bool is_plain;     /* see life.h */
    size_t task_bytes; /* of a task in the arena */
};

/** 0, or -EINVAL with `error` (which may be NULL). */
int trd__sim_plan(const struct trd_sim_config *config, struct trd__sim_plan *plan,
                  struct trd_error *error);

/* sim_check.c: each returns 0, or -EINVAL with `error`. */

int trd__sim_check_size(const struct trd_sim_config *config, struct trd_error *error);
int trd__sim_check_clients(const struct trd_sim_config *config, struct trd_error *error);
int trd__sim_check_arrivals(const struct trd_sim_config *config, struct trd_error *error);
int trd__sim_check_machine(const struct trd_sim_config *config, struct trd_error *error);
int trd__sim_check_steps(const struct trd_sim_config *config, struct trd_error *error);

/** The message of `error`, as printf() would print it. */
void trd__sim_say(struct trd_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
