/* grow.c - more workers while the pool works, then fewer. */
#include <treadle/treadle.h>

#include <pthread.h>
#include <stdio.h>

enum { MANY = 4 };

static pthread_barrier_t all_here;

static void *meet(void *arg) {
    (void)pthread_barrier_wait(&all_here); /* ends only if MANY run at the same time */
    return arg;
}

int main(void) {
    static struct trd_stats stats;
    struct trd_pool *pool;
    const struct trd_pool_config config = {.sizer = "fixed", .workers_max = 1};
    if (pthread_barrier_init(&all_here, NULL, MANY) || trd_pool_create(&config, &pool, NULL)) {
        return 1;
    }
    int failed = 0;
    for (int i = 0; i < MANY; i++) {
        failed |= trd_pool_submit(pool, meet, NULL, NULL, NULL);
    }
    failed |= trd_pool_resize(pool, 0, MANY); /* with one worker they would wait for ever */
    failed |= trd_pool_drain(pool, TRD_FOREVER);
    (void)printf("%d have met\n", MANY);
    failed |= trd_pool_resize(pool, 0, 1); /* the others leave as soon as they are idle */
    failed |= trd_pool_stats(pool, &stats);
    (void)printf("at most %u worked, now %u are wanted\n", stats.workers_peak,
                 stats.workers_wanted);
    trd_pool_destroy(pool);
    return failed != 0;
}
