/* stand_in.c - a task that is about to wait says so, and another worker stands in for it. */
#include <treadle/treadle.h>

#include <semaphore.h>
#include <stdio.h>

static sem_t answer; /* what the first task waits for, and only the second can give */

static void *ask(void *arg) {
    (void)trd_pool_blocking_begin(NULL); /* NULL: the pool that runs this task */
    while (sem_wait(&answer)) {
        /* interrupted: again */
    }
    (void)trd_pool_blocking_end(NULL);
    (void)printf("answered\n");
    return arg;
}

static void *reply(void *arg) {
    (void)printf("asked\n");
    (void)sem_post(&answer);
    return arg;
}

int main(void) {
    struct trd_pool *pool;
    const struct trd_pool_config config = {
        .sizer = "compensate", .workers_min = 1, .workers_max = 2};
    if (sem_init(&answer, 0, 0) || trd_pool_create(&config, &pool, NULL)) {
        return 1;
    }
    int failed = trd_pool_submit(pool, ask, NULL, NULL, NULL);
    failed |= trd_pool_submit(pool, reply, NULL, NULL, NULL);
    trd_pool_destroy(pool);
    return failed != 0;
}
