/* yields.c - seeded waits at the marked places, and the watchdog. */
#define _DEFAULT_SOURCE
#include "tests/live/yields.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <treadle/rng.h>

#include "os/pause.h"

enum {
    YIELDS_ODDS = 1024, /* a place with these odds always waits */
    YIELDS_THREADS = 64,
    YIELDS_NOWHERE = -1,
};

/* The temper of one seed: how likely a wait is at each place, and how long it may be. */
struct temper {
    uint32_t odds;
    uint32_t sleep_ns;
};

static struct temper tempers[TRD_YIELD_COUNT]; /* written while no pool exists */
static uint64_t seed_now;                      /* the same */
static uint64_t generation;                    /* the same: a number for each call of begin */
static _Atomic uint32_t thread_count;
static _Atomic int last_seen[YIELDS_THREADS];
static _Atomic bool has_reached[TRD_YIELD_COUNT];

struct yielder {
    uint64_t generation; /* for which the rest is right */
    uint32_t number;
    struct trd_rng rng;
};
static _Thread_local struct yielder yielder;

static const char *const names[TRD_YIELD_COUNT] = {
#define TRD_YIELD_POINT(name) #name,
#include "os/yield_points.def"
#undef TRD_YIELD_POINT
};

/* The linker puts ours in the place of pthread_create, which it calls __real_pthread_create. */
static _Atomic bool is_short_of_threads;
static _Atomic uint32_t spawn_count;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                          void *arg) {
    if (atomic_load(&is_short_of_threads) && atomic_fetch_add(&spawn_count, 1) % 3 == 0) {
        return EAGAIN;
    }
    return __real_pthread_create(thread, attr, run, arg);
}

int yields_thread(pthread_t *thread, void *(*run)(void *arg), void *arg) {
    return __real_pthread_create(thread, NULL, run, arg);
}

static void wait_a_moment(uint64_t dice, uint32_t sleep_ns) {
    switch (dice % 4) {
    case 0:
    case 1:
        (void)sched_yield(); /* always succeeds */
        break;
    case 2:
        for (uint64_t i = (dice >> 8) % 500; i > 0; i--) {
            trd__pause();
        }
        break;
    default: {
        const struct timespec time = {0, (long)((dice >> 8) % sleep_ns)};
        (void)nanosleep(&time, NULL); /* shorter is as good */
        break;
    }
    }
}

static void yield_at(enum trd__yield_point point) {
    if (yielder.generation != generation) {
        yielder.generation = generation;
        yielder.number = atomic_fetch_add(&thread_count, 1);
        trd_rng_init(&yielder.rng, seed_now * 1000 + yielder.number);
    }
    /* Relaxed: these are only read when all is over, one way or the other. */
    atomic_store_explicit(&has_reached[point], true, memory_order_relaxed);
    atomic_store_explicit(&last_seen[yielder.number % YIELDS_THREADS], (int)point,
                          memory_order_relaxed);
    const uint64_t dice = trd_rng_next(&yielder.rng);
    const struct temper *temper = &tempers[point];
    if (dice % YIELDS_ODDS < temper->odds) {
        wait_a_moment(dice / YIELDS_ODDS, temper->sleep_ns);
    }
}

static void say(const char *text) {
    const ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written; /* there is nobody else to tell */
}

static void say_number(uint64_t number) {
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    say(digits + at);
}

/* Async-signal-safe, as the watchdog is a signal's handler. */
static void say_where(void) {
    say(" TREADLE_TEST_SEED=");
    say_number(seed_now);
    say("\nlast seen at:");
    for (uint32_t i = 0; i < YIELDS_THREADS && i < atomic_load(&thread_count); i++) {
        const int at = atomic_load(&last_seen[i]);
        say(" ");
        say(at == YIELDS_NOWHERE ? "?" : names[at]);
    }
    say("\n");
}

static void bark(int signal_number) {
    (void)signal_number; /* the alarm */
    say("the watchdog saw no end:");
    say_where();
    abort();
}

void yields_begin(uint64_t seed, bool lacks_threads) {
    struct trd_rng rng;
    trd_rng_init(&rng, seed);
    for (int i = 0; i < TRD_YIELD_COUNT; i++) {
        const uint64_t dice = trd_rng_next(&rng);
        tempers[i] = (struct temper){.odds = 16, .sleep_ns = 20000};
        if (dice % 16 == 0) {
            tempers[i] = (struct temper){.odds = 300, .sleep_ns = 200000};
        } else if (dice % 4 == 0) {
            tempers[i] = (struct temper){.odds = 200, .sleep_ns = 20000};
        }
    }
    for (int i = 0; i < YIELDS_THREADS; i++) {
        atomic_store(&last_seen[i], YIELDS_NOWHERE);
    }
    atomic_store(&spawn_count, 0);
    atomic_store(&is_short_of_threads, lacks_threads);
    seed_now = seed;
    generation++;
    atomic_store(&thread_count, 0);
    (void)signal(SIGALRM, bark); /* a valid signal: cannot fail */
    (void)alarm(YIELDS_PATIENCE_S);
    atomic_store_explicit(&trd__yield_to, yield_at, memory_order_release);
}

void yields_end(void) {
    atomic_store_explicit(&trd__yield_to, NULL, memory_order_release);
    (void)alarm(0);
}

bool yields_has_reached(enum trd__yield_point point) {
    return atomic_load(&has_reached[point]);
}

const char *yields_name(enum trd__yield_point point) {
    return names[point];
}

struct yields_seeds yields_seeds(uint64_t usual) {
    const char *one = getenv("TREADLE_TEST_SEED"), *many = getenv("TREADLE_TEST_SEEDS");
    struct yields_seeds seeds = {1, usual};
    if (one) {
        seeds = (struct yields_seeds){strtoull(one, NULL, 10), 1};
    } else if (many) {
        seeds.count = strtoull(many, NULL, 10);
    }
    return seeds;
}

void yields_demand(bool is_true, const char *what, const char *file, int line) {
    if (!is_true) {
        (void)fprintf(stderr, "%s:%d: not true: %s:", file, line, what);
        say_where();
        abort();
    }
}
