/* doctor_machine.c - checks of what the machine is: cores, limits, clocks, memory, disk. */
#include "lab/command/doctor.h"

#include "lab/runner/conversation.h"
#include "lab/runner/machine.h"
#include "lab/runner/probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#define GIB (1024.0 * 1024.0 * 1024.0)

__attribute__((format(printf, 4, 5))) static void found(struct lab_finding *finding,
                                                        enum lab_health health, const char *advice,
                                                        const char *format, ...) {
    va_list arguments;

    finding->health = health;
    finding->advice = advice;
    va_start(arguments, format);
    vsnprintf(finding->value, sizeof finding->value, format, arguments);
    va_end(arguments);
}

static enum lab_health warn_if(bool is_bad) {
    return is_bad ? LAB_HEALTH_WARN : LAB_HEALTH_OK;
}

static void look_cores(struct lab_finding *finding) {
    struct lab_machine machine;

    lab_machine_read(&machine);
    found(finding, warn_if(machine.cores < 2),
          "with one core nothing can run in parallel: most differences will vanish", "%u of %u, %s",
          machine.cores, machine.cores_online, machine.processor);
}

static void look_limits(struct lab_finding *finding) {
    struct lab_machine machine;

    lab_machine_read(&machine);
    if (machine.quota_cores > 0.0) {
        found(finding, LAB_HEALTH_WARN,
              "a cgroup quota stops all threads at once when it is used up: lift it to measure",
              "%.2f cores", machine.quota_cores);
    } else {
        found(finding, LAB_HEALTH_OK, "", "none");
    }
}

static void look_governor(struct lab_finding *finding) {
    char text[64];

    lab_read_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", text, sizeof text);
    if (text[0] == '\0') {
        found(finding, LAB_HEALTH_UNKNOWN, "", "not shown to this system");
        return;
    }
    found(finding, warn_if(strcmp(text, "performance") != 0),
          "clock rates that follow the load blur short runs: cpupower frequency-set -g performance",
          "%s", text);
}

static void look_turbo(struct lab_finding *finding) {
    char no_turbo[16], boost[16];

    lab_read_line("/sys/devices/system/cpu/intel_pstate/no_turbo", no_turbo, sizeof no_turbo);
    lab_read_line("/sys/devices/system/cpu/cpufreq/boost", boost, sizeof boost);
    if (no_turbo[0] == '\0' && boost[0] == '\0') {
        found(finding, LAB_HEALTH_UNKNOWN, "", "not shown to this system");
        return;
    }
    found(finding, warn_if(no_turbo[0] == '0' || boost[0] == '1'),
          "the boost depends on temperature and on how many cores work: switch it off to measure",
          "%s", no_turbo[0] == '0' || boost[0] == '1' ? "on" : "off");
}

static void look_clock(struct lab_finding *finding) {
    enum { READS = 200000 };
    struct timespec resolution;
    double begin_s, end_s = 0.0, cost_ns;
    char source[64];

    (void)clock_getres(CLOCK_MONOTONIC, &resolution);
    begin_s = lab_now_s();
    for (int i = 0; i < READS; i++) {
        end_s = lab_now_s();
    }
    cost_ns = 1e9 * (end_s - begin_s) / READS;
    lab_read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
                  sizeof source);
    found(finding, warn_if(cost_ns > 200.0 || resolution.tv_nsec > 1000 || resolution.tv_sec > 0),
          "a slow clock adds to every task's time: boot with clocksource=tsc where it is stable",
          "resolution %ld ns, %.0f ns a read, %s", resolution.tv_nsec, cost_ns,
          source[0] != '\0' ? source : "source n/a");
}

/* The number behind `key` in /proc/meminfo, in bytes. */
static double meminfo(const char *key) {
    FILE *file = fopen("/proc/meminfo", "re");
    char line[256];
    double bytes = 0.0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            bytes = 1024.0 * strtod(line + strlen(key), NULL);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return bytes;
}

static void look_memory(struct lab_finding *finding) {
    double available = meminfo("MemAvailable:");
    double swapped = meminfo("SwapTotal:") - meminfo("SwapFree:");
    struct lab_machine machine;
    char limit[64] = "";

    if (available <= 0.0) {
        found(finding, LAB_HEALTH_UNKNOWN, "", "not shown to this system");
        return;
    }
    lab_machine_read(&machine);
    if (machine.memory_limit_bytes > 0.0) {
        snprintf(limit, sizeof limit, ", limit %.1f GiB", machine.memory_limit_bytes / GIB);
    }
    found(
        finding, warn_if(available < GIB || swapped > 0.1 * GIB),
        "pools of processes with a model each need room, and swapping ruins every time: free some",
        "%.1f of %.1f GiB available, %.1f GiB swapped out%s", available / GIB,
        meminfo("MemTotal:") / GIB, swapped / GIB, limit);
}

static void look_disk(struct lab_finding *finding) {
    struct statvfs disk;
    double free_bytes;

    if (statvfs(".", &disk) != 0) {
        found(finding, LAB_HEALTH_UNKNOWN, "", "not shown to this system");
        return;
    }
    free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
    found(finding, warn_if(free_bytes < 0.5 * GIB),
          "the file workloads and the samples need some hundred megabytes: free some, or use --out",
          "%.1f GiB free in this folder", free_bytes / GIB);
}

static void look_python(struct lab_finding *finding) {
    struct lab_lanes lanes;
    struct trd_error error;
    const struct lab_lane *lane;

    if (lab_lanes_find(&lanes, NULL, 0, &error) != 0) {
        found(finding, LAB_HEALTH_WARN,
              "install python3, or name one with `treadle study --python`", "%.150s",
              error.message);
        return;
    }
    lane = &lanes.items[0];
    found(finding, warn_if(!lane->extension.is_supported),
          "Treadle's own executors are left out; `treadle list` says what to do", "%.40s, %.60s%s",
          lane->label, lane->executable,
          lane->extension.is_supported ? "" : ", without treadle's extension");
    lab_lanes_free(&lanes);
}

const struct lab_check lab_machine_checks[] = {
    {"cores", look_cores, false},
    {"processor quota", look_limits, false},
    {"governor", look_governor, false},
    {"turbo", look_turbo, false},
    {"clock", look_clock, false},
    {"memory", look_memory, false},
    {"disk", look_disk, false},
    {"python", look_python, false},
    {NULL, NULL, false},
};
