/* test_pool_meetings.c - no worker idles while a task is queued, whatever comes between.
 *
 * As many tasks as there are workers meet, and none ends before the last has come: if one worker
 * slept on, or a wake-up went to nobody, they would wait for ever. For many seeds of waits at the
 * marked places (yields.h). */
#include <treadle/treadle.h>

#include <pthread.h>
#include <stdatomic.h>

#include "tests/check.h"
#include "tests/live/yields.h"

enum { WORKERS_MAX = 4, ROUNDS = 15, SEEDS = 150 };

struct meeting {
    struct trd_pool *pool;
    pthread_barrier_t all_here;
    uint32_t workers;
    _Atomic uint32_t met;
};

static void *meet(void *arg) {
    struct meeting *meeting = arg;
    const int answer = pthread_barrier_wait(&meeting->all_here);
    must(answer == 0 || answer == PTHREAD_BARRIER_SERIAL_THREAD);
    atomic_fetch_add(&meeting->met, 1);
    return arg;
}

/* The first of them submits the others, and comes itself. */
static void *invite(void *arg) {
    struct meeting *meeting = arg;
    for (uint32_t i = 1; i < meeting->workers; i++) {
        must(trd_pool_submit(meeting->pool, meet, meeting, NULL, NULL) == 0);
    }
    return meet(arg);
}

/* Calls them together, in one of several ways. */
static void gather(struct meeting *meeting, uint64_t dice) {
    void *args[WORKERS_MAX] = {meeting, meeting, meeting, meeting};
    const uint32_t count = meeting->workers;
    switch (dice % 3) {
    case 0:
        must(trd_pool_submit_many(meeting->pool, meet, args, count, NULL, NULL, NULL) == 0);
        break;
    case 1:
        must(trd_pool_submit(meeting->pool, invite, meeting, NULL, NULL) == 0);
        break;
    default:
        for (uint32_t i = 0; i < count; i++) {
            must(trd_pool_submit(meeting->pool, meet, meeting, NULL, NULL) == 0);
        }
    }
}

static void play(uint64_t seed) {
    static const char *const policies[] = {"fifo", "lifo", "work_stealing", "round_robin"};
    struct trd_rng rng;
    struct meeting meeting = {.met = 0};
    trd_rng_init(&rng, seed);
    yields_begin(seed, false);
    meeting.workers = 2 + (uint32_t)trd_rng_below(&rng, WORKERS_MAX - 1);
    must(pthread_barrier_init(&meeting.all_here, NULL, meeting.workers) == 0);
    const struct trd_pool_config config = {.policy = policies[trd_rng_below(&rng, 4)],
                                           .sizer = "fixed",
                                           .workers_max = meeting.workers};
    must(trd_pool_create(&config, &meeting.pool, NULL) == 0);
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t dice = trd_rng_next(&rng);
        gather(&meeting, dice);
        if ((dice >> 8) % 2) { /* all asleep again, or the next ones come at once */
            must(trd_pool_drain(meeting.pool, TRD_FOREVER) == 0);
        }
    }
    must(trd_pool_drain(meeting.pool, TRD_FOREVER) == 0); /* some are not submitted yet */
    trd_pool_destroy(meeting.pool);
    must(atomic_load(&meeting.met) == ROUNDS * meeting.workers);
    must(pthread_barrier_destroy(&meeting.all_here) == 0);
    yields_end();
}

static void no_worker_idles_while_a_task_is_queued(void **state) {
    (void)state;
    const struct yields_seeds seeds = yields_seeds(SEEDS);
    for (uint64_t i = 0; i < seeds.count; i++) {
        play(seeds.first + i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_worker_idles_while_a_task_is_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
