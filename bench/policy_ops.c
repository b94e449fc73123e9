/* policy_ops.c - what a policy's push, pop and cancel cost, with 10^2 to 10^6 tasks queued.
 *
 * The hold model: with n tasks queued, a task is popped, made to have run, and pushed again as
 * another one (D. W. Jones, "An empirical comparison of priority-queue and event-set
 * implementations", Communications of the ACM 29, 1986). The policy is called as the engine calls
 * it, without the engine. Tasks have random priorities, costs and deadlines, lie at random in
 * memory, and belong to 100 clients and 16 callables. Cancelling takes out a random task, and a
 * push puts it back. Policies take turns with fifo within every round; the ratio is the median
 * over the rounds.
 *
 *     policy_ops [largest [rounds [policy ...]]]
 */
#include <treadle/treadle.h>

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/host.h"

enum { CLIENTS = 100, CALLABLES = 16, ROUNDS_MAX = 31, SIZES_MAX = 8, POLICIES_MAX = 64 };

/* A scheduler's records with `count` tasks, all queued. */
struct bed {
    struct trd__host host;
    const struct trd_policy *policy;
    const struct trd_policy_env *env;
    struct trd_task_with_attr *tasks;
    struct trd_rng rng;
    uint64_t now_ns, sequence;
    size_t count;
};

struct cost {
    double hold_ns, cancel_ns; /* a pop, a run and a push; a remove and a push */
};

static void check(int failed, const char *what) {
    if (failed) {
        (void)fprintf(stderr, "policy_ops: %s: error %d\n", what, failed);
        exit(2);
    }
}

/* CPU time, so that a busy machine disturbs the caches only. */
static uint64_t cpu_now_ns(void) {
    struct timespec used;
    check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used), "clock_gettime");
    return (uint64_t)used.tv_sec * TRD_NS_PER_S + (uint64_t)used.tv_nsec;
}

/* The engine's part of a submit. */
static void bed_push(struct bed *bed, struct trd_task_with_attr *task) {
    task->task.sequence = ++bed->sequence;
    task->task.submit_ns = bed->now_ns;
    task->task.state = TRD_TASK_QUEUED;
    trd__sched_client(&bed->host.sched, task->task.client_index)->queued_count++;
    bed->policy->push(bed->env, &task->task, TRD_WORKER_NONE, bed->now_ns);
    if (bed->host.sched.loan.wishes) {
        trd__host_lend(&bed->host);
    }
}

static void bed_randomise(struct bed *bed, struct trd_task_with_attr *task) {
    const uint64_t dice = trd_rng_next(&bed->rng);
    task->attr.priority = (int64_t)(dice % 1000);
    task->attr.cost_ns = 1 + (dice >> 20) % 1000000;
    task->attr.deadline_ns = bed->now_ns + 1 + (dice >> 40);
}

/* Tasks are pushed in an order that has nothing to do with where they lie. */
static void bed_open(struct bed *bed, const char *policy, size_t count) {
    struct trd_sched_config config = {.workers_max = 1, .seed = 1};
    check(trd_policy_parse(policy, &config.policy, NULL), policy);
    check(trd_sizer_parse("fixed", &config.sizer, NULL), "fixed");
    *bed = (struct bed){.policy = config.policy.policy, .count = count};
    trd_rng_init(&bed->rng, 7);
    check(trd__host_open(&bed->host, &config), "open");
    check(trd__host_need_client(&bed->host, CLIENTS), "clients");
    check(trd__host_need_class(&bed->host, CALLABLES), "callables");
    check(trd__host_need_worker(&bed->host, 0), "workers");
    for (uint32_t row = 1; row <= CLIENTS; row++) {
        trd__sched_client_open(&bed->host.sched, row, row);
    }
    trd__sched_join(&bed->host.sched, 0, 0);
    bed->env = &bed->host.sched.policy_env;
    bed->tasks = calloc(count, sizeof *bed->tasks);
    uint32_t *order = malloc(count * sizeof *order);
    check(!bed->tasks || !order, "memory");
    for (size_t i = 0; i < count; i++) {
        const size_t j = trd_rng_below(&bed->rng, i + 1);
        order[i] = order[j];
        order[j] = (uint32_t)i;
    }
    for (size_t i = 0; i < count; i++) {
        struct trd_task_with_attr *task = &bed->tasks[order[i]];
        task->task.flags = TRD_TASK_HAS_ATTR;
        task->task.client_index = 1 + (uint32_t)trd_rng_below(&bed->rng, CLIENTS);
        task->task.class_index = (uint16_t)trd_rng_below(&bed->rng, CALLABLES);
        bed_randomise(bed, task);
        bed_push(bed, task);
    }
    free(order);
}

static void bed_close(struct bed *bed) {
    free(bed->tasks);
    trd__host_close(&bed->host);
}

