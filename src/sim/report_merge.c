/* report_merge.c - independent replications become one report.
 *
 * Replications are independent, so a pooled mean weights each by its tasks, and the variances of
 * the weighted means add up.
 */
#include <treadle/sim_report.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Counts behind the two means. */
struct weights {
    double into, from;
};

static void merge_mean(double *into, double from, struct weights weights) {
    const double sum = weights.into + weights.from;
    *into = sum > 0.0 ? (*into * weights.into + from * weights.from) / sum : 0.0;
}

static void merge_estimate(struct trd_sim_estimate *into, const struct trd_sim_estimate *from,
                           struct weights weights) {
    const double sum = weights.into + weights.from;
    const double a = into->error * weights.into, b = from->error * weights.from;
    merge_mean(&into->mean, from->mean, weights);
    into->error = sum > 0.0 ? sqrt(a * a + b * b) / sum : 0.0;
}

static void merge_row(struct trd_sim_row *into, const struct trd_sim_row *from,
                      struct weights times) {
    const struct weights tasks = {(double)into->finished, (double)from->finished};
    merge_mean(&into->rate_per_s, from->rate_per_s, times);
    merge_mean(&into->load, from->load, times);
    merge_mean(&into->goodput_per_s, from->goodput_per_s, times);
    merge_estimate(&into->wait_ns, &from->wait_ns, tasks);
    merge_estimate(&into->wait_ns2, &from->wait_ns2, tasks);
    merge_estimate(&into->response_ns, &from->response_ns, tasks);
    merge_estimate(&into->service_ns, &from->service_ns, tasks);
    merge_estimate(&into->slowdown, &from->slowdown, tasks);
    merge_estimate(&into->service_wait_ns2, &from->service_wait_ns2, tasks);
    merge_estimate(&into->late, &from->late, tasks);
    merge_estimate(&into->timely, &from->timely, tasks);
    trd_histogram_merge(&into->wait, &from->wait);
    trd_histogram_merge(&into->response, &from->response);
    trd_histogram_merge(&into->slowdown_scaled, &from->slowdown_scaled);
    into->finished += from->finished;
    into->refused += from->refused;
    into->expired += from->expired;
    into->given_up += from->given_up;
}

static bool is_same_row(const struct trd_sim_row *a, const struct trd_sim_row *b) {
    return a->client == b->client && a->priority == b->priority && a->class_index == b->class_index;
}

static bool are_same_rows(const struct trd_sim_row *a, size_t a_count, const struct trd_sim_row *b,
                          size_t b_count) {
    bool are_same = a_count == b_count;
    for (size_t i = 0; are_same && i < a_count; i++) {
        are_same = is_same_row(&a[i], &b[i]);
    }
    return are_same;
}

static void merge_rows(struct trd_sim_row *into, const struct trd_sim_row *from, size_t count,
                       struct weights times) {
    for (size_t i = 0; i < count; i++) {
        merge_row(&into[i], &from[i], times);
    }
}

static void merge_identity(struct trd_sim_identity *into, const struct trd_sim_identity *from) {
    into->area_ns += from->area_ns;
    into->sum_ns += from->sum_ns;
}

static void merge_machine(struct trd_sim_machine_report *into,
                          const struct trd_sim_machine_report *from, struct weights times) {
    merge_mean(&into->core_utilisation, from->core_utilisation, times);
    merge_mean(&into->lock_utilisation, from->lock_utilisation, times);
    into->held_ns += from->held_ns;
    into->cpu_ns += from->cpu_ns;
    into->lock_wait_ns += from->lock_wait_ns;
    into->run_wait_ns += from->run_wait_ns;
    into->wait_ns += from->wait_ns;
}

static void merge_run(struct trd_sim_report *into, const struct trd_sim_report *from,
                      struct weights times) {
    const struct weights workers = {times.into * into->workers_mean,
                                    times.from * from->workers_mean};
    merge_mean(&into->utilisation, from->utilisation, workers);
    merge_mean(&into->workers_mean, from->workers_mean, times);
    merge_machine(&into->machine, &from->machine, times);
    into->warmup_count += from->warmup_count;
    into->warmup_ns += from->warmup_ns;
    into->measured_ns += from->measured_ns;
    if (from->workers_peak > into->workers_peak) {
        into->workers_peak = from->workers_peak;
    }
    if (from->in_flight_peak > into->in_flight_peak) {
        into->in_flight_peak = from->in_flight_peak;
    }
    into->refused += from->refused;
    into->expired += from->expired;
    into->given_up += from->given_up;
    into->yielded += from->yielded;
    into->unused_ns += from->unused_ns;
    into->digest = (into->digest ^ from->digest) * UINT64_C(0x100000001b3);
    into->replications += from->replications;
}

/* A copy of `count` things of `bytes`; NULL when there are none, or no memory. */
static void *copy_of(const void *things, size_t count, size_t bytes) {
    void *copy = count ? malloc(count * bytes) : NULL;
    return copy ? memcpy(copy, things, count * bytes) : NULL;
}

static int copy_report(struct trd_sim_report *into, const struct trd_sim_report *from) {
    *into = *from;
    into->clients = copy_of(from->clients, from->client_count, sizeof *from->clients);
    into->priorities = copy_of(from->priorities, from->priority_count, sizeof *from->priorities);
    into->classes = copy_of(from->classes, from->class_count, sizeof *from->classes);
    into->slices = copy_of(from->slices, from->slice_count, sizeof *from->slices);
    if ((from->client_count && !into->clients) || (from->priority_count && !into->priorities) ||
        (from->class_count && !into->classes) || (from->slice_count && !into->slices)) {
        trd_sim_report_free(into);
        *into = (struct trd_sim_report){0};
        return -ENOMEM;
    }
    return 0;
}

int trd_sim_report_merge(struct trd_sim_report *into, const struct trd_sim_report *from) {
    if (into->replications == 0) {
        return copy_report(into, from);
    }
    if (!are_same_rows(into->clients, into->client_count, from->clients, from->client_count) ||
        !are_same_rows(into->priorities, into->priority_count, from->priorities,
                       from->priority_count) ||
        !are_same_rows(into->classes, into->class_count, from->classes, from->class_count)) {
        return -EINVAL;
    }
    const struct weights times = {(double)into->measured_ns, (double)from->measured_ns};
    merge_row(&into->total, &from->total, times);
    merge_rows(into->clients, from->clients, into->client_count, times);
    merge_rows(into->priorities, from->priorities, into->priority_count, times);
    merge_rows(into->classes, from->classes, into->class_count, times);
    merge_identity(&into->tasks, &from->tasks);
    merge_identity(&into->queue, &from->queue);
    merge_identity(&into->work, &from->work);
    merge_run(into, from, times);
    return 0;
}
