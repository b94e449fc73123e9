/* test_pool_yields.c - everything at once, with a wait wherever one could matter, for many seeds.
 *
 * A seed draws a pool (policy, sizer, bounds, what a full queue does, whether threads can be
 * started), producers, waiters, cancellers, a resizer, and how it ends. Then every accepted task
 * must have ended exactly once, as its future says, with its callbacks called and the books right;
 * with one worker and fifo, in each producer's order. TREADLE_TEST_SEED and TREADLE_TEST_SEEDS: see
 * yields.h. */
#include <treadle/treadle.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/check.h"
#include "tests/live/yields.h"

enum {
    PRODUCERS_MAX = 4,
    JOBS = 40, /* of a producer */
    HELPERS_MAX = 3,
    MANY = 4, /* submitted at once */
    CALLBACKS_MAX = 3,
    SEEDS = 250, /* a few seconds */
};

enum job_kind {
    JOB_PLAIN,
    JOB_FORGOTTEN,
    JOB_YIELDS,
    JOB_SUBMITS,
    JOB_WAITS,
    JOB_BLOCKS,
    JOB_HELPS,
    JOB_KINDS
};

struct scene;

/* A task, and what is known of it. */
struct job {
    struct scene *scene;
    struct job *child; /* what it submits; NULL for children */
    enum job_kind kind;
    uint32_t producer, index;
    uint32_t slices_left;                  /* whoever runs it */
    _Atomic(struct trd_future *) future;   /* published when accepted; kept until the end */
    _Atomic bool is_accepted;              /* read when all is over */
    _Atomic uint32_t started, ended;       /* how often its function did */
    _Atomic uint32_t callbacks_called;     /* */
    _Atomic uint32_t callbacks_registered; /* */
};

enum scene_end { END_DRAINED, END_DRAINING, END_CANCELLING, END_TWICE, END_KINDS };

struct scene {
    uint64_t seed;
    struct trd_pool *pool;
    struct trd_pool_config config;
    bool is_ordered; /* one worker, fifo, and nothing that could overtake */
    bool has_resizer;
    bool lacks_threads; /* the library cannot start every thread it wants */
    uint32_t producers, helpers;
    enum scene_end end;
    _Atomic uint32_t submitted_jobs; /* by producers, accepted or not */
    _Atomic bool is_over;
    _Atomic int64_t started_last[PRODUCERS_MAX]; /* the index of the job that began last */
    struct job jobs[PRODUCERS_MAX][JOBS];
    struct job children[PRODUCERS_MAX][JOBS];
};

struct actor {
    struct scene *scene;
    uint32_t number;
    struct trd_rng rng;
    pthread_t thread;
};

static void job_called_back(void *context, struct trd_future *future) {
    struct job *job = context;
    must(trd_future_is_done(future));
    const int answer = trd_future_wait(future, TRD_FOREVER); /* it is there already */
    must(answer == 0 || answer == -ECANCELED || answer == -ETIME);
    atomic_fetch_add(&job->callbacks_called, 1);
}

static void *job_run(void *arg);

static bool is_refusal(int answer) {
    return answer == -ESHUTDOWN || answer == -EAGAIN || answer == -EDEADLK;
}

/* Submits; what it is told it writes into the job. */
static int job_submit(struct job *job, const struct trd_options *options, bool is_held) {
    struct trd_future *future = NULL;
    const int answer =
        trd_pool_submit(job->scene->pool, job_run, job, options, is_held ? &future : NULL);
    must(answer == 0 || is_refusal(answer));
    must(answer == 0 || !future);
    if (answer == 0) {
        atomic_store(&job->is_accepted, true);
        atomic_store(&job->future, future);
    }
    return answer;
}

static void job_waits(struct job *job) {
    if (job_submit(job->child, NULL, true)) {
        return;
    }
    const int answer = trd_future_wait(atomic_load(&job->child->future), TRD_FOREVER);
    must(answer == 0 || answer == -ECANCELED || answer == -EDEADLK);
}

