/* yield.c - two long tasks on one worker take turns: after each step they are queued again. */
#include <treadle/treadle.h>

#include <stdio.h>

/* Where a task has got to. */
struct count {
    const char *name;
    int at, end;
};

static void *step(void *arg) {
    struct count *count = arg;
    (void)printf("%s %d\n", count->name, ++count->at);
    return count->at < count->end ? trd_again() : count;
}

/* On the worker itself, so that neither begins before both are queued. */
static void *submit_both(void *pool) {
    static struct count counts[] = {{"left", 0, 3}, {"right", 0, 2}};
    const struct trd_options options = {.is_resumable = true};
    for (int i = 0; i < 2; i++) {
        if (trd_pool_submit(pool, step, &counts[i], &options, NULL)) {
            (void)printf("%s was refused\n", counts[i].name);
        }
    }
    return NULL;
}

int main(void) {
    struct trd_pool *pool;
    if (trd_pool_create(&(struct trd_pool_config){.workers_max = 1}, &pool, NULL)) {
        return 1;
    }
    int failed = trd_pool_submit(pool, submit_both, pool, NULL, NULL);
    failed |= trd_pool_drain(pool, TRD_FOREVER); /* until nothing is queued or running */
    trd_pool_destroy(pool);
    return failed != 0;
}
