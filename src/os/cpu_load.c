/* cpu_load.c - /proc/stat, read against our own CPU time. */
#define _GNU_SOURCE
#include "os/cpu_load.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <treadle/clock.h>

#include "os/cpu.h"

/* Weight of the newest reading: a burst of a tenth of a second is forgotten within a second. */
#define NEWEST 0.4
#define LEAST_SHARE 0.5

enum { LINE_BYTES = 512 };

/* The busy ticks of a line "cpuN user nice system idle iowait irq softirq steal ...", or -1 for
 * other lines and processors that are not ours. */
static int64_t line_busy(const char *line, const cpu_set_t *ours) {
    unsigned long long t[8] = {0};
    unsigned cpu;
    const int found = sscanf(line, "cpu%u %llu %llu %llu %llu %llu %llu %llu %llu", &cpu, &t[0],
                             &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]);
    if (found < 5 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, ours)) {
        return -1;
    }
    return (int64_t)(t[0] + t[1] + t[2] + t[5] + t[6] + t[7]);
}

/* CPU time that our processors have spent on anybody. False: cannot be known. */
static bool busy_read(uint64_t *busy_ns, double *processors) {
    cpu_set_t ours;
    char line[LINE_BYTES];
    const long per_s = sysconf(_SC_CLK_TCK);
    FILE *file = NULL;
    if (per_s <= 0 || sched_getaffinity(0, sizeof ours, &ours)) {
        return false;
    }
    file = fopen("/proc/stat", "re");
    if (!file) {
        return false;
    }
    uint64_t ticks = 0;
    *processors = 0.0;
    while (fgets(line, sizeof line, file) && strncmp(line, "cpu", 3) == 0) {
        const int64_t busy = line_busy(line, &ours);
        if (busy >= 0) {
            ticks += (uint64_t)busy;
            *processors += 1.0;
        }
    }
    (void)fclose(file); /* only read */
    *busy_ns = ticks * (TRD_NS_PER_S / (uint64_t)per_s);
    return *processors > 0.0;
}

static uint64_t own_read(void) {
    struct timespec used = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used); /* always there on Linux */
    return (uint64_t)used.tv_sec * TRD_NS_PER_S + (uint64_t)used.tv_nsec;
}

/* Takes in what has happened since the last reading. */
static void load_update(struct trd__cpu_load *load, uint64_t busy_ns) {
    const uint64_t now_ns = trd_clock_now_ns();
    const uint64_t own_ns = own_read();
    if (load->is_known && now_ns > load->seen_ns) {
        const double by_all = (double)(busy_ns - load->busy_ns);
        const double by_us = (double)(own_ns - load->own_ns);
        const double others = by_all > by_us ? (by_all - by_us) : 0.0;
        load->others += NEWEST * (others / (double)(now_ns - load->seen_ns) - load->others);
    }
    load->busy_ns = busy_ns;
    load->own_ns = own_ns;
    load->seen_ns = now_ns;
    load->is_known = true;
}

double trd__cpu_available(struct trd__cpu_load *load) {
    const double allowed = trd__cpu_cores();
    uint64_t busy_ns;
    double processors;
    if (!busy_read(&busy_ns, &processors)) {
        return allowed;
    }
    load_update(load, busy_ns);
    const double left = processors - load->others;
    const double least = LEAST_SHARE * allowed;
    if (left >= allowed) {
        return allowed;
    }
    return left > least ? left : least;
}
