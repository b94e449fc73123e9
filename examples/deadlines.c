/* deadlines.c - the earliest deadline first, and what is too late not at all. */
#include <treadle/treadle.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

static void *say(void *text) {
    return puts(text) < 0 ? text : NULL; /* nobody asks */
}

static void *pass(void *gate) {
    (void)pthread_mutex_lock(gate); /* waits until main opens it */
    (void)pthread_mutex_unlock(gate);
    return NULL;
}

int main(void) {
    static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    static char today[] = "today", tomorrow[] = "tomorrow";
    static const struct trd_options soon = {.deadline_ns = 60 * TRD_NS_PER_S},
                                    later = {.deadline_ns = 120 * TRD_NS_PER_S};
    struct trd_pool *pool;
    struct trd_future *late;
    if (trd_pool_create(&(struct trd_pool_config){.policy = "edf", .workers_max = 1}, &pool,
                        NULL)) {
        return 1;
    }
    (void)pthread_mutex_lock(&gate); /* the one worker has to wait, and the queue fills */
    int failed = trd_pool_submit(pool, pass, &gate, NULL, NULL);
    failed |= trd_pool_submit(pool, say, tomorrow, &later, NULL);
    failed |= trd_pool_submit(pool, say, today, &soon, NULL);
    const struct trd_options missed = {.deadline_ns = 1, .is_dropped_late = true};
    failed |= trd_pool_submit(pool, say, NULL, &missed, &late);
    (void)pthread_mutex_unlock(&gate);
    trd_pool_destroy(pool); /* runs what is queued first */
    (void)printf("%s\n", trd_future_wait(late, 0) == -ETIME ? "one came too late" : "?");
    trd_future_unref(late);
    return failed != 0;
}
