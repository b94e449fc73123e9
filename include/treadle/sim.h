/* sim.h - the simulator: the scheduler of the live pools in virtual time.
 *
 * The very functions and policy objects that a pool uses are driven by an event queue instead of
 * threads. Time is a 64-bit count of virtual nanoseconds, randomness comes from one seed, so a run
 * repeats bit for bit. Memory grows with the tasks in flight, not with the tasks simulated.
 */
#ifndef TREADLE_SIM_H
#define TREADLE_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/metrics.h>
#include <treadle/param.h>
#include <treadle/policy.h>
#include <treadle/sim_report.h>
#include <treadle/sim_time.h>
#include <treadle/sizer.h>
#include <treadle/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

enum {
    TRD_SIM_BATCHES = 40,            /**< batches behind every standard error */
    TRD_SIM_CLIENTS_MAX = 1024,      /**< clients of one run */
    TRD_SIM_WORKERS_MAX = 1 << 20,   /**< workers of one run, all hosts together */
    TRD_SIM_HOSTS_MAX = 1 << 16,     /**< hosts of one run */
    TRD_SIM_CHOICES_MAX = 16,        /**< hosts an arrival looks at */
    TRD_SIM_CUSTOMERS_MAX = 1 << 22, /**< customers of a closed system */
    TRD_SIM_IN_FLIGHT_MAX = 1 << 22, /**< tasks queued and running at one time */
    TRD_SIM_SOURCES_MAX = 1 << 16,   /**< on/off sources */
    TRD_SIM_VISITS_MAX = 1000,       /**< rounds of phases in a task */
    TRD_SIM_PREEMPTIVE_MAX = 1024,   /**< workers a preemptive host may have */
};

/** Where tasks come from. Each open process has `rate_per_s` as its mean rate over all clients. */
enum trd_sim_arrivals {
    TRD_SIM_POISSON = 0, /**< an open system: tasks come whatever happens to the earlier ones */
    TRD_SIM_CLOSED,      /**< a closed one: each customer thinks, submits a task, awaits its end */
    TRD_SIM_PERIODIC,    /**< open, equal gaps */
    TRD_SIM_MMPP,        /**< Poisson whose rate switches between calm and burst: `mmpp` */
    TRD_SIM_BATCH_POISSON, /**< batches arrive as a Poisson process: `batch` */
    TRD_SIM_ON_OFF,        /**< sources that are on and off for Pareto times: `on_off` */
    TRD_SIM_DIURNAL,       /**< Poisson whose rate follows a sine: `diurnal` */
    TRD_SIM_TRACE,         /**< somebody else says: `trace` */
};

/** Calm and burst last exponential times. */
struct trd_sim_mmpp {
    double ratio;             /**< rate in a burst over rate in calm, 1 to 1e6 */
    double calm_ns, burst_ns; /**< mean times, 1 to 1e15 */
};

struct trd_sim_batch {
    double mean;   /**< tasks of a batch, 1 to 1e6 */
    bool is_fixed; /**< always as many (then whole); otherwise geometric, at least 1 */
};

/** Together self-similar when 1 < alpha < 2 (Willinger, Taqqu, Sherman, Wilson 1997). A source that
 * is on sends a Poisson process. */
struct trd_sim_on_off {
    uint32_t sources;     /**< 1 to TRD_SIM_SOURCES_MAX */
    double alpha;         /**< of the times on and off, > 1 to 100 */
    double on_ns, off_ns; /**< mean times, 1 to 1e15 */
};

/** Rate times 1 + amplitude sin(2 pi t / period). */
struct trd_sim_diurnal {
    double amplitude; /**< 0 to 1 */
    double period_ns; /**< 1 to 1e18 */
};

/** One arrival of a trace. */
struct trd_sim_arrival {
    uint64_t at_ns;        /**< virtual time; never before the one before */
    uint32_t client_index; /**< in the configuration */
    bool has_service;      /**< the times below hold; otherwise the client's laws are drawn from */
    uint64_t service_ns;   /**< without a machine; at least 1 */
    uint64_t held_ns, cpu_ns, wait_ns; /**< with one */
};

/** Where a trace comes from. It is read as virtual time passes, one arrival ahead. */
struct trd_sim_feed {
    /** 1 and an arrival; 0: there is no more; -errno with `error` (never NULL): the run ends with
     * it. Must not call the simulator. */
    int (*next)(void *context, struct trd_sim_arrival *arrival_out, struct trd_error *error);
    void *context;
};

/** What a task does on a machine, in this order, `visits` times over, each time the same part of
 * every phase. Times of 0 are skipped. */
struct trd_sim_phases {
    struct trd_sim_time held; /**< computing with an interpreter lock */
    struct trd_sim_time cpu;  /**< computing without */
    struct trd_sim_time wait; /**< for anything else: uses no core and no lock */
    uint32_t visits;          /**< 0: 1; at most TRD_SIM_VISITS_MAX */
};

/** What the workers run on. Those that compute share the cores equally, a core being the most that
 * one can use. A lock is handed on in order of asking; the one who gets it from another computes
 * `handoff_ns` later, and the lock stands idle until then. */
struct trd_sim_machine {
    double cores;      /**< 0: no machine, a task takes its service time; otherwise up to 1e6 */
    uint32_t gils;     /**< interpreter locks, any free one will do; 0: nobody needs one */
    double handoff_ns; /**< 0 to 1e15 */
    /** Relative standard deviation of what a sizer is told of CPU and lock times, 0 to 1. */
    double noise;
};

