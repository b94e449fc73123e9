/* hello.c - gives a pool a call to make, and waits for what it returns. */
#include <treadle/treadle.h>

#include <stdio.h>

static void *greet(void *name) {
    (void)printf("hello, %s\n", (const char *)name);
    return name;
}

int main(void) {
    static char name[] = "loom";
    struct trd_pool *pool;
    struct trd_error error;
    if (trd_pool_create(NULL, &pool, &error)) { /* NULL: every default */
        (void)fprintf(stderr, "no pool: %s\n", error.message);
        return 1;
    }
    struct trd_future *future;
    if (trd_pool_submit(pool, greet, name, NULL, &future) == 0) {
        if (trd_future_wait(future, TRD_FOREVER) == 0) {
            (void)printf("it returned %s\n", (const char *)trd_future_result(future));
        }
        trd_future_unref(future);
    }
    trd_pool_destroy(pool);
    return 0;
}
