/* callbacks.c - to be told when a task is done, instead of waiting for it. */
#include <treadle/treadle.h>

#include <stdint.h>
#include <stdio.h>

static void *square(void *number) {
    const uintptr_t value = (uintptr_t)number;
    return (void *)(value * value);
}

static void print_result(void *context, struct trd_future *future) {
    (void)printf("%s %u\n", (const char *)context, (unsigned)(uintptr_t)trd_future_result(future));
}

int main(void) {
    static char first[] = "the square is", second[] = "once more:";
    struct trd_pool *pool;
    struct trd_future *future;
    if (trd_pool_create(NULL, &pool, NULL)) {
        return 1;
    }
    if (trd_pool_submit(pool, square, (void *)(uintptr_t)12, NULL, &future)) {
        return 1;
    }
    /* Callbacks run in the order given: on the worker, or here if the task has ended already. */
    int failed = trd_future_on_done(future, print_result, first);
    failed |= trd_future_wait(future, TRD_FOREVER);
    failed |= trd_pool_drain(pool, TRD_FOREVER); /* callbacks have run, too */
    failed |= trd_future_on_done(future, print_result, second);
    trd_future_unref(future);
    trd_pool_destroy(pool);
    return failed != 0;
}
