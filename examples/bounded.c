/* bounded.c - a queue that says no when it is full, instead of growing without end. */
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
    const struct trd_pool_config config = {
        .workers_max = 1, .pending_max = 10, .on_full = TRD_ON_FULL_REFUSE};
    if (trd_pool_create(&config, &pool, NULL)) {
        return 1;
    }
    int accepted = 0, refused = 0;
    (void)pthread_mutex_lock(&gate); /* nothing ends while 100 tasks come */
    for (int i = 0; i < 100; i++) {
        const int answer = trd_pool_submit(pool, pass, &gate, NULL, NULL);
        accepted += answer == 0;
        refused += answer == -EAGAIN;
    }
    (void)pthread_mutex_unlock(&gate);
    /* Ten wait; whether the worker has taken one already, only the threads know. */
    (void)printf("%s\n", accepted >= 10 && accepted <= 11 ? "about ten were accepted" : "?");
    (void)printf("%d in all\n", accepted + refused);
    trd_pool_destroy(pool);
    return 0;
}
