/* figure_flood.c - jobs that do nothing: how many a second, what submitting one takes, and the same
 * from inside a worker; jobs that compute: the speed beside bare threads that do the same work. */
#include "measuring.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { WARM_UPS = 3 };

struct flood {
    size_t count; /* a producer */
    unsigned producers;
    struct job *job;
    atomic_uint ready;
    _Atomic uint64_t submit_ns; /* of all producers together */
};

static void flood_body(void *arg) {
    struct flood *flood = arg;
    (void)atomic_fetch_add(&flood->ready, 1);
    while (atomic_load(&flood->ready) < flood->producers) {
        (void)sched_yield(); /* all begin together */
    }
    const uint64_t begin_ns = now_ns();
    for (size_t i = 0; i < flood->count; i++) {
        contestant.submit(flood->job);
    }
    (void)atomic_fetch_add(&flood->submit_ns, now_ns() - begin_ns);
    if (contestant.settle) {
        contestant.settle();
    }
}

/* Seconds until all have run. */
static double flood_run(struct flood *flood) {
    const uint64_t before = counted(), begin_ns = now_ns();
    produce(flood->producers, flood_body, flood);
    wait_for(before + flood->count * flood->producers);
    return (double)(now_ns() - begin_ns) / 1e9;
}

void figure_flood(unsigned producers, size_t count) {
    struct job job = {count_one, NULL};
    const size_t each = (count ? count : 2000000) / producers;
    struct flood warm_up = {.count = each / 10, .producers = producers, .job = &job};
    struct flood flood = {.count = each, .producers = producers, .job = &job};
    (void)flood_run(&warm_up);
    const double seconds = flood_run(&flood);
    const double total = (double)(each * producers);
    tell("jobs_per_s", total / seconds);
    tell("submit_ns", (double)atomic_load(&flood.submit_ns) / total);
}

struct inner {
    size_t count;
    struct job *job;
};

static void inner_run(void *arg) {
    const struct inner *inner = arg;
    if (contestant.spawn) {
        contestant.spawn(inner->job, inner->count);
    } else {
        for (size_t i = 0; i < inner->count; i++) {
            contestant.submit(inner->job);
        }
    }
    count_one(NULL);
}

static void inner_body(void *arg) {
    contestant.submit(arg);
}

static double inner_seconds(struct inner *inner) {
    struct job outer = {inner_run, inner};
    const uint64_t before = counted(), begin_ns = now_ns();
    produce(1, inner_body, &outer);
    wait_for(before + inner->count + 1);
    return (double)(now_ns() - begin_ns) / 1e9;
}

void figure_inner(size_t count) {
    struct job job = {count_one, NULL};
    struct inner inner = {count ? count : 1000000, &job};
    if (contestant.has_no_inner_submit) {
        give_up("jobs may not submit others here");
    }
    (void)inner_seconds(&(struct inner){inner.count / 10, &job});
    tell("jobs_per_s", (double)inner.count / inner_seconds(&inner));
}

static void burn_and_count(void *arg) {
    burn(*(const uint64_t *)arg);
    count_one(NULL);
}

struct share {
    uint64_t rounds;
    size_t jobs;
};

static void *share_main(void *arg) {
    const struct share *share = arg;
    for (size_t i = 0; i < share->jobs; i++) {
        burn(share->rounds);
    }
    return NULL;
}

/* The same work without an executor: as many bare threads as workers, an equal share each. */
static double bare_seconds(uint64_t rounds, size_t jobs) {
    struct share share = {rounds, jobs / WORKERS};
    pthread_t threads[WORKERS];
    const uint64_t begin_ns = now_ns();
    for (int i = 0; i < WORKERS; i++) {
        if (pthread_create(&threads[i], NULL, share_main, &share)) {
            give_up("no thread");
        }
    }
    for (int i = 0; i < WORKERS; i++) {
        (void)pthread_join(threads[i], NULL); /* it was created */
    }
    return (double)(now_ns() - begin_ns) / 1e9;
}

void figure_efficiency(unsigned job_us, size_t count) {
    uint64_t rounds = (uint64_t)(job_us * rounds_per_us());
    struct job job = {burn_and_count, &rounds};
    const size_t jobs = count ? count : 400000 / job_us;
    struct flood flood = {.count = jobs, .producers = 1, .job = &job};
    const double before = bare_seconds(rounds, jobs);
    /* Each submits faster than the one before and leaves more jobs waiting, until all the memory
     * that this takes is there, where it is kept. */
    for (int i = 0; i < WARM_UPS; i++) {
        (void)flood_run(&flood);
    }
    const double seconds = flood_run(&flood);
    const double after = bare_seconds(rounds, jobs);
    tell("efficiency", (before + after) / 2 / seconds);
}
