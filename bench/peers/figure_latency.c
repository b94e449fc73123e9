/* figure_latency.c - from submit to the start of a job in an idle pool; and there and back again.
 */
#include "measuring.h"

#include <stdatomic.h>
#include <stdlib.h>

static const uint64_t idle_ns = 200000; /* long enough for workers to fall asleep */

/* Before the first that counts. Where the kernel put the threads when they began they stay for 30
 * to 50 ms; if that is the other processor, which is halted, waking them takes fifteen times as
 * long until then. */
enum { WAKES_BEFORE = 400 };

static void stamp(void *arg) {
    _Atomic uint64_t *started_ns = arg;
    atomic_store_explicit(started_ns, now_ns(), memory_order_release);
}

struct wakes {
    double *us;
    size_t count;
};

static double wake_once(void) {
    static _Atomic uint64_t started_ns;
    static struct job job = {stamp, &started_ns};
    atomic_store(&started_ns, 0);
    const uint64_t begin_ns = now_ns();
    contestant.submit(&job);
    uint64_t seen_ns;
    sleep_ns(idle_ns); /* looking for it at once would take a core from the worker */
    while ((seen_ns = atomic_load_explicit(&started_ns, memory_order_acquire)) == 0) {
        if (contestant.poll) {
            contestant.poll();
        }
        sleep_ns(20000);
    }
    if (contestant.poll) {
        contestant.poll();
    }
    return (double)(seen_ns - begin_ns) / 1e3;
}

static void wakes_body(void *arg) {
    struct wakes *wakes = arg;
    for (int i = 0; i < WAKES_BEFORE; i++) {
        (void)wake_once();
    }
    for (size_t i = 0; i < wakes->count; i++) {
        wakes->us[i] = wake_once();
    }
    if (contestant.settle) {
        contestant.settle();
    }
}

void figure_wake(size_t count) {
    struct wakes wakes = {.count = count ? count : 4000};
    wakes.us = malloc(wakes.count * sizeof *wakes.us);
    if (!wakes.us) {
        give_up("no memory");
    }
    produce(1, wakes_body, &wakes);
    tell("p50_us", quantile(wakes.us, wakes.count, 0.5));
    tell("p99_us", quantile(wakes.us, wakes.count, 0.99));
    tell("p999_us", quantile(wakes.us, wakes.count, 0.999));
    free(wakes.us);
}

struct trips {
    size_t count;
    double us;
};

static void trips_body(void *arg) {
    struct trips *trips = arg;
    struct job job = {count_one, NULL};
    for (size_t i = 0; i < trips->count / 10; i++) {
        contestant.call(&job);
    }
    const uint64_t begin_ns = now_ns();
    for (size_t i = 0; i < trips->count; i++) {
        contestant.call(&job);
    }
    trips->us = (double)(now_ns() - begin_ns) / 1e3 / (double)trips->count;
    if (contestant.settle) {
        contestant.settle();
    }
}

void figure_round_trip(size_t count) {
    struct trips trips = {.count = count ? count : 20000};
    produce(1, trips_body, &trips);
    tell("us", trips.us);
}
