/* sim_speed.c - the simulator's time, as a ratio to the least that a simulation of M/M/c can do.
 *
 * The bare loop draws exponential times with the library's generator, by inversion; keeps waiting
 * tasks in a ring and ends of service in a 4-ary heap, and sums the responses: no policy, no
 * statistics, no books. (The simulator draws from the same generator by a ziggurat, which is part
 * of what makes it fast.) Bare loop and simulator take turns within one process, CPU time counts,
 * and the ratio of each turn is taken: what slows the machine down slows both.
 *
 *     sim_speed [tasks of a run [workers]]
 *
 * With workers only that row is measured, once.
 */
#include <treadle/sim.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { TURNS_MAX = 99 };

#define SERVICE_NS 1e6
#define LOAD 0.8

struct bare_end {
    uint64_t time_ns;
    uint64_t submit_ns;
};

/* The bare M/M/c queue. */
struct bare {
    struct bare_end *heap;
    size_t running;
    uint64_t *ring; /* times of submission */
    size_t ring_size, head, waiting;
};

static void bare_sink(struct bare *bare, struct bare_end end) {
    struct bare_end *heap = bare->heap;
    size_t at = 0;
    for (size_t first = 1; first < bare->running; first = 4 * at + 1) {
        const size_t last = first + 4 < bare->running ? first + 4 : bare->running;
        size_t least = first;
        for (size_t i = first + 1; i < last; i++) {
            least = heap[i].time_ns < heap[least].time_ns ? i : least;
        }
        if (heap[least].time_ns >= end.time_ns) {
            break;
        }
        heap[at] = heap[least];
        at = least;
    }
    heap[at] = end;
}

static void bare_rise(struct bare *bare, struct bare_end end) {
    size_t at = bare->running++;
    for (; at > 0 && end.time_ns < bare->heap[(at - 1) / 4].time_ns; at = (at - 1) / 4) {
        bare->heap[at] = bare->heap[(at - 1) / 4];
    }
    bare->heap[at] = end;
}

static uint64_t bare_draw(struct trd_rng *rng, double mean_ns) {
    return (uint64_t)trd_rng_exponential(rng, mean_ns);
}

static void bare_wait(struct bare *bare, uint64_t submit_ns) {
    if (bare->waiting == bare->ring_size) {
        const size_t size = bare->ring_size ? 2 * bare->ring_size : 1024;
        uint64_t *ring = malloc(size * sizeof *ring);
        if (!ring) {
            exit(1);
        }
        for (size_t i = 0; i < bare->waiting; i++) {
            ring[i] = bare->ring[(bare->head + i) & (bare->ring_size - 1)];
        }
        free(bare->ring);
        bare->ring = ring;
        bare->ring_size = size;
        bare->head = 0;
    }
    bare->ring[(bare->head + bare->waiting++) & (bare->ring_size - 1)] = submit_ns;
}

/* Runs `tasks` tasks on `workers` workers; the mean response in units of the mean service. */
static double bare_run(uint32_t workers, uint64_t tasks, uint64_t seed) {
    struct bare bare = {.heap = malloc(workers * sizeof *bare.heap)};
    struct trd_rng rng;
    const double gap_ns = SERVICE_NS / LOAD / workers;
    if (!bare.heap) {
        exit(1);
    }
    trd_rng_init(&rng, seed);
    double next_ns = trd_rng_exponential(&rng, gap_ns); /* whole gaps would be short ones */
    uint64_t arrival_ns = (uint64_t)next_ns, ended = 0, sum_ns = 0;
    while (ended < tasks) {
        if (bare.running == 0 || arrival_ns < bare.heap[0].time_ns) {
            if (bare.running < workers) {
                bare_rise(&bare,
                          (struct bare_end){arrival_ns + bare_draw(&rng, SERVICE_NS), arrival_ns});
            } else {
                bare_wait(&bare, arrival_ns);
            }
            next_ns += trd_rng_exponential(&rng, gap_ns);
            arrival_ns = (uint64_t)next_ns;
            continue;
        }
        const struct bare_end end = bare.heap[0];
        sum_ns += end.time_ns - end.submit_ns;
        ended++;
        if (bare.waiting > 0) {
            const uint64_t submit_ns = bare.ring[bare.head];
            bare.head = (bare.head + 1) & (bare.ring_size - 1);
            bare.waiting--;
            bare_sink(&bare,
                      (struct bare_end){end.time_ns + bare_draw(&rng, SERVICE_NS), submit_ns});
        } else if (--bare.running > 0) {
            bare_sink(&bare, bare.heap[bare.running]);
        }
    }
    free(bare.heap);
    free(bare.ring);
    return (double)sum_ns / (double)tasks / SERVICE_NS;
}

