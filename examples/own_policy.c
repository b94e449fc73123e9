/* own_policy.c - a policy of one's own (see coin.c), given to a pool by the path of its object. */
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

int main(int argc, char **argv) {
    static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    static char words[3][8] = {"first", "second", "third"};
    struct trd_pool *pool;
    struct trd_error error;
    char policy[512];
    (void)snprintf(policy, sizeof policy, "%s:newest=1", argc > 1 ? argv[1] : "./coin.so");
    const struct trd_pool_config config = {.policy = policy, .workers_max = 1};
    if (trd_pool_create(&config, &pool, &error)) {
        (void)fprintf(stderr, "no pool: %s\n", error.message);
        return 1;
    }
    (void)pthread_mutex_lock(&gate);
    int failed = trd_pool_submit(pool, pass, &gate, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        failed |= trd_pool_submit(pool, say, words[i], NULL, NULL);
    }
    (void)pthread_mutex_unlock(&gate);
    trd_pool_destroy(pool);
    return failed != 0;
}
