/* priorities.c - what is urgent overtakes what waits. */
#include <treadle/treadle.h>

#include <pthread.h>
#include <stdio.h>

static void *say(void *text) {
    (void)printf("%s\n", (const char *)text);
    return NULL;
}

static void *pass(void *gate) {
    (void)pthread_mutex_lock(gate); /* waits until main opens it */
    (void)pthread_mutex_unlock(gate);
    return NULL;
}

int main(void) {
    static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    static char news[] = "news", weather[] = "weather", alarm[] = "alarm";
    static const struct trd_options first = {.priority = 99}, low = {.priority = -1},
                                    high = {.priority = 10};
    struct trd_pool *pool;
    const struct trd_pool_config config = {.policy = "priority", .workers_max = 1};
    if (trd_pool_create(&config, &pool, NULL)) {
        return 1;
    }
    (void)pthread_mutex_lock(&gate); /* the one worker has to wait, and the queue fills */
    int failed = trd_pool_submit(pool, pass, &gate, &first, NULL);
    failed |= trd_pool_submit(pool, say, weather, &low, NULL);
    failed |= trd_pool_submit(pool, say, news, NULL, NULL);
    failed |= trd_pool_submit(pool, say, alarm, &high, NULL);
    (void)pthread_mutex_unlock(&gate);
    trd_pool_destroy(pool); /* runs what is queued first */
    return failed != 0;
}
