/* with_treadle.c - libtreadle's pool, as it is by default. The option is its policy. */
#include <treadle/treadle.h>

#include <stdio.h>
#include <stdlib.h>

#include "contestant.h"

static struct trd_pool *pool;
static bool has_clients;

static void check(int failed, const char *what) {
    if (failed) {
        (void)fprintf(stderr, "treadle: %s: error %d\n", what, failed);
        exit(2);
    }
}

static void treadle_open(unsigned workers, const char *option) {
    struct trd_error error = {0};
    const struct trd_pool_config config = {.policy = option, .workers_max = workers};
    if (trd_pool_create(&config, &pool, &error)) {
        (void)fprintf(stderr, "treadle: %s\n", error.message);
        exit(2);
    }
    has_clients = option != NULL; /* another policy has something to order */
}

static void treadle_close(void) {
    trd_pool_destroy(pool);
}

static void *treadle_run(void *arg) {
    struct job *job = arg;
    job->run(job->arg);
    return NULL;
}

/* With a policy that looks at them, jobs differ in what policies look at. */
static void treadle_submit(struct job *job) {
    static _Thread_local uint64_t number = 0x9e3779b97f4a7c15;
    if (!has_clients) {
        check(trd_pool_submit(pool, treadle_run, job, NULL, NULL), "submit");
        return;
    }
    number = number * 6364136223846793005 + 1442695040888963407;
    const struct trd_options options = {
        .client = 1 + (number >> 58),
        .priority = (int64_t)(number >> 40 & 7),
        .cost_ns = 1 + (number >> 33 & 0xfffff),
        .deadline_ns = 1000000000 + (number >> 34),
    };
    check(trd_pool_submit(pool, treadle_run, job, &options, NULL), "submit");
}

static void treadle_call(struct job *job) {
    struct trd_future *future;
    check(trd_pool_submit(pool, treadle_run, job, NULL, &future), "submit");
    check(trd_future_wait(future, TRD_FOREVER), "wait");
    trd_future_unref(future);
}

const struct contestant contestant = {
    .name = "treadle",
    .open = treadle_open,
    .close = treadle_close,
    .submit = treadle_submit,
    .call = treadle_call,
};
