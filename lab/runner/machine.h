/* machine.h - what this machine is, for the manifest and for `treadle doctor`. */
#ifndef TREADLE_LAB_MACHINE_H
#define TREADLE_LAB_MACHINE_H

#include <stddef.h>

struct lab_machine {
    char system[128];    /* "Debian GNU/Linux 12 (bookworm)" */
    char kernel[128];    /* "Linux 6.1.0 x86_64" */
    char processor[128]; /* model name; "n/a" when not told */
    unsigned cores_online;
    unsigned cores;            /* that this process may use: affinity and cgroup quota considered */
    double quota_cores;        /* the cgroup's limit; 0: none */
    double memory_bytes;       /* 0: not known */
    double memory_limit_bytes; /* the cgroup's; 0: none */
};

void lab_machine_read(struct lab_machine *machine);

/* The first line of a file without its newline; "" when it cannot be read. */
void lab_read_line(const char *path, char *text, size_t space);

#endif