/** One source of tasks. */
struct trd_sim_client {
    uint64_t key;                 /**< `client` of its tasks; 0 is the anonymous client */
    double share;                 /**< its part of the arrivals or customers, relative; > 0 */
    int64_t priority;             /**< of its tasks; larger runs sooner */
    uint32_t weight;              /**< 0: 1 */
    struct trd_sim_time service;  /**< what its tasks take; mean > 0; unused with a machine */
    struct trd_sim_phases phases; /**< with a machine; sum of the means > 0 */

    uint16_t class_index; /**< callable class of its tasks, below 1024 */
    bool has_cost;        /**< its tasks tell their service as cost hint */
    double cost_sigma;    /**< the hint is off by a factor exp(cost_sigma Z), Z normal; 0 to 20 */

    struct trd_sim_time deadline; /**< of a task, from its arrival; all zero: none */
    bool drops_late;              /**< a task expires instead of starting after its deadline */
    /** Patience, from arrival; all zero: endless. What ends later is not goodput. */
    struct trd_sim_time timeout;
    bool
        cancels_at_timeout; /**< then a task still queued is withdrawn; otherwise it runs in vain */
};

/** From `at_ns` on, the plant is another one. Tasks that have arrived stay as they are. */
struct trd_sim_step {
    uint64_t at_ns;                       /**< not before the step before */
    const struct trd_sim_client *clients; /**< their service and phases count; NULL: as before */
    double rate_per_s;                    /**< 0: as before; periodic and Poisson arrivals only */
    double cores;                         /**< 0: as before */
};

/** Sees every tick of a sizer: what it was told and what it wants. `finished` tasks have run to
 * their end since the run began. Must not call the simulator. */
struct trd_sim_watch {
    void (*ticked)(void *context, uint32_t host, const struct trd_sample *sample, uint32_t wanted,
                   uint64_t finished);
    void *context;
};

/** All zero is the default where a member says so. Nothing is kept after the call. */
struct trd_sim_config {
    const char *policy;   /**< as trd_policy_parse(); NULL: "fifo" */
    const char *sizer;    /**< as trd_sizer_parse(); NULL: "fixed" */
    uint32_t workers_min; /**< of a host; at most workers_max */
    uint32_t workers_max; /**< of a host; at least 1 */
    /** A parsed policy or sizer, of the tables or not, instead of the names; NULL: by name. */
    const struct trd_policy_spec *policy_spec;
    const struct trd_sizer_spec *sizer_spec;

    enum trd_sim_arrivals arrivals;
    double rate_per_s;         /**< open, but for a trace: tasks a second; > 0 */
    uint32_t customers;        /**< closed: how many; at least 1 */
    struct trd_sim_time think; /**< closed: between an end and the next submit */
    struct trd_sim_mmpp mmpp;
    struct trd_sim_batch batch;
    struct trd_sim_on_off on_off;
    struct trd_sim_diurnal diurnal;
    struct trd_sim_feed trace;
    const struct trd_sim_client *clients; /**< at least one */
    size_t client_count;

    struct trd_sim_machine machine; /**< needs a single host */
    const struct trd_sim_step *steps;
    size_t step_count;

    /** Schedulers with workers of their own; 0: 1. An arrival goes to the one with the fewest tasks
     * among `choices` (0: 1) that are drawn. */
    uint32_t host_count;
    uint32_t choices;

    /** Tasks yield after so much service and are queued again; 0: they run to their end. Not with a
     * machine. */
    uint64_t quantum_ns;
    /** An arrival that finds no idle worker makes every running task of the host yield, so that the
     * policy decides anew. Not with a machine. */
    bool is_preemptive;

    uint64_t task_count; /**< tasks to measure; at least TRD_SIM_BATCHES; a trace may end earlier */
    /** Tasks before them that are not measured; 0: chosen from the load (about 1 / (1 - sqrt rho)^2
     * relaxation times), none for a trace, an overload, or with is_cold. */
    uint64_t warmup_count;
    bool is_cold; /**< measures from the first task */
    /** Allows an open system without a steady state: what is measured depends on task_count. */
    bool allows_overload;
    uint64_t late_ns; /**< the report counts the tasks that waited longer; 0 is a limit, too */
    uint64_t seed;

    uint64_t chart_tasks; /**< the slices of so many first tasks are kept */
    struct trd_sim_watch watch;
};

/** Runs a system to its end. The report is to be given to trd_sim_report_free().
 * 0; -EINVAL with `error` (which may be NULL): what is wrong in the configuration, an open system
 * without a steady state included, or in the trace; -EOVERFLOW: more than TRD_SIM_IN_FLIGHT_MAX
 * tasks in flight; -EDEADLK: tasks wait and nothing will ever happen; -ENOMEM; what the trace's
 * `next` returned. Does not block; about 0.2 us a task.
 * Thread-safe: runs share nothing. */
int trd_sim_run(const struct trd_sim_config *config, struct trd_sim_report *report_out,
                struct trd_error *error);

/** How a replay went. */
struct trd_replay_report {
    uint64_t event_count; /**< events repeated, the differing one included */
    uint64_t submitted;   /**< accepted tasks among them */
    bool is_identical;
    /** The first event, counted from 1, with another answer; 0: none. `difference` says what was
     * recorded and what came back. */
    uint64_t first_difference;
    struct trd_error difference;
};

/** Feeds the recorded events to a fresh scheduler and compares every answer: fates, sequences,
 * admissions and workers wanted. Stops at the first difference. A policy that declares itself
 * concurrent may differ; serialised ones must not.
 * 0: repeated, see the report; -EINVAL with `error` (which may be NULL): the record contradicts
 * itself or names an unknown policy; -ENOMEM. Thread-safe. Memory grows with the trace. */
int trd_sim_replay(const struct trd_trace *trace, struct trd_replay_report *report_out,
                   struct trd_error *error);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