static void job_helps(void) {
    const int answer = trd_pool_help(NULL);
    must(answer == 0 || answer == -EAGAIN || answer == -EINVAL); /* it may run on no worker */
}

static void job_begins(struct job *job) {
    struct scene *scene = job->scene;
    if (scene->is_ordered && job->child) {
        const int64_t before =
            atomic_exchange(&scene->started_last[job->producer], (int64_t)job->index);
        must(before < (int64_t)job->index);
    }
    atomic_fetch_add(&job->started, 1);
}

static void *job_run(void *arg) {
    struct job *job = arg;
    if (atomic_load(&job->started) == 0) {
        job_begins(job);
    }
    switch (job->kind) {
    case JOB_YIELDS:
        if (job->slices_left-- > 0) {
            return trd_again();
        }
        break;
    case JOB_SUBMITS:
        (void)job_submit(job->child, NULL, false); /* the child's record has the answer */
        break;
    case JOB_WAITS:
        job_waits(job);
        break;
    case JOB_BLOCKS:
        must(trd_pool_blocking_begin(job->scene->pool) == 0);
        must(trd_pool_blocking_end(job->scene->pool) == 0 || job->child);
        break;
    case JOB_HELPS:
        job_helps();
        break;
    case JOB_PLAIN:
    case JOB_FORGOTTEN:
    case JOB_KINDS:
        break;
    }
    atomic_fetch_add(&job->ended, 1);
    return job;
}

/* What a producer says of its job, drawn. */
static struct trd_options job_options(struct actor *self, const struct job *job) {
    const uint64_t dice = trd_rng_next(&self->rng);
    return (struct trd_options){
        .priority = (int64_t)(dice % 5),
        .client = (dice >> 8) % 6,
        .weight = (uint32_t)(dice >> 16) % 4,
        .cost_ns = (dice >> 24) % 1000,
        .deadline_ns = (dice >> 32) % 4 ? 0 : 1 + (dice >> 34) % 30000,
        .is_dropped_late = (dice >> 50) % 2,
        .is_resumable = job->kind == JOB_YIELDS,
    };
}

/* Submits the jobs from `first` on at once, as far as they want no options. Returns how many. */
static uint32_t produce_many(struct scene *scene, uint32_t producer, uint32_t first) {
    struct job *jobs = &scene->jobs[producer][first];
    struct trd_future *futures[MANY];
    void *args[MANY];
    uint32_t count = 0;
    while (count < MANY && first + count < JOBS && jobs[count].kind != JOB_YIELDS) {
        args[count] = &jobs[count];
        count++;
    }
    size_t accepted = 0;
    const int answer =
        trd_pool_submit_many(scene->pool, job_run, args, count, NULL, futures, &accepted);
    must((answer == 0 && accepted == count) || (is_refusal(answer) && accepted < count));
    for (uint32_t i = 0; i < count; i++) {
        must((futures[i] != NULL) == (i < accepted));
        atomic_store(&jobs[i].is_accepted, i < accepted);
        atomic_store(&jobs[i].future, futures[i]);
    }
    atomic_fetch_add(&scene->submitted_jobs, count);
    return count;
}

static void *producer_main(void *arg) {
    struct actor *self = arg;
    struct scene *scene = self->scene;
    for (uint32_t i = 0; i < JOBS; i++) {
        if (trd_rng_below(&self->rng, 8) == 0) {
            i += produce_many(scene, self->number, i);
        }
        if (i == JOBS) {
            break;
        }
        struct job *job = &scene->jobs[self->number][i];
        const struct trd_options options = job_options(self, job);
        const uint64_t dice = trd_rng_next(&self->rng);
        const bool has_options = job->kind == JOB_YIELDS || (dice % 2 && !scene->is_ordered);
        const int answer = job_submit(job, has_options ? &options : NULL,
                                      job->kind != JOB_FORGOTTEN && (dice >> 24) % 2);
        struct trd_future *future = atomic_load(&job->future);
        for (uint64_t j = (dice >> 8) % (CALLBACKS_MAX + 1); future && answer == 0 && j > 0; j--) {
            must(trd_future_on_done(future, job_called_back, job) == 0);
            atomic_fetch_add(&job->callbacks_registered, 1);
        }
        if (future && (dice >> 16) % 8 == 0) {
            const int cancelled = trd_future_cancel(future);
            must(cancelled == 0 || cancelled == -EBUSY || cancelled == -EALREADY);
        }
        atomic_fetch_add(&scene->submitted_jobs, 1);
    }
    return NULL;
}

