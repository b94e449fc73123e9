/* sim_report.h - what a simulation found. */
#ifndef TREADLE_SIM_REPORT_H
#define TREADLE_SIM_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/metrics.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

enum {
    TRD_SIM_POINTS_MAX = 128,      /**< points of the series of a run */
    TRD_SIM_SLICES_MAX = 1 << 20,  /**< slices that are kept for a chart */
    TRD_SIM_SLOWDOWN_SCALE = 1000, /**< slowdown histograms count thousandths */
};

/** A mean and its standard error by batch means; the error is 0 when there is only one batch's
 * worth of tasks. */
struct trd_sim_estimate {
    double mean, error;
};

/** What the tasks of a client, of a priority, of a class, or all of them met. Waits last from
 * acceptance to the first start, responses from acceptance to end; service is what a task asks for:
 * on a machine its phases without waiting for lock or core. Estimates and histograms are of tasks
 * that ran to their end while the run was measured. */
struct trd_sim_row {
    uint64_t client;      /**< rows of clients: its key */
    int64_t priority;     /**< rows of clients and of priorities */
    uint32_t class_index; /**< rows of clients and of classes */
    uint64_t finished;
    double rate_per_s; /**< finished a second of virtual time */
    double load;       /**< service a second of virtual time, in workers */
    /** Finished within the client's timeout, a second; without timeouts, as rate_per_s. */
    double goodput_per_s;
    uint64_t refused, expired; /**< not run; while the run was measured */
    uint64_t given_up;         /**< withdrawn by a client that cancels at its timeout; the same */
    struct trd_sim_estimate wait_ns;
    struct trd_sim_estimate wait_ns2; /**< second moment, ns^2 */
    struct trd_sim_estimate response_ns;
    struct trd_sim_estimate service_ns;
    /** Response over service. Diverges for laws with E[1/S] infinite, exponential ones included:
     * there only its quantiles mean something. */
    struct trd_sim_estimate slowdown;
    /** Mean of service times wait, ns^2. Times the arrival rate it is what every discipline that
     * does not look at sizes conserves (Kleinrock). */
    struct trd_sim_estimate service_wait_ns2;
    struct trd_sim_estimate late;   /**< part of the tasks that waited longer than late_ns */
    struct trd_sim_estimate timely; /**< part of them that ended within the timeout */
    struct trd_histogram wait, response;
    struct trd_histogram slowdown_scaled; /**< times TRD_SIM_SLOWDOWN_SCALE, rounded down */
};

/** Two sums over the whole run, warm-up included, that are equal when the books are right: they
 * were kept in different ways. Both are exact modulo 2^64. */
struct trd_sim_identity {
    uint64_t area_ns; /**< integral of a count over time */
    uint64_t sum_ns;  /**< sum of the times of single tasks, those still there up to the end */
};

/** One point of the series: means over `series_step_ns` of virtual time. */
struct trd_sim_point {
    double queued;         /**< tasks waiting */
    double busy;           /**< workers with a task */
    double workers;        /**< workers there were */
    double finished_per_s; /**< tasks that ran to their end */
};

/** How a slice ended. */
enum trd_sim_end {
    TRD_SIM_END_DONE = 0, /**< the task ran to its end */
    TRD_SIM_END_AGAIN,    /**< the task yielded and was queued again */
    TRD_SIM_END_EXPIRED,  /**< dropped from the queue; start_ns is end_ns */
    TRD_SIM_END_GIVEN_UP, /**< withdrawn from the queue; start_ns is end_ns */
    TRD_SIM_END_REFUSED,  /**< at the door; the three times are one */
    TRD_SIM_END_OPEN,     /**< the run was over first */
};

/** A stretch of time in which a worker had a task, for Gantt charts. */
struct trd_sim_slice {
    uint64_t task; /**< the first arrival is 1 */
    uint64_t submit_ns, start_ns, end_ns;
    uint64_t service_ns;   /**< of the whole task */
    uint32_t client_index; /**< in the configuration */
    uint32_t host, worker; /**< worker: TRD_WORKER_NONE when it did not run */
    enum trd_sim_end end;
};

/** What the machine did while the run was measured; zeros without one. Times are sums over
 * tasks. */
struct trd_sim_machine_report {
    double core_utilisation; /**< busy part of the cores' time */
    double lock_utilisation; /**< held part of the interpreter locks' time */
    uint64_t held_ns;        /**< holding a lock, on a core */
    uint64_t cpu_ns;         /**< on a core without a lock */
    uint64_t lock_wait_ns;   /**< waiting for a lock, hand-offs included */
    uint64_t run_wait_ns;    /**< ready, short of cores */
    uint64_t wait_ns;        /**< waiting for anything else */
};

struct trd_sim_report {
    struct trd_sim_row total;
    struct trd_sim_row *clients; /**< in the order of the configuration */
    size_t client_count;
    struct trd_sim_row *priorities; /**< largest first */
    size_t priority_count;
    struct trd_sim_row *classes; /**< smallest index first */
    size_t class_count;

    uint64_t warmup_count;
    uint64_t warmup_ns;   /**< virtual time when measuring began */
    uint64_t measured_ns; /**< virtual time measured; merged: the sum */
    double utilisation;   /**< busy part of the workers' time */
    double workers_mean;  /**< workers there were */
    uint32_t workers_peak;
    uint64_t in_flight_peak;    /**< tasks queued and running at one time */
    uint64_t refused, expired;  /**< the whole run */
    uint64_t given_up, yielded; /**< the same; a task may yield often */
    struct trd_sim_machine_report machine;

    struct trd_sim_identity tasks; /**< Little's law: tasks there, and their responses */
    struct trd_sim_identity queue; /**< the same for the queue, and waits (yielded ones, too) */
    struct trd_sim_identity work;  /**< busy workers, and the time tasks had them */
    /** Worker-time idle while a task waited on the same host: 0 for a work-conserving policy. */
    uint64_t unused_ns;
    /** A hash of every decision with its time: equal for equal runs. */
    uint64_t digest;
    uint32_t replications; /**< runs in this report */

    struct trd_sim_point series[TRD_SIM_POINTS_MAX]; /**< the whole run; merged: the first one's */
    size_t point_count;
    uint64_t series_step_ns;
    struct trd_sim_slice *slices; /**< of the first tasks, in the order they ended */
    size_t slice_count;
};

/** Adds an independent replication (the same configuration, another seed) to `into`, which may be
 * all zero: means are weighted by their tasks, errors follow, histograms and counts add up. Merging
 * in a fixed order gives the same bits every time. 0, -ENOMEM, or -EINVAL: other clients, classes
 * or priorities than `into` has. Thread-safe for different reports. */
int trd_sim_report_merge(struct trd_sim_report *into, const struct trd_sim_report *from);

/** Frees what is allocated in it. A zeroed report is allowed. */
void trd_sim_report_free(struct trd_sim_report *report);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
