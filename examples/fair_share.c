/* fair_share.c - one client asks for much, another for little: in turns, nobody is crowded out. */
#include <treadle/treadle.h>

#include <pthread.h>
#include <stdio.h>

static void *say(void *text) {
    (void)printf("%s ", (const char *)text);
    return NULL;
}

static void *pass(void *gate) {
    (void)pthread_mutex_lock(gate); /* waits until main opens it */
    (void)pthread_mutex_unlock(gate);
    return NULL;
}

int main(void) {
    static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    static char much[] = "much", little[] = "little";
    static const struct trd_options greedy = {.client = 1}, modest = {.client = 2};
    struct trd_pool *pool;
    const struct trd_pool_config config = {.policy = "round_robin", .workers_max = 1};
    if (trd_pool_create(&config, &pool, NULL)) {
        return 1;
    }
    (void)pthread_mutex_lock(&gate);
    int failed = trd_pool_submit(pool, pass, &gate, NULL, NULL);
    for (int i = 0; i < 6; i++) {
        failed |= trd_pool_submit(pool, say, much, &greedy, NULL);
    }
    for (int i = 0; i < 2; i++) {
        failed |= trd_pool_submit(pool, say, little, &modest, NULL);
    }
    (void)pthread_mutex_unlock(&gate);
    trd_pool_destroy(pool);
    (void)printf("\n");
    return failed != 0;
}