/* Waits for, and cancels, what others have submitted. */
static void *helper_main(void *arg) {
    struct actor *self = arg;
    struct scene *scene = self->scene;
    while (!atomic_load(&scene->is_over)) {
        const uint64_t dice = trd_rng_next(&self->rng);
        struct job *job = &scene->jobs[dice % scene->producers][(dice >> 8) % JOBS];
        struct trd_future *future = atomic_load(&job->future);
        if (!future) {
            (void)trd_pool_this_worker(scene->pool); /* nothing to do: once more */
            continue;
        }
        if (self->number % 2) {
            const int answer = trd_future_cancel(future);
            must(answer == 0 || answer == -EBUSY || answer == -EALREADY);
            continue;
        }
        const uint64_t times[] = {0, 10 * TRD_NS_PER_US, 300 * TRD_NS_PER_US, TRD_FOREVER};
        const int answer = trd_future_wait(future, times[(dice >> 16) % 4]);
        must(answer == 0 || answer == -ECANCELED || answer == -ETIME || answer == -ETIMEDOUT);
    }
    return NULL;
}

static void *resizer_main(void *arg) {
    struct actor *self = arg;
    struct scene *scene = self->scene;
    struct trd_stats *stats = malloc(sizeof *stats);
    must(stats != NULL);
    while (!atomic_load(&scene->is_over)) {
        const uint32_t most = 1 + (uint32_t)trd_rng_below(&self->rng, 6);
        must(trd_pool_resize(scene->pool, most / 3, most) == 0);
        must(trd_pool_stats(scene->pool, stats) == 0);
        /* More may run than workers are busy: inside one another, and out of turn. */
        must(stats->submitted >= stats->finished + stats->cancelled + stats->expired + stats->lost +
                                     stats->queued + stats->busy);
        const int drained = trd_pool_drain(scene->pool, 100 * TRD_NS_PER_US);
        must(drained == 0 || drained == -ETIMEDOUT);
    }
    free(stats);
    return NULL;
}

static const char *draw_policy(struct trd_rng *rng) {
    size_t count = 0;
    while (trd_policies()[count]) {
        count++;
    }
    const uint64_t dice = trd_rng_below(rng, 2 * count); /* every second time fifo */
    return dice < count ? trd_policies()[dice]->name : "fifo";
}

static const char *draw_sizer(struct trd_rng *rng) {
    size_t count = 0;
    while (trd_sizers()[count]) {
        count++;
    }
    const uint64_t dice = trd_rng_below(rng, 2 * count); /* every second time the usual one */
    return dice < count ? trd_sizers()[dice]->name : "on_demand";
}

static void draw_jobs(struct scene *scene, struct trd_rng *rng) {
    for (uint32_t i = 0; i < PRODUCERS_MAX * JOBS; i++) {
        struct job *job = &scene->jobs[i / JOBS][i % JOBS];
        struct job *child = &scene->children[i / JOBS][i % JOBS];
        const uint64_t dice = trd_rng_next(rng);
        *job = (struct job){.scene = scene,
                            .child = child,
                            .kind = (enum job_kind)(dice % JOB_KINDS),
                            .producer = i / JOBS,
                            .index = i % JOBS,
                            .slices_left = (uint32_t)(dice >> 8) % 4};
        if (scene->is_ordered && (job->kind == JOB_WAITS || job->kind == JOB_HELPS)) {
            job->kind = JOB_PLAIN; /* these may run others in between */
        }
        *child = (struct job){.scene = scene, .kind = JOB_PLAIN, .producer = i / JOBS};
    }
}

