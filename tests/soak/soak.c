/* soak.c - a pool works for as long as it is told, in every manner, and must not grow.
 *
 *     soak [TASKS]         (1 000 000 000 takes minutes; the default, a test's size, a second)
 *
 * Most tasks are submitted many at once and forgotten; some have futures, callbacks, clients that
 * never come again, are cancelled, wait for tasks of their own; the size changes all the time, and
 * a second pool comes and goes. Prints the resident memory twenty times. Exit 1: it has grown since
 * the first tenth by more than SOAK_GROWTH_KIB, which is a hundredth of a byte a task in the long
 * run. */
#define _DEFAULT_SOURCE
#include <treadle/treadle.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_JUDGED = 0 }; /* the sanitizer keeps what is freed, or notes of what was ever touched */
#else
enum { IS_JUDGED = 1 };
#endif
enum {
    SOAK_TASKS = 2000000,
    SOAK_LINES = 20,
    SOAK_WARM_LINES = 2,
    SOAK_GROWTH_KIB = 12288, /* it settles some MiB higher, and more on a busy machine */
    BATCH = 500,             /* submitted at once */
    BATCHES = 180,           /* of a round */
    VARIED = 10000,          /* of a round, one by one */
};

/* What tasks and callbacks count. */
struct tally {
    _Atomic uint64_t count;
};

static struct tally ran, called_back;
static uint64_t accepted, cancelled, given_callbacks;

static void check(bool is_true, const char *what) {
    if (!is_true) {
        (void)fprintf(stderr, "soak: not true: %s\n", what);
        exit(2);
    }
}

static void *count(void *arg) {
    (void)atomic_fetch_add_explicit(&ran.count, 1, memory_order_relaxed); /* nothing but a number */
    return arg;
}

/* Waits for a task of its own. */
static void *nest(void *arg) {
    struct trd_future *inner = NULL;
    if (trd_pool_submit(arg, count, arg, NULL, &inner) == 0) {
        check(trd_future_wait(inner, TRD_FOREVER) == 0, "the inner task ran");
        trd_future_unref(inner);
    } else {
        (void)count(arg); /* a full queue blocks nobody inside the pool: as if it had run */
    }
    return count(arg);
}

static void note(void *context, struct trd_future *future) {
    (void)future; /* it is done */
    struct tally *tally = context;
    (void)atomic_fetch_add_explicit(&tally->count, 1,
                                    memory_order_relaxed); /* nothing but a number */
}

static void submit_batches(struct trd_pool *pool) {
    static void *args[BATCH]; /* all NULL */
    for (int i = 0; i < BATCHES; i++) {
        size_t taken = 0;
        check(trd_pool_submit_many(pool, count, args, BATCH, NULL, NULL, &taken) == 0, "submitted");
        accepted += taken;
    }
}

/* One by one, each in another manner. */
static void submit_varied(struct trd_pool *pool, uint64_t round) {
    for (uint64_t i = 0; i < VARIED; i++) {
        const struct trd_options options = {
            .client = 1 + round * VARIED + i, .priority = (int64_t)(i % 5), .cost_ns = 100};
        struct trd_future *future = NULL;
        const bool is_nested = i % 16 == 0;
        check(trd_pool_submit(pool, is_nested ? nest : count, pool, i % 2 ? &options : NULL,
                              &future) == 0,
              "submitted");
        accepted += is_nested ? 2 : 1;
        if (i % 3 == 0) {
            check(trd_future_on_done(future, note, &called_back) == 0, "called back");
            given_callbacks++;
        }
        if (i % 7 == 0 && trd_future_cancel(future) == 0) {
            cancelled += is_nested ? 2 : 1;
        } else if (i % 64 == 0) {
            check(trd_future_wait(future, TRD_FOREVER) == 0, "ran");
        }
        trd_future_unref(future);
    }
}

/* A pool that lives for a moment. */
static void come_and_go(uint64_t round) {
    static const char *const policies[] = {"codel/drr/edf", "work_stealing", "mlfq", "lottery"};
    struct trd_pool *pool = NULL;
    const struct trd_pool_config config = {
        .workers_max = 3,
        .policy = policies[round % 4],
        .sizer = round % 2 ? "gil_model" : "on_demand",
        .pending_max = round % 3 ? 0 : 10,
        .is_recording = round % 8 == 0,
    };
    check(trd_pool_create(&config, &pool, NULL) == 0, "made");
    for (uint64_t i = 0; i < 200; i++) {
        const struct trd_options options = {.client = i % 50, .priority = (int64_t)(i % 3)};
        check(trd_pool_submit(pool, count, pool, &options, NULL) == 0, "submitted");
        accepted++;
    }
    static struct trd_stats stats;
    check(trd_pool_drain(pool, TRD_FOREVER) == 0, "drained");
    check(trd_pool_stats(pool, &stats) == 0, "counted");
    cancelled += stats.expired; /* codel drops what a busy machine is late for */
    trd_pool_destroy(pool);
}

static uint64_t resident_kib(void) {
    uint64_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    check(file && fscanf(file, "%*u %" SCNu64, &pages) == 1, "/proc/self/statm can be read");
    (void)fclose(file); /* it was only read */
    return pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

int main(int argc, char **argv) {
    const uint64_t tasks = argc > 1 ? strtoull(argv[1], NULL, 10) : SOAK_TASKS;
    const struct trd_pool_config config = {.policy = "round_robin", .workers_max = 4};
    struct trd_pool *pool = NULL;
    uint64_t warm_kib = 0, line = 1;
    const uint64_t start_ns = trd_clock_now_ns();
    check(trd_pool_create(&config, &pool, NULL) == 0, "made");
    (void)printf("%14s %9s %12s\n", "tasks", "seconds", "resident KiB");
    for (uint64_t round = 0; line <= SOAK_LINES; round++) {
        submit_batches(pool);
        submit_varied(pool, round);
        come_and_go(round);
        check(trd_pool_drain(pool, TRD_FOREVER) == 0, "drained"); /* a round's tasks, at most */
        check(trd_pool_resize(pool, (uint32_t)round % 2, 1 + (uint32_t)round % 4) == 0, "resized");
        if (accepted >= tasks / SOAK_LINES * line) {
            const uint64_t kib = resident_kib();
            warm_kib = line == SOAK_WARM_LINES ? kib : warm_kib;
            (void)printf("%14" PRIu64 " %9.1f %12" PRIu64 "\n", accepted,
                         (double)(trd_clock_now_ns() - start_ns) * 1e-9, kib);
            (void)fflush(stdout); /* somebody may be watching */
            line++;
        }
    }
    trd_pool_destroy(pool);
    check(atomic_load(&ran.count) + cancelled == accepted, "every task ran once or was cancelled");
    check(atomic_load(&called_back.count) == given_callbacks, "every callback was called");
    const uint64_t end_kib = resident_kib();
    const bool has_grown = end_kib > warm_kib + SOAK_GROWTH_KIB;
    (void)printf("%s: %" PRIu64 " KiB after %d of %d lines, %" PRIu64 " KiB at the end\n",
                 has_grown ? "it has grown" : "it has not grown", warm_kib, SOAK_WARM_LINES,
                 SOAK_LINES, end_kib);
    return IS_JUDGED && has_grown;
}