/* Takes a task, whatever its fate. */
static struct trd_task_with_attr *bed_pop(struct bed *bed) {
    struct trd_task *task = bed->policy->pop(bed->env, 0, bed->now_ns).task;
    assert(task);
    trd__sched_client(&bed->host.sched, task->client_index)->queued_count--;
    return (void *)task;
}

static double bed_hold(struct bed *bed, size_t holds) {
    const uint64_t start_ns = cpu_now_ns();
    for (size_t i = 0; i < holds; i++) {
        struct trd_task_with_attr *task = bed_pop(bed);
        const uint64_t run_ns = task->attr.cost_ns / 1000 * (1 + task->task.class_index);
        bed->now_ns += 1000;
        task->task.state = TRD_TASK_DONE;
        task->attr.attained_ns = run_ns;
        if (bed->policy->ran) {
            bed->policy->ran(bed->env, &task->task, 0, run_ns);
        }
        task->attr.attained_ns = 0;
        bed_randomise(bed, task);
        bed_push(bed, task);
    }
    return (double)(cpu_now_ns() - start_ns) / (double)holds;
}

static double bed_cancel(struct bed *bed, size_t cancels) {
    const uint64_t start_ns = cpu_now_ns();
    for (size_t i = 0; i < cancels; i++) {
        struct trd_task_with_attr *task = &bed->tasks[trd_rng_below(&bed->rng, bed->count)];
        bed->policy->remove(bed->env, &task->task);
        trd__sched_client(&bed->host.sched, task->task.client_index)->queued_count--;
        bed_push(bed, task);
    }
    return (double)(cpu_now_ns() - start_ns) / (double)cancels;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* One policy beside fifo, `rounds` times in turns: medians, and the ratio's. */
struct result {
    double hold_ns, cancel_ns, ratio;
};

static struct result measure(const char *policy, size_t size, size_t rounds) {
    static struct bed bed, fifo;
    double hold[ROUNDS_MAX], cancel[ROUNDS_MAX], ratio[ROUNDS_MAX];
    const size_t ops = 20000;
    bed_open(&bed, policy, size);
    bed_open(&fifo, "fifo", size);
    (void)bed_hold(&bed, ops); /* to warm up */
    (void)bed_hold(&fifo, ops);
    for (size_t round = 0; round < rounds; round++) {
        const double beside_ns = bed_hold(&fifo, ops);
        hold[round] = bed_hold(&bed, ops);
        cancel[round] = bed_cancel(&bed, ops);
        ratio[round] = hold[round] / beside_ns;
    }
    bed_close(&bed);
    bed_close(&fifo);
    return (struct result){median(hold, rounds), median(cancel, rounds), median(ratio, rounds)};
}

static void print_policy(const char *policy, const size_t *sizes, size_t size_count,
                         size_t rounds) {
    struct result results[SIZES_MAX];
    (void)printf("%-24s", policy);
    for (size_t i = 0; i < size_count; i++) {
        results[i] = measure(policy, sizes[i], rounds);
        (void)printf(" %5.0f %4.1f", results[i].hold_ns, results[i].ratio);
    }
    for (size_t i = 0; i < size_count; i++) {
        (void)printf(" %5.0f", results[i].cancel_ns);
    }
    (void)printf("\n");
    (void)fflush(stdout);
}

int main(int argc, char **argv) {
    static const char *const compositions[] = {"bounded/none/fifo", "codel", "round_robin/fifo",
                                               "codel/drr/edf", "codel/sfq/priority"};
    const size_t largest = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    const size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 9;
    size_t sizes[SIZES_MAX], size_count = 0;
    if (largest < 100 || largest > 100000000 || rounds == 0 || rounds > ROUNDS_MAX) {
        (void)fprintf(stderr,
                      "usage: policy_ops [largest, 100 to 100000000 [rounds, 1 to %d "
                      "[policy ...]]]\n",
                      ROUNDS_MAX);
        return 2;
    }
    for (size_t size = 100; size <= largest && size_count < SIZES_MAX; size *= 10) {
        sizes[size_count++] = size;
    }
    (void)printf("ns for a pop, a run and a push, and the ratio to fifo, with so many queued;\n"
                 "then ns for cancelling a random one and pushing it\n\n%-24s",
                 "queued");
    for (size_t i = 0; i < size_count; i++) {
        (void)printf(" %10zu", sizes[i]);
    }
    for (size_t i = 0; i < size_count; i++) {
        (void)printf(" 10^%-2zu", i + 2);
    }
    (void)printf("\n");
    if (argc > 3) {
        for (int i = 3; i < argc; i++) {
            print_policy(argv[i], sizes, size_count, rounds);
        }
        return 0;
    }
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        print_policy((*policy)->name, sizes, size_count, rounds);
    }
    for (size_t i = 0; i < sizeof compositions / sizeof compositions[0]; i++) {
        print_policy(compositions[i], sizes, size_count, rounds);
    }
    return 0;
}