static void draw_scene(struct scene *scene, uint64_t seed) {
    struct trd_rng rng;
    trd_rng_init(&rng, seed);
    memset(scene, 0, sizeof *scene);
    scene->seed = seed;
    scene->config = (struct trd_pool_config){
        .policy = draw_policy(&rng),
        .sizer = draw_sizer(&rng),
        .workers_max = 1 + (uint32_t)trd_rng_below(&rng, 5),
        .pending_max = trd_rng_below(&rng, 2) ? 1 + trd_rng_below(&rng, 8) : 0,
        .on_full = (enum trd_on_full)trd_rng_below(&rng, 3),
        .is_recording = trd_rng_below(&rng, 8) == 0,
        .seed = seed,
    };
    scene->config.workers_min = trd_rng_below(&rng, 2) ? scene->config.workers_max / 2 : 0;
    scene->producers = 1 + (uint32_t)trd_rng_below(&rng, PRODUCERS_MAX);
    scene->helpers = (uint32_t)trd_rng_below(&rng, HELPERS_MAX + 1);
    scene->has_resizer = trd_rng_below(&rng, 2);
    scene->end = (enum scene_end)trd_rng_below(&rng, END_KINDS);
    scene->is_ordered =
        strcmp(scene->config.policy, "fifo") == 0 && scene->config.workers_max == 1 &&
        !scene->has_resizer &&
        (scene->config.on_full != TRD_ON_FULL_CALLER_RUNS || scene->config.pending_max == 0);
    for (uint32_t i = 0; i < PRODUCERS_MAX; i++) {
        atomic_store(&scene->started_last[i], -1);
    }
    draw_jobs(scene, &rng);
    scene->lacks_threads = trd_rng_below(&rng, 12) == 0;
}

static void actor_start(struct actor *actor, struct scene *scene, uint32_t number,
                        void *(*run)(void *arg), uint64_t salt) {
    actor->scene = scene;
    actor->number = number;
    trd_rng_init(&actor->rng, scene->seed * 100 + salt + number);
    must(yields_thread(&actor->thread, run, actor) == 0);
}

static void actor_join(const struct actor *actor) {
    must(pthread_join(actor->thread, NULL) == 0);
}

static void *shut_down(void *arg) {
    struct actor *self = arg;
    const enum trd_shutdown how = self->number ? TRD_SHUTDOWN_CANCEL_PENDING : TRD_SHUTDOWN_DRAIN;
    must(trd_pool_shutdown(self->scene->pool, how, trd_rng_next(&self->rng) % 2) == 0);
    return NULL;
}

/* Ends it while the producers are at work; or waits until they are done. */
static void scene_end_meanwhile(struct scene *scene) {
    struct actor enders[2];
    const uint32_t half = scene->producers * JOBS / 2;
    if (scene->end == END_DRAINED) {
        return;
    }
    while (atomic_load(&scene->submitted_jobs) < half) {
        const int drained = trd_pool_drain(scene->pool, 50 * TRD_NS_PER_US);
        must(drained == 0 || drained == -ETIMEDOUT);
    }
    const uint32_t first = scene->end == END_CANCELLING, last = scene->end != END_DRAINING;
    for (uint32_t i = first; i <= last; i++) {
        actor_start(&enders[i], scene, i, shut_down, 90);
    }
    for (uint32_t i = first; i <= last; i++) {
        actor_join(&enders[i]);
    }
}

