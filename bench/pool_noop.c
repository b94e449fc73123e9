/* pool_noop.c - what a task costs when it does nothing: Treadle's pool beside a plain one.
 *
 * One thread submits, N workers run. The plain pool is what a textbook writes: a list, a mutex, a
 * condition variable, no statistics, no cancelling, no futures. The contestants take turns within
 * every round, so noise of the machine meets all of them; medians over the rounds are printed.
 *
 *     pool_noop [tasks [rounds]]
 */
#include <treadle/treadle.h>

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MAX = 99, CONTESTANTS = 3, SIZES = 3 };

/* Nanoseconds a task: until submit has returned, until it has run, and of CPU time, all threads
 * together: the one that a busy machine disturbs least. */
struct cost {
    double submit_ns, all_ns, cpu_ns;
};

/* When a measurement began, and when its last submit returned. */
struct stopwatch {
    uint64_t start_ns, submitted_ns, cpu_ns;
};

static void check(int failed) {
    if (failed) {
        (void)fprintf(stderr, "pool_noop: error %d\n", failed);
        exit(2);
    }
}

static uint64_t process_cpu_ns(void) {
    struct timespec used;
    check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used));
    return (uint64_t)used.tv_sec * TRD_NS_PER_S + (uint64_t)used.tv_nsec;
}

static struct stopwatch stopwatch_start(void) {
    return (struct stopwatch){.cpu_ns = process_cpu_ns(), .start_ns = trd_clock_now_ns()};
}

static struct cost stopwatch_stop(const struct stopwatch *watch, size_t count) {
    const uint64_t end_ns = trd_clock_now_ns(), cpu_ns = process_cpu_ns();
    return (struct cost){
        .submit_ns = (double)(watch->submitted_ns - watch->start_ns) / (double)count,
        .all_ns = (double)(end_ns - watch->start_ns) / (double)count,
        .cpu_ns = (double)(cpu_ns - watch->cpu_ns) / (double)count,
    };
}

static void nothing(void *arg) {
    (void)arg; /* as the name says */
}

static void *nothing_returned(void *arg) {
    return arg;
}

struct plain_task {
    struct plain_task *next;
    void (*run)(void *arg);
    void *arg;
};

/* The textbook's pool. Everything is protected by `mutex`. */
struct plain {
    pthread_mutex_t mutex;
    pthread_cond_t has_work, is_idle;
    struct plain_task *first, **last;
    size_t unfinished;
    bool is_stopping;
};

static void *plain_worker(void *arg) {
    struct plain *pool = arg;
    check(pthread_mutex_lock(&pool->mutex));
    for (;;) {
        struct plain_task *task = pool->first;
        if (!task && pool->is_stopping) {
            break;
        }
        if (!task) {
            check(pthread_cond_wait(&pool->has_work, &pool->mutex));
            continue;
        }
        pool->first = task->next;
        if (!pool->first) {
            pool->last = &pool->first;
        }
        check(pthread_mutex_unlock(&pool->mutex));
        task->run(task->arg);
        check(pthread_mutex_lock(&pool->mutex));
        if (--pool->unfinished == 0) {
            check(pthread_cond_signal(&pool->is_idle));
        }
    }
    check(pthread_mutex_unlock(&pool->mutex));
    return NULL;
}

static void plain_submit(struct plain *pool, struct plain_task *task) {
    task->next = NULL;
    task->run = nothing;
    check(pthread_mutex_lock(&pool->mutex));
    *pool->last = task;
    pool->last = &task->next;
    pool->unfinished++;
    check(pthread_cond_signal(&pool->has_work));
    check(pthread_mutex_unlock(&pool->mutex));
}

static struct cost measure_plain(uint32_t workers, size_t count) {
    struct plain pool = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                         .has_work = PTHREAD_COND_INITIALIZER,
                         .is_idle = PTHREAD_COND_INITIALIZER};
    struct plain_task *tasks = calloc(count, sizeof *tasks);
    pthread_t threads[64];
    assert(tasks && workers <= 64);
    pool.last = &pool.first;
    for (uint32_t i = 0; i < workers; i++) {
        check(pthread_create(&threads[i], NULL, plain_worker, &pool));
    }
    struct stopwatch watch = stopwatch_start();
    for (size_t i = 0; i < count; i++) {
        plain_submit(&pool, &tasks[i]);
    }
    watch.submitted_ns = trd_clock_now_ns();
    check(pthread_mutex_lock(&pool.mutex));
    while (pool.unfinished) {
        check(pthread_cond_wait(&pool.is_idle, &pool.mutex));
    }
    const struct cost cost = stopwatch_stop(&watch, count);
    pool.is_stopping = true;
    check(pthread_cond_broadcast(&pool.has_work));
    check(pthread_mutex_unlock(&pool.mutex));
    for (uint32_t i = 0; i < workers; i++) {
        check(pthread_join(threads[i], NULL));
    }
    free(tasks);
    return cost;
}

