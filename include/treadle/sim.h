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
#include <treadle/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

enum {
    TRD_SIM_BATCHES = 40,            /**< batches behind every standard error */
    TRD_SIM_CLIENTS_MAX = 1024,      /**< clients of one run */
    TRD_SIM_WORKERS_MAX = 1 << 20,   /**< workers of one run */
    TRD_SIM_CUSTOMERS_MAX = 1 << 22, /**< customers of a closed system */
    TRD_SIM_IN_FLIGHT_MAX = 1 << 22, /**< tasks queued and running at one time */
};

/** How times are distributed. More laws may follow. */
enum trd_sim_law {
    TRD_SIM_EXPONENTIAL = 0,
    TRD_SIM_DETERMINISTIC,
};

struct trd_sim_time {
    enum trd_sim_law law;
    double mean_ns; /**< 0 to 1e15; drawn times are rounded to whole nanoseconds */
};

/** Where tasks come from. */
enum trd_sim_arrivals {
    TRD_SIM_POISSON = 0, /**< an open system: tasks come whatever happens to the earlier ones */
    TRD_SIM_CLOSED,      /**< a closed one: each customer thinks, submits a task, awaits its end */
};

/** One source of tasks. */
struct trd_sim_client {
    uint64_t key;                /**< `client` of its tasks; 0 is the anonymous client */
    double share;                /**< its part of the arrivals or customers, relative; > 0 */
    int64_t priority;            /**< of its tasks; larger runs sooner */
    uint32_t weight;             /**< 0: 1 */
    struct trd_sim_time service; /**< what its tasks take on a worker; mean > 0 */
};

/** All zero is the default where a member says so. Nothing is kept after the call. */
struct trd_sim_config {
    const char *policy;   /**< as trd_policy_parse(); NULL: "fifo" */
    const char *sizer;    /**< as trd_sizer_parse(); NULL: "fixed" */
    uint32_t workers_min; /**< at most workers_max */
    uint32_t workers_max; /**< at least 1 */

    enum trd_sim_arrivals arrivals;
    double rate_per_s;                    /**< Poisson: tasks a second over all clients; > 0 */
    uint32_t customers;                   /**< closed: how many; at least 1 */
    struct trd_sim_time think;            /**< closed: between an end and the next submit */
    const struct trd_sim_client *clients; /**< at least one */
    size_t client_count;

    uint64_t task_count; /**< tasks to measure; at least TRD_SIM_BATCHES */
    /** Tasks before them that are not measured; 0: chosen from the load (about 1 / (1 - sqrt rho)^2
     * relaxation times). */
    uint64_t warmup_count;
    uint64_t late_ns; /**< the report counts the tasks that waited longer; 0 is a limit, too */
    uint64_t seed;
};

/** A mean and its standard error by batch means; the error is 0 when there is only one batch's
 * worth of tasks. */
struct trd_sim_estimate {
    double mean, error;
};

/** What the tasks of a client, of a priority, or all of them met. Waits last from acceptance to
 * start, responses from acceptance to end. */
struct trd_sim_row {
    uint64_t client;  /**< rows of clients: its key */
    int64_t priority; /**< rows of clients and of priorities */
    uint64_t finished;
    double rate_per_s; /**< finished a second of virtual time */
    double load;       /**< service a second of virtual time, in workers */
    struct trd_sim_estimate wait_ns;
    struct trd_sim_estimate wait_ns2; /**< second moment, ns^2 */
    struct trd_sim_estimate response_ns;
    struct trd_sim_estimate service_ns;
    /** Mean of service times wait, ns^2. Times the arrival rate it is what every discipline that
     * does not look at sizes conserves (Kleinrock). */
    struct trd_sim_estimate service_wait_ns2;
    struct trd_sim_estimate late; /**< part of the tasks that waited longer than late_ns */
    struct trd_histogram wait, response;
};

/** Two sums over the whole run, warm-up included, that are equal when the books are right: they
 * were kept in different ways. Both are exact modulo 2^64. */
struct trd_sim_identity {
    uint64_t area_ns; /**< integral of a count over time */
    uint64_t sum_ns;  /**< sum of the times of single tasks, those still there up to the end */
};

struct trd_sim_report {
    struct trd_sim_row total;
    struct trd_sim_row *clients; /**< in the order of the configuration */
    size_t client_count;
    struct trd_sim_row *priorities; /**< largest first */
    size_t priority_count;

    uint64_t warmup_count;
    uint64_t warmup_ns;   /**< virtual time when measuring began */
    uint64_t measured_ns; /**< virtual time measured */
    double utilisation;   /**< busy part of the workers' time */
    double workers_mean;  /**< workers there were */
    uint32_t workers_peak;
    uint64_t in_flight_peak; /**< tasks queued and running at one time */
    uint64_t refused, expired;

    struct trd_sim_identity tasks; /**< Little's law: tasks there, and their responses */
    struct trd_sim_identity queue; /**< the same for the queue, and waits */
    struct trd_sim_identity work;  /**< busy workers, and service received */
    /** Worker-time idle while a task waited: 0 for a work-conserving policy. */
    uint64_t unused_ns;
    /** A hash of every decision with its time: equal for equal runs. */
    uint64_t digest;
};

/** Runs a system to its end. The report is to be given to trd_sim_report_free().
 * 0; -EINVAL with `error` (which may be NULL): what is wrong in the configuration, an open system
 * without a steady state included; -EOVERFLOW: more than TRD_SIM_IN_FLIGHT_MAX tasks in flight;
 * -EDEADLK: tasks wait and nothing will ever happen; -ENOMEM. Does not block; about 0.2 us a task.
 * Thread-safe: runs share nothing. */
int trd_sim_run(const struct trd_sim_config *config, struct trd_sim_report *report_out,
                struct trd_error *error);

/** Frees what trd_sim_run() allocated in it. A zeroed report is allowed. */
void trd_sim_report_free(struct trd_sim_report *report);

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
