/* measuring.c - see measuring.h. */
#include "measuring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { COUNTERS_MAX = 1024, PRODUCERS_MAX = 64, CALIBRATIONS = 15 };

static const uint64_t patience_ns = 60000000000; /* without anything finished: stuck */

struct counter {
    _Alignas(128) _Atomic uint64_t value; /* written by its thread alone */
};

static struct counter counters[COUNTERS_MAX];
static atomic_uint counter_count;
static _Thread_local struct counter *own;

uint64_t now_ns(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time); /* always there */
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void sleep_ns(uint64_t ns) {
    const struct timespec time = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    (void)nanosleep(&time, NULL); /* shorter when interrupted: whoever calls looks again */
}

void give_up(const char *what) {
    (void)fprintf(stderr, "%s: %s\n", contestant.name, what);
    exit(2);
}

void tell(const char *name, double value) {
    (void)printf("%s %.9g\n", name, value);
}

void count_one(void *unused) {
    (void)unused;
    if (!own) {
        const unsigned index = atomic_fetch_add(&counter_count, 1);
        if (index >= COUNTERS_MAX) {
            give_up("more threads than counters");
        }
        own = &counters[index];
    }
    const uint64_t value = atomic_load_explicit(&own->value, memory_order_relaxed);
    atomic_store_explicit(&own->value, value + 1, memory_order_relaxed);
}

uint64_t counted(void) {
    uint64_t sum = 0;
    const unsigned count = atomic_load(&counter_count);
    for (unsigned i = 0; i < count; i++) {
        sum += atomic_load_explicit(&counters[i].value, memory_order_relaxed);
    }
    return sum;
}

/* Whoever looks all the time takes a core from the workers: sleep for 60 % of what the rest is
 * predicted to take, at least 20 us. */
void wait_for(uint64_t total) {
    const uint64_t begin_ns = now_ns(), begin = counted();
    uint64_t seen = begin, seen_ns = begin_ns;
    for (;;) {
        const uint64_t value = counted(), time_ns = now_ns();
        if (value >= total) {
            return;
        }
        if (value != seen) {
            seen = value;
            seen_ns = time_ns;
        } else if (time_ns - seen_ns > patience_ns) {
            give_up("stuck: jobs are missing");
        }
        double rest_ns = 100000.0;
        if (value > begin) {
            rest_ns = 0.6 * (double)(total - value) * (double)(time_ns - begin_ns) /
                      (double)(value - begin);
        }
        rest_ns = rest_ns < 20000.0 ? 20000.0 : rest_ns;
        sleep_ns((uint64_t)(rest_ns < 20000000.0 ? rest_ns : 20000000.0));
    }
}

struct producing {
    void (*body)(void *arg);
    void *arg;
};

static void *producer_main(void *arg) {
    const struct producing *producing = arg;
    producing->body(producing->arg);
    return NULL;
}

void produce(unsigned producers, void (*body)(void *arg), void *arg) {
    struct producing producing = {body, arg};
    pthread_t threads[PRODUCERS_MAX];
    if (contestant.produce) {
        contestant.produce(producers, body, arg);
        return;
    }
    for (unsigned i = 0; i < producers; i++) {
        if (pthread_create(&threads[i], NULL, producer_main, &producing)) {
            give_up("no thread for a producer");
        }
    }
    for (unsigned i = 0; i < producers; i++) {
        (void)pthread_join(threads[i], NULL); /* it was created */
    }
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double quantile(double *values, size_t count, double share) {
    qsort(values, count, sizeof *values, compare);
    const size_t index = (size_t)(share * (double)count);
    return values[index < count ? index : count - 1];
}

__attribute__((noinline)) void burn(uint64_t rounds) {
    uint64_t x = 88172645463325252; /* xorshift: no multiplication, no memory, no end */
    for (uint64_t i = 0; i < rounds; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        __asm__ volatile("" : "+r"(x));
    }
}

/* The best of several: what disturbs makes it slower, never faster. */
double rounds_per_us(void) {
    const uint64_t rounds = 1000000;
    uint64_t best_ns = UINT64_MAX;
    for (int i = 0; i < CALIBRATIONS; i++) {
        const uint64_t begin_ns = now_ns();
        burn(rounds);
        const uint64_t taken_ns = now_ns() - begin_ns;
        best_ns = taken_ns < best_ns ? taken_ns : best_ns;
    }
    return (double)rounds * 1000.0 / (double)best_ns;
}
