/* submit_many.c - a thousand calls in one go, and their results. */
#include <treadle/treadle.h>

#include <stdint.h>
#include <stdio.h>

enum { COUNT = 1000 };

static void *square(void *number) {
    const uintptr_t value = (uintptr_t)number;
    return (void *)(value * value);
}

int main(void) {
    static void *numbers[COUNT];
    static struct trd_future *futures[COUNT];
    struct trd_pool *pool;
    size_t accepted;
    uintptr_t sum = 0;
    if (trd_pool_create(NULL, &pool, NULL)) {
        return 1;
    }
    for (uintptr_t i = 0; i < COUNT; i++) {
        numbers[i] = (void *)i;
    }
    /* If this fails half-way, the first `accepted` were taken all the same. */
    int failed = trd_pool_submit_many(pool, square, numbers, COUNT, NULL, futures, &accepted);
    for (size_t i = 0; i < accepted; i++) {
        failed |= trd_future_wait(futures[i], TRD_FOREVER);
        sum += (uintptr_t)trd_future_result(futures[i]);
        trd_future_unref(futures[i]);
    }
    (void)printf("the sum of %zu squares is %lu\n", accepted, (unsigned long)sum);
    trd_pool_destroy(pool);
    return failed != 0;
}
