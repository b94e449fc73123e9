/* crew.c - workers come and go as the sizer wants. */
#include "sim/crew.h"

#include <errno.h>
#include <stdlib.h>

/* Makes all three arrays `capacity` long. */
static int crew_reserve(struct trd__crew *crew, uint32_t capacity) {
    struct trd__sim_task **running = realloc(crew->running, capacity * sizeof *running);
    if (!running) {
        return -ENOMEM;
    }
    crew->running = running;
    uint32_t *idle = realloc(crew->idle, capacity * sizeof *idle);
    if (!idle) {
        return -ENOMEM;
    }
    crew->idle = idle;
    uint32_t *unused = realloc(crew->free, capacity * sizeof *unused);
    if (!unused) {
        return -ENOMEM;
    }
    crew->free = unused;
    crew->capacity = capacity;
    return 0;
}

static int crew_join(struct trd__crew *crew, struct trd__host *host, uint64_t now_ns) {
    if (crew->free_count == 0 && crew->ever == crew->capacity &&
        crew_reserve(crew, crew->capacity ? 2 * crew->capacity : 16)) {
        return -ENOMEM;
    }
    const uint32_t worker = crew->free_count ? crew->free[crew->free_count - 1] : crew->ever;
    if (trd__host_need_worker(host, worker)) {
        return -ENOMEM;
    }
    if (crew->free_count) {
        crew->free_count--;
    } else {
        crew->ever++;
    }
    crew->running[worker] = NULL;
    crew->idle[crew->idle_count++] = worker;
    trd__sched_join(&host->sched, worker, now_ns);
    return 0;
}

static void crew_leave(struct trd__crew *crew, struct trd__host *host, uint32_t worker,
                       uint64_t now_ns) {
    crew->free[crew->free_count++] = worker;
    trd__sched_leave(&host->sched, worker, now_ns);
}

int trd__crew_change(struct trd__crew *crew, struct trd__host *host, uint64_t now_ns) {
    while (host->sched.worker_count < host->sched.workers_wanted) {
        if (crew_join(crew, host, now_ns)) {
            return -ENOMEM;
        }
    }
    while (host->sched.worker_count > host->sched.workers_wanted && crew->idle_count > 0) {
        crew_leave(crew, host, crew->idle[--crew->idle_count], now_ns);
    }
    return 0;
}

void trd__crew_rest(struct trd__crew *crew, struct trd__host *host, uint32_t worker,
                    uint64_t now_ns) {
    if (host->sched.worker_count > host->sched.workers_wanted) {
        crew_leave(crew, host, worker, now_ns);
    } else {
        crew->idle[crew->idle_count++] = worker;
    }
}

void trd__crew_free(struct trd__crew *crew) {
    free(crew->running);
    free(crew->idle);
    free(crew->free);
    *crew = (struct trd__crew){0};
}
