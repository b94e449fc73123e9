/* figure_memory.c - jobs that wait while every worker is held: their resident memory, what is left
 * of it a second after the last one has run, and what submitting and running one takes. */
#include "measuring.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static double resident_bytes(void) {
    long total, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &total, &resident) != 2) {
        give_up("/proc/self/statm cannot be read");
    }
    (void)fclose(file); /* it was only read */
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static sem_t gate;
static atomic_uint held;

static void hold(void *unused) {
    (void)unused;
    (void)atomic_fetch_add(&held, 1);
    while (sem_wait(&gate) != 0) {
        /* interrupted by a signal */
    }
    count_one(NULL);
}

struct filling {
    size_t count;
    double fill_ns, drain_ns, before, full;
};

static void filling_body(void *arg) {
    struct filling *filling = arg;
    static struct job holder = {hold, NULL}, job = {count_one, NULL};
    for (int i = 0; i < WORKERS; i++) {
        contestant.submit(&holder);
    }
    while (atomic_load(&held) < WORKERS) {
        sleep_ns(100000);
    }
    const uint64_t before = counted();
    filling->before = resident_bytes();
    uint64_t begin_ns = now_ns();
    for (size_t i = 0; i < filling->count; i++) {
        contestant.submit(&job);
    }
    filling->fill_ns = (double)(now_ns() - begin_ns);
    filling->full = resident_bytes();
    begin_ns = now_ns();
    for (int i = 0; i < WORKERS; i++) {
        (void)sem_post(&gate);
    }
    if (contestant.settle) {
        contestant.settle();
    }
    wait_for(before + filling->count + WORKERS);
    filling->drain_ns = (double)(now_ns() - begin_ns);
}

static void fill(struct filling *filling) {
    if (contestant.runs_in_submit) {
        give_up("it runs jobs inside submit: none is pending for long");
    }
    held = 0;
    produce(1, filling_body, filling);
}

static void tell_times(const struct filling *filling) {
    const double jobs = (double)filling->count;
    tell("fill_ns", filling->fill_ns / jobs);
    tell("drain_ns", filling->drain_ns / jobs);
    tell("pass_ns", (filling->fill_ns + filling->drain_ns) / jobs);
}

void figure_memory(size_t count) {
    struct filling first = {.count = 1000}, filling = {.count = count ? count : 1000000};
    (void)sem_init(&gate, 0, 0); /* cannot fail with these arguments */
    fill(&first);                /* what a pool allocates once is not a job's */
    fill(&filling);
    sleep_ns(1000000000);
    const double used = filling.full - filling.before;
    tell("bytes", used / (double)filling.count);
    tell("kept_share", used > 0.0 ? (resident_bytes() - filling.before) / used : 0.0);
    tell_times(&filling);
}

void figure_pass(size_t count) {
    struct filling filling = {.count = count ? count : 1000000};
    (void)sem_init(&gate, 0, 0); /* cannot fail with these arguments */
    fill(&filling);
    tell_times(&filling);
}

void figure_submit(size_t count) {
    struct filling filling = {.count = count ? count : 200000};
    (void)sem_init(&gate, 0, 0); /* cannot fail with these arguments */
    fill(&filling);              /* the memory is there from now on, where it is kept */
    fill(&filling);
    tell_times(&filling);
}