static void scene_play(struct scene *scene) {
    struct actor producers[PRODUCERS_MAX], helpers[HELPERS_MAX], resizer;
    for (uint32_t i = 0; i < scene->producers; i++) {
        actor_start(&producers[i], scene, i, producer_main, 0);
    }
    for (uint32_t i = 0; i < scene->helpers; i++) {
        actor_start(&helpers[i], scene, i, helper_main, 30);
    }
    if (scene->has_resizer) {
        actor_start(&resizer, scene, 0, resizer_main, 60);
    }
    scene_end_meanwhile(scene);
    for (uint32_t i = 0; i < scene->producers; i++) {
        actor_join(&producers[i]);
    }
    must(trd_pool_drain(scene->pool, TRD_FOREVER) == 0);
    atomic_store(&scene->is_over, true);
    for (uint32_t i = 0; i < scene->helpers; i++) {
        actor_join(&helpers[i]);
    }
    if (scene->has_resizer) {
        actor_join(&resizer);
    }
}

/* One job, when all is over. Adds it to the counts. */
static void job_check(struct job *job, uint64_t *accepted, uint64_t *ended) {
    struct trd_future *future = atomic_load(&job->future);
    const uint32_t runs = atomic_load(&job->ended);
    const bool is_accepted = atomic_load(&job->is_accepted);
    *accepted += is_accepted;
    *ended += runs;
    must(runs <= 1 && atomic_load(&job->started) <= 1);
    must(is_accepted || atomic_load(&job->started) == 0);
    must(atomic_load(&job->callbacks_called) == atomic_load(&job->callbacks_registered));
    if (future) {
        const int answer = trd_future_wait(future, 0);
        must(answer == 0 || answer == -ECANCELED || answer == -ETIME);
        must((answer == 0) == (runs == 1));
        must(trd_future_result(future) == (answer == 0 ? job : NULL));
        trd_future_unref(future);
    }
}

static void scene_check(struct scene *scene, const struct trd_stats *stats) {
    uint64_t accepted = 0, ended = 0;
    for (uint32_t i = 0; i < PRODUCERS_MAX * JOBS; i++) {
        job_check(&scene->jobs[i / JOBS][i % JOBS], &accepted, &ended);
        job_check(&scene->children[i / JOBS][i % JOBS], &accepted, &ended);
    }
    must(stats->queued == 0 && stats->busy == 0 && stats->blocked == 0 && stats->lost == 0);
    must(stats->finished + stats->caller_ran == ended);
    must(stats->submitted == stats->finished + stats->cancelled + stats->expired);
    if (!scene->lacks_threads) { /* else some were taken back */
        must(stats->submitted + stats->caller_ran == accepted);
    }
}

static void play(uint64_t seed) {
    static struct scene scene;
    static struct trd_stats stats;
    struct trd_error error;
    draw_scene(&scene, seed);
    yields_begin(seed, scene.lacks_threads);
    const int failed = trd_pool_create(&scene.config, &scene.pool, &error);
    must(failed == 0 || (failed == -EAGAIN && scene.lacks_threads));
    if (failed == 0) {
        scene_play(&scene);
        must(trd_pool_stats(scene.pool, &stats) == 0);
        const bool is_early = seed % 2; /* futures may live longer than their pool */
        if (!is_early) {
            scene_check(&scene, &stats);
        }
        trd_pool_destroy(scene.pool);
        if (is_early) {
            scene_check(&scene, &stats);
        }
    }
    yields_end();
}

static void nothing_is_lost_whatever_comes_between(void **state) {
    (void)state;
    const struct yields_seeds seeds = yields_seeds(SEEDS);
    for (uint64_t i = 0; i < seeds.count; i++) {
        play(seeds.first + i);
    }
}

static void every_marked_place_was_reached(void **state) {
    (void)state;
    if (yields_seeds(SEEDS).count < SEEDS) {
        print_message("only some seeds were run\n");
        skip();
    }
    for (int i = 0; i < TRD_YIELD_COUNT; i++) {
        if (!yields_has_reached((enum trd__yield_point)i)) {
            fail_msg("no thread came to %s", yields_name((enum trd__yield_point)i));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_whatever_comes_between),
        cmocka_unit_test(every_marked_place_was_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