static struct trd_pool *treadle_pool(uint32_t workers) {
    struct trd_pool *pool;
    const struct trd_pool_config config = {.workers_max = workers, .sizer = "fixed"};
    check(trd_pool_create(&config, &pool, NULL));
    return pool;
}

/* Tasks in memory of the caller's, as in the plain pool. */
static struct cost measure_tasks(uint32_t workers, size_t count) {
    struct trd_pool *pool = treadle_pool(workers);
    struct trd_task *tasks = calloc(count, sizeof *tasks);
    assert(tasks);
    struct stopwatch watch = stopwatch_start();
    for (size_t i = 0; i < count; i++) {
        tasks[i].payload.call.run = nothing;
        check(trd_pool_submit_task(pool, &tasks[i]));
    }
    watch.submitted_ns = trd_clock_now_ns();
    check(trd_pool_drain(pool, TRD_FOREVER));
    const struct cost cost = stopwatch_stop(&watch, count);
    trd_pool_destroy(pool);
    free(tasks);
    return cost;
}

/* A future each, every one waited for. */
static struct cost measure_futures(uint32_t workers, size_t count) {
    struct trd_pool *pool = treadle_pool(workers);
    struct trd_future **futures = calloc(count, sizeof(struct trd_future *));
    assert(futures);
    struct stopwatch watch = stopwatch_start();
    for (size_t i = 0; i < count; i++) {
        check(trd_pool_submit(pool, nothing_returned, pool, NULL, &futures[i]));
    }
    watch.submitted_ns = trd_clock_now_ns();
    for (size_t i = 0; i < count; i++) {
        check(trd_future_wait(futures[i], TRD_FOREVER));
        trd_future_unref(futures[i]);
    }
    const struct cost cost = stopwatch_stop(&watch, count);
    trd_pool_destroy(pool);
    free(futures);
    return cost;
}

static const struct {
    const char *name;
    struct cost (*measure)(uint32_t workers, size_t count);
} contestants[CONTESTANTS] = {
    {"mutex and condition", measure_plain},
    {"treadle, own memory", measure_tasks},
    {"treadle, futures", measure_futures},
};

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count) {
    qsort(values, count, sizeof *values, by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void print_size(uint32_t workers, size_t count, size_t rounds) {
    static double submit[CONTESTANTS][ROUNDS_MAX], all[CONTESTANTS][ROUNDS_MAX];
    static double cpu[CONTESTANTS][ROUNDS_MAX];
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < CONTESTANTS; i++) {
            const size_t which = (i + round) % CONTESTANTS;
            const struct cost cost = contestants[which].measure(workers, count);
            submit[which][round] = cost.submit_ns;
            all[which][round] = cost.all_ns;
            cpu[which][round] = cost.cpu_ns;
        }
    }
    for (size_t i = 0; i < CONTESTANTS; i++) {
        const double all_ns = median(all[i], rounds);
        (void)printf("%-22s %7u %10.0f %8.0f %8.0f %10.2f\n", contestants[i].name,
                     (unsigned)workers, median(submit[i], rounds), all_ns, median(cpu[i], rounds),
                     1e3 / all_ns);
    }
}

int main(int argc, char **argv) {
    static const uint32_t sizes[SIZES] = {1, 2, 4};
    const size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 200000;
    const size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 7;
    if (count == 0 || rounds == 0 || rounds > ROUNDS_MAX) {
        (void)fprintf(stderr, "usage: pool_noop [tasks [rounds, 1 to %d]]\n", ROUNDS_MAX);
        return 2;
    }
    (void)printf("%zu tasks that do nothing, one submitter, median of %zu rounds\n\n", count,
                 rounds);
    (void)printf("%-22s %7s %10s %8s %8s %10s\n", "pool", "workers", "submit ns", "task ns",
                 "cpu ns", "million/s");
    for (size_t i = 0; i < SIZES; i++) {
        print_size(sizes[i], count, rounds);
    }
    return 0;
}
