/* thread_names.c - what debuggers, top and ps -L show: the pool's name and the worker's number. */
#include <treadle/treadle.h>

#include <stdio.h>

static void *print_own_name(void *pool) {
    char name[32] = "?";
    FILE *file = fopen("/proc/thread-self/comm", "r"); /* the kernel's name of this thread */
    if (file) {
        (void)fscanf(file, "%31s", name); /* "?" stays if it cannot be read */
        (void)fclose(file);
    }
    (void)printf("%s is worker %u\n", name, trd_pool_this_worker(pool));
    return NULL;
}

int main(void) {
    struct trd_pool *pool;
    const struct trd_pool_config config = {.name = "weavers", .workers_max = 1};
    if (trd_pool_create(&config, &pool, NULL)) {
        return 1;
    }
    const int failed = trd_pool_submit(pool, print_own_name, pool, NULL, NULL);
    trd_pool_destroy(pool);
    return failed != 0;
}
