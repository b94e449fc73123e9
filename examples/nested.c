/* nested.c - tasks wait for tasks that they submit: who waits runs them, so one worker is enough.
 */
#include <treadle/treadle.h>

#include <stdint.h>
#include <stdio.h>

static struct trd_pool *pool;

/* Fibonacci numbers, the slow way: each by two tasks. */
static void *fibonacci(void *arg) {
    const uintptr_t n = (uintptr_t)arg;
    uintptr_t sum = 0;
    for (uintptr_t i = 1; i <= 2 && n >= 2; i++) {
        struct trd_future *part;
        if (trd_pool_submit(pool, fibonacci, (void *)(n - i), NULL, &part)) {
            return NULL;
        }
        if (trd_future_wait(part, TRD_FOREVER) == 0) {
            sum += (uintptr_t)trd_future_result(part);
        }
        trd_future_unref(part);
    }
    return (void *)(n < 2 ? n : sum);
}

int main(void) {
    struct trd_future *future;
    const struct trd_pool_config config = {.workers_max = 1};
    if (trd_pool_create(&config, &pool, NULL) ||
        trd_pool_submit(pool, fibonacci, (void *)(uintptr_t)15, NULL, &future)) {
        return 1;
    }
    const int failed = trd_future_wait(future, TRD_FOREVER);
    (void)printf("the fifteenth is %lu\n", (unsigned long)(uintptr_t)trd_future_result(future));
    trd_future_unref(future);
    trd_pool_destroy(pool);
    return failed != 0;
}
