/* statistics.c - what a pool did, and how long its tasks waited and ran. */
#include <treadle/treadle.h>

#include <stdio.h>

static void *work(void *arg) {
    const uint64_t start_ns = trd_clock_now_ns();
    while (trd_clock_now_ns() - start_ns < 100 * TRD_NS_PER_US) {
        /* computes for a tenth of a millisecond */
    }
    return arg;
}

int main(void) {
    static struct trd_stats stats; /* some 15 KB: two histograms */
    struct trd_pool *pool;
    if (trd_pool_create(&(struct trd_pool_config){.workers_max = 2}, &pool, NULL)) {
        return 1;
    }
    int failed = 0;
    for (int i = 0; i < 100; i++) {
        failed |= trd_pool_submit(pool, work, NULL, NULL, NULL);
    }
    failed |= trd_pool_drain(pool, TRD_FOREVER);
    failed |= trd_pool_stats(pool, &stats);
    (void)printf("submitted %d, finished %d, queued %d\n", (int)stats.submitted,
                 (int)stats.finished, (int)stats.queued);
    const double utilisation = (double)stats.busy_ns / (double)stats.worker_ns;
    const uint64_t run_ns = trd_histogram_quantile(&stats.run_ns, 0.5);
    const uint64_t wait_ns = trd_histogram_quantile(&stats.wait_ns, 0.99);
    /* Times differ from run to run; these bounds do not. */
    (void)printf("utilisation: %s\n", utilisation > 0.0 && utilisation <= 1.0 ? "yes" : "?");
    (void)printf("median run: %s\n", run_ns >= 96 * TRD_NS_PER_US ? "0.1 ms or more" : "?");
    (void)printf("99 %% waited: %s\n", wait_ns <= stats.age_ns ? "less than the pool's age" : "?");
    trd_pool_destroy(pool);
    return failed != 0;
}
