/* tree.c - finds the descendants of a process by their parents' ids, and asks /proc about them. */
#define _DEFAULT_SOURCE
#include "lab/runner/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct process {
    pid_t pid, parent;
    double reaped_s; /* CPU time of its ended children */
    bool is_below;
};

struct table {
    struct process *items;
    size_t count;
};

/* Reads a small file of /proc; "" when it is gone. */
static void read_file(const char *path, char *text, size_t space) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, space - 1);

    text[length > 0 ? length : 0] = '\0';
    if (fd >= 0) {
        close(fd);
    }
}

/* The fields of /proc/PID/stat behind the name, which may itself hold spaces and brackets:
 * state ppid pgrp session tty tpgid flags minflt cminflt majflt cmajflt utime stime cutime cstime
 */
static bool read_process(pid_t pid, struct process *process) {
    char path[64], text[1024];
    const char *rest;
    int parent;
    long cutime, cstime;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    read_file(path, text, sizeof text);
    rest = strrchr(text, ')');
    if (rest == NULL ||
        sscanf(rest + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld", &parent,
               &cutime, &cstime) != 3) {
        return false;
    }
    *process = (struct process){
        .pid = pid,
        .parent = (pid_t)parent,
        .reaped_s = (double)(cutime + cstime) / (double)sysconf(_SC_CLK_TCK),
    };
    return true;
}

static void scan(struct table *table) {
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    size_t space = 0;

    *table = (struct table){0};
    while (proc != NULL && (entry = readdir(proc)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid <= 0) {
            continue;
        }
        if (table->count == space) {
            size_t wanted = space == 0 ? 256 : space * 2;
            struct process *larger = realloc(table->items, wanted * sizeof *larger);

            if (larger == NULL) {
                break;
            }
            table->items = larger;
            space = wanted;
        }
        if (read_process((pid_t)pid, &table->items[table->count])) {
            table->count++;
        }
    }
    if (proc != NULL) {
        closedir(proc);
    }
}

/* Marks the descendants of `root`, generation by generation. */
static void mark_below(struct table *table, pid_t root) {
    bool has_found = true;

    while (has_found) {
        has_found = false;
        for (size_t i = 0; i < table->count; i++) {
            struct process *process = &table->items[i];

            if (process->is_below) {
                continue;
            }
            process->is_below = process->parent == root;
            for (size_t j = 0; !process->is_below && j < table->count; j++) {
                process->is_below =
                    table->items[j].is_below && table->items[j].pid == process->parent;
            }
            has_found = has_found || process->is_below;
        }
    }
}

size_t lab_tree_kill(pid_t root) {
    struct table table;
    size_t count = 0;

    scan(&table);
    mark_below(&table, root);
    for (size_t i = 0; i < table.count; i++) {
        if (table.items[i].is_below) {
            (void)kill(table.items[i].pid, SIGKILL); /* it may just have ended by itself */
            count++;
        }
    }
    free(table.items);
    return count;
}

/* To the nanosecond, for a process that lives; 0 for one that has just ended. */
static double own_cpu_s(pid_t pid) {
    clockid_t clock;
    struct timespec time;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
        return 0.0;
    }
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double lab_tree_cpu_s(pid_t root) {
    struct table table;
    double seconds = 0.0;

    scan(&table);
    mark_below(&table, root);
    for (size_t i = 0; i < table.count; i++) {
        const struct process *process = &table.items[i];

        if (process->is_below || process->pid == root) {
            seconds += process->reaped_s;
        }
        if (process->is_below) {
            seconds += own_cpu_s(process->pid);
        }
    }
    if (table.count == 0) {
        seconds = (double)NAN;
    }
    free(table.items);
    return seconds;
}

/* The number of kilobytes behind `key` in a file such as /proc/PID/status, in bytes; NaN. */
static double bytes_of(pid_t pid, const char *file, const char *key) {
    char path[64], text[4096];
    const char *line;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    read_file(path, text, sizeof text);
    line = strstr(text, key);
    return line != NULL ? 1024.0 * strtod(line + strlen(key), NULL) : (double)NAN;
}

struct lab_tree_memory lab_tree_memory(pid_t root) {
    struct lab_tree_memory memory = {0.0, 0.0};
    struct table table;
    size_t count = 0;

    scan(&table);
    mark_below(&table, root);
    for (size_t i = 0; i < table.count; i++) {
        double peak;

        if (!table.items[i].is_below) {
            continue;
        }
        peak = bytes_of(table.items[i].pid, "status", "\nVmHWM:");
        if (!(peak > 0.0)) {
            continue; /* it has just ended */
        }
        memory.rss_peak_bytes += peak;
        memory.pss_bytes += bytes_of(table.items[i].pid, "smaps_rollup", "\nPss:");
        count++;
    }
    free(table.items);
    if (count == 0) {
        memory = (struct lab_tree_memory){(double)NAN, (double)NAN};
    }
    return memory;
}