static double sim_run(const char *policy, uint32_t workers, uint64_t tasks, uint64_t seed) {
    const struct trd_sim_client client = {
        .share = 1.0, .has_cost = strcmp(policy, "sjf") == 0, .service = {.mean_ns = SERVICE_NS}};
    const struct trd_sim_config config = {
        .policy = policy,
        .workers_min = workers,
        .workers_max = workers,
        .rate_per_s = LOAD * workers / SERVICE_NS * 1e9,
        .clients = &client,
        .client_count = 1,
        .is_cold = true,
        .task_count = tasks,
        .seed = seed,
    };
    static struct trd_sim_report report;
    struct trd_error error = {""};
    if (trd_sim_run(&config, &report, &error)) {
        (void)fprintf(stderr, "sim_speed: %s\n", error.message);
        exit(1);
    }
    const double response = report.total.response_ns.mean / SERVICE_NS;
    trd_sim_report_free(&report);
    return response;
}

/* CPU time of this process, so that neighbours on the machine count less. */
static uint64_t cpu_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* cannot fail */
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_size);
    return values[count / 2];
}

/* Every row is measured in turns with the bare loop. */
static void measure(const char *policy, uint32_t workers, uint64_t tasks, int turns) {
    double bare_s[TURNS_MAX], sim_s[TURNS_MAX], ratios[TURNS_MAX];
    double bare_response = 0.0, sim_response = 0.0;
    for (int turn = 0; turn < turns; turn++) {
        const uint64_t start_ns = cpu_now_ns();
        bare_response = bare_run(workers, tasks, (uint64_t)turn);
        const uint64_t middle_ns = cpu_now_ns();
        sim_response = sim_run(policy, workers, tasks, (uint64_t)turn);
        bare_s[turn] = (double)(middle_ns - start_ns) / 1e9;
        sim_s[turn] = (double)(cpu_now_ns() - middle_ns) / 1e9;
        ratios[turn] = sim_s[turn] / bare_s[turn];
    }
    const double bare_median = median(bare_s, turns);
    const double sim_median = median(sim_s, turns);
    const double ratio = median(ratios, turns); /* sorts them */
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage); /* cannot fail */
    printf("%-12s %8" PRIu32 " %12.2f %12.2f %8.2f %6.2f to %5.2f %9.3f %9.3f %8ld\n", policy,
           workers, (double)tasks / 1e6 / bare_median, (double)tasks / 1e6 / sim_median, ratio,
           ratios[0], ratios[turns - 1], bare_response, sim_response, usage.ru_maxrss / 1024);
    (void)fflush(stdout); /* each row when it is there */
}

static uint64_t number(const char *text, uint64_t min, uint64_t max) {
    char *end;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*end || end == text || value < min || value > max) {
        (void)fprintf(stderr, "sim_speed: '%s': a number from %" PRIu64 " to %" PRIu64 "\n", text,
                      min, max);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv) {
    static const char *const policies[] = {"fifo", "lifo", "priority", "round_robin", "sjf"};
    static const uint32_t workers[] = {1, 16, 256, 1000, 4096};
    const uint64_t tasks = argc > 1 ? number(argv[1], TRD_SIM_BATCHES, 1000000000) : 1000000;
    const int turns = 7;
    printf("%-12s %8s %12s %12s %8s %15s %9s %9s %8s\n", "policy", "workers", "bare M/s", "sim M/s",
           "ratio", "lowest to highest", "bare E[T]", "sim E[T]", "peak MiB");
    if (argc > 2) {
        measure("fifo", (uint32_t)number(argv[2], 1, TRD_SIM_WORKERS_MAX), tasks, 1);
        return 0;
    }
    for (size_t w = 0; w < sizeof workers / sizeof workers[0]; w++) {
        for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
            if (p == 0 || workers[w] == 1 || workers[w] == 256) {
                measure(policies[p], workers[w], tasks, turns);
            }
        }
    }
    return 0;
}
