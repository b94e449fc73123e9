/* cpu.c - the affinity mask and the quotas of control groups. */
#define _GNU_SOURCE
#include "os/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CPU_PATH_BYTES = 4096 };

/* Processors of the calling thread's affinity mask. */
static double cpu_affinity(void) {
    for (int count = 1024; count <= 1 << 20; count *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)count);
        if (!set) {
            break;
        }
        const size_t bytes = CPU_ALLOC_SIZE((size_t)count);
        const int failed = sched_getaffinity(0, bytes, set);
        const int cores = failed ? 0 : CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
        if (cores > 0) {
            return cores;
        }
    }
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (double)online : 1.0;
}

/* The first `count` numbers of a file; "max" or a missing file is none. */
static int cpu_read_numbers(const char *path, double *numbers, int count) {
    FILE *file = fopen(path, "re");
    if (!file) {
        return 0;
    }
    int found = 0;
    while (found < count && fscanf(file, "%lf", &numbers[found]) == 1) {
        found++;
    }
    (void)fclose(file); /* only read */
    return found;
}

/* Version 2: one file "quota period" in the group's folder; "max period" when there is none. */
static double cpu_quota_v2(const char *folder) {
    char path[CPU_PATH_BYTES + 32];
    double numbers[2];
    (void)snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (cpu_read_numbers(path, numbers, 2) == 2 && numbers[0] > 0 && numbers[1] > 0) {
        return numbers[0] / numbers[1];
    }
    return 0.0;
}

/* Version 1: two files; the quota is -1 when there is none. */
static double cpu_quota_v1(const char *folder) {
    char path[CPU_PATH_BYTES + 32];
    double quota, period;
    (void)snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    if (cpu_read_numbers(path, &quota, 1) != 1 || quota <= 0) {
        return 0.0;
    }
    (void)snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (cpu_read_numbers(path, &period, 1) != 1 || period <= 0) {
        return 0.0;
    }
    return quota / period;
}

/* The tightest quota of the group `inside` the hierarchy mounted at `mount` and of its parents, if
 * it is tighter than `cores`. */
static double cpu_walk_up(double cores, const char *mount, const char *inside,
                          double (*quota_of)(const char *folder)) {
    char folder[CPU_PATH_BYTES];
    const int length = snprintf(folder, sizeof folder, "%s%s", mount, inside);
    if (length < 0 || (size_t)length >= sizeof folder) {
        return cores;
    }
    for (;;) {
        const double quota = quota_of(folder);
        if (quota > 0 && quota < cores) {
            cores = quota;
        }
        char *slash = strrchr(folder, '/');
        if (strlen(folder) <= strlen(mount) || !slash) {
            return cores;
        }
        *slash = '\0';
    }
}

/* Is "cpu" among the comma-separated controllers? */
static int cpu_is_controlled(const char *controllers) {
    const char *at = controllers;
    while (*at) {
        const size_t length = strcspn(at, ",");
        if (length == 3 && strncmp(at, "cpu", 3) == 0) {
            return 1;
        }
        at += length + (at[length] == ',');
    }
    return 0;
}

/* A line of /proc/self/cgroup is "number:controllers:path"; version 2 names no controllers. */
static double cpu_line(double cores, char *line) {
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path) {
        return cores;
    }
    *path++ = '\0';
    controllers++;
    if (*controllers == '\0') {
        return cpu_walk_up(cores, "/sys/fs/cgroup", path, cpu_quota_v2);
    }
    if (cpu_is_controlled(controllers)) {
        return cpu_walk_up(cores, "/sys/fs/cgroup/cpu", path, cpu_quota_v1);
    }
    return cores;
}

double trd__cpu_cores(void) {
    double cores = cpu_affinity();
    FILE *file = fopen("/proc/self/cgroup", "re");
    if (!file) {
        return cores;
    }
    char line[CPU_PATH_BYTES];
    while (fgets(line, sizeof line, file)) {
        cores = cpu_line(cores, line);
    }
    (void)fclose(file); /* only read */
    return cores;
}
