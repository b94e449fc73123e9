/* machine.c - reads /proc, /sys and the cgroup. */
#define _DEFAULT_SOURCE
#include "lab/runner/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

void lab_read_line(const char *path, char *text, size_t space) {
    FILE *file = fopen(path, "re");

    text[0] = '\0';
    if (file == NULL) {
        return;
    }
    if (fgets(text, (int)space, file) == NULL) {
        text[0] = '\0';
    }
    text[strcspn(text, "\n")] = '\0';
    fclose(file);
}

/* The rest of the first line of `path` that begins with `key`, behind `separator`. */
static void read_value(const char *path, const char *key, char separator, char *text,
                       size_t space) {
    FILE *file = fopen(path, "re");
    char line[512];

    snprintf(text, space, "n/a");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *value = strchr(line, separator);

        if (strncmp(line, key, strlen(key)) == 0 && value != NULL) {
            value += 1 + strspn(value + 1, " \t\"");
            snprintf(text, space, "%.*s", (int)strcspn(value, "\"\n"), value);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* The cores in this process's affinity mask, through the system call: the C library's wrapper is
 * not of POSIX. */
static unsigned affinity_cores(void) {
#ifdef SYS_sched_getaffinity
    unsigned long mask[128] = {0};
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    unsigned count = 0;

    for (long i = 0; i < bytes / (long)sizeof *mask; i++) {
        for (unsigned long bits = mask[i]; bits != 0; bits &= bits - 1) {
            count++;
        }
    }
    return count;
#else
    return 0;
#endif
}

/* The folder of this process's cgroup, version 2 below /sys/fs/cgroup; "" when there is none. */
static void cgroup_folder(char *path, size_t space) {
    FILE *file = fopen("/proc/self/cgroup", "re");
    char line[512];

    path[0] = '\0';
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "0::", 3) == 0) {
            snprintf(path, space, "/sys/fs/cgroup%.*s", (int)strcspn(line + 3, "\n"), line + 3);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

/* The smallest limit from the cgroup up to its root. A file that is missing sets none. */
static void read_limits(struct lab_machine *machine) {
    char folder[512], path[1024], text[128];

    cgroup_folder(folder, sizeof folder);
    while (strncmp(folder, "/sys/fs/cgroup", 14) == 0) {
        double quota, period, bytes;
        char *slash = strrchr(folder, '/');

        snprintf(path, sizeof path, "%s/cpu.max", folder);
        lab_read_line(path, text, sizeof text);
        if (sscanf(text, "%lf %lf", &quota, &period) == 2 && period > 0.0 &&
            (machine->quota_cores <= 0.0 || quota / period < machine->quota_cores)) {
            machine->quota_cores = quota / period;
        }
        snprintf(path, sizeof path, "%s/memory.max", folder);
        lab_read_line(path, text, sizeof text);
        bytes = strtod(text, NULL);
        if (bytes > 0.0 &&
            (machine->memory_limit_bytes <= 0.0 || bytes < machine->memory_limit_bytes)) {
            machine->memory_limit_bytes = bytes;
        }
        *slash = '\0';
    }
}

void lab_machine_read(struct lab_machine *machine) {
    struct utsname names;
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    char text[64];

    *machine = (struct lab_machine){0};
    if (uname(&names) == 0) {
        snprintf(machine->kernel, sizeof machine->kernel, "%.32s %.60s %.32s", names.sysname,
                 names.release, names.machine);
    }
    read_value("/etc/os-release", "PRETTY_NAME", '=', machine->system, sizeof machine->system);
    read_value("/proc/cpuinfo", "model name", ':', machine->processor, sizeof machine->processor);
    read_value("/proc/meminfo", "MemTotal", ':', text, sizeof text);
    machine->memory_bytes = 1024.0 * strtod(text, NULL);
    read_limits(machine);
    machine->cores_online = online > 0 ? (unsigned)online : 1;
    machine->cores = affinity_cores();
    if (machine->cores == 0 || machine->cores > machine->cores_online) {
        machine->cores = machine->cores_online;
    }
    if (machine->quota_cores > 0.0 && machine->quota_cores < machine->cores) {
        machine->cores = machine->quota_cores < 1.0 ? 1 : (unsigned)machine->quota_cores;
    }
}
