/* cancel.c - taking a task back before it runs, and ending a pool without running the rest. */
#include <treadle/treadle.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

static void *pass(void *gate) {
    (void)pthread_mutex_lock(gate); /* waits until main opens it */
    (void)pthread_mutex_unlock(gate);
    return NULL;
}

int main(void) {
    static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    struct trd_pool *pool;
    struct trd_future *futures[10];
    const struct trd_pool_config config = {.workers_max = 1};
    if (trd_pool_create(&config, &pool, NULL)) {
        return 1;
    }
    (void)pthread_mutex_lock(&gate);
    for (int i = 0; i < 10; i++) {
        if (trd_pool_submit(pool, pass, &gate, NULL, &futures[i])) {
            return 1;
        }
    }
    (void)printf("taken back: %s\n", trd_future_cancel(futures[5]) == 0 ? "yes" : "no");
    (void)trd_pool_shutdown(pool, TRD_SHUTDOWN_CANCEL_PENDING, false); /* the rest goes as well */
    const int last = trd_future_wait(futures[9], TRD_FOREVER);
    (void)printf("the last one: %s\n", last == -ECANCELED ? "cancelled" : "?");
    (void)pthread_mutex_unlock(&gate);
    for (int i = 0; i < 10; i++) {
        trd_future_unref(futures[i]);
    }
    trd_pool_destroy(pool);
    return 0;
}
